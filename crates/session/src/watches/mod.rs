//! Watches: who waits here, and what the server was asked to tell.
//!
//! A connection has at most one mode per path on the server's side, since before 3.9 a server
//! keeps no more: there a plain read with a watch would demote a persistent watch on its path.
//! So a path with a persistent watch is served from that one's events, and a one-shot watch on it
//! sets no flag; persistent and recursive on one path together become recursive, with
//! `NodeChildrenChanged` of the path itself derived from its children's events.
//!
//! A watcher counts from the moment its request is submitted and is *armed* by the reply.
//! When the last one of a path goes, the server's side is removed.
//!
//! * this file: watchers come, are armed, and go;
//! * [`dispatch`]: an event finds its watchers;
//! * [`restore`]: what a new connection must be told.

mod dispatch;
mod restore;

use std::collections::BTreeMap;

use zookit_proto::types::WatcherType;
use zookit_proto::{ErrorCode, Text, Zxid};

use crate::event::{WatchEnd, WatchNotice};
use crate::ids::WatcherId;
use crate::request::{WatchKind, WatchRequest};
use crate::send_buffer::Patch;

pub(crate) use dispatch::{Notification, Reach};
pub(crate) use restore::Batch;

/// On which of the three lists of setWatches an armed one-shot watch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum List {
    Data,
    Exist,
    Child,
    /// Not a one-shot watch.
    Persistent,
}

#[derive(Debug)]
struct Watcher {
    kind: WatchKind,
    path: Text,
    /// Set by the reply: the list, and the zxid up to which what the reply said is true.
    armed: Option<(List, Zxid)>,
}

/// What the server keeps for a path beyond one-shot watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
enum Mode {
    #[default]
    OneShot,
    Persistent,
    Recursive,
}

/// A path that somebody watches, or that the server still watches for us.
#[derive(Debug, Default)]
struct Watched {
    /// In the order in which they came; armed or not.
    watchers: Vec<WatcherId>,
    /// The server holds a one-shot data watch, as far as replies and events tell, or was asked to
    /// by setWatches.
    data: bool,
    /// The server holds a one-shot child watch, likewise.
    child: bool,
    /// The mode the server has confirmed.
    mode: Mode,
    /// The mode it will have when it has read all that was sent; never less than `mode`.
    sent_mode: Mode,
    /// Requests in flight that make the server watch. Nothing is removed before they are
    /// answered: only then is it known what there is to remove.
    underway: u32,
    /// The transaction of the last derived `NodeChildrenChanged`, so that a server which keeps
    /// several modes does not tell it twice.
    derived: Option<Zxid>,
}

impl Watched {
    fn is_on_server(&self) -> bool {
        self.data || self.child || self.sent_mode != Mode::OneShot
    }

    fn is_idle(&self) -> bool {
        self.watchers.is_empty() && !self.is_on_server() && self.underway == 0
    }

    fn forget_server(&mut self) {
        self.data = false;
        self.child = false;
        self.mode = Mode::OneShot;
        self.sent_mode = Mode::OneShot;
        self.underway = 0;
    }

    /// The server was asked for a watch of this list.
    fn ask(&mut self, list: List, kind: WatchKind) {
        match (list, kind) {
            (List::Data | List::Exist, _) => self.data = true,
            (List::Child, _) => self.child = true,
            (List::Persistent, WatchKind::PersistentRecursive) => self.sent_mode = Mode::Recursive,
            (List::Persistent, _) => self.sent_mode = self.sent_mode.max(Mode::Persistent),
        }
    }

    /// The server refused what it was asked for.
    fn unask(&mut self, list: List) {
        match list {
            List::Data | List::Exist => self.data = false,
            List::Child => self.child = false,
            List::Persistent => self.sent_mode = self.mode,
        }
    }
}

/// A watch to be removed from the server, since nobody waits for it any more.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Removal {
    pub(crate) path: Text,
    pub(crate) kind: WatcherType,
}

/// What follows from a watcher's coming or going.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Consequences {
    /// To be removed from the server, behind all that was submitted.
    pub(crate) removals: Vec<Removal>,
    /// Armed one-shot watchers that the server does not hold after all: to be set with these.
    pub(crate) unserved: Vec<Batch>,
}

/// Every watcher, and every path that is watched.
#[derive(Debug, Default)]
pub(crate) struct Watches {
    watchers: BTreeMap<WatcherId, Watcher>,
    /// How many of them are persistent.
    persistent: usize,
    paths: BTreeMap<Text, Watched>,
}

impl Watches {
    pub(crate) fn len(&self) -> usize {
        self.watchers.len()
    }

    /// A request with a watcher was submitted.
    pub(crate) fn add(&mut self, request: &WatchRequest) {
        let path = request.path.detach();
        let watched = self.paths.entry(path.clone()).or_default();
        watched.watchers.push(request.watcher);
        let watcher = Watcher { kind: request.kind, path, armed: None };
        let persistent = usize::from(!request.kind.is_one_shot());
        self.persistent = self.persistent.saturating_add(persistent);
        self.watchers.insert(request.watcher, watcher);
    }

    /// The request leaves now: how its frame must ask, given what the server will know by then.
    pub(crate) fn transmit(&mut self, request: &WatchRequest) -> Patch {
        let wanted = self.watchers.contains_key(&request.watcher);
        let watched = self.paths.get_mut(&request.path);
        let mode = match request.kind {
            WatchKind::Persistent => Mode::Persistent,
            WatchKind::PersistentRecursive => Mode::Recursive,
            WatchKind::Data | WatchKind::Exists | WatchKind::Children => {
                let Some(watched) = watched.filter(|_| wanted) else { return Patch::Flag(false) };
                let flag = watched.sent_mode == Mode::OneShot;
                watched.underway = watched.underway.saturating_add(u32::from(flag));
                return Patch::Flag(flag);
            }
        };
        let Some(watched) = watched else { return Patch::Mode(mode_number(mode)) };
        watched.underway = watched.underway.saturating_add(1);
        watched.sent_mode = watched.sent_mode.max(mode);
        Patch::Mode(mode_number(watched.sent_mode))
    }

    /// Whether this number names a watcher.
    pub(crate) fn contains(&self, watcher: WatcherId) -> bool {
        self.watchers.contains_key(&watcher)
    }

    /// Whether anybody still waits for what the request would arm.
    pub(crate) fn is_wanted(&self, request: &WatchRequest) -> bool {
        self.contains(request.watcher)
    }

    /// The reply to a request with a watcher has come.
    pub(crate) fn answered(
        &mut self,
        request: &WatchRequest,
        asked: Patch,
        code: ErrorCode,
        zxid: Zxid,
    ) -> Consequences {
        let armed = match (request.kind, code) {
            (WatchKind::Data | WatchKind::Exists, ErrorCode::Ok) => Some(List::Data),
            (WatchKind::Exists, ErrorCode::NoNode) => Some(List::Exist),
            (WatchKind::Children, ErrorCode::Ok) => Some(List::Child),
            (WatchKind::Persistent | WatchKind::PersistentRecursive, ErrorCode::Ok) => {
                Some(List::Persistent)
            }
            _ => None,
        };
        if let Some(watched) = self.paths.get_mut(&request.path) {
            match (asked, armed) {
                (Patch::Flag(true), Some(list)) => watched.ask(list, request.kind),
                (Patch::Mode(number), Some(_)) => watched.mode = watched.mode.max(mode_of(number)),
                _ => {}
            }
            if matches!(asked, Patch::Flag(true) | Patch::Mode(_)) {
                watched.underway = watched.underway.saturating_sub(1);
            }
            // Refused or not, nothing else is on its way that could change the mode.
            if watched.underway == 0 {
                watched.sent_mode = watched.mode;
            }
        }
        match (self.watchers.get_mut(&request.watcher), armed) {
            (Some(watcher), Some(list)) => watcher.armed = Some((list, zxid)),
            (Some(_), None) => self.forget(request.watcher),
            (None, _) => {}
        }
        let mut consequences = self.settle(&request.path);
        consequences.unserved = self.unserved(&request.path);
        consequences
    }

    /// A watcher goes: its caller dropped it, or its request ended without arming it.
    pub(crate) fn remove(&mut self, watcher: WatcherId) -> Consequences {
        let Some(path) = self.watchers.get(&watcher).map(|watcher| watcher.path.clone()) else {
            return Consequences::default();
        };
        self.forget(watcher);
        self.settle(&path)
    }

    /// Takes the watcher out of both tables.
    fn forget(&mut self, id: WatcherId) {
        let Some(watcher) = self.watchers.remove(&id) else { return };
        let persistent = usize::from(!watcher.kind.is_one_shot());
        self.persistent = self.persistent.saturating_sub(persistent);
        if let Some(watched) = self.paths.get_mut(&watcher.path) {
            watched.watchers.retain(|other| *other != id);
        }
    }

    /// What of the server's side of a path nobody needs any more.
    ///
    /// Whatever is removed is taken for gone at once: requests submitted from now on are sent
    /// behind the removal.
    fn settle(&mut self, path: &Text) -> Consequences {
        let watched = self.paths.get_mut(path).filter(|watched| watched.underway == 0);
        let Some(watched) = watched else { return Consequences::default() };
        let mut removals = Vec::new();
        let mut remove = |kind| removals.push(Removal { path: path.clone(), kind });
        if watched.watchers.is_empty() {
            if watched.is_on_server() {
                remove(WatcherType::Any);
            }
            self.paths.remove(path);
        } else if watched.sent_mode == Mode::OneShot {
            let needs = |children: bool| {
                let mut kinds = watched.watchers.iter().filter_map(|id| self.watchers.get(id));
                kinds.any(|watcher| (watcher.kind == WatchKind::Children) == children)
            };
            let (needs_data, needs_child) = (needs(false), needs(true));
            if watched.data && !needs_data {
                watched.data = false;
                remove(WatcherType::Data);
            }
            if watched.child && !needs_child {
                watched.child = false;
                remove(WatcherType::Children);
            }
        }
        Consequences { removals, unserved: Vec::new() }
    }

    /// One-shot watchers on a path that were armed in the belief that a persistent watch, which
    /// the server then refused, would serve them.
    fn unserved(&mut self, path: &Text) -> Vec<Batch> {
        let Some(watched) = self.paths.get_mut(path) else { return Vec::new() };
        if watched.sent_mode != Mode::OneShot {
            return Vec::new();
        }
        let (data, child) = (watched.data, watched.child);
        let mut batches = Vec::new();
        for id in &watched.watchers {
            let Some(watcher) = self.watchers.get(id) else { continue };
            let Some((list, zxid)) = watcher.armed else { continue };
            let held = match list {
                List::Data | List::Exist => data,
                List::Child => child,
                List::Persistent => true,
            };
            if !held {
                batches.push(Batch::of_one(*id, list, path.clone(), zxid));
            }
        }
        for id in batches.iter().flat_map(|batch| &batch.watchers) {
            let list = self.watchers.get(id).and_then(|watcher| watcher.armed);
            if let Some((list, _)) = list {
                watched.ask(list, WatchKind::Data);
            }
        }
        batches
    }

    /// The connection is gone, and with it all that the server kept for us.
    pub(crate) fn connection_lost(&mut self) {
        self.paths.retain(|_, watched| {
            watched.forget_server();
            !watched.watchers.is_empty()
        });
    }

    /// Ends the armed one-shot watchers: the session is gone.
    pub(crate) fn end_one_shots(&mut self, why: WatchEnd) -> Vec<(WatcherId, WatchNotice)> {
        self.end(why, |watcher| watcher.kind.is_one_shot() && watcher.armed.is_some())
    }

    /// Ends every armed watcher; those to be armed stay.
    pub(crate) fn end_armed(&mut self, why: WatchEnd) -> Vec<(WatcherId, WatchNotice)> {
        self.end(why, |watcher| watcher.armed.is_some())
    }

    /// Ends every armed watcher, and forgets the others.
    pub(crate) fn end_all(&mut self, why: WatchEnd) -> Vec<(WatcherId, WatchNotice)> {
        let ended = self.end_armed(why);
        self.watchers.clear();
        self.persistent = 0;
        self.paths.clear();
        ended
    }

    fn end(
        &mut self,
        why: WatchEnd,
        which: impl Fn(&Watcher) -> bool,
    ) -> Vec<(WatcherId, WatchNotice)> {
        let ids: Vec<_> =
            self.watchers.iter().filter(|(_, watcher)| which(watcher)).map(|(id, _)| *id).collect();
        for id in &ids {
            self.forget(*id);
        }
        self.paths.retain(|_, watched| !watched.is_idle());
        ids.into_iter().map(|id| (id, WatchNotice::Ended(why))).collect()
    }
}

/// The number of addWatch's mode.
const fn mode_number(mode: Mode) -> i32 {
    match mode {
        Mode::OneShot | Mode::Persistent => 0,
        Mode::Recursive => 1,
    }
}

const fn mode_of(number: i32) -> Mode {
    if number == 1 { Mode::Recursive } else { Mode::Persistent }
}
