//! Which server next, and when.
//!
//! The list is shuffled once and gone through in a circle.
//! A server that failed once may be tried again at once; from then on it carries a penalty that
//! doubles, and so does the handle as a whole once it has gone through the list: no failure, of one
//! server or of all, becomes a tight loop. But no wait is bound higher than the time that there has
//! been trouble: what was over soon is not waited for long.
//! When the list changes, clients move so that the load evens out (ZOOKEEPER-1355).

use std::collections::BTreeMap;
use std::time::Duration;

use fastrand::Rng;
use zookit_proto::mutant::{self, Mutant};
use zookit_proto::{OpCode, Time};

use crate::config::{Backoff, Limits};
use crate::endpoint::Endpoint;

/// No wait that is a wait at all is shorter than this.
const MIN_WAIT: Duration = Duration::from_millis(10);

/// Failures in a row over different servers that still cause no wait: one quorum's worth.
const FREE_FAILURES: usize = 3;

#[derive(Debug)]
struct Host {
    endpoint: Endpoint,
    /// In a row, since it last kept a connection up for a while.
    failures: u32,
    not_before: Time,
    /// Operations it has said it does not know, and when.
    unsupported: BTreeMap<OpCode, Time>,
}

impl Host {
    const fn new(endpoint: Endpoint) -> Self {
        let unsupported = BTreeMap::new();
        Self { endpoint, failures: 0, not_before: Time::ZERO, unsupported }
    }
}

/// A change of the list under way: every server of the new list is tried once in the proportion
/// that evens out the load.
#[derive(Debug)]
struct Rebalance {
    /// Servers that were in the old list too, not tried yet.
    old: Vec<usize>,
    /// Servers that were not, not tried yet.
    new: Vec<usize>,
    /// How likely one of `new` is chosen while there is a choice.
    probability_of_new: f64,
}

/// Whether to stay with the current server after a change of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AfterUpdate {
    Stay,
    Move,
}

/// The servers.
#[derive(Debug)]
pub(crate) struct Hosts {
    hosts: Vec<Host>,
    cursor: usize,
    /// Failures in a row, of any server.
    streak: u32,
    /// The first of them.
    trouble_since: Option<Time>,
    not_before: Time,
    preferred: Option<usize>,
    rebalance: Option<Rebalance>,
    backoff: Backoff,
}

impl Hosts {
    pub(crate) fn new(endpoints: Vec<Endpoint>, backoff: Backoff, rng: &mut Rng) -> Self {
        let mut hosts: Vec<_> = endpoints.into_iter().map(Host::new).collect();
        hosts.shrink_to_fit();
        rng.shuffle(&mut hosts);
        Self {
            hosts,
            cursor: 0,
            streak: 0,
            trouble_since: None,
            not_before: Time::ZERO,
            preferred: None,
            rebalance: None,
            backoff,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.hosts.len()
    }

    pub(crate) fn endpoint(&self, host: usize) -> Option<&Endpoint> {
        self.hosts.get(host).map(|host| &host.endpoint)
    }

    /// The server to dial next, and when; `None` if there are no servers.
    pub(crate) fn next(&mut self, now: Time, rng: &mut Rng) -> Option<(usize, Time)> {
        let host = match self.preferred.take().filter(|host| *host < self.hosts.len()) {
            Some(host) => host,
            None => match self.draw(rng) {
                Some(host) => host,
                None => self.in_turn(now)?,
            },
        };
        self.cursor = host.saturating_add(1);
        let ready = self.hosts.get(host)?.not_before;
        Some((host, now.max(ready).max(self.not_before)))
    }

    /// The first server in the circle without a penalty, or else the one whose penalty ends first.
    fn in_turn(&self, now: Time) -> Option<usize> {
        let count = self.hosts.len();
        let start = self.cursor.checked_rem(count)?;
        let circle = (start..count).chain(0..start);
        let ready = |host: &usize| self.hosts.get(*host).map_or(now, |host| host.not_before);
        circle.clone().find(|host| ready(host) <= now).or_else(|| circle.min_by_key(ready))
    }

    /// While the load is being evened out: a server by the proportion.
    fn draw(&mut self, rng: &mut Rng) -> Option<usize> {
        let rebalance = self.rebalance.as_mut()?;
        let wants_new = rng.f64() < rebalance.probability_of_new;
        let drawn = match (wants_new, rebalance.new.is_empty(), rebalance.old.is_empty()) {
            (true, false, _) | (_, false, true) => rebalance.new.pop(),
            _ => rebalance.old.pop(),
        };
        if drawn.is_none() {
            self.rebalance = None;
        }
        drawn
    }

    /// This server is to be tried next.
    pub(crate) const fn prefer(&mut self, host: usize) {
        self.preferred = Some(host);
    }

    /// The server after `host` in the list: where to look for one that takes writes.
    pub(crate) fn after(&self, host: usize) -> Option<usize> {
        host.saturating_add(1).checked_rem(self.hosts.len())
    }

    pub(crate) fn find(&self, endpoint: &Endpoint) -> Option<usize> {
        self.hosts.iter().position(|host| host.endpoint == *endpoint)
    }

    /// The load is even enough: a session is up.
    pub(crate) fn settled(&mut self) {
        self.rebalance = None;
    }

    /// A connection lasted: all penalties are forgotten. One that was earned in an earlier outage
    /// would keep the handle from a server that was long well, in the next one.
    pub(crate) fn lasted(&mut self) {
        self.streak = 0;
        self.trouble_since = None;
        self.not_before = Time::ZERO;
        for host in &mut self.hosts {
            host.failures = 0;
            host.not_before = Time::ZERO;
        }
    }

    /// An attempt failed or a connection ended. Waits grow up to `max`; `at_once` is false when
    /// even the first retry must wait.
    pub(crate) fn failed(
        &mut self,
        host: usize,
        now: Time,
        max: Duration,
        at_once: bool,
        rng: &mut Rng,
    ) {
        let free = FREE_FAILURES.min(self.hosts.len());
        let trouble = now.since(*self.trouble_since.get_or_insert(now));
        let max = self.backoff.max.min(max).min(trouble.max(self.backoff.base));
        let backoff = Backoff { max, ..self.backoff };
        self.streak = self.streak.saturating_add(1);
        let over = usize::try_from(self.streak).unwrap_or(usize::MAX).saturating_sub(free);
        self.not_before = now.after(wait(backoff, over, rng));
        let Some(host) = self.hosts.get_mut(host) else { return };
        host.failures = host.failures.saturating_add(1);
        let mut over = usize::try_from(host.failures).unwrap_or(usize::MAX).saturating_sub(1);
        if !at_once {
            over = over.max(1);
            self.not_before = self.not_before.max(now.after(wait(backoff, over, rng)));
        }
        host.not_before = now.after(wait(backoff, over, rng));
    }

    /// This server does not know that operation.
    pub(crate) fn remember_unsupported(&mut self, host: usize, opcode: OpCode, now: Time) {
        if let Some(host) = self.hosts.get_mut(host) {
            host.unsupported.insert(opcode, now);
        }
    }

    /// Whether this server has said not long ago that it does not know the operation.
    pub(crate) fn lacks(&self, host: usize, opcode: OpCode, now: Time) -> bool {
        let said = self.hosts.get(host).and_then(|host| host.unsupported.get(&opcode));
        said.is_some_and(|said| now.since(*said) < Limits::UNSUPPORTED_FOR)
    }

    /// A new list. `current` is the server of the connection, if there is one; the answer says
    /// whether to leave it, and the second value is its place in the new list, if it has one.
    ///
    /// The probabilities are those of `StaticHostProvider.updateServerList` (ZOOKEEPER-1355).
    pub(crate) fn update(
        &mut self,
        endpoints: Vec<Endpoint>,
        current: Option<usize>,
        rng: &mut Rng,
    ) -> (AfterUpdate, Option<usize>) {
        let current_endpoint = current.and_then(|host| self.endpoint(host)).cloned();
        let old = std::mem::take(&mut self.hosts);
        let old_count = old.len();
        let mut known: Vec<Host> = old;
        let mut was_known = Vec::new();
        for endpoint in endpoints {
            if self.hosts.iter().any(|host| host.endpoint == endpoint) {
                continue;
            }
            match known.iter().position(|host| host.endpoint == endpoint) {
                Some(place) => {
                    was_known.push(endpoint);
                    self.hosts.push(known.swap_remove(place));
                }
                None => self.hosts.push(Host::new(endpoint)),
            }
        }
        rng.shuffle(&mut self.hosts);
        self.cursor = 0;
        self.preferred = None;
        self.rebalance = None;
        let Some(current_endpoint) = current_endpoint else { return (AfterUpdate::Stay, None) };
        let place = self.find(&current_endpoint);
        let balance = Balance {
            old: old_count,
            new: self.hosts.len(),
            kept: was_known.len(),
            current_kept: place.is_some(),
        };
        let Some(probability_of_new) = balance.probability_of_new(rng) else {
            return (AfterUpdate::Stay, place);
        };
        let is_old = |host: &usize| self.endpoint(*host).is_some_and(|e| was_known.contains(e));
        let (old, new) =
            (0..self.hosts.len()).filter(|host| Some(*host) != place).partition(is_old);
        self.rebalance = Some(Rebalance { old, new, probability_of_new });
        (AfterUpdate::Move, place)
    }
}

/// The sizes of the old and the new list.
struct Balance {
    old: usize,
    new: usize,
    kept: usize,
    current_kept: bool,
}

impl Balance {
    /// `None`: stay. Otherwise move, to a new server with this probability.
    #[allow(clippy::cast_precision_loss, reason = "lists of servers are short")]
    fn probability_of_new(&self, rng: &mut Rng) -> Option<f64> {
        let (old, new, kept) = (self.old as f64, self.new as f64, self.kept as f64);
        let grows = self.new > self.old;
        match (self.current_kept, grows) {
            (true, false) => None,
            (true, true) => (rng.f64() < 1.0 - old / new).then_some(1.0),
            (false, true) => Some(1.0),
            (false, false) => Some(1.0 - kept * (old - new) / (new * (old - kept))),
        }
    }
}

/// A wait for the `over`-th failure that is not free: full jitter under a bound that doubles.
fn wait(backoff: Backoff, over: usize, rng: &mut Rng) -> Duration {
    if mutant::on(Mutant::HotLoop) {
        return Duration::ZERO;
    }
    let Some(doublings) = over.checked_sub(1) else { return Duration::ZERO };
    let factor = u32::try_from(doublings).ok().and_then(|n| 1_u32.checked_shl(n));
    let bound = backoff.base.saturating_mul(factor.unwrap_or(u32::MAX)).min(backoff.max);
    bound.mul_f64(rng.f64()).max(MIN_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: Duration = Duration::from_secs(60);

    fn hosts(count: u16) -> (Hosts, Rng) {
        let mut rng = Rng::with_seed(7);
        let list = (0..count).map(|n| Endpoint::new("h", n)).collect();
        (Hosts::new(list, Backoff::default(), &mut rng), rng)
    }

    #[test]
    fn each_server_is_tried_once_before_any_wait() {
        let (mut hosts, mut rng) = hosts(3);
        let mut tried = std::collections::BTreeSet::new();
        for _ in 0..3 {
            let (host, at) = hosts.next(Time::ZERO, &mut rng).unwrap();
            assert_eq!(at, Time::ZERO);
            tried.insert(host);
            hosts.failed(host, Time::ZERO, MAX, true, &mut rng);
        }
        assert_eq!(tried.len(), 3);
        let (host, _) = hosts.next(Time::ZERO, &mut rng).unwrap();
        hosts.failed(host, Time::ZERO, MAX, true, &mut rng);
        assert!(hosts.next(Time::ZERO, &mut rng).unwrap().1 >= Time::ZERO.after(MIN_WAIT));
    }

    #[test]
    fn a_single_server_is_retried_at_once_and_then_with_waits_that_grow() {
        let (mut hosts, mut rng) = hosts(1);
        let mut now = Time::ZERO;
        let mut waits = Vec::new();
        for _ in 0..20 {
            hosts.failed(0, now, MAX, true, &mut rng);
            let (_, at) = hosts.next(now, &mut rng).unwrap();
            waits.push(at.since(now));
            now = at;
        }
        assert_eq!(waits[0], Duration::ZERO);
        assert!(waits[1..].iter().all(|wait| *wait >= MIN_WAIT), "{waits:?}");
        assert!(waits.iter().all(|wait| *wait <= Backoff::default().max), "{waits:?}");
        assert!(waits[10..].iter().sum::<Duration>() > Duration::from_secs(5), "{waits:?}");
    }

    #[test]
    fn a_loss_that_a_reply_caused_is_never_retried_at_once() {
        let (mut hosts, mut rng) = hosts(3);
        hosts.failed(0, Time::ZERO, MAX, false, &mut rng);
        assert!(hosts.next(Time::ZERO, &mut rng).unwrap().1 >= Time::ZERO.after(MIN_WAIT));
    }

    #[test]
    fn waits_stay_under_the_bound_that_the_session_timeout_sets() {
        let (mut hosts, mut rng) = hosts(1);
        let max = Duration::from_millis(250);
        for _ in 0..50 {
            hosts.failed(0, Time::ZERO, max, true, &mut rng);
            assert!(hosts.next(Time::ZERO, &mut rng).unwrap().1 <= Time::ZERO.after(max));
        }
    }

    /// Every server fails at once for so long, and the first one for ever: when one that would serve
    /// is dialed, and how many dials there were before.
    fn outage(seed: u64, lasts: Duration) -> (Duration, usize) {
        let mut rng = Rng::with_seed(seed);
        let list = (0..3).map(|n| Endpoint::new("h", n)).collect();
        let mut hosts = Hosts::new(list, Backoff::default(), &mut rng);
        // There was another outage long ago.
        for _ in 0..30 {
            let (host, _) = hosts.next(Time::ZERO, &mut rng).unwrap();
            hosts.failed(host, Time::ZERO, MAX, true, &mut rng);
        }
        let begun = Time::ZERO.after(Duration::from_secs(3600));
        hosts.lasted();
        hosts.failed(0, begun, MAX, true, &mut rng);
        let (mut now, mut dials) = (begun, 0);
        loop {
            let (host, at) = hosts.next(now, &mut rng).unwrap();
            now = at;
            if now.since(begun) >= lasts && host != 0 {
                return (now.since(begun), dials);
            }
            dials += 1;
            now = now.after(Duration::from_millis(1));
            hosts.failed(host, now, MAX, true, &mut rng);
        }
    }

    #[test]
    fn waits_grow_with_the_outage_and_not_beyond_it() {
        let base = Backoff::default().base;
        for (lasts, most_dials) in [(100, 10), (400, 14), (2_000, 20), (10_000, 26), (60_000, 50)] {
            let lasts = Duration::from_millis(lasts);
            let mut beyond = Duration::ZERO;
            for seed in 0..200 {
                let (until, dials) = outage(seed, lasts);
                // Twice as long again, if the dead one's turn comes between.
                assert!(until <= 4 * lasts + 2 * base, "seed {seed}: {until:?}");
                assert!(dials <= most_dials, "seed {seed}: {dials} dials in {lasts:?}");
                beyond += until - lasts;
            }
            let mean = beyond / 200;
            assert!(mean <= lasts * 2 / 3 + base / 2, "{mean:?} beyond {lasts:?}");
        }
    }

    #[test]
    fn no_servers_is_no_server() {
        let (mut hosts, mut rng) = hosts(0);
        assert_eq!(hosts.next(Time::ZERO, &mut rng), None);
    }

    /// Simulates many clients, each on one of `old` servers, whose list becomes `new`; the load
    /// of each new server must be within 10 % of even.
    fn loads_are_even(old: &[u16], new: &[u16]) {
        let clients = 60_000;
        let endpoint = |n: &u16| Endpoint::new("h", *n);
        let mut load = BTreeMap::new();
        let mut rng = Rng::with_seed(42);
        for client in 0..clients {
            let list = old.iter().map(endpoint).collect();
            let mut hosts = Hosts::new(list, Backoff::default(), &mut rng);
            let current = hosts.find(&endpoint(&old[client % old.len()]));
            let list = new.iter().map(endpoint).collect();
            let (after, place) = hosts.update(list, current, &mut rng);
            let host = match after {
                AfterUpdate::Stay => place.unwrap(),
                AfterUpdate::Move => hosts.next(Time::ZERO, &mut rng).unwrap().0,
            };
            *load.entry(hosts.endpoint(host).unwrap().port).or_insert(0) += 1;
        }
        let even = clients / new.len();
        for (server, load) in load {
            assert!(load * 10 > even * 9 && load * 10 < even * 11, "{server}: {load}, even {even}");
        }
    }

    #[test]
    fn the_load_is_even_after_the_ensemble_grew() {
        loads_are_even(&[1, 2, 3], &[1, 2, 3, 4, 5]);
    }

    #[test]
    fn the_load_is_even_after_the_ensemble_shrank() {
        loads_are_even(&[1, 2, 3, 4, 5], &[1, 2, 3]);
    }

    #[test]
    fn the_load_is_even_after_servers_were_replaced() {
        loads_are_even(&[1, 2, 3], &[3, 4, 5]);
        loads_are_even(&[1, 2, 3], &[4, 5, 6]);
        loads_are_even(&[1, 2, 3, 4], &[3, 4, 5]);
    }
}
