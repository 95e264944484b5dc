//! What a new connection must be told, so that the server watches again what is watched here.
//!
//! One-shot watches go first, by setWatches: the server compares with the newest transaction this
//! client has seen and replays what was missed.
//! Persistent ones follow by setWatches2, of which a server before 3.6 knows nothing; so a refusal
//! ends only those.

use bytes::{Bytes, BytesMut};
use zookit_proto::ops::path_list::{PathList, write_set_watches};
use zookit_proto::{ErrorCode, OpCode, Xid, Zxid, frame};

use super::Watches;
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
    full: Vec<Batch>,
}

/// On which lists of the batch being filled the path at hand stands already.
#[derive(Debug, Default)]
struct Stands {
    data: bool,
    exist: bool,
    child: bool,
    persistent: bool,
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
            full: Vec::new(),
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
        // Whether the path fits in once more, in whatever list. One alone always does.
        let bytes = self.bytes.saturating_add(path.len());
        if bytes > self.max_bytes && !self.watchers.is_empty() {
            self.finish();
            *stands = Stands::default();
        }
        let (list, stands) = match (list, kind) {
            (List::Data, _) => (&mut self.data, &mut stands.data),
            (List::Exist, _) => (&mut self.exist, &mut stands.exist),
            (List::Child, _) => (&mut self.child, &mut stands.child),
            // One mode per path, so that it stands on one of these two.
            (List::Persistent, WatchKind::PersistentRecursive) => {
                (&mut self.recursive, &mut stands.persistent)
            }
            (List::Persistent, _) => (&mut self.persistent, &mut stands.persistent),
        };
        if !std::mem::replace(stands, true) {
            list.push_encoded(path);
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
        self.full.push(Batch { opcode, frame, watchers });
    }

    fn into_batches(mut self) -> Vec<Batch> {
        self.finish();
        self.full
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
        filling.into_batches().pop()
    }
}

impl Watches {
    /// Everything armed, in batches whose paths take at most `max_bytes` (one longer path goes
    /// alone). All carry the same zxid, the newest seen before any of this was sent.
    ///
    /// From now on they count as held by the server: who drops one meanwhile has it removed.
    pub(crate) fn restore(&mut self, relative_zxid: Zxid, max_bytes: usize) -> Vec<Batch> {
        let mut one_shots = Filling::new(relative_zxid, max_bytes);
        let mut persistent = Filling::new(relative_zxid, max_bytes);
        self.paths.for_each(|path, watched| {
            let (mut in_first, mut in_second) = (Stands::default(), Stands::default());
            let mut strongest = None;
            for watcher in watched.watchers() {
                let (id, kind) = (watcher.id, watcher.kind);
                match watcher.armed {
                    None => {}
                    Some(List::Persistent) => {
                        let kind = *strongest.get_or_insert_with(|| watched.strongest());
                        persistent.put(id, List::Persistent, kind, path, &mut in_second);
                    }
                    Some(list) => one_shots.put(id, list, kind, path, &mut in_first),
                }
            }
            watched.ask_again(strongest);
        });
        let mut batches = one_shots.into_batches();
        batches.extend(persistent.into_batches());
        batches
    }

    /// The server answered a batch. What it refused is over.
    pub(crate) fn restored(
        &mut self,
        watchers: &[WatcherId],
        code: ErrorCode,
    ) -> Vec<(WatcherId, WatchNotice)> {
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
