//! One watcher: what it waits for, and what it has not been told yet.

use std::collections::VecDeque;

use zookit_proto::types::EventType;
use zookit_proto::{Request, Text, Zxid};
use zookit_session::WatchKind;

use super::super::history::{Happened, parent};

/// A watcher that is not over.
#[derive(Debug)]
pub(super) struct Watcher {
    pub(super) kind: WatchKind,
    pub(super) path: Text,
    pub(super) armed: Armed,
    /// How often its client had been away when it was armed.
    pub(super) absences: u64,
    /// What happened since that it waits for and was not told, as places in the history's log.
    pub(super) pending: VecDeque<usize>,
}

/// Whether its request was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Armed {
    No,
    /// At this transaction.
    At(Zxid),
    /// At one that the caller was not told.
    Somewhen,
}

impl Watcher {
    pub(super) const fn new(kind: WatchKind, path: Text) -> Self {
        Self { kind, path, armed: Armed::No, absences: 0, pending: VecDeque::new() }
    }

    pub(super) fn is_recursive(&self) -> bool {
        self.kind == WatchKind::PersistentRecursive
    }

    /// Whether it waits for this.
    pub(super) fn waits_for(&self, happened: &Happened) -> bool {
        let Happened { event, path, .. } = happened;
        if self.is_recursive() {
            return *event != EventType::NodeChildrenChanged && is_at_or_below(path, &self.path);
        }
        *path == self.path && awaits(self.kind, *event)
    }
}

/// Whether an event on its own path is one that a watcher waits for.
const fn awaits(kind: WatchKind, event: EventType) -> bool {
    match kind {
        WatchKind::Data => matches!(event, EventType::NodeDataChanged | EventType::NodeDeleted),
        WatchKind::Exists => matches!(
            event,
            EventType::NodeCreated | EventType::NodeDataChanged | EventType::NodeDeleted
        ),
        WatchKind::Children => {
            matches!(event, EventType::NodeChildrenChanged | EventType::NodeDeleted)
        }
        WatchKind::Persistent | WatchKind::PersistentRecursive => true,
    }
}

fn is_at_or_below(path: &[u8], above: &[u8]) -> bool {
    std::iter::successors(Some(path), |path| parent(path)).any(|path| path == above)
}

/// The path that a request with a watcher is about.
pub(super) fn path_of(request: &Request) -> Option<&Text> {
    Some(match request {
        Request::Exists(r) => &r.path,
        Request::GetData(r) => &r.path,
        Request::GetChildren(r) | Request::GetChildren2(r) => &r.path,
        Request::AddWatch(r) => &r.path,
        _ => return None,
    })
}
