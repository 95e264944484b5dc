//! What a client of a run did, and what it was told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use zookit_client::{Error, Generation, SessionId, StateChange, StateStream, Zxid};
use zookit_server::core::Time;

use super::super::digest::Digest;
use super::super::fates::Fates;

/// A write that was submitted as one request, by its number: its data names it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plain {
    /// The generation that the client was in.
    pub(super) generation: Generation,
}

#[derive(Debug, Default)]
pub(super) struct Noted {
    pub(super) calls: u64,
    pub(super) plain: BTreeMap<u64, Plain>,
    pub(super) changes: Vec<StateChange>,
    /// Until when each session was trusted, at the latest.
    pub(super) trusted: BTreeMap<SessionId, Time>,
    pub(super) closed: Option<SessionId>,
    pub(super) digest: Digest,
    last: String,
    zxid: Zxid,
    next: u64,
    missed: u64,
}

/// The notes of one client. Clones are the same.
#[derive(Debug, Clone)]
pub(super) struct Notes {
    client: u32,
    pub(super) fates: Fates,
    noted: Arc<Mutex<Noted>>,
}

impl Notes {
    pub(super) fn new(client: u32) -> Self {
        Self { client, fates: Fates::new(), noted: Arc::default() }
    }

    pub(super) const fn client(&self) -> u32 {
        self.client
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number for the next call, and the data that names it.
    pub(super) fn call(&self, what: &str) -> (u64, String) {
        let mut noted = self.lock();
        noted.calls += 1;
        noted.next += 1;
        let number = noted.next;
        noted.last = format!("{what} ({number})");
        noted.digest.bytes(what.as_bytes());
        (number, format!("c{}:{number}", self.client))
    }

    pub(super) fn last_call(&self) -> String {
        self.lock().last.clone()
    }

    /// The call of this number is one request, submitted now.
    pub(super) fn plain(&self, number: u64, generation: Generation) {
        self.lock().plain.insert(number, Plain { generation });
    }

    /// How a call ended; `None`: its future was dropped.
    pub(super) fn ended<T>(&self, number: u64, result: Option<&Result<T, Error>>) {
        let arm = match result {
            None => 0,
            Some(Ok(_)) => 1,
            Some(Err(Error::Refused(_))) => 2,
            Some(Err(Error::NotSent(_))) => 3,
            Some(Err(Error::NoReply(_))) => 4,
        };
        self.lock().digest.number(number << 3 | arm);
    }

    /// The newest transaction that the client knows of. False: it knew of a newer one.
    pub(super) fn sees(&self, zxid: Zxid) -> bool {
        let mut noted = self.lock();
        let forwards = zxid >= noted.zxid;
        noted.zxid = zxid;
        forwards
    }

    pub(super) fn trusts(&self, session: SessionId, until: Time) {
        let mut noted = self.lock();
        let latest = noted.trusted.entry(session).or_default();
        *latest = until.max(*latest);
    }

    pub(super) fn closes(&self, session: SessionId) {
        self.lock().closed = Some(session);
    }
}

/// Notes all changes of the state.
pub(super) async fn watch_states(mut states: StateStream, notes: Notes) {
    while let Some(update) = states.next().await {
        let mut noted = notes.lock();
        noted.missed += update.missed;
        noted.digest.number(update.change.state as u64);
        noted.digest.number(update.change.zxid.0.unsigned_abs());
        noted.changes.push(update.change);
    }
}
