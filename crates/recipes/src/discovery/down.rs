//! Instances that are left alone for a while, since errors were noted of them.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::ServiceInstance;

/// When an instance is down, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[doc(alias = "DownInstancePolicy")]
pub struct DownPolicy {
    /// So many errors, each within [`time`](Self::time) of the one before it, put it down: 2 by
    /// default.
    pub errors: u32,
    /// So long behind the last of its errors it is down: 30 s by default.
    pub time: Duration,
}

impl Default for DownPolicy {
    fn default() -> Self {
        Self { errors: 2, time: Duration::from_secs(30) }
    }
}

/// Errors by instance. One that registers anew begins anew.
#[derive(Debug, Default)]
pub(super) struct Down {
    noted: BTreeMap<(String, i64), Noted>,
}

#[derive(Debug, Clone, Copy)]
struct Noted {
    errors: u32,
    until: Instant,
}

fn key(instance: &ServiceInstance) -> (String, i64) {
    (instance.id.clone(), instance.registration_time_utc)
}

impl Down {
    /// An error was seen.
    pub(super) fn note(&mut self, instance: &ServiceInstance, policy: DownPolicy, now: Instant) {
        self.forget(now);
        let noted = self.noted.entry(key(instance)).or_insert(Noted { errors: 0, until: now });
        noted.errors = noted.errors.saturating_add(1);
        noted.until = now + policy.time;
    }

    pub(super) fn is_down(
        &mut self,
        instance: &ServiceInstance,
        policy: DownPolicy,
        now: Instant,
    ) -> bool {
        self.forget(now);
        self.noted.get(&key(instance)).is_some_and(|noted| noted.errors >= policy.errors)
    }

    fn forget(&mut self, now: Instant) {
        self.noted.retain(|_, noted| noted.until > now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_down_behind_enough_errors_and_comes_back() {
        let (mut down, policy, begin) = (Down::default(), DownPolicy::default(), Instant::now());
        let at = |seconds| begin + Duration::from_secs(seconds);
        let instance = ServiceInstance::new("s", "1", "h", 1);
        down.note(&instance, policy, at(0));
        assert!(!down.is_down(&instance, policy, at(1)));
        // The first is forgotten by now.
        down.note(&instance, policy, at(31));
        assert!(!down.is_down(&instance, policy, at(31)));
        down.note(&instance, policy, at(40));
        assert!(down.is_down(&instance, policy, at(69)));
        let mut again = instance.clone();
        again.registration_time_utc = 1;
        assert!(!down.is_down(&again, policy, at(69)), "it has registered anew");
        assert!(!down.is_down(&instance, policy, at(71)));
    }
}
