//! getEphemerals (103): lists the ephemeral znodes of the session that asks; from 3.6.

use super::{Class, Operation};
use crate::text::Text;
use crate::wire::record;

/// The operation.
#[derive(Debug)]
pub enum GetEphemerals {}

record! {
    /// jute `GetEphemeralsRequest`.
    pub struct GetEphemeralsRequest {
        /// What the paths must begin with, as text; empty or `/` is all.
        pub prefix_path: Text,
    }
}

record! {
    /// jute `GetEphemeralsResponse`.
    pub struct GetEphemeralsReply {
        /// Their paths, in no order.
        pub ephemerals: Vec<Text>,
    }
}

impl Operation for GetEphemerals {
    const NUMBER: i32 = 103;
    const NAME: &'static str = "getEphemerals";
    const CLASS: Class = Class::Read;
    type Request = GetEphemeralsRequest;
    type Reply = GetEphemeralsReply;

    fn request_samples() -> Vec<GetEphemeralsRequest> {
        vec![
            GetEphemeralsRequest { prefix_path: "/a".into() },
            GetEphemeralsRequest { prefix_path: Text::new() },
        ]
    }

    fn reply_samples() -> Vec<GetEphemeralsReply> {
        vec![
            GetEphemeralsReply { ephemerals: vec!["/a/e".into(), "/a/f".into()] },
            GetEphemeralsReply { ephemerals: Vec::new() },
        ]
    }
}
