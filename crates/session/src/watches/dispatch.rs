//! An event finds its watchers.

use zookit_proto::types::EventType;
use zookit_proto::{Text, Zxid};

use super::{Consequences, Mode, Watches};
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
        self.consume(*event, path);
        if !self.already_derived(*event, path, *zxid) {
            self.tell_exact(*event, path, *zxid, reach, &mut told);
        }
        if reach == Reach::All && *event != EventType::NodeChildrenChanged {
            self.tell_recursive(*event, path, *zxid, &mut told);
        }
        if matches!(event, EventType::NodeCreated | EventType::NodeDeleted) {
            self.derive_children_changed(path, *zxid, reach, &mut told);
        }
        let mut touched = vec![path.clone()];
        for (watcher, _) in &told {
            let fired = self.watchers.get(watcher).filter(|watcher| watcher.kind.is_one_shot());
            if let Some(fired) = fired {
                touched.push(fired.path.clone());
                self.forget(*watcher);
            }
        }
        touched.dedup();
        let mut consequences = Consequences::default();
        for path in &touched {
            consequences.removals.extend(self.settle(path).removals);
        }
        (told, consequences)
    }

    /// The server's one-shot watches on the path are spent by the event.
    fn consume(&mut self, event: EventType, path: &Text) {
        let Some(watched) = self.paths.get_mut(path) else { return };
        match event {
            EventType::NodeChildrenChanged => watched.child = false,
            EventType::NodeDeleted => {
                watched.data = false;
                watched.child = false;
            }
            _ => watched.data = false,
        }
    }

    /// Whether this `NodeChildrenChanged` was told already, derived from a child's event of the
    /// same transaction. Only servers from 3.9 send both, and they send the zxid with it.
    fn already_derived(&self, event: EventType, path: &Text, zxid: Zxid) -> bool {
        event == EventType::NodeChildrenChanged
            && zxid != Zxid::NONE
            && self.paths.get(path).is_some_and(|watched| watched.derived == Some(zxid))
    }

    fn tell_exact(
        &self,
        event: EventType,
        path: &Text,
        zxid: Zxid,
        reach: Reach,
        told: &mut Vec<(WatcherId, WatchNotice)>,
    ) {
        let Some(watched) = self.paths.get(path) else { return };
        for id in &watched.watchers {
            let Some(watcher) = self.watchers.get(id) else { continue };
            let waits = watcher.armed.is_some() && waits_for(watcher.kind, event);
            if waits && (reach == Reach::All || watcher.kind.is_one_shot()) {
                told.push((*id, notice(event, path, zxid)));
            }
        }
    }

    fn tell_recursive(
        &self,
        event: EventType,
        path: &Text,
        zxid: Zxid,
        told: &mut Vec<(WatcherId, WatchNotice)>,
    ) {
        let mut ancestor = parent(path);
        while let Some(above) = ancestor {
            if let Some(watched) = self.paths.get(above) {
                for id in &watched.watchers {
                    let Some(watcher) = self.watchers.get(id) else { continue };
                    let recursive = watcher.kind == WatchKind::PersistentRecursive;
                    if recursive && watcher.armed.is_some() {
                        told.push((*id, notice(event, path, zxid)));
                    }
                }
            }
            ancestor = parent(above);
        }
    }

    /// A child came or went under a path whose mode is recursive: the server will not say
    /// `NodeChildrenChanged` for it, so those who wait for that are told from here.
    fn derive_children_changed(
        &mut self,
        child: &Text,
        zxid: Zxid,
        reach: Reach,
        told: &mut Vec<(WatcherId, WatchNotice)>,
    ) {
        let Some(above) = parent(child) else { return };
        let above = Text::from_bytes(child.as_bytes().slice_ref(above));
        let Some(watched) = self.paths.get_mut(&above) else { return };
        if watched.sent_mode != Mode::Recursive {
            return;
        }
        watched.derived = Some(zxid);
        self.tell_exact(EventType::NodeChildrenChanged, &above, zxid, reach, told);
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
