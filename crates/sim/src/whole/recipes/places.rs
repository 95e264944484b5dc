//! Who stood in a queue, and when, as the history has it.

use std::collections::BTreeMap;

use zookit_client::{SessionId, Zxid};
use zookit_server::core::{Change, Owner, Transaction};

/// A znode in a queue. Those of lower numbers were created before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) path: String,
    pub(super) session: SessionId,
    pub(super) created: Zxid,
    pub(super) deleted: Option<Zxid>,
}

/// All ephemeral znodes that were ever below a path, by the zxids of their creation.
pub(super) fn places(history: &[Transaction], below: &str) -> BTreeMap<Zxid, Place> {
    let mut places = Places { below: format!("{below}/"), all: BTreeMap::new() };
    for transaction in history {
        places.look(transaction.zxid, &transaction.change);
    }
    places.all
}

/// The number that the server gave a sequential znode, by which it stands in its queue.
pub(super) fn number_of(path: &str) -> Option<i64> {
    let digits = path.len().checked_sub(10).and_then(|at| path.get(at..));
    digits.and_then(|digits| digits.parse().ok())
}

/// All that was done, operations of multis one by one, in order.
pub(super) fn changes(history: &[Transaction]) -> impl Iterator<Item = (Zxid, &Change)> {
    history.iter().flat_map(|done| {
        let several = match &done.change {
            Change::Multi(several) => several.as_slice(),
            one => std::slice::from_ref(one),
        };
        several.iter().map(|change| (done.zxid, change))
    })
}

struct Places {
    below: String,
    all: BTreeMap<Zxid, Place>,
}

impl Places {
    fn look(&mut self, zxid: Zxid, change: &Change) {
        match change {
            Change::Create { path, owner: Owner::Session(session), .. } => {
                let path = path.to_string();
                if path.starts_with(&self.below) {
                    let place = Place { path, session: *session, created: zxid, deleted: None };
                    self.all.insert(zxid, place);
                }
            }
            Change::Delete { path } => self.delete(zxid, &path.to_string()),
            Change::CloseSession { ephemerals } => {
                ephemerals.iter().for_each(|path| self.delete(zxid, &path.to_string()));
            }
            Change::Multi(changes) => changes.iter().for_each(|change| self.look(zxid, change)),
            _ => {}
        }
    }

    /// Where a name is used twice, the last of that name is meant.
    fn delete(&mut self, zxid: Zxid, path: &str) {
        if let Some(place) = self.all.values_mut().rev().find(|place| place.path == path) {
            place.deleted.get_or_insert(zxid);
        }
    }
}
