//! Trust: nobody trusts a session that is over.
//!
//! Whoever holds a lock holds it until the client trusts its session no more, and the next holder
//! comes as soon as the session has ended at the servers: so that must never be the earlier.
//!
//! But for what no client can know of: a member that answers a client tells its leader that the
//! client was heard of twice a tick, not at once. A session may end in between, and when the member
//! is cut off before it has told, nothing is said of the session until its client is heard by
//! another.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use zookit_proto::{Request, SessionId, Time};
use zookit_server::core::{Change, Transaction};

use super::Violation;
use super::clients::Clients;
use super::history::History;
use crate::observe::ClientId;

/// The checker.
#[derive(Debug, Default)]
pub struct Trust {
    /// How long it may take until a leader knows what its members have heard.
    report: Duration,
    /// Who trusts a session, until when, and since when so long.
    by_session: BTreeMap<SessionId, (ClientId, Time, Time)>,
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
    /// Of members that tell their leader within this time of whom they have heard.
    pub(super) fn of(report: Duration) -> Self {
        Self { report, ..Self::default() }
    }

    /// A client that closes its session knows that it may be over at any moment.
    pub(super) fn submitted(&mut self, clients: &Clients, client: ClientId, request: &Request) {
        if let (Request::CloseSession(()), Some(standing)) = (request, clients.get(client)) {
            self.asked.insert(standing.session);
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
        self.by_session.insert(session, (client, until, now));
        let ended = history.session(session).and_then(|life| life.ended);
        let excused = self.is_excused(session);
        self.unheard.remove(&session);
        // What a member answered before it could know is on its way for a while.
        let ended = ended.filter(|(at, _)| at.after(self.report.saturating_mul(2)) <= now);
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
        let known = |since: &Time| since.after(self.report) <= now;
        match self.by_session.get(session).filter(|(_, until, since)| *until > now && known(since))
        {
            None => Ok(()),
            Some((client, until, _)) => {
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
