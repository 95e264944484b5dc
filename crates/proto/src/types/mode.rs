//! Modes of creating and watching.

use super::wire_enum;

wire_enum! {
    /// How a znode is created: the `flags` of a create request.
    pub enum CreateMode {
        /// Stays until deleted.
        Persistent = 0,
        /// Goes with the session that created it.
        Ephemeral = 1,
        /// Persistent, with a number appended that grows with every child of the parent.
        PersistentSequential = 2,
        /// Ephemeral, with a number appended.
        EphemeralSequential = 3,
        /// Deleted by the server some time after its last child is gone (from 3.5.1).
        Container = 4,
        /// Deleted by the server when it has no children and was not set for its TTL (from 3.5.3,
        /// where the server has extended types enabled).
        PersistentWithTtl = 5,
        /// As `PersistentWithTtl`, with a number appended.
        PersistentSequentialWithTtl = 6,
    }
}

impl CreateMode {
    /// Whether the znode goes with its session.
    #[must_use]
    pub const fn is_ephemeral(self) -> bool {
        matches!(self, Self::Ephemeral | Self::EphemeralSequential)
    }

    /// Whether the server appends a number to the name.
    #[must_use]
    pub const fn is_sequential(self) -> bool {
        matches!(
            self,
            Self::PersistentSequential
                | Self::EphemeralSequential
                | Self::PersistentSequentialWithTtl
        )
    }

    /// Whether the znode has a time to live.
    #[must_use]
    pub const fn has_ttl(self) -> bool {
        matches!(self, Self::PersistentWithTtl | Self::PersistentSequentialWithTtl)
    }
}

wire_enum! {
    /// What `addWatch` adds (from 3.6).
    pub enum AddWatchMode {
        /// Every event of exactly this path, again and again.
        Persistent = 0,
        /// Created, deleted and data events of this path and all below it, again and again.
        PersistentRecursive = 1,
    }
}

wire_enum! {
    /// Which watches `removeWatches` removes.
    pub enum WatcherType {
        /// One-shot child watches.
        Children = 1,
        /// One-shot data and exists watches.
        Data = 2,
        /// Every watch of the connection on the path.
        Any = 3,
        /// The persistent watch; from 3.9, older servers answer `MarshallingError`.
        Persistent = 4,
        /// The persistent recursive watch; from 3.9.
        PersistentRecursive = 5,
    }
}
