//! sync (9): makes the server catch up with its leader before it answers.
//!
//! Succeeds on paths that do not exist, and echoes the path. Servers do not look at it otherwise.
//! Alone it does not make the next read linearizable: a leader that was deposed and does not know
//! it yet answers it too.

use super::{Class, Operation};
use crate::text::Text;
use crate::wire::record;

/// The operation.
#[derive(Debug)]
pub enum Sync {}

record! {
    /// jute `SyncRequest`.
    pub struct SyncRequest {
        /// Any path.
        pub path: Text,
    }
}

record! {
    /// jute `SyncResponse`.
    pub struct SyncReply {
        /// The path of the request.
        pub path: Text,
    }
}

impl Operation for Sync {
    const NUMBER: i32 = 9;
    const NAME: &'static str = "sync";
    const CLASS: Class = Class::Read;
    type Request = SyncRequest;
    type Reply = SyncReply;

    fn request_samples() -> Vec<SyncRequest> {
        vec![SyncRequest { path: "/".into() }]
    }

    fn reply_samples() -> Vec<SyncReply> {
        vec![SyncReply { path: "/".into() }]
    }
}
