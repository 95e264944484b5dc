//! create2 (15): create that answers path and stat; from 3.5.
//!
//! In a multi only from 3.7.2, 3.8.2 and 3.9.0: older servers run it there as a plain create and
//! answer it as one.

use super::create::CreateRequest;
use super::{Class, Operation};
use crate::text::Text;
use crate::types::Stat;
use crate::wire::record;

/// The operation.
#[derive(Debug)]
pub enum Create2 {}

record! {
    /// jute `Create2Response`: also of createContainer and createTTL.
    pub struct Create2Reply {
        /// The path it got: with the number, in a sequential mode.
        pub path: Text,
        /// The stat of the new znode.
        pub stat: Stat,
    }
}

impl Operation for Create2 {
    const NUMBER: i32 = 15;
    const NAME: &'static str = "create2";
    const CLASS: Class = Class::Write;
    type Request = CreateRequest;
    type Reply = Create2Reply;

    fn request_samples() -> Vec<CreateRequest> {
        CreateRequest::samples()
    }

    fn reply_samples() -> Vec<Create2Reply> {
        Create2Reply::samples()
    }
}

impl Create2Reply {
    /// A reply with a plain and one with a sequential path.
    #[must_use]
    pub fn samples() -> Vec<Self> {
        vec![
            Self { path: "/a".into(), stat: Stat::sample() },
            Self { path: "/a/b-0000000007".into(), stat: Stat::default() },
        ]
    }
}
