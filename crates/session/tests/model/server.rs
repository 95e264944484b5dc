//! The ensemble: one committed history, members that have applied a prefix of it, and the table of
//! sessions, which is the leader's and never lags.
//!
//! Member 0 has always applied everything. Member 1, where there is one, applies one transaction
//! at a time, and whatever precedes its own client's writes.

use crate::network::{Down, Link, Node, Nodes, RequestId, SessionId, Up, Zxid};
use crate::rules::Rule;
use crate::world::{End, World};

/// One committed transaction.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Txn {
    /// Nodes changed: by a request of the client in a session, or by somebody else.
    Change {
        nodes: Nodes,
        by: Option<(RequestId, SessionId)>,
    },
    Open(SessionId),
    Close(SessionId),
}

/// A session in the leader's table.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Session {
    /// The client's generation that asked for it.
    pub(crate) generation: u8,
    pub(crate) alive: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Server {
    pub(crate) history: Vec<Txn>,
    /// How much of the history each member has applied.
    pub(crate) applied: [Zxid; 2],
    pub(crate) sessions: Vec<Session>,
}

impl Server {
    pub(crate) fn newest(&self) -> Zxid {
        self.history.len() as Zxid
    }

    /// Each transaction with its zxid.
    pub(crate) fn txns(&self) -> impl DoubleEndedIterator<Item = (Zxid, &Txn)> {
        self.history.iter().enumerate().map(|(index, txn)| (index as Zxid + 1, txn))
    }

    /// The zxids of the changes of a node within the first `upto` transactions.
    pub(crate) fn changes(
        &self,
        node: Node,
        upto: Zxid,
    ) -> impl DoubleEndedIterator<Item = Zxid> + '_ {
        self.txns()
            .filter(move |(zxid, txn)| {
                *zxid <= upto && matches!(txn, Txn::Change { nodes, .. } if nodes.has(node))
            })
            .map(|(zxid, _)| zxid)
    }

    /// The node's mzxid as a member sees it that has applied `upto`.
    pub(crate) fn mzxid(&self, node: Node, upto: Zxid) -> Zxid {
        self.changes(node, upto).next_back().unwrap_or(0)
    }

    /// Where a request of the client was applied: zxid and session, once per application.
    pub(crate) fn applications(
        &self,
        request: RequestId,
    ) -> impl Iterator<Item = (Zxid, SessionId)> + '_ {
        self.txns().filter_map(move |(zxid, txn)| match txn {
            Txn::Change { by: Some((id, session)), .. } if *id == request => Some((zxid, *session)),
            _ => None,
        })
    }

    pub(crate) fn is_alive(&self, session: SessionId) -> bool {
        self.sessions.get(usize::from(session)).is_some_and(|session| session.alive)
    }
}

impl World {
    /// The server reads the next message of one connection and answers it.
    pub(crate) fn serve(&mut self, end: End, broken: Option<Rule>) {
        let link = self.link_mut(end);
        if link.up.is_empty() {
            return;
        }
        let message = link.up.remove(0);
        let (member, session) = (link.member, link.session);
        let applied = self.server.applied[usize::from(member)];
        match (message, session) {
            (Up::Connect { session, seen, generation }, _) => {
                self.shake_hands(end, session, seen, generation, broken);
            }
            (Up::Close, Some(session)) => {
                self.commit(Txn::Close(session));
                self.catch_up(member, self.server.newest());
                // An abandoned connection is gone with its session: nobody hears the answer.
                if end == End::Live {
                    self.link_mut(end).down.push(Down::Closed);
                }
            }
            (Up::Write(id), Some(session)) => self.write(end, id, session, Nodes::A),
            (Up::Fence(id), Some(session)) => self.write(end, id, session, Nodes::default()),
            (Up::SetWatches { relative, one_shots, stream }, Some(_)) => {
                self.set_watches(end, relative, one_shots, stream);
            }
            (Up::Read { id, node, flag }, Some(_)) => {
                let shows = self.server.mzxid(node, applied);
                let link = self.link_mut(end);
                if flag {
                    link.one_shots.add(node);
                }
                link.down.push(Down::Reply { id, zxid: applied, shows });
            }
            (Up::AddWatch(id), Some(_)) => {
                let link = self.link_mut(end);
                link.stream = true;
                link.down.push(Down::Reply { id, zxid: applied, shows: 0 });
            }
            (_, None) => self.link_mut(end).close(),
        }
    }

    /// processConnectRequest, in the server's order of checks.
    fn shake_hands(
        &mut self,
        end: End,
        session: Option<SessionId>,
        seen: Zxid,
        generation: u8,
        broken: Option<Rule>,
    ) {
        let member = self.link_mut(end).member;
        if seen > self.server.applied[usize::from(member)] {
            self.link_mut(end).close();
            return;
        }
        let session = match session {
            Some(known) if self.server.is_alive(known) => {
                self.move_session(end, known, broken);
                known
            }
            Some(_) => {
                let link = self.link_mut(end);
                link.close();
                link.down.push(Down::Expired);
                return;
            }
            None => {
                let session = self.server.sessions.len() as SessionId;
                self.server.sessions.push(Session { generation, alive: true });
                self.commit(Txn::Open(session));
                self.catch_up(member, self.server.newest());
                session
            }
        };
        let link = self.link_mut(end);
        link.session = Some(session);
        link.down.push(Down::Session(session));
    }

    /// The session is served here from now on; whoever served it before stops.
    fn move_session(&mut self, end: End, session: SessionId, broken: Option<Rule>) {
        if broken == Some(Rule::AMovedSessionIsDeafToItsOldConnection) {
            return;
        }
        for other in self.ends() {
            let link = self.link_mut(other);
            if other != end && link.session == Some(session) {
                link.close();
            }
        }
    }

    /// A transaction of the client. The member answers when it has applied it, hence also
    /// everything before it; a dead session's request is dropped and the connection closed.
    fn write(&mut self, end: End, id: RequestId, session: SessionId, nodes: Nodes) {
        if !self.server.is_alive(session) {
            self.link_mut(end).close();
            return;
        }
        self.commit(Txn::Change { nodes, by: Some((id, session)) });
        let zxid = self.server.newest();
        let member = self.link_mut(end).member;
        self.catch_up(member, zxid);
        let shows = if nodes.has(Node::A) { zxid } else { 0 };
        self.link_mut(end).down.push(Down::Reply { id, zxid, shows });
    }

    /// The replay of protocol.md for data watches; a persistent watch replays nothing.
    fn set_watches(&mut self, end: End, relative: Zxid, one_shots: Nodes, stream: bool) {
        let applied = self.server.applied[usize::from(self.link_mut(end).member)];
        for node in Node::ALL.into_iter().filter(|node| one_shots.has(*node)) {
            let zxid = self.server.mzxid(node, applied);
            let link = self.link_mut(end);
            if zxid > relative {
                link.down.push(Down::Event { node, zxid, replayed: true });
            } else {
                link.one_shots.add(node);
            }
        }
        let link = self.link_mut(end);
        link.stream |= stream;
        link.down.push(Down::WatchesSet { zxid: applied });
    }

    /// Appends to the history. The leader's table of sessions and member 0 follow at once.
    pub(crate) fn commit(&mut self, txn: Txn) {
        if let Txn::Close(closed) = txn {
            if let Some(session) = self.server.sessions.get_mut(usize::from(closed)) {
                session.alive = false;
            }
            // The leader drops what still comes from a session that is gone.
            self.orphans.retain(|link| link.session != Some(closed));
        }
        self.server.history.push(txn);
        self.catch_up(0, self.server.newest());
    }

    /// A member applies the history up to a zxid: watches fire, connections of closed sessions
    /// are closed.
    pub(crate) fn catch_up(&mut self, member: u8, upto: Zxid) {
        let from = self.server.applied[usize::from(member)];
        self.server.applied[usize::from(member)] = from.max(upto);
        let Some(link) = self.link.as_mut().filter(|link| link.member == member) else { return };
        for (zxid, txn) in self.server.txns().filter(|(zxid, _)| *zxid > from && *zxid <= upto) {
            match txn {
                Txn::Change { nodes, .. } => notify(link, *nodes, zxid),
                Txn::Close(session) if link.session == Some(*session) => link.close(),
                Txn::Close(_) | Txn::Open(_) => {}
            }
        }
    }
}

/// One event per node and connection, however many watches it has there.
fn notify(link: &mut Link, nodes: Nodes, zxid: Zxid) {
    for node in Node::ALL.into_iter().filter(|node| nodes.has(*node)) {
        if link.one_shots.has(node) || (link.stream && node == Node::A) {
            link.down.push(Down::Event { node, zxid, replayed: false });
            link.one_shots.remove(node);
        }
    }
}
