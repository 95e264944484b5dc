//! A znode, as the tree keeps it.

use bytes::Bytes;
use zookit_proto::{SessionId, Stat, Zxid};

use super::acls::AclId;
use super::arena::NodeId;
use crate::core::Owner;
use crate::core::java::Table;

/// A znode. A million of them are made, so a field more is a megabyte more.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) path: Box<str>,
    pub(super) data: Option<Bytes>,
    pub(super) acl: AclId,
    pub(super) owner: Owner,
    pub(super) counters: Counters,
    /// In the order of their creation they are a chain.
    pub(super) children: Children,
    pub(super) parent: Option<NodeId>,
    pub(super) elder: Option<NodeId>,
    pub(super) younger: Option<NodeId>,
}

/// What a znode's stat is made of and nothing else says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// The transaction that created it.
    pub czxid: Zxid,
    /// The transaction that last set its data.
    pub mzxid: Zxid,
    /// The transaction that last created or deleted a child.
    pub pzxid: Zxid,
    /// When it was created.
    pub ctime: i64,
    /// When its data was last set.
    pub mtime: i64,
    /// How often its data was set.
    pub version: i32,
    /// How many children it has ever had: not what a [`Stat`] calls so.
    pub cversion: i32,
    /// How often its ACL was set.
    pub aversion: i32,
}

impl Counters {
    /// Of a znode that is created now.
    pub(super) const fn created(zxid: Zxid, time_ms: i64) -> Self {
        Self {
            czxid: zxid,
            mzxid: zxid,
            pzxid: zxid,
            ctime: time_ms,
            mtime: time_ms,
            version: 0,
            cversion: 0,
            aversion: 0,
        }
    }
}

/// The children of a znode.
#[derive(Debug, Clone, Copy)]
pub(super) struct Children {
    pub(super) count: u32,
    pub(super) eldest: Option<NodeId>,
    pub(super) youngest: Option<NodeId>,
    /// In which order they are listed.
    pub(super) table: Table,
}

impl Children {
    pub(super) const NONE: Self =
        Self { count: 0, eldest: None, youngest: None, table: Table::CHILDREN };
}

impl Node {
    /// What clients are shown. The cversion counts the changes of children: each that was created,
    /// and each of them that is no longer there.
    pub(super) fn stat(&self) -> Stat {
        let num_children = i32::try_from(self.children.count).unwrap_or(i32::MAX);
        let Counters { czxid, mzxid, pzxid, ctime, mtime, version, cversion, aversion } =
            self.counters;
        Stat {
            czxid,
            mzxid,
            ctime,
            mtime,
            version,
            cversion: cversion.wrapping_mul(2).wrapping_sub(num_children),
            aversion,
            ephemeral_owner: match self.owner {
                Owner::Session(session) => session,
                Owner::Persistent | Owner::Container | Owner::Ttl { .. } => SessionId::NONE,
            },
            data_length: i32::try_from(self.data_len()).unwrap_or(i32::MAX),
            num_children,
            pzxid,
        }
    }

    /// Of null data as of empty data: zero.
    pub(super) fn data_len(&self) -> usize {
        self.data.as_ref().map_or(0, Bytes::len)
    }
}
