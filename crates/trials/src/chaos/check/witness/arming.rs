//! From which transaction on a watch is armed.
//!
//! The public client does not tell what a server had applied when it answered a read. Of a read that
//! showed a znode it follows from the stat: nothing that the watch waits for lies between the change
//! that the stat tells of and the read. Of a znode that was not there, and of an addWatch, it lies
//! between what the client knew before and what it knew afterwards; there it is the latest moment
//! behind which happened just what the watch told, in its order.

use std::collections::BTreeMap;

use zookit_proto::types::EventType;
use zookit_proto::{Text, Zxid};
use zookit_server::core::{Change, Transaction};
use zookit_session::{WatchKind, WatchNotice, WatcherId};
use zookit_sim::observe::ClientId;

use crate::chaos::history::{Answer, Ask, Asked, Event, Line, Told};

/// The first events that each watcher was told of, up to the first gap.
pub(super) type Firsts<'a> = BTreeMap<(ClientId, WatcherId), First<'a>>;

/// So many events of a watcher are compared.
const MOST: usize = 8;

/// Behind so many transactions more nothing is looked for: a watcher that is told so little tells
/// nothing of when it was armed.
const FAR: usize = 20_000;

/// What a watcher was told first.
#[derive(Debug, Default)]
pub(super) struct First<'a> {
    events: Vec<&'a WatchNotice>,
    is_over: bool,
}

pub(super) fn firsts(lines: &[Line]) -> Firsts<'_> {
    let mut firsts = Firsts::new();
    for line in lines {
        if let Event::Notice(client, watcher, notice) = &line.event {
            let first = firsts.entry((*client, *watcher)).or_default();
            first.is_over |= !matches!(notice, WatchNotice::Event { .. });
            if !first.is_over && first.events.len() < MOST {
                first.events.push(notice);
            }
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
    first: Option<&First<'_>>,
    transactions: &[Transaction],
) -> Option<Zxid> {
    let (_, kind) = asked.watcher?;
    let shown = match (told, &asked.ask) {
        (Told::Answered(Answer::Data(_, stat) | Answer::Stat(stat), _), _) => Some(stat.mzxid),
        (Told::Answered(Answer::Children(_, stat), _), _) => Some(stat.pzxid),
        (Told::Answered(..), _) | (Told::Refused(..), Ask::Exists { .. }) => None,
        _ => return None,
    };
    if let Some(shown) = shown {
        return Some(shown.max(low));
    }
    let told = first.map_or(&[][..], |first| &first.events);
    let path = Text::from(asked.ask.path().unwrap_or_default());
    let waits = |event: &Happened| waits_for(kind, &path, event);
    let found = latest(told, (low, high), waits, transactions);
    // What a server makes up for one that was away may be none of these.
    Some(found.unwrap_or_else(|| if kind.is_one_shot() { low } else { high }))
}

/// The latest moment from `low` to `high` behind which the first events that are waited for are just
/// those that were told.
fn latest(
    told: &[&WatchNotice],
    (low, high): (Zxid, Zxid),
    waits: impl Fn(&Happened) -> bool,
    transactions: &[Transaction],
) -> Option<Zxid> {
    let from = transactions.partition_point(|transaction| transaction.zxid <= low);
    let behind = transactions.get(from..)?.iter().take(FAR);
    let mut events: Vec<Happened> = Vec::new();
    let mut within = 0;
    for transaction in behind {
        if transaction.zxid > high && events.len() >= within + told.len() {
            break;
        }
        each(&transaction.change, transaction.zxid, &mut |event| {
            if waits(&event) {
                events.push(event);
            }
        });
        if transaction.zxid <= high {
            within = events.len();
        }
    }
    let fits = |place: &usize| {
        let rest = events.get(*place..).unwrap_or_default();
        told.iter().zip(rest).all(|(told, event)| event.is_told_by(told))
            && rest.len() >= told.len()
    };
    let place = (0..=within).rev().find(fits)?;
    // Nothing that it waits for is between the last of these and the last moment.
    let before = place.checked_sub(1).and_then(|before| events.get(before));
    let before = before.map_or(low, |before| before.zxid.max(low));
    Some(if place == within { high.max(low) } else { before })
}

/// Something that a watch may wait for.
#[derive(Debug, Clone)]
struct Happened {
    zxid: Zxid,
    event: EventType,
    path: Text,
}

impl Happened {
    fn is_told_by(&self, notice: &WatchNotice) -> bool {
        matches!(notice, WatchNotice::Event { event, path, zxid }
            if *event == self.event && *path == self.path
                && zxid.is_none_or(|zxid| zxid == self.zxid))
    }
}

fn waits_for(kind: WatchKind, of: &Text, happened: &Happened) -> bool {
    let Happened { event, path, .. } = happened;
    match kind {
        WatchKind::PersistentRecursive => {
            let below = path.strip_prefix(&of[..]);
            let is_below = below.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"));
            *event != EventType::NodeChildrenChanged && is_below
        }
        WatchKind::Persistent => path == of,
        _ => path == of && *event != EventType::NodeChildrenChanged,
    }
}

/// The events that a change is, in the order in which servers tell of them.
fn each(change: &Change, zxid: Zxid, found: &mut impl FnMut(Happened)) {
    let mut tell = |event, path: &Text| found(Happened { zxid, event, path: path.clone() });
    match change {
        Change::Create { path, .. } => {
            tell(EventType::NodeCreated, path);
            tell(EventType::NodeChildrenChanged, &parent(path));
        }
        Change::Delete { path } => gone(path, &mut tell),
        Change::SetData { path, .. } => tell(EventType::NodeDataChanged, path),
        Change::CloseSession { ephemerals } => {
            ephemerals.iter().for_each(|path| gone(path, &mut tell));
        }
        Change::Multi(changes) => changes.iter().for_each(|change| each(change, zxid, found)),
        _ => {}
    }
}

fn gone(path: &Text, tell: &mut impl FnMut(EventType, &Text)) {
    tell(EventType::NodeDeleted, path);
    tell(EventType::NodeChildrenChanged, &parent(path));
}

fn parent(child: &Text) -> Text {
    let end = child.iter().rposition(|byte| *byte == b'/').unwrap_or(0).max(1);
    Text::from_bytes(child.as_bytes().slice(..end.min(child.len())))
}

/// Whether a change is that event.
pub(super) fn makes(change: &Change, event: EventType, path: &Text) -> bool {
    let mut does = false;
    each(change, Zxid(0), &mut |happened| {
        does |= happened.event == event && happened.path == *path;
    });
    does
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use zookit_proto::SessionId;
    use zookit_sim::observe::Call;

    use super::*;

    /// `/a` is set by each, from 11 on.
    fn sets(count: i64) -> Vec<Transaction> {
        let set = |zxid: i64| {
            let (path, data) = ("/a".into(), Some(Bytes::new()));
            let change = Change::SetData { path, data, version: 1 };
            Transaction { zxid: Zxid(zxid), time_ms: 0, session: SessionId(1), change }
        };
        (11..11 + count).map(set).collect()
    }

    fn told(zxids: &[Option<i64>]) -> Vec<WatchNotice> {
        let notice = |zxid: &Option<i64>| {
            let (event, path, zxid) = (EventType::NodeDataChanged, "/a".into(), zxid.map(Zxid));
            WatchNotice::Event { event, path, zxid }
        };
        zxids.iter().map(notice).collect()
    }

    fn armed_from(zxids: &[Option<i64>], transactions: &[Transaction]) -> Option<i64> {
        let told = told(zxids);
        let first = First { events: told.iter().collect(), is_over: false };
        let ask = Ask::Watch { path: "/a".into(), recursive: true };
        let watcher = Some((WatcherId(1), WatchKind::PersistentRecursive));
        let asked = Asked { call: Call(1), ask, watcher };
        let answered = Told::Answered(Answer::Done, None);
        let known = (Zxid(10), Zxid(13));
        armed(&asked, &answered, known, Some(&first), transactions).map(|zxid| zxid.0)
    }

    #[test]
    fn a_watch_is_armed_before_the_first_thing_that_it_tells() {
        let five = sets(5);
        assert_eq!(armed_from(&[Some(12), Some(13)], &five), Some(11));
        assert_eq!(armed_from(&[Some(14)], &five), Some(13));
        assert_eq!(armed_from(&[Some(11)], &five), Some(10));
        assert_eq!(armed_from(&[], &five), Some(13));
    }

    #[test]
    fn without_zxids_it_is_the_latest_moment_that_fits() {
        let five = sets(5);
        assert_eq!(armed_from(&[None, None], &five), Some(13));
        assert_eq!(armed_from(&[None, None, None], &five), Some(12));
        assert_eq!(armed_from(&[None; 5], &five), Some(10));
        // What fits nowhere is for the checker to find.
        assert_eq!(armed_from(&[None; 6], &five), Some(13));
    }

    #[test]
    fn a_read_that_showed_the_znode_says_it_itself() {
        let stat = zookit_proto::Stat { mzxid: Zxid(12), ..zookit_proto::Stat::default() };
        let ask = Ask::Get { path: "/a".into(), watch: true };
        let asked = Asked { call: Call(1), ask, watcher: Some((WatcherId(1), WatchKind::Data)) };
        let answered = Told::Answered(Answer::Data(None, stat), None);
        let five = sets(5);
        assert_eq!(armed(&asked, &answered, (Zxid(10), Zxid(15)), None, &five), Some(Zxid(12)));
        assert_eq!(armed(&asked, &answered, (Zxid(13), Zxid(15)), None, &five), Some(Zxid(13)));
        assert_eq!(armed(&asked, &Told::NoReply, (Zxid(10), Zxid(15)), None, &five), None);
    }

    #[test]
    fn changes_are_events() {
        let create = Change::Delete { path: "/a/b".into() };
        assert!(makes(&create, EventType::NodeDeleted, &"/a/b".into()));
        assert!(makes(&create, EventType::NodeChildrenChanged, &"/a".into()));
        assert!(!makes(&create, EventType::NodeChildrenChanged, &"/".into()));
        let top = Change::Delete { path: "/a".into() };
        assert!(makes(&top, EventType::NodeChildrenChanged, &"/".into()));
    }
}
