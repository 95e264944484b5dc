//! What watches tell.

use zookit_proto::Zxid;
use zookit_proto::types::EventType;
use zookit_session::WatchEnd;

/// Something happened to a watched znode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedEvent {
    /// What.
    pub event_type: EventType,
    /// To which znode, as this client sees it; of `NodeChildrenChanged` the parent.
    pub path: String,
    /// By which transaction. Servers before 3.9 do not tell, nor does any for what happened while
    /// the connection was away.
    pub zxid: Option<Zxid>,
}

/// What a [`PersistentWatch`](crate::PersistentWatch) tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WatchNotice {
    /// Something happened.
    Event(WatchedEvent),
    /// Events may be missing here: the connection was away, or this watch was read too slowly.
    ///
    /// Read again what matters: every read from here on is newer than the gap.
    Gap {
        /// Nothing is missing up to this transaction.
        after: Zxid,
        /// Nothing is missing behind this one, as far as the servers tell the zxids of events.
        until: Zxid,
    },
    /// The watch is over. Nothing follows.
    Ended(WatchEnd),
}
