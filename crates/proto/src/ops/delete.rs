//! delete (2): removes a znode without children.

use super::{Class, Operation};
use crate::text::Text;
use crate::wire::record;

/// The operation.
#[derive(Debug)]
pub enum Delete {}

record! {
    /// jute `DeleteRequest`.
    pub struct DeleteRequest {
        /// The path.
        pub path: Text,
        /// The version its data must have; -1 is any.
        pub version: i32,
    }
}

impl Operation for Delete {
    const NUMBER: i32 = 2;
    const NAME: &'static str = "delete";
    const CLASS: Class = Class::Write;
    type Request = DeleteRequest;
    type Reply = ();

    fn request_samples() -> Vec<DeleteRequest> {
        vec![
            DeleteRequest { path: "/a".into(), version: -1 },
            DeleteRequest { path: "/a/b".into(), version: 7 },
        ]
    }

    fn reply_samples() -> Vec<()> {
        vec![()]
    }
}
