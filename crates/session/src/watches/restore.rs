//! What a new connection must be told, so that the server watches again what is watched here.
//!
//! One-shot watches go first, by setWatches: the server compares with the newest transaction this
//! client has seen and replays what was missed.
//! Persistent ones follow by setWatches2, of which a server before 3.6 knows nothing; so a refusal
//! ends only those.
//!
//! A batch does not wait for the answer to the one before: all carry the same zxid, and what the
//! server replays for one says nothing of the next. Nor are all made at once. That changes nothing
//! of what the server is told: while watches are set again no request leaves, so none is armed, and
//! an event that takes one away before its batch is made takes one that needs no setting again.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use zookit_proto::mutant::{self, Mutant};
use zookit_proto::ops::path_list::{PathList, write_set_watches};
use zookit_proto::{ErrorCode, OpCode, Xid, Zxid, frame};

use super::Watches;
use super::leaf::Leaf;
use super::watched::{List, Watched};
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

/// How far watches are set again on the connection.
///
/// Batches are made as the transport takes them: so memory for a few of them is enough for a
/// million watches, and the server works on the first while the next is made.
#[derive(Debug)]
pub(super) struct Progress {
    pass: Pass,
    /// From which path on; the empty one is before all others. None: the pass is over.
    next: Option<Box<[u8]>>,
    filling: Filling,
}

/// The paths are gone through twice, if there are persistent watches at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pass {
    OneShots,
    Persistent,
}

/// Batches that are filled one after the other. The lists keep their memory from one to the next,
/// and only a batch that is full gets a frame, just as long as it must be.
#[derive(Debug)]
struct Filling {
    relative_zxid: Zxid,
    max_bytes: usize,
    data: PathList,
    exist: PathList,
    child: PathList,
    persistent: PathList,
    recursive: PathList,
    watchers: Vec<WatcherId>,
    /// What the paths take in all lists.
    bytes: usize,
    full: VecDeque<Batch>,
}

/// On which lists of the batch being filled the path at hand stands already.
#[derive(Debug, Default)]
struct Stands {
    data: bool,
    exist: bool,
    child: bool,
    persistent: bool,
}

impl Pass {
    fn sets(self, list: List) -> bool {
        (list == List::Persistent) == (self == Self::Persistent)
    }
}

impl Filling {
    fn new(relative_zxid: Zxid, max_bytes: usize) -> Self {
        Self {
            relative_zxid,
            max_bytes,
            data: PathList::default(),
            exist: PathList::default(),
            child: PathList::default(),
            persistent: PathList::default(),
            recursive: PathList::default(),
            watchers: Vec::new(),
            bytes: 0,
            full: VecDeque::new(),
        }
    }

    /// Whether so many bytes more fit in. One path alone always does.
    fn has_room(&self, bytes: usize) -> bool {
        self.watchers.is_empty() || self.bytes.saturating_add(bytes) <= self.max_bytes
    }

    /// Puts in the paths of a leaf from `index` on, as far as this pass sets them.
    fn put_leaf(&mut self, leaf: &mut Leaf, index: usize, pass: Pass) {
        let fits = self.bytes.saturating_add(leaf.encoded().len()) <= self.max_bytes;
        let alike = if index == 0 && fits { leaf.alike() } else { None };
        match alike {
            Some(list) if list != List::Persistent && pass.sets(list) => {
                self.put_alike(leaf, list);
            }
            Some(list) if !pass.sets(list) => {}
            _ => leaf.for_each(index, |path, watched| self.put_path(path, watched, pass)),
        }
    }

    /// Puts in a whole leaf at once, whose paths have one one-shot watcher each, on this list.
    fn put_alike(&mut self, leaf: &mut Leaf, list: List) {
        let (paths, bytes) = (leaf.len(), leaf.encoded().len());
        self.list(list, WatchKind::Data).push_encoded(leaf.encoded(), paths);
        self.bytes = self.bytes.saturating_add(bytes);
        self.watchers.reserve(paths);
        leaf.for_each(0, |_, watched| {
            self.watchers.extend(watched.only().map(|watcher| watcher.id));
            watched.ask(list, WatchKind::Data);
        });
    }

    fn put_path(&mut self, path: &[u8], watched: &mut Watched, pass: Pass) {
        // Only persistent watches share a mode.
        let strongest = match pass {
            Pass::OneShots => WatchKind::Data,
            Pass::Persistent => watched.strongest(),
        };
        let mut stands = Stands::default();
        for watcher in watched.watchers() {
            if let Some(list) = watcher.armed.filter(|list| pass.sets(*list)) {
                self.put(watcher.id, list, strongest, path, &mut stands);
            }
        }
        watched.ask_again(|list| pass.sets(list), strongest);
    }

    fn list(&mut self, list: List, kind: WatchKind) -> &mut PathList {
        match (list, kind) {
            (List::Child, _) if mutant::on(Mutant::ChildRestoredAsData) => &mut self.data,
            (List::Exist, _) if mutant::on(Mutant::ExistRestoredAsData) => &mut self.data,
            (List::Data, _) => &mut self.data,
            (List::Exist, _) => &mut self.exist,
            (List::Child, _) => &mut self.child,
            (List::Persistent, _) if mutant::on(Mutant::RecursiveRestoredAsPlain) => {
                &mut self.persistent
            }
            (List::Persistent, WatchKind::PersistentRecursive) => &mut self.recursive,
            (List::Persistent, _) => &mut self.persistent,
        }
    }

    /// Puts in one more watcher. A path comes with all its watchers one after the other, encoded
    /// as the wire has it, and is in each list once.
    fn put(
        &mut self,
        id: WatcherId,
        list: List,
        kind: WatchKind,
        path: &[u8],
        stands: &mut Stands,
    ) {
        // Whether it fits in once more, in whatever list.
        if !self.has_room(path.len()) {
            self.finish();
            *stands = Stands::default();
        }
        let stands = match list {
            List::Data => &mut stands.data,
            List::Exist => &mut stands.exist,
            List::Child => &mut stands.child,
            // In one mode, and so on one list.
            List::Persistent => &mut stands.persistent,
        };
        if !std::mem::replace(stands, true) {
            self.list(list, kind).push_encoded(path, 1);
            self.bytes = self.bytes.saturating_add(path.len());
        }
        self.watchers.push(id);
    }

    /// Makes a batch of what there is, if there is anything.
    fn finish(&mut self) {
        if self.watchers.is_empty() {
            return;
        }
        let Self { data, exist, child, persistent, recursive, .. } = self;
        let one_shots = persistent.is_empty() && recursive.is_empty();
        let (opcode, frame) = if one_shots {
            let lists = [&*data, &*exist, &*child];
            (OpCode::SetWatches, encode(OpCode::SetWatches, self.relative_zxid, &lists))
        } else {
            let lists = [&*data, &*exist, &*child, &*persistent, &*recursive];
            (OpCode::SetWatches2, encode(OpCode::SetWatches2, self.relative_zxid, &lists))
        };
        for list in [data, exist, child, persistent, recursive] {
            list.clear();
        }
        self.bytes = 0;
        // The next batch is about as large.
        let next = Vec::with_capacity(self.watchers.len());
        let watchers = std::mem::replace(&mut self.watchers, next);
        self.full.push_back(Batch { opcode, frame, watchers });
    }
}

fn encode(opcode: OpCode, relative_zxid: Zxid, lists: &[&PathList]) -> Bytes {
    let mut frame = BytesMut::new();
    let write = |out: &mut BytesMut| write_set_watches(relative_zxid, lists, out);
    // Only a frame over the limit is an error, and there is none.
    let _ = frame::append_request(&mut frame, Xid::default(), opcode.number(), usize::MAX, write);
    frame.freeze()
}

impl Batch {
    /// One one-shot watch, as of `zxid`.
    pub(super) fn of_one(id: WatcherId, list: List, path: &[u8], zxid: Zxid) -> Option<Self> {
        let mut encoded = Vec::new();
        PathList::encode_path(path, &mut encoded);
        let mut filling = Filling::new(zxid, usize::MAX);
        filling.put(id, list, WatchKind::Data, &encoded, &mut Stands::default());
        filling.finish();
        filling.full.pop_front()
    }
}

impl Watches {
    /// Everything armed is to be set again, in batches whose paths take at most `max_bytes` (one
    /// longer path goes alone). All carry the same zxid, the newest up to which every watch was
    /// told before any of this was sent.
    pub(crate) fn begin_restore(&mut self, relative_zxid: Zxid, max_bytes: usize) {
        let filling = Filling::new(relative_zxid, max_bytes);
        let progress = Progress { pass: Pass::OneShots, next: Some(Box::default()), filling };
        self.progress = Some(Box::new(progress));
    }

    /// Whether there may be another batch.
    pub(crate) const fn is_restoring(&self) -> bool {
        self.progress.is_some()
    }

    /// The next batch; `None` once all are made.
    ///
    /// From now on its watches count as held by the server: who drops one has it removed.
    pub(crate) fn next_batch(&mut self) -> Option<Batch> {
        let any_persistent =
            !self.persistent.is_empty() && !mutant::on(Mutant::PersistentNotRestored);
        let Progress { pass, next, filling } = self.progress.as_deref_mut()?;
        loop {
            if let Some(batch) = filling.full.pop_front() {
                return Some(batch);
            }
            match next.take() {
                Some(from) => {
                    *next = self.paths.visit(&from, |leaf, index| {
                        filling.put_leaf(leaf, index, *pass);
                        !filling.full.is_empty()
                    });
                }
                None if !filling.watchers.is_empty() => filling.finish(),
                None if *pass == Pass::OneShots && any_persistent => {
                    *pass = Pass::Persistent;
                    *next = Some(Box::default());
                }
                None => {
                    self.progress = None;
                    return None;
                }
            }
        }
    }

    /// The server answered a batch. What it refused is over.
    pub(crate) fn restored(
        &mut self,
        watchers: &[WatcherId],
        code: ErrorCode,
    ) -> Vec<(WatcherId, WatchNotice)> {
        self.settle_dropped(watchers, code);
        if code.is_ok() {
            self.confirm(watchers);
            return Vec::new();
        }
        let mut ended = Vec::new();
        for id in watchers {
            let Some(watched) = self.watched_by_mut(*id) else { continue };
            let Some(list) = watched.watcher(*id).and_then(|watcher| watcher.armed) else {
                continue;
            };
            watched.unask(list);
            ended.push((*id, WatchNotice::Ended(WatchEnd::RestoreRefused(code))));
            self.forget(*id);
        }
        if !ended.is_empty() {
            self.paths.sweep(|_| false, |watched| !watched.is_idle());
        }
        ended
    }

    /// Of these, some were dropped before the server answered: others may watch their paths.
    fn settle_dropped(&mut self, watchers: &[WatcherId], code: ErrorCode) {
        if self.dropped_in_restore.is_empty() {
            return;
        }
        for id in watchers {
            let Some(path) = self.dropped_in_restore.remove(id) else { continue };
            let Some(watched) = self.paths.find_mut(&path) else { continue };
            if code.is_ok() {
                watched.mode = watched.mode.max(watched.sent_mode);
            } else {
                watched.unask(List::Persistent);
            }
        }
    }

    /// These are set. One-shot watchers count as held since they were sent.
    fn confirm(&mut self, watchers: &[WatcherId]) {
        if self.persistent.is_empty() {
            return;
        }
        for id in watchers.iter().filter(|id| self.persistent.contains(id)) {
            let place = self.paths.find_watcher(*id);
            if let Some(watched) = place.and_then(|place| self.paths.get_mut(place)) {
                watched.mode = watched.mode.max(watched.sent_mode);
            }
        }
    }

    fn watched_by_mut(&mut self, watcher: WatcherId) -> Option<&mut Watched> {
        self.paths.get_mut(self.paths.find_watcher(watcher)?)
    }

    /// The persistent watchers that are armed: those that a gap concerns.
    pub(crate) fn persistent(&self) -> Vec<WatcherId> {
        let armed = |id: &&WatcherId| {
            let watched = self.paths.find_watcher(**id).and_then(|place| self.paths.get(place));
            let watcher = watched.and_then(|watched| watched.watcher(**id));
            watcher.is_some_and(|watcher| watcher.armed.is_some())
        };
        self.persistent.iter().filter(armed).copied().collect()
    }
}
