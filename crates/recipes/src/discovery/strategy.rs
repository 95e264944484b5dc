//! Which of several instances is picked.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::ServiceInstance;

/// Picks one of the instances that can be used, by its place. They come in the order of their ids.
///
/// ```
/// use std::sync::Arc;
/// use zookit_recipes::discovery::{ServiceInstance, Strategy};
///
/// /// The newest.
/// #[derive(Debug)]
/// struct Newest;
///
/// impl Strategy for Newest {
///     fn pick(&mut self, instances: &[Arc<ServiceInstance>]) -> Option<usize> {
///         (0..instances.len()).max_by_key(|place| instances[*place].registration_time_utc)
///     }
/// }
/// ```
#[doc(alias = "ProviderStrategy")]
pub trait Strategy: fmt::Debug + Send {
    /// The place of the one that is picked; `None` if there is none to pick, and anything beyond the
    /// last counts as none. One at a time is asked of a provider, which is not to be asked within it.
    fn pick(&mut self, instances: &[Arc<ServiceInstance>]) -> Option<usize>;
}

/// One after the other.
#[derive(Debug, Clone, Copy, Default)]
#[doc(alias = "RoundRobinStrategy")]
pub struct RoundRobin {
    next: usize,
}

impl Strategy for RoundRobin {
    fn pick(&mut self, instances: &[Arc<ServiceInstance>]) -> Option<usize> {
        let place = self.next.checked_rem(instances.len())?;
        self.next = place + 1;
        Some(place)
    }
}

/// Any, each as likely as the others.
#[derive(Debug, Clone, Copy)]
#[doc(alias = "RandomStrategy")]
pub struct Random {
    state: u64,
}

impl Random {
    /// The same seed gives the same choices. One that differs from client to client comes of
    /// [`Client::unique_id`](zookit_client::Client::unique_id), by [`of`](Self::of).
    #[must_use]
    pub const fn with_seed(seed: u64) -> Self {
        Self { state: seed }
    }

    /// A seed from an id.
    #[must_use]
    pub fn of(id: &str) -> Self {
        // FNV-1a (Fowler, Noll, Vo).
        let hash = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        Self::with_seed(id.bytes().fold(0xcbf2_9ce4_8422_2325, hash))
    }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    const fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Strategy for Random {
    fn pick(&mut self, instances: &[Arc<ServiceInstance>]) -> Option<usize> {
        let count = u64::try_from(instances.len()).ok().filter(|count| *count > 0)?;
        usize::try_from(self.next() % count).ok()
    }
}

/// The same one for as long as it can be used, and then another by a strategy of its own.
#[derive(Debug, Clone)]
#[doc(alias = "StickyStrategy")]
pub struct Sticky<S> {
    by: S,
    id: Option<String>,
}

impl<S> Sticky<S> {
    /// Who is picked first, and whenever the one before is gone, is for `by` to say.
    pub const fn new(by: S) -> Self {
        Self { by, id: None }
    }
}

impl<S: Strategy> Strategy for Sticky<S> {
    fn pick(&mut self, instances: &[Arc<ServiceInstance>]) -> Option<usize> {
        let same = |instance: &Arc<ServiceInstance>| Some(&instance.id) == self.id.as_ref();
        if let Some(place) = instances.iter().position(same) {
            return Some(place);
        }
        let place = self.by.pick(instances)?;
        self.id = Some(instances.get(place)?.id.clone());
        Some(place)
    }
}

/// How much an instance can take, in comparison.
type Weight = Box<dyn Fn(&ServiceInstance) -> u32 + Send>;

/// Each as often as its weight says, and spread evenly: of weights 5, 1, 1 the picks are `aabacaa`.
///
/// Every pick adds to each instance its weight; the one that has most is picked, and pays the sum of
/// all weights. Those of weight 0 are not picked.
pub struct Weighted {
    weight: Weight,
    saved: BTreeMap<String, i64>,
}

impl Weighted {
    /// By what this says of each, of its payload for instance.
    pub fn new(weight: impl Fn(&ServiceInstance) -> u32 + Send + 'static) -> Self {
        Self { weight: Box::new(weight), saved: BTreeMap::new() }
    }
}

impl fmt::Debug for Weighted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Weighted").field("saved", &self.saved).finish_non_exhaustive()
    }
}

impl Strategy for Weighted {
    fn pick(&mut self, instances: &[Arc<ServiceInstance>]) -> Option<usize> {
        self.saved.retain(|id, _| instances.iter().any(|instance| instance.id == *id));
        let (mut sum, mut best) = (0, None);
        for (place, instance) in instances.iter().enumerate() {
            let weight = i64::from((self.weight)(instance));
            if weight == 0 {
                continue;
            }
            sum += weight;
            let saved = self.saved.entry(instance.id.clone()).or_default();
            *saved += weight;
            if best.is_none_or(|(most, _)| *saved > most) {
                best = Some((*saved, place));
            }
        }
        let (_, place) = best?;
        *self.saved.get_mut(&instances[place].id)? -= sum;
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instances(ids: &str) -> Vec<Arc<ServiceInstance>> {
        let one = |id: char| Arc::new(ServiceInstance::new("s", &id.to_string(), "h", 1));
        ids.chars().map(one).collect()
    }

    fn picks(strategy: &mut dyn Strategy, ids: &str, count: usize) -> String {
        let instances = instances(ids);
        (0..count).map(|_| instances[strategy.pick(&instances).unwrap()].id.clone()).collect()
    }

    #[test]
    fn nobody_is_picked_where_nobody_is() {
        let all: [Box<dyn Strategy>; 4] = [
            Box::new(RoundRobin::default()),
            Box::new(Random::with_seed(1)),
            Box::new(Sticky::new(RoundRobin::default())),
            Box::new(Weighted::new(|_| 1)),
        ];
        for mut strategy in all {
            assert_eq!(strategy.pick(&[]), None, "{strategy:?}");
        }
        assert_eq!(Weighted::new(|_| 0).pick(&instances("ab")), None);
    }

    #[test]
    fn one_after_the_other_also_when_some_go() {
        let mut strategy = RoundRobin::default();
        assert_eq!(picks(&mut strategy, "abc", 5), "abcab");
        assert_eq!(picks(&mut strategy, "ab", 3), "aba");
    }

    #[test]
    fn any_is_each_as_often_as_the_others() {
        let mut strategy = Random::of("0f0e9aa2");
        let picked = picks(&mut strategy, "abcd", 4000);
        for id in "abcd".chars() {
            let count = picked.chars().filter(|one| *one == id).count();
            assert!((900..1100).contains(&count), "{id} {count} times");
        }
        assert_ne!(
            picks(&mut Random::of("1"), "abcd", 40),
            picks(&mut Random::of("2"), "abcd", 40)
        );
    }

    #[test]
    fn one_stays_with_who_was_picked() {
        let mut strategy = Sticky::new(RoundRobin::default());
        assert_eq!(picks(&mut strategy, "abc", 3), "aaa");
        assert_eq!(picks(&mut strategy, "bc", 3), "ccc");
        assert_eq!(picks(&mut strategy, "abc", 2), "cc");
    }

    #[test]
    fn weights_are_kept_and_spread() {
        let weights = |instance: &ServiceInstance| if instance.id == "a" { 5 } else { 1 };
        let mut strategy = Weighted::new(weights);
        assert_eq!(picks(&mut strategy, "abc", 14), "aabacaaaabacaa");
        let mut none_of_a = Weighted::new(|instance| u32::from(instance.id != "a"));
        assert_eq!(picks(&mut none_of_a, "abc", 4), "bcbc");
    }
}
