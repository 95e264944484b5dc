//! checkWatches (17): asks whether a watch is there, and changes nothing; from 3.5.
//!
//! The answer is the header's code: `Ok`, or `NoWatcher`.

use super::{Class, Operation};
use crate::text::Text;
use crate::types::WatcherType;
use crate::wire::record;

/// The operation.
#[derive(Debug)]
pub enum CheckWatches {}

record! {
    /// jute `CheckWatchesRequest`.
    pub struct CheckWatchesRequest {
        /// The path.
        pub path: Text,
        /// Which watches (jute `type`).
        pub watcher_type: WatcherType,
    }
}

impl Operation for CheckWatches {
    const NUMBER: i32 = 17;
    const NAME: &'static str = "checkWatches";
    const CLASS: Class = Class::Read;
    type Request = CheckWatchesRequest;
    type Reply = ();

    fn request_samples() -> Vec<CheckWatchesRequest> {
        vec![
            CheckWatchesRequest { path: "/a".into(), watcher_type: WatcherType::Data },
            CheckWatchesRequest { path: "/a".into(), watcher_type: WatcherType::Unknown(9) },
        ]
    }

    fn reply_samples() -> Vec<()> {
        vec![()]
    }
}
