//! An event finds its watchers.

use zookit_proto::mutant::{self, Mutant};
use zookit_proto::types::EventType;
use zookit_proto::{Text, Zxid};

use super::watched::{Mode, Watched};
use super::{Consequences, Watches};
use crate::event::WatchNotice;
use crate::ids::WatcherId;
use crate::request::WatchKind;

/// A notification from the server.
#[derive(Debug, Clone)]
pub(crate) struct Notification {
    pub(crate) event: EventType,
    pub(crate) path: Text,
    /// Of the reply header: -1 from servers before 3.9 and in replays.
    pub(crate) zxid: Zxid,
}

/// Which watchers an event may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// All of them.
    All,
    /// One-shot watchers only: while watches are being set again, a gap speaks for the others.
    OneShots,
}

impl Watches {
    /// Whom the event reaches, in the order in which they are told. One-shot watchers are gone
    /// with it, and with the last of them what the server kept for a path.
    pub(crate) fn dispatch(
        &mut self,
        notification: &Notification,
        reach: Reach,
    ) -> (Vec<(WatcherId, WatchNotice)>, Consequences) {
        let Notification { event, path, zxid } = notification;
        let mut told = Vec::new();
        match event {
            EventType::NodeCreated
            | EventType::NodeDeleted
            | EventType::NodeDataChanged
            | EventType::NodeChildrenChanged => {}
            // Servers send no others; what cannot be understood reaches nobody.
            _ => return (told, Consequences::default()),
        }
        if let Some(watched) = self.paths.find_mut(path) {
            consume(*event, watched);
        }
        if !self.already_derived(*event, path, *zxid) {
            self.tell_exact(*event, path, *zxid, reach, &mut told);
        }
        if reach == Reach::All && *event != EventType::NodeChildrenChanged {
            self.tell_recursive(*event, path, *zxid, &mut told);
        }
        let mut above = None;
        if matches!(event, EventType::NodeCreated | EventType::NodeDeleted) {
            above = self.derive_children_changed(path, *zxid, reach, &mut told);
        }
        let mut consequences = Consequences::default();
        for path in [Some(path), above.as_ref()].into_iter().flatten() {
            if let Some(place) = self.paths.find(path) {
                consequences.removals.extend(self.settle(place));
            }
        }
        (told, consequences)
    }

    /// Whether this `NodeChildrenChanged` was told already, derived from a child's event of the
    /// same transaction. Servers from 3.9, which keep both modes, send both with their zxid. Others
    /// do, without one, as long as they have not read that the mode is to be recursive: then the
    /// one follows the other with nothing in between.
    fn already_derived(&mut self, event: EventType, path: &Text, zxid: Zxid) -> bool {
        let early = self.derived_early.take();
        event == EventType::NodeChildrenChanged
            && match zxid {
                Zxid::NONE => early.as_ref() == Some(path),
                zxid => self.watched(path).is_some_and(|it| it.derived() == Some(zxid)),
            }
    }

    /// A frame came that is no event.
    pub(crate) fn no_event_came(&mut self) {
        if self.derived_early.is_some() {
            self.derived_early = None;
        }
    }

    fn watched(&self, path: &[u8]) -> Option<&Watched> {
        self.paths.get(self.paths.find(path)?)
    }

    /// Tells the watchers of just this path; says whether any of them is over with that.
    fn tell_exact(
        &mut self,
        event: EventType,
        path: &Text,
        zxid: Zxid,
        reach: Reach,
        told: &mut Vec<(WatcherId, WatchNotice)>,
    ) -> bool {
        let Some(place) = self.paths.find(path) else { return false };
        let mut any_over = false;
        self.paths.retain_watchers(place, |watcher| {
            let one_shot = watcher.kind.is_one_shot();
            let waits = watcher.armed.is_some() && waits_for(watcher.kind, event);
            let reached = waits && (reach == Reach::All || one_shot);
            if reached {
                told.push((watcher.id, notice(event, path, zxid)));
            }
            let over = reached && one_shot && !mutant::on(Mutant::OneShotKept);
            any_over |= over;
            !over
        });
        any_over
    }

    fn tell_recursive(
        &self,
        event: EventType,
        path: &Text,
        zxid: Zxid,
        told: &mut Vec<(WatcherId, WatchNotice)>,
    ) {
        if self.persistent.is_empty() {
            return;
        }
        let mut ancestor = parent(path);
        while let Some(above) = ancestor {
            for watcher in self.watched(above).into_iter().flat_map(Watched::watchers) {
                let recursive = watcher.kind == WatchKind::PersistentRecursive;
                if recursive && watcher.armed.is_some() {
                    told.push((watcher.id, notice(event, path, zxid)));
                }
            }
            ancestor = parent(above);
        }
    }

    /// A child came or went under a path whose mode is recursive: the server will not say
    /// `NodeChildrenChanged` for it, so those who wait for that are told from here. The path, if
    /// any of its watchers is over with that.
    fn derive_children_changed(
        &mut self,
        child: &Text,
        zxid: Zxid,
        reach: Reach,
        told: &mut Vec<(WatcherId, WatchNotice)>,
    ) -> Option<Text> {
        let above = parent(child)?;
        let watched = self.paths.find_mut(above)?;
        if watched.sent_mode != Mode::Recursive || mutant::on(Mutant::DerivedChildrenMissed) {
            return None;
        }
        let early = zxid == Zxid::NONE && watched.mode != Mode::Recursive;
        if zxid != Zxid::NONE {
            watched.set_derived(zxid);
        }
        let above = Text::from_bytes(child.as_bytes().slice_ref(above));
        self.derived_early = early.then(|| above.clone());
        let over = self.tell_exact(EventType::NodeChildrenChanged, &above, zxid, reach, told);
        over.then_some(above)
    }
}

/// The server's one-shot watches on the path are spent by the event.
fn consume(event: EventType, watched: &mut Watched) {
    match event {
        EventType::NodeChildrenChanged => watched.child = false,
        EventType::NodeDeleted => {
            watched.data = false;
            watched.child = false;
        }
        _ => watched.data = false,
    }
}

/// The parent of a path, as bytes; none of the root.
fn parent(path: &[u8]) -> Option<&[u8]> {
    if path.len() <= 1 {
        return None;
    }
    match path.iter().rposition(|byte| *byte == b'/')? {
        0 => path.get(..1),
        slash => path.get(..slash),
    }
}

const fn waits_for(kind: WatchKind, event: EventType) -> bool {
    match event {
        EventType::NodeCreated => !matches!(kind, WatchKind::Data | WatchKind::Children),
        EventType::NodeDataChanged => !matches!(kind, WatchKind::Children),
        EventType::NodeChildrenChanged => {
            matches!(kind, WatchKind::Children | WatchKind::Persistent)
        }
        _ => true,
    }
}

fn notice(event: EventType, path: &Text, zxid: Zxid) -> WatchNotice {
    let zxid = (zxid != Zxid::NONE).then_some(zxid);
    WatchNotice::Event { event, path: path.clone(), zxid }
}
