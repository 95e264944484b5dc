//! Where the znodes of a mirror are kept: in chunks, so that growing copies nothing.
//!
//! A znode is named by a number, which is given to another one when it has gone. A read that is
//! under way for the one must not be taken for the other's: each place counts its generations.

use std::sync::Arc;

use zookit_client::{SessionId, Stat, Zxid};

/// The number of a znode in its mirror.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NodeId(pub(super) u32);

impl NodeId {
    /// The root's, always.
    pub(super) const ROOT: Self = Self(0);
    /// No znode's.
    pub(super) const NONE: Self = Self(u32::MAX);

    pub(super) fn some(self) -> Option<Self> {
        (self != Self::NONE).then_some(self)
    }

    const fn place(self) -> (usize, usize) {
        (self.0 as usize >> CHUNK_BITS, self.0 as usize & (CHUNK - 1))
    }
}

const CHUNK_BITS: u32 = 8;
const CHUNK: usize = 1 << CHUNK_BITS;

/// What is known of a znode, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Flags(u16);

impl Flags {
    /// Its data and stat were read, and are told of.
    pub(super) const PRESENT: Self = Self(1);
    /// It is there and is not told of: it may not be read, cannot be, or does not fit.
    pub(super) const BARRED: Self = Self(2);
    /// A read of its data waits in the queue.
    pub(super) const DATA_QUEUED: Self = Self(4);
    /// A listing of it waits in the queue.
    pub(super) const LIST_QUEUED: Self = Self(8);
    /// Its children here were all of them when its stat was read, or later.
    pub(super) const LISTED: Self = Self(16);
    /// What is below it is not followed.
    pub(super) const LEAF: Self = Self(32);
    /// It is read by a request of its own: one with others had a reply that could not be read.
    pub(super) const SINGLE: Self = Self(64);
    /// Not even alone: it is not read again before something is heard of it.
    pub(super) const HOPELESS: Self = Self(128);
    /// Its children cannot be listed: they are too many for a reply.
    pub(super) const UNLISTABLE: Self = Self(256);

    pub(super) const fn has(self, flag: Self) -> bool {
        self.0 & flag.0 != 0
    }

    pub(super) const fn set(&mut self, flag: Self) {
        self.0 |= flag.0;
    }

    pub(super) const fn clear(&mut self, flag: Self) {
        self.0 &= !flag.0;
    }
}

/// A stat without what follows from the data.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Brief {
    pub(super) czxid: Zxid,
    pub(super) mzxid: Zxid,
    pub(super) pzxid: Zxid,
    ctime: i64,
    mtime: i64,
    owner: SessionId,
    pub(super) version: i32,
    cversion: i32,
    aversion: i32,
    pub(super) num_children: i32,
}

impl Brief {
    pub(super) const fn of(stat: &Stat) -> Self {
        Self {
            czxid: stat.czxid,
            mzxid: stat.mzxid,
            pzxid: stat.pzxid,
            ctime: stat.ctime,
            mtime: stat.mtime,
            owner: stat.ephemeral_owner,
            version: stat.version,
            cversion: stat.cversion,
            aversion: stat.aversion,
            num_children: stat.num_children,
        }
    }

    /// The whole again. How long the data was is its own to tell, if it is kept.
    pub(super) fn stat(&self, data: Option<&[u8]>) -> Stat {
        let length = data.map_or(0, <[u8]>::len);
        Stat {
            czxid: self.czxid,
            mzxid: self.mzxid,
            ctime: self.ctime,
            mtime: self.mtime,
            version: self.version,
            cversion: self.cversion,
            aversion: self.aversion,
            ephemeral_owner: self.owner,
            data_length: i32::try_from(length).unwrap_or(i32::MAX),
            num_children: self.num_children,
            pzxid: self.pzxid,
        }
    }
}

/// A znode: 136 bytes, its name and its data.
#[derive(Debug)]
pub(super) struct Node {
    /// Its own, without those above it; the root has none.
    pub(super) name: Box<str>,
    pub(super) data: Option<Arc<[u8]>>,
    pub(super) stat: Brief,
    pub(super) parent: NodeId,
    pub(super) eldest: NodeId,
    /// Its neighbours in the chain of its parent's children. Of a free place, the next one.
    pub(super) elder: NodeId,
    pub(super) younger: NodeId,
    generation: u32,
    /// The sync in which it was last known to be there, by an event, a listing, or a read.
    pub(super) seen: u32,
    /// The sync in which its children were last known to be all; 0 is none.
    pub(super) listed: u32,
    /// The listing in which it was last found.
    pub(super) found: u32,
    pub(super) flags: Flags,
}

impl Node {
    pub(super) fn new(parent: NodeId, name: &str) -> Self {
        Self {
            name: name.into(),
            data: None,
            stat: Brief::default(),
            parent,
            eldest: NodeId::NONE,
            elder: NodeId::NONE,
            younger: NodeId::NONE,
            generation: 0,
            seen: 0,
            listed: 0,
            found: 0,
            flags: Flags::default(),
        }
    }

    pub(super) const fn is(&self, flag: Flags) -> bool {
        self.flags.has(flag)
    }
}

/// The znodes by their numbers.
#[derive(Debug)]
pub(super) struct Arena {
    /// All full but the last.
    chunks: Vec<Vec<Node>>,
    /// The first free place.
    free: NodeId,
    given: u32,
    count: usize,
}

impl Arena {
    /// With a root, which stays.
    pub(super) fn new() -> Self {
        let mut arena = Self { chunks: Vec::new(), free: NodeId::NONE, given: 0, count: 0 };
        arena.insert(Node::new(NodeId::NONE, ""));
        arena
    }

    /// How many there are, the root among them.
    pub(super) const fn len(&self) -> usize {
        self.count
    }

    pub(super) fn insert(&mut self, mut node: Node) -> NodeId {
        self.count += 1;
        if let Some(id) = self.free.some() {
            let place = self.at(id);
            node.generation = place.generation;
            let next = place.younger;
            *place = node;
            self.free = next;
            return id;
        }
        let id = NodeId(self.given);
        self.given += 1;
        let (chunk, _) = id.place();
        if chunk == self.chunks.len() {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        self.chunks[chunk].push(node);
        id
    }

    /// Frees a place; what was known under its number and generation is void.
    pub(super) fn remove(&mut self, id: NodeId) -> Node {
        let next = self.free;
        let place = self.at(id);
        let mut free = Node::new(NodeId::NONE, "");
        free.generation = place.generation.wrapping_add(1);
        free.younger = next;
        let node = std::mem::replace(place, free);
        self.free = id;
        self.count -= 1;
        node
    }

    /// From now on what was asked about it is void.
    pub(super) fn renew(&mut self, id: NodeId) {
        let node = self.at(id);
        node.generation = node.generation.wrapping_add(1);
    }

    pub(super) fn generation(&self, id: NodeId) -> u32 {
        self.get(id).generation
    }

    /// A number that was given is one of an arena that has not forgotten it.
    #[inline]
    pub(super) fn get(&self, id: NodeId) -> &Node {
        let (chunk, place) = id.place();
        &self.chunks[chunk][place]
    }

    #[inline]
    pub(super) fn at(&mut self, id: NodeId) -> &mut Node {
        let (chunk, place) = id.place();
        &mut self.chunks[chunk][place]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_given_again_and_generations_tell_them_apart() {
        let mut arena = Arena::new();
        let ids: Vec<_> = (0..600)
            .map(|number| arena.insert(Node::new(NodeId::ROOT, &number.to_string())))
            .collect();
        assert_eq!(arena.len(), 601);
        let before = arena.generation(ids[300]);
        assert_eq!(&*arena.remove(ids[300]).name, "300");
        assert_eq!(&*arena.remove(ids[301]).name, "301");
        assert_eq!(arena.insert(Node::new(NodeId::ROOT, "x")), ids[301]);
        assert_eq!(arena.insert(Node::new(NodeId::ROOT, "y")), ids[300]);
        assert_ne!(arena.generation(ids[300]), before);
        assert_eq!(&*arena.get(ids[302]).name, "302");
        assert_eq!(arena.len(), 601);
    }

    #[test]
    fn a_znode_is_small() {
        assert!(size_of::<Node>() <= 136, "{}", size_of::<Node>());
    }

    #[test]
    fn a_stat_is_kept_whole() {
        let stat = Stat::sample();
        assert_eq!(Brief::of(&stat).stat(Some(b"12345")), stat);
    }
}
