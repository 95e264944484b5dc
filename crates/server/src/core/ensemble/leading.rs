//! What a leader decides: the one order of all writes, and which sessions there are.
//!
//! It is a server without connections, which has applied everything that was agreed on.
//!
//! Facts: `PrepRequestProcessor` (which looks whose session it is), `LearnerHandler` and
//! `LeaderSessionTracker` of Apache ZooKeeper.

use std::collections::BTreeMap;

use zookit_proto::{ErrorCode, Request, SessionId};

use super::super::server::{Forward, Forwarded, Told};
use super::super::{Change, Config, Server, Time};

/// Whether it is a multi of nothing. Whose the session is, `PrepRequestProcessor` looks for each
/// operation of a multi, and so not for this.
fn is_nothing(request: &Request) -> bool {
    matches!(request, Request::Multi(multi) if multi.ops.is_empty())
}

/// What the leader knows. It outlives leaders: it is what a quorum has agreed on.
#[derive(Debug)]
pub(super) struct Leading {
    pub(super) server: Server,
    /// Through which member a session was opened or taken up last.
    owners: BTreeMap<SessionId, usize>,
}

impl Leading {
    pub(super) fn new(config: Config, seed: u64) -> Self {
        let mut server = Server::new(config, seed);
        server.keep_history();
        Self { server, owners: BTreeMap::new() }
    }

    /// A new leader, in a new epoch.
    pub(super) fn elect(&mut self, now: Time) {
        self.server.bump_epoch(now);
        self.owners.clear();
    }

    /// Decides what a member asks. What it decides is in the history, or is the answer.
    pub(super) fn decide(&mut self, now: Time, from: usize, asked: Forwarded) -> Option<Told> {
        self.server.at(now);
        let Forwarded { session, what, .. } = asked;
        match what {
            Forward::Write { request, ids } => {
                let checked =
                    if is_nothing(&request) { Ok(()) } else { self.check_owner(session, from) };
                if let Err(code) = checked {
                    self.server.commit(session, Change::Error(code));
                    return None;
                }
                let result = self.server.write_for(session, &ids, &request)?;
                result.err().map(Told::Refused)
            }
            Forward::Refuse { code, .. } => {
                self.server.commit(session, Change::Error(code));
                None
            }
            Forward::Sync(_) => Some(Told::Synced),
            Forward::Open { timeout } => {
                self.owners.insert(session, from);
                self.server.open_for(session, timeout);
                None
            }
            Forward::Reopen { timeout } => {
                let valid = self.server.touch_for(session, timeout);
                if valid {
                    self.owners.insert(session, from);
                }
                Some(Told::Reopened(valid))
            }
            Forward::Close => {
                let there = self.server.has_session(session);
                self.server.end_session(session);
                (!there).then_some(Told::Refused(ErrorCode::SessionExpired))
            }
            Forward::Touched(sessions) => {
                for (session, timeout) in sessions {
                    self.server.touch_for(session, timeout);
                }
                None
            }
        }
    }

    /// Whether the session lives, and is attached to this member.
    fn check_owner(&mut self, session: SessionId, from: usize) -> Result<(), ErrorCode> {
        if !self.server.has_session(session) {
            return Err(ErrorCode::SessionExpired);
        }
        if *self.owners.entry(session).or_insert(from) != from {
            return Err(ErrorCode::SessionMoved);
        }
        Ok(())
    }

    /// Forgets who had sessions that are gone.
    pub(super) fn forget_owner(&mut self, session: SessionId) {
        self.owners.remove(&session);
    }
}
