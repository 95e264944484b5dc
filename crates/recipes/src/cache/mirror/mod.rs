//! The mirror of a tree: what is known of it, what is to be read next, and what there is to tell. No
//! clock, no task, no connection: events and replies go in, reads and tidings come out.
//!
//! ```text
//!   begin (watched anew) ─┐                      ┌─> jobs: reads to make (take)
//!   event ────────────────┼──> Mirror ───────────┤
//!   answer (to a read) ───┘    arena, index,     └─> log: what to tell
//!                              queue
//! ```
//!
//! # Why it converges
//!
//! A server tells a persistent watch of everything behind the moment at which it was set, and the
//! client hands an event over before any reply that shows what it tells of. So:
//!
//! * *Of an event only the place counts, not the content*: a znode that was created or set is read
//!   again, behind the event. The last event of a znode is followed by a read, or was a delete.
//! * *A delete makes void what was under way*: the place of the znode gets another generation, and a
//!   reply for the last one is dropped. Whoever comes after is told of by an event of its own.
//! * *A listing adds; it takes away only what has not been seen since the sync began.* What an event
//!   told of meanwhile is newer than a listing that lacks it.
//! * *Reads of one znode are in order*: a reply with an older `mzxid` than what is known is dropped.
//! * *A gap voids all*: everything is read again, and what is under way is dropped. Who was deleted
//!   and created anew in the gap has another `czxid`.
//!
//! Whether children are to be listed the stat tells. None: there are none to list. The same `pzxid`
//! as when they were all known: they are the same, and only their data is to be read.
//!
//! # With one-shot watches
//!
//! Each read leaves the watch that tells when to read again. Events are about a place and its
//! generation, and the newest listing is what counts.

mod answers;
mod arena;
mod events;
mod index;
mod queue;
#[cfg(test)]
mod tests;
mod view;

use std::sync::Arc;

use zookit_client::ErrorCode;
use zookit_proto::Stat;

use self::arena::{Arena, Brief, Flags, Node, NodeId};
use self::index::Index;
use self::queue::{Cause, Phase, Queue};
pub(crate) use self::queue::{Job, Kind};
pub use self::view::{Children, NodeRef, Nodes, Tree};
use super::event::{Cached, Event, Unread};
use super::options::{CacheOptions, Filter, Scope};

/// How the server tells of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Watching {
    /// By one persistent watch.
    Persistently,
    /// By one-shot watches, one or two at each znode.
    Once,
}

/// What came of a read.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// Data, which may be null, and stat.
    Data(Option<bytes::Bytes>, Stat),
    /// The children.
    Names(Vec<String>),
    /// Whether there is such a znode.
    Exists(bool),
    /// There is no such znode.
    NoNode,
    /// The server refused.
    Refused(ErrorCode),
    /// No reply that could be read came, and none will.
    Unreadable,
    /// The path is none.
    Name,
    /// It came to nothing, and is to be made again.
    Again,
}

/// The mirror of a tree.
#[derive(Debug)]
pub(crate) struct Mirror {
    /// The path of the root.
    path: Arc<str>,
    shape: Shape,
    watching: Watching,
    nodes: Arena,
    index: Index,
    queue: Queue,
    /// How many are in the cache.
    present: usize,
    /// Of names and data.
    bytes: usize,
    /// An empty one is one for all.
    empty: Arc<[u8]>,
    /// Listings, to tell which names one had.
    listings: u32,
    /// A bound was met since everything was read.
    full: bool,
    /// The most znodes and bytes taken since then.
    most_taken: (usize, usize),
    initialized: bool,
    /// Why the root cannot be read.
    root_unread: Option<Unread>,
    /// Whether there is anybody to tell.
    telling: bool,
    log: Vec<Event>,
}

/// What is followed and taken.
#[derive(Debug)]
struct Shape {
    max_depth: usize,
    filter: Option<Filter>,
    data: bool,
    max_znodes: usize,
    max_bytes: usize,
}

impl Mirror {
    pub(crate) fn new(path: &str, options: &CacheOptions) -> Self {
        let shape = Shape {
            max_depth: options.max_depth,
            filter: options.filter.clone(),
            data: options.data,
            max_znodes: options.max_znodes.min(u32::MAX as usize - 1),
            max_bytes: options.max_bytes,
        };
        let mut mirror = Self {
            path: path.into(),
            shape,
            watching: Watching::Persistently,
            nodes: Arena::new(),
            index: Index::new(),
            queue: Queue::new(),
            present: 0,
            bytes: 0,
            empty: Arc::from([]),
            listings: 0,
            full: false,
            most_taken: (0, 0),
            initialized: false,
            root_unread: None,
            telling: false,
            log: Vec::new(),
        };
        if mirror.is_leaf(NodeId::ROOT, path) {
            mirror.nodes.at(NodeId::ROOT).flags.set(Flags::LEAF);
        }
        mirror
    }

    /// Everything is to be read: a watch has been set, or set again, or did not tell of something.
    pub(crate) fn begin(&mut self, watching: Watching) {
        self.watching = watching;
        if self.initialized && self.queue.phase() == Phase::Done {
            self.tell(|| Event::Interrupted);
        }
        for job in self.queue.begin() {
            let place = self.nodes.at(job.node);
            place.flags.clear(Flags::DATA_QUEUED);
            place.flags.clear(Flags::LIST_QUEUED);
        }
        (self.full, self.most_taken) = (false, (0, 0));
        self.ask(NodeId::ROOT, Kind::Data, Cause::Sync);
    }

    /// The next read to make; its path is put into the buffer. Not its path alone says which znode
    /// is meant: the answer goes with the job.
    pub(crate) fn take(&mut self, path: &mut String) -> Option<Job> {
        while let Some(mut job) = self.queue.pop() {
            if !self.is_valid(job) {
                self.finish(job);
                continue;
            }
            let place = self.nodes.at(job.node);
            place.flags.clear(match job.kind {
                Kind::Data | Kind::Exists => Flags::DATA_QUEUED,
                Kind::List => Flags::LIST_QUEUED,
            });
            job.single = job.kind != Kind::Data || place.is(Flags::SINGLE);
            self.write_path(job.node, path);
            return Some(job);
        }
        None
    }

    /// Whether there is a read to make.
    #[cfg(test)]
    pub(crate) fn has_jobs(&self) -> bool {
        self.queue.len() > 0
    }

    /// Whether a watch that came with this read is still about what it was about.
    pub(crate) fn is_valid(&self, job: Job) -> bool {
        job.sync == self.queue.sync() && self.nodes.generation(job.node) == job.generation
    }

    /// The same read, for the znode as it is now: what a one-shot watch is kept with.
    pub(crate) fn renewed(&self, job: Job) -> Job {
        Job { generation: self.nodes.generation(job.node), ..job }
    }

    /// Whether events are collected.
    pub(crate) const fn set_telling(&mut self, telling: bool) {
        self.telling = telling;
    }

    /// What there is to tell since the last time.
    pub(crate) fn drain_log(&mut self) -> std::vec::Drain<'_, Event> {
        self.log.drain(..)
    }

    /// Which sync this is, from 1.
    pub(crate) const fn sync(&self) -> u32 {
        self.queue.sync()
    }

    pub(crate) const fn is_initialized(&self) -> bool {
        self.initialized
    }

    /// Whether everything was read since the last gap.
    pub(crate) fn is_synchronized(&self) -> bool {
        self.queue.phase() == Phase::Done
    }

    /// Whether nothing was left out for a bound.
    pub(crate) const fn is_whole(&self) -> bool {
        !self.full
    }

    /// Why the root is not to be had, if it is there and is not.
    pub(crate) const fn root_unread(&self) -> Option<Unread> {
        self.root_unread
    }
}

/// Places.
impl Mirror {
    fn is_root(id: NodeId) -> bool {
        id == NodeId::ROOT
    }

    fn child(&self, parent: NodeId, name: &str) -> Option<NodeId> {
        self.index.get(parent, name, |id| {
            let node = self.nodes.get(id);
            node.parent == parent && *node.name == *name
        })
    }

    /// The path below the root's: nothing for the root, `a/b` for what is below.
    fn relative<'a>(&self, path: &'a str) -> Option<&'a str> {
        if &*self.path == "/" {
            return path.strip_prefix('/');
        }
        match path.strip_prefix(&*self.path)? {
            "" => Some(""),
            below => below.strip_prefix('/').filter(|below| !below.is_empty()),
        }
    }

    fn find(&self, path: &str) -> Option<NodeId> {
        let mut id = NodeId::ROOT;
        let relative = self.relative(path)?;
        if relative.is_empty() {
            return Some(id);
        }
        for name in relative.split('/') {
            id = self.child(id, name)?;
        }
        Some(id)
    }

    fn depth(&self, mut id: NodeId) -> usize {
        let mut depth = 0;
        while let Some(parent) = self.nodes.get(id).parent.some() {
            (id, depth) = (parent, depth + 1);
        }
        depth
    }

    fn write_path(&self, id: NodeId, path: &mut String) {
        path.clear();
        path.push_str(&self.path);
        self.push_names(id, path);
    }

    fn push_names(&self, id: NodeId, path: &mut String) {
        let mut names = Vec::with_capacity(8);
        let mut id = id;
        while let Some(parent) = self.nodes.get(id).parent.some() {
            names.push(&*self.nodes.get(id).name);
            id = parent;
        }
        for name in names.into_iter().rev() {
            if !path.ends_with('/') {
                path.push('/');
            }
            path.push_str(name);
        }
    }

    fn path_of(&self, id: NodeId) -> Arc<str> {
        if Self::is_root(id) {
            return Arc::clone(&self.path);
        }
        let mut path = String::new();
        self.write_path(id, &mut path);
        path.into()
    }

    /// Whether what is below it is not followed, by its depth or by the filter.
    fn is_leaf(&self, id: NodeId, path: &str) -> bool {
        let filtered = self.shape.filter.as_ref().map(|filter| filter.scope(path));
        filtered.is_some_and(|scope| scope != Scope::Whole)
            || self.depth(id) >= self.shape.max_depth
    }

    /// Makes a place for a child that is new here; `None` if it is not wanted or does not fit.
    fn admit(&mut self, parent: NodeId, name: &str) -> Option<NodeId> {
        if self.nodes.get(parent).is(Flags::LEAF) {
            return None;
        }
        let scope = match &self.shape.filter {
            None => Scope::Whole,
            Some(filter) => {
                let mut path = String::new();
                self.write_path(parent, &mut path);
                filter.scope(&zookit_proto::path::join(&path, name))
            }
        };
        if scope == Scope::Nothing {
            return None;
        }
        if self.nodes.len() >= self.shape.max_znodes
            || self.bytes.saturating_add(name.len()) > self.shape.max_bytes
        {
            // It is to be listed again when there may be room.
            self.nodes.at(parent).flags.clear(Flags::LISTED);
            if !std::mem::replace(&mut self.full, true) && self.telling {
                let path = zookit_proto::path::join(&self.path_of(parent), name).into();
                self.tell(|| Event::Full { path, old: None });
            }
            return None;
        }
        let mut node = Node::new(parent, name);
        // Its depth is counted only where there is a bound.
        let bounded = self.shape.max_depth != usize::MAX;
        if scope == Scope::Alone || bounded && self.depth(parent) + 1 >= self.shape.max_depth {
            node.flags.set(Flags::LEAF);
        }
        node.younger = self.nodes.get(parent).eldest;
        let younger = node.younger;
        let id = self.nodes.insert(node);
        if let Some(younger) = younger.some() {
            self.nodes.at(younger).elder = id;
        }
        self.nodes.at(parent).eldest = id;
        self.index.insert(parent, name, id);
        self.bytes += name.len();
        Some(id)
    }

    /// Forgets a znode and all below it, and tells of each that was in the cache, what is below
    /// first. The root's place stays.
    fn remove(&mut self, id: NodeId) {
        let mut at = id;
        loop {
            while let Some(child) = self.nodes.get(at).eldest.some() {
                at = child;
            }
            let parent = self.nodes.get(at).parent;
            self.forget(at);
            if at == id {
                break;
            }
            at = parent;
        }
    }

    /// Forgets one without children.
    fn forget(&mut self, id: NodeId) {
        self.drop_data(id, |path, old| Event::Deleted { path, old });
        if Self::is_root(id) {
            self.nodes.renew(id);
            let root = self.nodes.at(id);
            let leaf = root.is(Flags::LEAF);
            (root.flags, root.listed, root.seen) = (Flags::default(), 0, 0);
            root.stat = Brief::default();
            if leaf {
                root.flags.set(Flags::LEAF);
            }
            self.root_unread = None;
            return;
        }
        let node = self.nodes.remove(id);
        self.index.remove(node.parent, &node.name, id);
        self.bytes -= node.name.len();
        if let Some(elder) = node.elder.some() {
            self.nodes.at(elder).younger = node.younger;
        } else {
            self.nodes.at(node.parent).eldest = node.younger;
        }
        if let Some(younger) = node.younger.some() {
            self.nodes.at(younger).elder = node.elder;
        }
    }

    /// Takes what is known of a znode out of the cache, and tells of it.
    fn drop_data(&mut self, id: NodeId, event: impl FnOnce(Arc<str>, Cached) -> Event) {
        if !self.nodes.get(id).is(Flags::PRESENT) {
            return;
        }
        if self.telling {
            let event = event(self.path_of(id), self.cached(id));
            self.log.push(event);
        }
        let node = self.nodes.at(id);
        node.flags.clear(Flags::PRESENT);
        let length = node.data.take().map_or(0, |data| data.len());
        self.bytes -= length;
        self.present -= 1;
    }

    /// The value of one that is in the cache.
    fn cached(&self, id: NodeId) -> Cached {
        let node = self.nodes.get(id);
        Cached { data: node.data.clone(), stat: node.stat.stat(node.data.as_deref()) }
    }

    /// Where a bound was met, what was left out is looked for when so much is free again that it is
    /// worth it: an eighth of the bound, or half of what was taken. Not less, or what can never fit
    /// would be looked for without end.
    fn grow_back(&mut self) {
        if !self.full || self.queue.phase() != Phase::Done {
            return;
        }
        let taken = (self.nodes.len(), self.bytes);
        self.most_taken = (self.most_taken.0.max(taken.0), self.most_taken.1.max(taken.1));
        let is_freed = |bound: usize, taken: usize, most: usize| {
            taken + (bound / 8).min(most / 2).max(1) <= most
        };
        if is_freed(self.shape.max_znodes, taken.0, self.most_taken.0)
            || is_freed(self.shape.max_bytes, taken.1, self.most_taken.1)
        {
            self.begin(self.watching);
        }
    }
}

/// Reads, and what is told.
impl Mirror {
    fn tell(&mut self, event: impl FnOnce() -> Event) {
        if self.telling {
            self.log.push(event());
        }
    }

    /// Has a znode read, unless that waits already.
    fn ask(&mut self, node: NodeId, kind: Kind, cause: Cause) {
        let queued = match kind {
            Kind::Data | Kind::Exists => Flags::DATA_QUEUED,
            Kind::List => Flags::LIST_QUEUED,
        };
        let place = self.nodes.at(node);
        if place.is(queued) {
            return;
        }
        place.flags.set(queued);
        let generation = self.nodes.generation(node);
        let sync = self.queue.sync();
        self.queue.push(Job { node, generation, sync, kind, cause, single: false });
    }

    /// A znode is there, as of this sync: it is read, unless that was so already.
    fn see(&mut self, id: NodeId, cause: Cause) {
        let sync = self.queue.sync();
        let node = self.nodes.at(id);
        if std::mem::replace(&mut node.seen, sync) == sync {
            return;
        }
        if node.is(Flags::HOPELESS) {
            self.bar(id, Unread::Unreadable, cause);
        } else {
            self.ask(id, Kind::Data, cause);
        }
    }

    fn finish(&mut self, job: Job) {
        if !self.queue.finish(job) {
            return;
        }
        if std::mem::replace(&mut self.initialized, true) {
            self.tell(|| Event::Resynchronized);
        } else {
            self.tell(|| Event::Initialized);
        }
    }
}
