//! createContainer (19): makes a znode that the server deletes some time after its last child is
//! gone; from 3.5.1.
//!
//! The request is create's with the mode `Container`, the reply create2's.

use bytes::Bytes;

use super::create::CreateRequest;
use super::create2::Create2Reply;
use super::{Class, Operation};
use crate::types::{Acl, CreateMode, Perms};

/// The operation.
#[derive(Debug)]
pub enum CreateContainer {}

impl Operation for CreateContainer {
    const NUMBER: i32 = 19;
    const NAME: &'static str = "createContainer";
    const CLASS: Class = Class::Write;
    type Request = CreateRequest;
    type Reply = Create2Reply;

    fn request_samples() -> Vec<CreateRequest> {
        vec![CreateRequest {
            path: "/a".into(),
            data: Some(Bytes::new()),
            acl: Some(vec![Acl::world(Perms::ALL)]),
            mode: CreateMode::Container,
        }]
    }

    fn reply_samples() -> Vec<Create2Reply> {
        Create2Reply::samples()
    }
}
