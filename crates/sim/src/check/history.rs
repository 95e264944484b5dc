//! What was agreed on, by zxid, and the events that it is for watches.

use std::collections::BTreeMap;
use std::time::Duration;

use zookit_proto::types::EventType;
use zookit_proto::{SessionId, Text, Time, Zxid};
use zookit_server::core::{Change, Transaction};

use super::Violation;

/// All transactions so far.
#[derive(Debug, Default)]
pub(super) struct History {
    transactions: Vec<Transaction>,
    log: Vec<Happened>,
    sessions: BTreeMap<SessionId, Life>,
}

/// An event, as a watch that never sleeps would hear of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Happened {
    pub(super) zxid: Zxid,
    pub(super) event: EventType,
    pub(super) path: Text,
}

/// What the history knows of a session.
#[derive(Debug, Clone)]
pub(super) struct Life {
    pub(super) timeout: Duration,
    /// When it ended, and by which transaction.
    pub(super) ended: Option<(Time, Zxid)>,
}

impl History {
    pub(super) fn add(&mut self, now: Time, transaction: &Transaction) -> Result<(), Violation> {
        let (zxid, last) = (transaction.zxid, self.last());
        if zxid <= last {
            let what = format!("the servers agreed on {zxid} behind {last}");
            return Err(Violation::new("history", now, what));
        }
        match &transaction.change {
            Change::CreateSession { timeout } => {
                let life = Life { timeout: *timeout, ended: None };
                self.sessions.insert(transaction.session, life);
            }
            Change::CloseSession { ephemerals } => {
                if let Some(life) = self.sessions.get_mut(&transaction.session) {
                    life.ended.get_or_insert((now, zxid));
                }
                for path in ephemerals {
                    self.deleted(zxid, path);
                }
            }
            change => self.happened(zxid, change),
        }
        self.transactions.push(transaction.clone());
        Ok(())
    }

    fn happened(&mut self, zxid: Zxid, change: &Change) {
        match change {
            Change::Create { path, .. } => {
                self.log.push(Happened { zxid, event: EventType::NodeCreated, path: path.clone() });
                self.children_changed(zxid, path);
            }
            Change::Delete { path } => self.deleted(zxid, path),
            Change::SetData { path, .. } => {
                let event = EventType::NodeDataChanged;
                self.log.push(Happened { zxid, event, path: path.clone() });
            }
            Change::Multi(changes) => {
                for change in changes {
                    self.happened(zxid, change);
                }
            }
            _ => {}
        }
    }

    fn deleted(&mut self, zxid: Zxid, path: &Text) {
        self.log.push(Happened { zxid, event: EventType::NodeDeleted, path: path.clone() });
        self.children_changed(zxid, path);
    }

    fn children_changed(&mut self, zxid: Zxid, child: &Text) {
        if let Some(length) = parent(child).map(<[u8]>::len) {
            let path = Text::from_bytes(child.as_bytes().slice(..length));
            self.log.push(Happened { zxid, event: EventType::NodeChildrenChanged, path });
        }
    }

    /// The last zxid; 0 before the first.
    pub(super) fn last(&self) -> Zxid {
        self.transactions.last().map_or(Zxid(0), |transaction| transaction.zxid)
    }

    /// Whether a server may say that it has applied this: a transaction, or the beginning of an
    /// epoch in which there was none yet.
    pub(super) fn has_reached(&self, zxid: Zxid) -> bool {
        zxid <= self.last() || zxid.counter() == 0
    }

    pub(super) fn find(&self, zxid: Zxid) -> Option<&Transaction> {
        let place = self.transactions.binary_search_by_key(&zxid, |at| at.zxid);
        place.ok().and_then(|place| self.transactions.get(place))
    }

    /// All events, by zxid.
    pub(super) fn log(&self) -> &[Happened] {
        &self.log
    }

    /// Where the events behind a zxid begin.
    pub(super) fn behind(&self, zxid: Zxid) -> usize {
        self.log.partition_point(|happened| happened.zxid <= zxid)
    }

    pub(super) fn session(&self, session: SessionId) -> Option<&Life> {
        self.sessions.get(&session)
    }

    /// The sessions that live.
    pub(super) fn living(&self) -> impl Iterator<Item = SessionId> {
        self.sessions.iter().filter(|(_, life)| life.ended.is_none()).map(|(id, _)| *id)
    }

    /// Whether what was observed is what the servers have.
    pub(super) fn agrees_with(&self, now: Time, all: &[Transaction]) -> Result<(), Violation> {
        let differs = self.transactions.iter().zip(all).find(|(seen, there)| seen != there);
        let what = if let Some((seen, there)) = differs {
            format!("the servers agreed on {seen:?}, and now have {there:?}")
        } else if self.transactions.len() == all.len() {
            return Ok(());
        } else {
            let (seen, there) = (self.transactions.len(), all.len());
            format!("the servers agreed on {seen} transactions, and now have {there}")
        };
        Err(Violation::new("history", now, what))
    }
}

/// The path of the parent; the root has none.
pub(super) fn parent(path: &[u8]) -> Option<&[u8]> {
    if path.len() <= 1 {
        return None;
    }
    match path.iter().rposition(|byte| *byte == b'/')? {
        0 => path.get(..1),
        at => path.get(..at),
    }
}
