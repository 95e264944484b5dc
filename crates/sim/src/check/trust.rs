//! Trust: nobody trusts a session that is over.
//!
//! Whoever holds a lock holds it until the client trusts its session no more, and the next holder
//! comes as soon as the session has ended at the servers: so that must never be the earlier.
//!
//! But for one case, which no client can know of: a member tells the leader twice a tick whom it has
//! heard of, and answers a client before. If it is cut off in between, or the leader ends the session
//! while that is under way, or the member does not know of that end yet, nothing is said of this
//! session until its client is heard again.

use std::collections::{BTreeMap, BTreeSet};

use zookit_proto::{Request, SessionId, Time};
use zookit_server::core::{Change, Transaction};
use zookit_session::{State, StateChange};

use super::Violation;
use super::clients::Clients;
use super::history::History;
use crate::observe::ClientId;

/// The checker.
#[derive(Debug, Default)]
pub struct Trust {
    /// Who trusts a session, and until when.
    by_session: BTreeMap<SessionId, (ClientId, Time)>,
    /// The session that each client told of last.
    of_client: BTreeMap<ClientId, SessionId>,
    /// Sessions that somebody has asked to end.
    asked: BTreeSet<SessionId>,
    /// Sessions whose leader may not know that they were heard of.
    unheard: BTreeSet<SessionId>,
}

fn violation(now: Time, what: String) -> Violation {
    Violation::new("trust", now, what)
}

impl Trust {
    /// A client that closes its session knows that it may be over at any moment.
    pub(super) fn submitted(&mut self, clients: &Clients, client: ClientId, request: &Request) {
        if let (Request::CloseSession(()), Some(standing)) = (request, clients.get(client)) {
            self.asked.insert(standing.session);
        }
    }

    /// A client tells that its session has expired: from now on it must not trust it, whoever asked
    /// for its end.
    pub(super) fn state(
        &self,
        now: Time,
        client: ClientId,
        change: &StateChange,
    ) -> Result<(), Violation> {
        // What it trusts now, under whatever name: the next session has none yet.
        let trusted = self.of_client.get(&client).and_then(|it| self.by_session.get(it));
        let until = trusted.filter(|(whose, until)| *whose == client && *until > now);
        match until.filter(|_| change.state == State::Expired) {
            None => Ok(()),
            Some((_, until)) => {
                let what = format!(
                    "client {} tells that its session {} has expired, and trusts it until {until}",
                    client.0, change.session
                );
                Err(violation(now, what))
            }
        }
    }

    /// Somebody asked for the end of a session.
    pub(super) fn end_asked(&mut self, session: SessionId) {
        self.asked.insert(session);
    }

    /// A member took along that it had heard of this session.
    pub(super) fn unheard(&mut self, session: SessionId) {
        self.unheard.insert(session);
    }

    fn is_excused(&self, session: SessionId) -> bool {
        self.asked.contains(&session) || self.unheard.contains(&session)
    }

    pub(super) fn trusted(
        &mut self,
        now: Time,
        history: &History,
        client: ClientId,
        session: SessionId,
        until: Option<Time>,
    ) -> Result<(), Violation> {
        // A client has one session at a time.
        if let Some(before) = self.of_client.insert(client, session) {
            self.by_session.remove(&before);
        }
        let Some(until) = until else { return Ok(()) };
        self.by_session.insert(session, (client, until));
        let ended = history.session(session).and_then(|life| life.ended);
        let excused = self.is_excused(session);
        self.unheard.remove(&session);
        match ended.filter(|_| until > now && !excused) {
            None => Ok(()),
            Some((at, zxid)) => {
                let what = format!(
                    "client {} trusts session {session} until {until}, which ended at {at} ({zxid})",
                    client.0
                );
                Err(violation(now, what))
            }
        }
    }

    pub(super) fn committed(
        &mut self,
        now: Time,
        transaction: &Transaction,
    ) -> Result<(), Violation> {
        let Transaction { zxid, session, change, .. } = transaction;
        if !matches!(change, Change::CloseSession { .. }) || self.is_excused(*session) {
            return Ok(());
        }
        match self.by_session.get(session).filter(|(_, until)| *until > now) {
            None => Ok(()),
            Some((client, until)) => {
                let what = format!(
                    "session {session} ended ({zxid}), and client {} trusts it until {until}",
                    client.0
                );
                Err(violation(now, what))
            }
        }
    }
}

#[cfg(test)]
mod tests;
