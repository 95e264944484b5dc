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
//! * `dispatch`: an event finds its watchers;
//! * `restore`: what a new connection must be told;
//! * `paths`, `leaf`, `watched`: where all that is kept.

mod dispatch;
mod leaf;
mod paths;
mod restore;
#[cfg(test)]
mod tests;
mod watched;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use zookit_proto::mutant::{self, Mutant};
use zookit_proto::types::WatcherType;
use zookit_proto::{ErrorCode, Text, Zxid};

use crate::event::{WatchEnd, WatchNotice};
use crate::ids::WatcherId;
use crate::request::{WatchKind, WatchRequest};
use crate::send_buffer::Patch;

pub(crate) use dispatch::{Notification, Reach};
use paths::{Paths, Place};
pub(crate) use restore::Batch;
use restore::Progress;
use watched::{List, Mode, Watcher};

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
    paths: Paths,
    /// Those of the watchers that are persistent, armed or not.
    persistent: BTreeSet<WatcherId>,
    /// While watches are being set again on a new connection.
    progress: Option<Box<Progress>>,
    /// The path of which a `NodeChildrenChanged` was derived from the event that came last, if the
    /// server may send it as well.
    derived_early: Option<Text>,
    /// Persistent watchers that were dropped while the server was setting them again, with their
    /// paths: what the server then has must be known for as long as others watch there.
    dropped_in_restore: BTreeMap<WatcherId, Bytes>,
}

impl Watches {
    pub(crate) fn len(&self) -> usize {
        self.paths.watchers()
    }

    /// A request with a watcher was submitted.
    pub(crate) fn add(&mut self, request: &WatchRequest) {
        let WatchRequest { watcher: id, kind, path } = request;
        let watcher = Watcher { id: *id, kind: *kind, armed: None, as_of: Zxid::default() };
        self.paths.add(path, watcher);
        if !kind.is_one_shot() {
            self.persistent.insert(*id);
        }
    }

    /// The request leaves now: how its frame must ask, given what the server will know by then.
    pub(crate) fn transmit(&mut self, request: &WatchRequest) -> Patch {
        let watched = self.paths.find_mut(&request.path);
        let mode = match request.kind {
            WatchKind::Persistent => Mode::Persistent,
            WatchKind::PersistentRecursive => Mode::Recursive,
            WatchKind::Data | WatchKind::Exists | WatchKind::Children => {
                let wanted = watched.filter(|watched| watched.watcher(request.watcher).is_some());
                let Some(watched) = wanted else { return Patch::Flag(false) };
                let demotes = mutant::on(Mutant::OneShotDemotesPersistent);
                let flag = watched.sent_mode == Mode::OneShot || demotes;
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
        self.paths.contains(watcher)
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
            (WatchKind::Exists, ErrorCode::NoNode) if mutant::on(Mutant::MissingNotWatched) => None,
            (WatchKind::Exists, ErrorCode::NoNode) => Some(List::Exist),
            (WatchKind::Data, _) if mutant::on(Mutant::RefusedReadArms) => Some(List::Data),
            (WatchKind::Children, ErrorCode::Ok) => Some(List::Child),
            (WatchKind::Persistent | WatchKind::PersistentRecursive, ErrorCode::Ok) => {
                Some(List::Persistent)
            }
            _ => None,
        };
        let Some(place) = self.paths.find(&request.path) else { return Consequences::default() };
        let Some(watched) = self.paths.get_mut(place) else { return Consequences::default() };
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
        match (watched.watcher_mut(request.watcher), armed) {
            (Some(watcher), Some(_)) => {
                watcher.armed = armed;
                watcher.as_of = zxid;
            }
            (Some(_), None) => self.forget(request.watcher),
            (None, _) => {}
        }
        let unserved = self.unserved(place);
        Consequences { removals: self.settle(place), unserved }
    }

    /// A watcher goes: its caller dropped it, or its request ended without arming it.
    pub(crate) fn remove(&mut self, watcher: WatcherId) -> Consequences {
        let Some(place) = self.paths.find_watcher(watcher) else {
            return Consequences::default();
        };
        self.note_dropped(watcher, place);
        self.forget(watcher);
        if mutant::on(Mutant::WatchTakenFromFellow) {
            let path = Text::from_bytes(Bytes::copy_from_slice(self.paths.path(place)));
            let removals = vec![Removal { path, kind: WatcherType::Any }];
            return Consequences { removals, unserved: Vec::new() };
        }
        let removals = self.settle(place);
        Consequences { removals, unserved: Vec::new() }
    }

    /// A watcher is being dropped; its watch may be on its way to be set again.
    fn note_dropped(&mut self, id: WatcherId, place: Place) {
        let Some(watched) = self.paths.get(place) else { return };
        let persistent = watched.watcher(id).is_some_and(|it| it.armed == Some(List::Persistent));
        if persistent && watched.underway == 0 && watched.mode < watched.sent_mode {
            let path = Bytes::copy_from_slice(self.paths.path(place));
            self.dropped_in_restore.insert(id, path);
        }
    }

    /// Takes the watcher out; its path stays.
    fn forget(&mut self, id: WatcherId) {
        self.paths.remove_watcher(id);
        self.persistent.remove(&id);
    }

    /// What of the server's side of a path nobody needs any more.
    ///
    /// Whatever is removed is taken for gone at once: requests submitted from now on are sent
    /// behind the removal.
    fn settle(&mut self, place: Place) -> Vec<Removal> {
        let path = || Text::from_bytes(Bytes::copy_from_slice(self.paths.path(place)));
        let watched = self.paths.get(place).filter(|watched| watched.underway == 0);
        let Some(watched) = watched else { return Vec::new() };
        if watched.is_unwatched() {
            let on_server = watched.is_on_server();
            let removal = on_server.then(|| Removal { path: path(), kind: WatcherType::Any });
            self.paths.remove(place);
            return removal.into_iter().collect();
        }
        // One that is still to be sent leaves before a removal: before 3.9 it would lose a half.
        let persistent = watched.watchers().any(|watcher| !watcher.kind.is_one_shot());
        if persistent || watched.sent_mode != Mode::OneShot {
            return Vec::new();
        }
        let needed = |children: bool| {
            watched.watchers().any(|watcher| (watcher.kind == WatchKind::Children) == children)
        };
        let (data, child) = (watched.data && !needed(false), watched.child && !needed(true));
        let mut removals = Vec::new();
        if data {
            removals.push(Removal { path: path(), kind: WatcherType::Data });
        }
        if child {
            removals.push(Removal { path: path(), kind: WatcherType::Children });
        }
        if let Some(watched) = self.paths.get_mut(place) {
            watched.data &= !data;
            watched.child &= !child;
        }
        removals
    }

    /// One-shot watchers on a path that were armed in the belief that a persistent watch, which
    /// the server then refused, would serve them.
    fn unserved(&mut self, place: Place) -> Vec<Batch> {
        let Some(watched) = self.paths.get(place) else { return Vec::new() };
        if watched.sent_mode != Mode::OneShot {
            return Vec::new();
        }
        let mut lists = Vec::new();
        let mut batches = Vec::new();
        for watcher in watched.watchers() {
            let Some(list) = watcher.armed else { continue };
            let held = match list {
                List::Data | List::Exist => watched.data,
                List::Child => watched.child,
                List::Persistent => true,
            };
            if !held {
                lists.push(list);
                let path = self.paths.path(place);
                batches.extend(Batch::of_one(watcher.id, list, path, watcher.as_of));
            }
        }
        if let Some(watched) = self.paths.get_mut(place) {
            for list in lists {
                watched.ask(list, WatchKind::Data);
            }
        }
        batches
    }

    /// The connection is gone, and with it all that the server kept for us.
    pub(crate) fn connection_lost(&mut self) {
        self.progress = None;
        self.derived_early = None;
        self.dropped_in_restore.clear();
        self.paths.sweep(
            |_| false,
            |watched| {
                watched.forget_server();
                !watched.is_unwatched()
            },
        );
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
        *self = Self::default();
        ended
    }

    fn end(
        &mut self,
        why: WatchEnd,
        which: impl FnMut(&Watcher) -> bool,
    ) -> Vec<(WatcherId, WatchNotice)> {
        let ids = self.paths.sweep(which, |watched| !watched.is_idle());
        for id in &ids {
            self.persistent.remove(id);
        }
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
