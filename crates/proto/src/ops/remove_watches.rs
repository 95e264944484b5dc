//! removeWatches (18): removes this connection's watches from a path; from 3.5.
//!
//! `NoWatcher` if there was none. Servers before 3.9 know the types 1 to 3 only, and remove
//! persistent watches with type 2 too.

use super::{Class, Operation};
use crate::text::Text;
use crate::types::WatcherType;
use crate::wire::record;

/// The operation.
#[derive(Debug)]
pub enum RemoveWatches {}

record! {
    /// jute `RemoveWatchesRequest`.
    pub struct RemoveWatchesRequest {
        /// The path.
        pub path: Text,
        /// Which watches (jute `type`).
        pub watcher_type: WatcherType,
    }
}

impl Operation for RemoveWatches {
    const NUMBER: i32 = 18;
    const NAME: &'static str = "removeWatches";
    const CLASS: Class = Class::Watch;
    type Request = RemoveWatchesRequest;
    type Reply = ();

    fn request_samples() -> Vec<RemoveWatchesRequest> {
        [WatcherType::ALL, &[WatcherType::Unknown(9)]]
            .concat()
            .into_iter()
            .map(|watcher_type| RemoveWatchesRequest { path: "/a".into(), watcher_type })
            .collect()
    }

    fn reply_samples() -> Vec<()> {
        vec![()]
    }
}
