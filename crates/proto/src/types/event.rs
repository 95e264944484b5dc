//! What a notification is about.

use super::wire_enum;

wire_enum! {
    /// What happened to a watched znode.
    ///
    /// A server sends only the first four; the others are words that clients use among themselves.
    pub enum EventType {
        /// Not about a znode: the state of the session changed.
        None = -1,
        /// The znode was created.
        NodeCreated = 1,
        /// The znode was deleted.
        NodeDeleted = 2,
        /// The znode's data was set.
        NodeDataChanged = 3,
        /// A child was created or deleted.
        NodeChildrenChanged = 4,
        /// A data watch was removed on request.
        DataWatchRemoved = 5,
        /// A child watch was removed on request.
        ChildWatchRemoved = 6,
        /// A persistent watch was removed on request.
        PersistentWatchRemoved = 7,
    }
}

wire_enum! {
    /// The state of the session in a notification. Servers always send `SyncConnected`.
    pub enum KeeperState {
        /// Unused since long ago.
        NotKnown = -1,
        /// No connection to any server.
        Disconnected = 0,
        /// Unused since long ago.
        NoSyncConnected = 1,
        /// Connected to a server that is part of the quorum.
        SyncConnected = 3,
        /// Authentication failed.
        AuthFailed = 4,
        /// Connected to a server that only reads.
        ConnectedReadOnly = 5,
        /// The SASL exchange succeeded.
        SaslAuthenticated = 6,
        /// The client was closed.
        Closed = 7,
        /// The session expired.
        Expired = -112,
    }
}
