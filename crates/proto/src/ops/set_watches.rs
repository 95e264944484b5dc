//! setWatches (101): sets one-shot watches again on a new connection; from 3.2.
//!
//! What changed after `relative_zxid` comes as notifications with the zxid -1 before the reply;
//! the other watches are set.
//! A watch on existence whose znode was created and deleted in the meantime hears nothing.

use super::{Class, Operation};
use crate::text::Text;
use crate::types::Zxid;
use crate::wire::record;

/// The operation.
#[derive(Debug)]
pub enum SetWatches {}

record! {
    /// jute `SetWatches`.
    pub struct SetWatchesRequest {
        /// The newest transaction this client has seen.
        pub relative_zxid: Zxid,
        /// Watches on data of znodes that existed.
        pub data_watches: Vec<Text>,
        /// Watches on znodes that did not exist.
        pub exist_watches: Vec<Text>,
        /// Watches on children.
        pub child_watches: Vec<Text>,
    }
}

impl Operation for SetWatches {
    const NUMBER: i32 = 101;
    const NAME: &'static str = "setWatches";
    const CLASS: Class = Class::Connection;
    type Request = SetWatchesRequest;
    type Reply = ();

    fn request_samples() -> Vec<SetWatchesRequest> {
        vec![
            SetWatchesRequest {
                relative_zxid: Zxid(0x1_0000_0007),
                data_watches: vec!["/a".into(), "/b".into()],
                exist_watches: vec!["/c".into()],
                child_watches: vec!["/".into()],
            },
            SetWatchesRequest {
                relative_zxid: Zxid(0),
                data_watches: Vec::new(),
                exist_watches: Vec::new(),
                child_watches: Vec::new(),
            },
        ]
    }

    fn reply_samples() -> Vec<()> {
        vec![()]
    }
}
