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
mod places;
mod queue;
#[cfg(test)]
mod tests;
mod view;

use std::sync::Arc;

use zookit_client::ErrorCode;
use zookit_proto::Stat;

use self::arena::{Arena, Flags, Node, NodeId};
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
