//! Leaving a server by choice, looking for a better one, and asking a silent one why.

use std::time::Duration;

use bytes::Bytes;

use super::{Phase, Session};
use crate::config::Limits;
use crate::connection::Connection;
use crate::diagnosis::{read_srvr, takes_writes};
use crate::endpoint::Endpoint;
use crate::event::{Diagnosis, Effect, Event};
use crate::outcome::Loss;
use zookit_proto::Time;

/// Asked of a server that is silent, and of one that may take writes.
const SRVR: &[u8; 4] = b"srvr";
const ISRO: &[u8; 4] = b"isro";

/// The search for a server that takes writes, while connected to one that does not.
#[derive(Debug)]
pub(super) struct Search {
    /// When to ask the next server; none while one is being asked.
    at: Option<Time>,
    interval: Duration,
    /// The server asked last.
    asked: usize,
}

/// How long a search waits before it first asks. The longer, the longer the search before took that
/// ended at a server which said that it takes writes: if it had been true there would be no other.
#[derive(Debug)]
pub(super) struct Trust {
    wait: Duration,
}

impl Default for Trust {
    fn default() -> Self {
        Self { wait: Limits::MIN_SEARCH_INTERVAL }
    }
}

impl Trust {
    /// A server does take writes.
    pub(super) const fn proved(&mut self) {
        self.wait = Limits::MIN_SEARCH_INTERVAL;
    }
}

/// Servers that close the connection without a word, in a row.
#[derive(Debug, Default)]
pub(super) struct Silence {
    closes: u32,
    /// The server that is being asked why.
    asked: Option<Endpoint>,
}

impl Silence {
    /// A server said something.
    pub(super) const fn broken(&mut self) {
        self.closes = 0;
    }
}

impl Session {
    /// Lets what is in flight be answered, then moves: to `next`, or to whatever server is next.
    pub(super) fn drain(&mut self, next: Option<usize>) {
        let deadline = self.now.after(self.config.limits.drain_timeout);
        self.phase = Phase::Draining { deadline, next };
        self.leave_if_drained();
    }

    pub(super) fn leave_if_drained(&mut self) {
        let auths = self.connection.as_ref().map_or(0, |connection| connection.auths.len());
        if self.requests.in_flight() == 0 && auths == 0 {
            self.leave();
        }
    }

    /// Leaves the server, if that is what was wanted.
    pub(super) fn leave(&mut self) {
        let Phase::Draining { next, .. } = self.phase else { return };
        if let Some(next) = next {
            self.hosts.prefer(next);
        }
        self.hang_up();
        self.lose(Loss::Moved);
    }

    pub(super) const fn drain_deadline(&self) -> Option<Time> {
        match self.phase {
            Phase::Draining { deadline, .. } => Some(deadline),
            _ => None,
        }
    }

    /// Begins to look for a server that takes writes.
    pub(super) fn begin_search(&mut self) {
        let Some(connection) = &self.connection else { return };
        let interval = self.trust.wait;
        let at = Some(self.now.after(interval));
        self.search = Some(Search { at, interval, asked: connection.host });
    }

    pub(super) fn search_at(&self) -> Option<Time> {
        self.search.as_ref().and_then(|search| search.at)
    }

    /// Asks the next server of the list whether it takes writes.
    pub(super) fn search_on(&mut self) {
        let Some(search) = &mut self.search else { return };
        search.at = None;
        let Some(next) = self.hosts.after(search.asked) else { return };
        search.asked = next;
        let Some(endpoint) = self.hosts.endpoint(next).cloned() else { return };
        self.effects.push_back(probe(endpoint, ISRO));
    }

    /// A probe is over: this is what the server answered to the word, if it did. One server may have
    /// been asked two.
    pub fn handle_probed(
        &mut self,
        now: Time,
        endpoint: &Endpoint,
        word: &[u8; 4],
        answer: Option<Bytes>,
    ) {
        self.tick(now);
        if word == SRVR {
            if self.silence.asked.as_ref() != Some(endpoint) {
                return;
            }
            self.silence.asked = None;
            let ours = self.life.zxid;
            let cause = read_srvr(answer.as_deref(), ours, self.config.read_only);
            let server = endpoint.clone();
            self.events.push_back(Event::Diagnosed(Box::new(Diagnosis { server, cause })));
            return;
        }
        let Some(search) = &mut self.search else { return };
        if word != ISRO
            || search.at.is_some()
            || self.hosts.endpoint(search.asked) != Some(endpoint)
        {
            return;
        }
        if takes_writes(answer.as_deref()) && matches!(self.phase, Phase::Serving) {
            let next = search.asked;
            // Until it is seen to be true: where each server claims it, the client must not go
            // from one to the other without a pause.
            self.trust.wait = longer(search.interval);
            self.search = None;
            return self.drain(Some(next));
        }
        search.at = Some(self.now.after(search.interval));
        search.interval = longer(search.interval);
    }

    /// A connection is gone. If servers keep closing without a word, one is asked why.
    pub(super) fn note_silence(&mut self, connection: &Connection) {
        if connection.spoken_to || !matches!(self.phase, Phase::Handshaking { .. }) {
            return;
        }
        self.silence.closes = self.silence.closes.saturating_add(1);
        if self.silence.closes >= Limits::SILENT_CLOSES && self.silence.asked.is_none() {
            self.silence.closes = 0;
            self.silence.asked = Some(connection.endpoint.clone());
            self.effects.push_back(probe(connection.endpoint.clone(), SRVR));
        }
    }
}

fn longer(interval: Duration) -> Duration {
    interval.saturating_mul(2).min(Limits::MAX_SEARCH_INTERVAL)
}

const fn probe(endpoint: Endpoint, word: &'static [u8; 4]) -> Effect {
    Effect::Probe { endpoint, word, timeout: Limits::PROBE_TIMEOUT }
}
