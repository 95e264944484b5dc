//! What came of a scenario.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use zookit_client::{State, WatchNotice};

use super::traffic::notes::{End, Noted, OneShotEnd};

/// Why a scenario could not be carried out; what it found is something else.
pub(crate) type Failure = Box<dyn std::error::Error>;

/// What came of a scenario that was carried out.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// What was not as declared.
    pub(crate) faults: Vec<String>,
    /// What steady traffic showed, if there was some.
    pub(crate) measured: Option<Measured>,
    /// What else was seen, in words.
    pub(crate) seen: Vec<String>,
    /// For whoever has to find out what went wrong.
    pub(crate) details: Vec<String>,
}

impl Verdict {
    /// Notes a fault unless it holds.
    pub(crate) fn hold(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.faults.push(otherwise());
        }
    }
}

/// What steady traffic showed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Measured {
    /// Requests, by the arm they ended in.
    pub(crate) answered: usize,
    pub(crate) refused: usize,
    pub(crate) not_sent: usize,
    pub(crate) no_reply: usize,
    /// Clients, and how many of them lost their connections, and their sessions.
    pub(crate) clients: usize,
    pub(crate) reconnected: usize,
    pub(crate) expired: usize,
    /// What watches told.
    pub(crate) events: usize,
    pub(crate) gaps: usize,
    pub(crate) fired: usize,
    /// The longest that a client was without an answered read, and without an answered write …
    pub(crate) reads_waited: Duration,
    pub(crate) writes_waited: Duration,
    /// … and that the raw prober was.
    pub(crate) raw_waited: Duration,
}

impl Measured {
    /// Adds what one client was told.
    pub(crate) fn add(&mut self, noted: &Noted) {
        for write in &noted.writes {
            self.count(write.ended.as_ref().map(|(_, end)| end));
        }
        for read in &noted.reads {
            self.count(read.ended.as_ref().map(|(_, end)| end));
        }
        self.clients += 1;
        let was = |state| noted.states.iter().any(|(_, update)| update.change.state == state);
        self.reconnected += usize::from(was(State::Suspended));
        self.expired += usize::from(was(State::Expired));
        for (_, notice) in &noted.stream {
            match notice {
                WatchNotice::Event(_) => self.events += 1,
                WatchNotice::Gap { .. } => self.gaps += 1,
                WatchNotice::Ended(_) => {}
            }
        }
        let fired = |one: &&_| matches!(one, OneShotEnd::Fired { .. });
        self.fired += noted.one_shots.iter().map(|one| &one.end).filter(fired).count();
    }

    fn count<T>(&mut self, end: Option<&End<T>>) {
        match end {
            Some(End::Answered(_)) => self.answered += 1,
            Some(End::Refused(_)) => self.refused += 1,
            Some(End::NotSent(_)) => self.not_sent += 1,
            Some(End::NoReply(_)) => self.no_reply += 1,
            None => {}
        }
    }

    /// How much longer the client waited for a write than the raw prober: a ratio.
    pub(crate) fn ratio(&self) -> f64 {
        self.writes_waited.as_secs_f64() / self.raw_waited.as_secs_f64().max(1e-6)
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { answered, refused, not_sent, no_reply, .. } = self;
        let Self { clients, reconnected, expired, events, gaps, fired, .. } = self;
        write!(
            f,
            "{clients} clients ({reconnected} reconnected, {expired} expired): {answered} \
             answered, {refused} refused, {not_sent} not sent, {no_reply} no reply; {events} \
             events, {gaps} gaps, {fired} fired; served after {} ms, raw {} ms (×{:.2})",
            self.writes_waited.as_millis(),
            self.raw_waited.as_millis(),
            self.ratio()
        )
    }
}

/// How the clients' requests ended that did not end with an answer, and how many did so.
pub(crate) fn endings<'a>(all: impl IntoIterator<Item = &'a Noted>) -> BTreeMap<String, usize> {
    let mut endings = BTreeMap::new();
    for noted in all {
        let writes = noted.writes.iter().filter_map(|write| match &write.ended {
            Some((_, End::Answered(_))) | None => None,
            Some((_, end)) => Some(format!("write {end}")),
        });
        let reads = noted.reads.iter().filter_map(|read| match &read.ended {
            Some((_, End::Answered(_))) | None => None,
            Some((_, end)) => Some(format!("read {end}")),
        });
        for end in writes.chain(reads) {
            *endings.entry(end).or_insert(0) += 1;
        }
    }
    endings
}
