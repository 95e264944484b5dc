//! Transactions: what prepare makes and apply carries out.

use std::time::Duration;

use bytes::Bytes;
use zookit_proto::types::Acl;
use zookit_proto::{ErrorCode, SessionId, Stat, Text, Zxid};

/// A number in the history, and what happens under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// Its place in the history.
    pub zxid: Zxid,
    /// The leader's clock: milliseconds since the Unix epoch.
    pub time_ms: i64,
    /// The session that asked for it; [`SessionId::NONE`] for the server itself.
    pub session: SessionId,
    /// What happens.
    pub change: Change,
}

/// What happens under a zxid. All of it can be carried out: it was checked when it was prepared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A znode is created.
    Create {
        /// With the number, if it is sequential.
        path: Text,
        /// Null and empty are different data.
        data: Option<Bytes>,
        /// As it was fixed up: `auth` ids resolved.
        acl: Vec<Acl>,
        /// What it goes with.
        owner: Owner,
        /// How many children its parent has ever had, this one included.
        parent_cversion: i32,
    },
    /// A znode is deleted.
    Delete {
        /// Which.
        path: Text,
    },
    /// The data of a znode is set.
    SetData {
        /// Which.
        path: Text,
        /// Null and empty are different data.
        data: Option<Bytes>,
        /// Its version from now on.
        version: i32,
    },
    /// The ACL of a znode is set.
    SetAcl {
        /// Which.
        path: Text,
        /// As it was fixed up.
        acl: Vec<Acl>,
        /// Its aversion from now on.
        aversion: i32,
    },
    /// A check of a multi was passed.
    Check {
        /// Which znode was looked at.
        path: Text,
        /// What it answers.
        version: i32,
    },
    /// All of these, in this order; or none, if one failed: then all of them are errors.
    Multi(Vec<Self>),
    /// A session begins.
    CreateSession {
        /// As it was negotiated.
        timeout: Duration,
    },
    /// A session ends, and its ephemeral znodes with it.
    CloseSession {
        /// Those, in the order in which they are deleted.
        ephemerals: Vec<Text>,
    },
    /// Nothing: the request was refused.
    Error(ErrorCode),
}

/// What a znode goes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Owner {
    /// Nothing: it stays until it is deleted.
    Persistent,
    /// A session.
    Session(SessionId),
    /// Its children: a container, deleted some time after the last of them.
    Container,
    /// The clock: deleted when it was not set for so long and has no children.
    Ttl {
        /// In milliseconds.
        ms: i64,
    },
}

/// What applying a change gives its request to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// Of create: the path, and the stat of the new znode.
    Created {
        /// As the server has it.
        path: Text,
        /// Of the new znode.
        stat: Stat,
    },
    /// Of delete and check, and of sessions.
    Done,
    /// Of setData and setACL: the stat from now on.
    Stat(Stat),
    /// Of a multi: of each.
    Multi(Vec<Self>),
    /// Of an error.
    Failed(ErrorCode),
}
