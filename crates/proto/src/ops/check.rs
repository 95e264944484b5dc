//! check (13): within a multi, the condition that a znode has a version.
//!
//! Never to be sent outside a multi: servers 3.5 to 3.8.4 and 3.9.0 to 3.9.2 never answer it there
//! (ZOOKEEPER-2623), later ones answer `Unimplemented` and close.

use super::{Class, Operation};
use crate::text::Text;
use crate::wire::record;

/// The operation.
#[derive(Debug)]
pub enum Check {}

record! {
    /// jute `CheckVersionRequest`.
    pub struct CheckRequest {
        /// The path.
        pub path: Text,
        /// The version its data must have; -1 asks only that it exists.
        pub version: i32,
    }
}

impl Operation for Check {
    const NUMBER: i32 = 13;
    const NAME: &'static str = "check";
    const CLASS: Class = Class::Internal;
    type Request = CheckRequest;
    type Reply = ();

    fn request_samples() -> Vec<CheckRequest> {
        vec![
            CheckRequest { path: "/a".into(), version: 0 },
            CheckRequest { path: "/a".into(), version: -1 },
        ]
    }

    fn reply_samples() -> Vec<()> {
        vec![()]
    }
}
