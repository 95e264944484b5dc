//! From which transaction on a watch is armed.
//!
//! The public client does not tell what a server had applied when it answered a read. Of a read that
//! showed a znode it follows from the stat: nothing that the watch waits for lies between the change
//! that the stat tells of and the read. Of a znode that was not there, and of an addWatch, it lies
//! between what the client knew before and what it knew afterwards; there the latest moment is taken
//! that leaves the first thing that the watch told still to come.

use std::collections::BTreeMap;

use zookit_proto::types::EventType;
use zookit_proto::{Text, Zxid};
use zookit_server::core::{Change, Transaction};
use zookit_session::{WatchNotice, WatcherId};
use zookit_sim::observe::ClientId;

use crate::chaos::history::{Answer, Ask, Asked, Event, Line, Told};

/// What each watcher was told first.
pub(super) type Firsts<'a> = BTreeMap<(ClientId, WatcherId), &'a WatchNotice>;

pub(super) fn firsts(lines: &[Line]) -> Firsts<'_> {
    let mut firsts = BTreeMap::new();
    for line in lines {
        if let Event::Notice(client, watcher, notice) = &line.event {
            firsts.entry((*client, *watcher)).or_insert(notice);
        }
    }
    firsts
}

/// From when on a watch is armed whose request was answered so: the client knew of `low` when it
/// asked, and of `high` when it was answered. `None`: it is not armed, or none was asked for.
pub(super) fn armed(
    asked: &Asked,
    told: &Told,
    (low, high): (Zxid, Zxid),
    first: Option<&WatchNotice>,
    transactions: &[Transaction],
) -> Option<Zxid> {
    asked.watcher?;
    let shown = match (told, &asked.ask) {
        (Told::Answered(Answer::Data(_, stat) | Answer::Stat(stat), _), _) => Some(stat.mzxid),
        (Told::Answered(Answer::Children(_, stat), _), _) => Some(stat.pzxid),
        (Told::Answered(..), _) | (Told::Refused(..), Ask::Exists { .. }) => None,
        _ => return None,
    };
    if let Some(shown) = shown {
        return Some(shown.max(low));
    }
    let event = first.and_then(|first| happened(first, low, transactions));
    let before = event.map(|zxid| Zxid(zxid.0 - 1)).filter(|before| *before < high);
    Some(before.unwrap_or(high).max(low))
}

/// When that happened which a notice tells of.
fn happened(notice: &WatchNotice, after: Zxid, transactions: &[Transaction]) -> Option<Zxid> {
    let WatchNotice::Event { event, path, zxid } = notice else { return None };
    zxid.or_else(|| {
        let from = transactions.partition_point(|transaction| transaction.zxid <= after);
        let of_it = |transaction: &&Transaction| makes(&transaction.change, *event, path);
        transactions.get(from..)?.iter().find(of_it).map(|transaction| transaction.zxid)
    })
}

/// Whether a change is that event.
pub(super) fn makes(change: &Change, event: EventType, path: &Text) -> bool {
    match change {
        Change::Create { path: of, .. } => {
            (event == EventType::NodeCreated && of == path)
                || (event == EventType::NodeChildrenChanged && is_parent(path, of))
        }
        Change::Delete { path: of } => gone(of, event, path),
        Change::SetData { path: of, .. } => event == EventType::NodeDataChanged && of == path,
        Change::CloseSession { ephemerals } => ephemerals.iter().any(|of| gone(of, event, path)),
        Change::Multi(changes) => changes.iter().any(|change| makes(change, event, path)),
        _ => false,
    }
}

fn gone(of: &Text, event: EventType, path: &Text) -> bool {
    (event == EventType::NodeDeleted && of == path)
        || (event == EventType::NodeChildrenChanged && is_parent(path, of))
}

fn is_parent(parent: &[u8], child: &[u8]) -> bool {
    let Some(end) = child.iter().rposition(|byte| *byte == b'/') else { return false };
    if end == 0 { parent == b"/" } else { child.get(..end) == Some(parent) }
}
