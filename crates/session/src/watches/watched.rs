//! A path that somebody watches: who does, and what the server keeps for it.

use zookit_proto::Zxid;

use crate::ids::WatcherId;
use crate::request::WatchKind;

/// On which of the lists of setWatches an armed watch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    Data,
    Exist,
    Child,
    /// Not a one-shot watch.
    Persistent,
}

/// Who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Watcher {
    pub(super) id: WatcherId,
    pub(super) kind: WatchKind,
    /// Set by the reply.
    pub(super) armed: Option<List>,
    /// The zxid up to which what that reply said is true; without meaning before.
    pub(super) as_of: Zxid,
}

/// What the server keeps for a path beyond one-shot watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Mode {
    #[default]
    OneShot,
    Persistent,
    Recursive,
}

/// A path that somebody watches, or that the server still watches for us.
///
/// There may be a million: what few paths have is on the heap.
#[derive(Debug, Default)]
pub(super) struct Watched {
    /// The oldest watcher; armed or not.
    first: Option<Watcher>,
    rare: Option<Box<Rare>>,
    /// Requests in flight that make the server watch. Nothing is removed before they are
    /// answered: only then is it known what there is to remove.
    pub(super) underway: u32,
    /// The server holds a one-shot data watch, as far as replies and events tell, or was asked to
    /// by setWatches.
    pub(super) data: bool,
    /// The server holds a one-shot child watch, likewise.
    pub(super) child: bool,
    /// The mode the server has confirmed.
    pub(super) mode: Mode,
    /// The mode it will have when it has read all that was sent; never less than `mode`.
    pub(super) sent_mode: Mode,
}

/// What few paths have.
#[derive(Debug, Default)]
struct Rare {
    /// The other watchers, in the order in which they came.
    others: Vec<Watcher>,
    derived: Option<Zxid>,
}

impl Watched {
    /// In the order in which they came.
    pub(super) fn watchers(&self) -> impl Iterator<Item = &Watcher> {
        let others = self.rare.iter().flat_map(|rare| &rare.others);
        self.first.iter().chain(others)
    }

    pub(super) fn watcher(&self, id: WatcherId) -> Option<&Watcher> {
        self.watchers().find(|watcher| watcher.id == id)
    }

    pub(super) fn watcher_mut(&mut self, id: WatcherId) -> Option<&mut Watcher> {
        let others = self.rare.iter_mut().flat_map(|rare| &mut rare.others);
        self.first.iter_mut().chain(others).find(|watcher| watcher.id == id)
    }

    pub(super) const fn is_unwatched(&self) -> bool {
        self.first.is_none()
    }

    /// The watcher, if there is just one.
    pub(super) fn only(&self) -> Option<&Watcher> {
        self.first.as_ref().filter(|_| self.rare.is_none())
    }

    pub(super) fn push(&mut self, watcher: Watcher) {
        match self.first {
            None => self.first = Some(watcher),
            Some(_) => self.rare.get_or_insert_default().others.push(watcher),
        }
    }

    /// Lets go the watchers that are not to be kept.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&Watcher) -> bool) {
        let kept = self.first.take_if(|watcher| !keep(watcher)).is_none();
        let Some(rare) = &mut self.rare else { return };
        rare.others.retain(keep);
        if !kept && !rare.others.is_empty() {
            self.first = Some(rare.others.remove(0));
        }
        if rare.others.is_empty() && rare.derived.is_none() {
            self.rare = None;
        }
    }

    /// The transaction of the last derived `NodeChildrenChanged`, so that a server which keeps
    /// several modes does not tell it twice.
    pub(super) fn derived(&self) -> Option<Zxid> {
        self.rare.as_ref().and_then(|rare| rare.derived)
    }

    pub(super) fn set_derived(&mut self, zxid: Zxid) {
        self.rare.get_or_insert_default().derived = Some(zxid);
    }

    pub(super) fn is_on_server(&self) -> bool {
        self.data || self.child || self.sent_mode != Mode::OneShot
    }

    pub(super) fn is_idle(&self) -> bool {
        self.is_unwatched() && !self.is_on_server() && self.underway == 0
    }

    pub(super) fn forget_server(&mut self) {
        self.data = false;
        self.child = false;
        self.mode = Mode::OneShot;
        self.sent_mode = Mode::OneShot;
        self.underway = 0;
    }

    /// The server was asked for a watch of this list.
    pub(super) fn ask(&mut self, list: List, kind: WatchKind) {
        match (list, kind) {
            (List::Data | List::Exist, _) => self.data = true,
            (List::Child, _) => self.child = true,
            (List::Persistent, WatchKind::PersistentRecursive) => self.sent_mode = Mode::Recursive,
            (List::Persistent, _) => self.sent_mode = self.sent_mode.max(Mode::Persistent),
        }
    }

    /// The server was asked again for what is armed on some of the lists, persistent watches in
    /// this one mode.
    pub(super) fn ask_again(&mut self, lists: impl Fn(List) -> bool, mode: WatchKind) {
        let asked = |list| lists(list) && self.watchers().any(|it| it.armed == Some(list));
        let [data, exist, child, persistent] =
            [List::Data, List::Exist, List::Child, List::Persistent].map(asked);
        self.data |= data || exist;
        self.child |= child;
        if persistent {
            self.ask(List::Persistent, mode);
        }
    }

    /// The server refused what it was asked for.
    pub(super) fn unask(&mut self, list: List) {
        match list {
            List::Data | List::Exist => self.data = false,
            List::Child => self.child = false,
            List::Persistent => self.sent_mode = self.mode,
        }
    }

    /// The one mode in which the path is watched persistently: recursive if any armed watcher
    /// needs that.
    pub(super) fn strongest(&self) -> WatchKind {
        let mut armed = self.watchers().filter(|watcher| watcher.armed.is_some());
        if armed.any(|watcher| watcher.kind == WatchKind::PersistentRecursive) {
            WatchKind::PersistentRecursive
        } else {
            WatchKind::Persistent
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watcher(id: u64) -> Watcher {
        Watcher { id: WatcherId(id), kind: WatchKind::Data, armed: None, as_of: Zxid(0) }
    }

    fn ids(watched: &Watched) -> Vec<u64> {
        watched.watchers().map(|watcher| watcher.id.0).collect()
    }

    #[test]
    fn watchers_stay_in_the_order_in_which_they_came() {
        for gone in 0..16_u64 {
            let mut watched = Watched::default();
            for id in 0..4 {
                watched.push(watcher(id));
            }
            watched.retain(|watcher| gone & (1 << watcher.id.0) == 0);
            let left: Vec<_> = (0..4).filter(|id| gone & (1 << id) == 0).collect();
            assert_eq!(ids(&watched), left);
            assert_eq!(watched.is_unwatched(), left.is_empty());
            watched.push(watcher(9));
            assert_eq!(ids(&watched), [left, vec![9]].concat());
        }
    }

    #[test]
    fn a_path_with_one_watcher_is_small() {
        assert!(size_of::<Watched>() <= 40, "{} bytes", size_of::<Watched>());
    }
}
