//! notification (0): a server speaks without being asked: a watch fired.
//!
//! Comes with the xid [`NOTIFICATION`](crate::types::Xid::NOTIFICATION). Its header's zxid is that
//! of the change from 3.9.0 on, and -1 before and in those made up when watches are set again.
//! As a request it is refused like an unknown operation: `Unimplemented`, and a close.

use super::{Class, Operation};
use crate::text::Text;
use crate::types::{EventType, KeeperState};
use crate::wire::record;

/// The operation.
#[derive(Debug)]
pub enum Notification {}

record! {
    /// jute `WatcherEvent`.
    #[derive(Hash)]
    pub struct WatcherEvent {
        /// What happened. Servers send only the four that are about znodes.
        pub event_type: EventType,
        /// The state of the session; servers always send `SyncConnected`.
        pub state: KeeperState,
        /// The path: for `NodeChildrenChanged` the parent's. Absolute, chroot or not.
        pub path: Text,
    }
}

impl Operation for Notification {
    const NUMBER: i32 = 0;
    const NAME: &'static str = "notification";
    const CLASS: Class = Class::Internal;
    type Request = ();
    type Reply = WatcherEvent;

    fn request_samples() -> Vec<()> {
        vec![()]
    }

    fn reply_samples() -> Vec<WatcherEvent> {
        [EventType::ALL, &[EventType::Unknown(9)]]
            .concat()
            .into_iter()
            .map(|event_type| WatcherEvent {
                event_type,
                state: KeeperState::SyncConnected,
                path: "/a".into(),
            })
            .chain([WatcherEvent {
                event_type: EventType::None,
                state: KeeperState::Unknown(99),
                path: Text::new(),
            }])
            .collect()
    }
}
