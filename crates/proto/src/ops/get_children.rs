//! getChildren (8): reads the names of the children, and may leave a watch if the znode exists.
//!
//! [`GetChildren2`](super::get_children2) answers the stat too.

use super::{Class, Operation};
use crate::text::Text;
use crate::wire::record;

/// The operation.
#[derive(Debug)]
pub enum GetChildren {}

record! {
    /// jute `GetChildrenRequest` and `GetChildren2Request`: also of getChildren2.
    pub struct GetChildrenRequest {
        /// The path. Servers do not validate it; empty means the root.
        pub path: Text,
        /// Whether to leave a one-shot watch on the children and on deletion.
        pub watch: bool,
    }
}

record! {
    /// jute `GetChildrenResponse`.
    pub struct GetChildrenReply {
        /// The names, without their parent's path, in no order.
        pub children: Vec<Text>,
    }
}

impl Operation for GetChildren {
    const NUMBER: i32 = 8;
    const NAME: &'static str = "getChildren";
    const CLASS: Class = Class::Read;
    type Request = GetChildrenRequest;
    type Reply = GetChildrenReply;

    fn request_samples() -> Vec<GetChildrenRequest> {
        GetChildrenRequest::samples()
    }

    fn reply_samples() -> Vec<GetChildrenReply> {
        vec![
            GetChildrenReply { children: vec!["b".into(), "c-0000000000".into()] },
            GetChildrenReply {
                children: vec![Text::from_bytes(bytes::Bytes::from_static(b"\xff"))],
            },
            GetChildrenReply { children: Vec::new() },
        ]
    }
}

impl GetChildrenRequest {
    /// With and without a watch.
    #[must_use]
    pub fn samples() -> Vec<Self> {
        vec![Self { path: "/a".into(), watch: true }, Self { path: "/".into(), watch: false }]
    }
}
