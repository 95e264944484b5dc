//! getAllChildrenNumber (104): counts all znodes below a path; from 3.6.

use super::{Class, Operation};
use crate::text::Text;
use crate::wire::record;

/// The operation.
#[derive(Debug)]
pub enum GetAllChildrenNumber {}

record! {
    /// jute `GetAllChildrenNumberRequest`.
    pub struct GetAllChildrenNumberRequest {
        /// The path.
        pub path: Text,
    }
}

record! {
    /// jute `GetAllChildrenNumberResponse`.
    pub struct GetAllChildrenNumberReply {
        /// How many znodes are below it, at any depth.
        pub total_number: i32,
    }
}

impl Operation for GetAllChildrenNumber {
    const NUMBER: i32 = 104;
    const NAME: &'static str = "getAllChildrenNumber";
    const CLASS: Class = Class::Read;
    type Request = GetAllChildrenNumberRequest;
    type Reply = GetAllChildrenNumberReply;

    fn request_samples() -> Vec<GetAllChildrenNumberRequest> {
        vec![GetAllChildrenNumberRequest { path: "/".into() }]
    }

    fn reply_samples() -> Vec<GetAllChildrenNumberReply> {
        vec![GetAllChildrenNumberReply { total_number: 5 }]
    }
}
