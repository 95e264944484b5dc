//! What a new connection must be told, so that the server watches again what is watched here.
//!
//! One-shot watches go first, by setWatches: the server compares with the newest transaction this
//! client has seen and replays what was missed.
//! Persistent ones follow by setWatches2, of which a server before 3.6 knows nothing; so a refusal
//! ends only those.

use std::collections::BTreeMap;

use bytes::Bytes;
use zookit_proto::frame;
use zookit_proto::ops::set_watches::SetWatchesRequest;
use zookit_proto::ops::set_watches2::SetWatches2Request;
use zookit_proto::{ErrorCode, OpCode, Text, Xid, Zxid};

use super::{List, Watcher, Watches};
use crate::event::{WatchEnd, WatchNotice};
use crate::ids::WatcherId;
use crate::request::WatchKind;

/// One setWatches or setWatches2, and the watchers it stands for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Batch {
    pub(crate) opcode: OpCode,
    pub(crate) frame: Bytes,
    pub(crate) watchers: Vec<WatcherId>,
}

/// The lists of a batch while it is filled.
#[derive(Debug, Default)]
struct Lists {
    data: Vec<Text>,
    exist: Vec<Text>,
    child: Vec<Text>,
    persistent: Vec<Text>,
    recursive: Vec<Text>,
    watchers: Vec<WatcherId>,
    bytes: usize,
}

impl Lists {
    fn put(&mut self, id: WatcherId, list: List, kind: WatchKind, path: &Text) {
        let list = match (list, kind) {
            (List::Data, _) => &mut self.data,
            (List::Exist, _) => &mut self.exist,
            (List::Child, _) => &mut self.child,
            (List::Persistent, WatchKind::PersistentRecursive) => &mut self.recursive,
            (List::Persistent, _) => &mut self.persistent,
        };
        // Watchers come sorted by path, so that the same path again is the last one.
        if list.last() != Some(path) {
            self.bytes = self.bytes.saturating_add(length(path));
            list.push(path.clone());
        }
        self.watchers.push(id);
    }

    /// Whether the path fits in once more, in whatever list. One alone always does.
    fn has_room(&self, path: &Text, max_bytes: usize) -> bool {
        self.watchers.is_empty() || self.bytes.saturating_add(length(path)) <= max_bytes
    }

    fn into_batch(self, relative_zxid: Zxid) -> Batch {
        let (opcode, frame) = if self.persistent.is_empty() && self.recursive.is_empty() {
            let body = SetWatchesRequest {
                relative_zxid,
                data_watches: self.data,
                exist_watches: self.exist,
                child_watches: self.child,
            };
            (OpCode::SetWatches, encode(OpCode::SetWatches, &body))
        } else {
            let body = SetWatches2Request {
                relative_zxid,
                data_watches: self.data,
                exist_watches: self.exist,
                child_watches: self.child,
                persistent_watches: self.persistent,
                persistent_recursive_watches: self.recursive,
            };
            (OpCode::SetWatches2, encode(OpCode::SetWatches2, &body))
        };
        Batch { opcode, frame, watchers: self.watchers }
    }
}

/// Bytes a path takes in a list.
fn length(path: &Text) -> usize {
    path.len().saturating_add(4)
}

fn encode<T: zookit_proto::wire::Field>(opcode: OpCode, body: &T) -> Bytes {
    let frame = frame::request(Xid::default(), opcode.number(), body, usize::MAX);
    frame.map(bytes::BytesMut::freeze).unwrap_or_default()
}

impl Batch {
    /// One one-shot watch, as of `zxid`.
    pub(super) fn of_one(id: WatcherId, list: List, path: Text, zxid: Zxid) -> Self {
        let mut lists = Lists::default();
        lists.put(id, list, WatchKind::Data, &path);
        lists.into_batch(zxid)
    }
}

impl Watches {
    /// Everything armed, in batches whose paths take at most `max_bytes` (one longer path goes
    /// alone). All carry the same zxid, the newest seen before any of this was sent.
    ///
    /// From now on they count as held by the server: who drops one meanwhile has it removed.
    pub(crate) fn restore(&mut self, relative_zxid: Zxid, max_bytes: usize) -> Vec<Batch> {
        let mut batches = Vec::new();
        let passes = if self.persistent == 0 { &[true][..] } else { &[true, false][..] };
        for &one_shot in passes {
            let mut lists = Lists::default();
            for (path, watched) in &mut self.paths {
                // Only persistent watches share a mode; there are few beside the one-shot ones.
                let strongest = match one_shot {
                    true => WatchKind::Data,
                    false => strongest(&self.watchers, &watched.watchers),
                };
                for place in 0..watched.watchers.len() {
                    let Some(id) = watched.watchers.get(place).copied() else { break };
                    let Some(watcher) = self.watchers.get(&id) else { continue };
                    let Some((list, _)) = watcher.armed else { continue };
                    if (list != List::Persistent) != one_shot {
                        continue;
                    }
                    if !lists.has_room(path, max_bytes) {
                        batches.push(std::mem::take(&mut lists).into_batch(relative_zxid));
                    }
                    lists.put(id, list, strongest, path);
                    watched.ask(list, strongest);
                }
            }
            if !lists.watchers.is_empty() {
                batches.push(lists.into_batch(relative_zxid));
            }
        }
        batches
    }

    /// The server answered a batch. What it refused is over.
    pub(crate) fn restored(
        &mut self,
        watchers: &[WatcherId],
        code: ErrorCode,
    ) -> Vec<(WatcherId, WatchNotice)> {
        let mut ended = Vec::new();
        if code.is_ok() && self.persistent == 0 {
            // One-shot watches count as held since they were sent.
            return ended;
        }
        for id in watchers {
            let Some(watcher) = self.watchers.get(id) else { continue };
            let Some((list, _)) = watcher.armed else { continue };
            let Some(watched) = self.paths.get_mut(&watcher.path) else { continue };
            if code.is_ok() {
                if list == List::Persistent {
                    watched.mode = watched.mode.max(watched.sent_mode);
                }
                continue;
            }
            watched.unask(list);
            ended.push((*id, WatchNotice::Ended(WatchEnd::RestoreRefused(code))));
            self.forget(*id);
        }
        if !ended.is_empty() {
            self.paths.retain(|_, watched| !watched.is_idle());
        }
        ended
    }

    /// The persistent watchers that are armed: those that a gap concerns.
    pub(crate) fn persistent(&self) -> Vec<WatcherId> {
        let armed = |(_, watcher): &(&WatcherId, &Watcher)| {
            !watcher.kind.is_one_shot() && watcher.armed.is_some()
        };
        self.watchers.iter().filter(armed).map(|(id, _)| *id).collect()
    }
}

/// The one mode in which a path is watched persistently: recursive if any armed watcher needs that.
fn strongest(watchers: &BTreeMap<WatcherId, Watcher>, of_path: &[WatcherId]) -> WatchKind {
    let mut armed = of_path.iter().filter_map(|id| watchers.get(id)).filter(|w| w.armed.is_some());
    if armed.any(|watcher| watcher.kind == WatchKind::PersistentRecursive) {
        WatchKind::PersistentRecursive
    } else {
        WatchKind::Persistent
    }
}
