//! create (1): makes a znode and answers the path it got.

use bytes::Bytes;

use super::{Class, Operation};
use crate::text::Text;
use crate::types::{Acl, CreateMode, Perms};
use crate::wire::record;

/// The operation. Servers from 3.5 have [`Create2`](super::create2) too, which answers the stat.
#[derive(Debug)]
pub enum Create {}

record! {
    /// jute `CreateRequest`: also of create2 and createContainer.
    pub struct CreateRequest {
        /// The path; for a sequential mode the part before the number.
        pub path: Text,
        /// The data. Null and empty are different data.
        pub data: Option<Bytes>,
        /// Who may do what. Servers refuse null and empty with `InvalidAcl`.
        pub acl: Option<Vec<Acl>>,
        /// How it is created.
        pub mode: CreateMode,
    }
}

record! {
    /// jute `CreateResponse`.
    pub struct CreateReply {
        /// The path it got: with the number, in a sequential mode.
        pub path: Text,
    }
}

impl Operation for Create {
    const NUMBER: i32 = 1;
    const NAME: &'static str = "create";
    const CLASS: Class = Class::Write;
    type Request = CreateRequest;
    type Reply = CreateReply;

    fn request_samples() -> Vec<CreateRequest> {
        CreateRequest::samples()
    }

    fn reply_samples() -> Vec<CreateReply> {
        vec![CreateReply { path: "/a".into() }]
    }
}

impl CreateRequest {
    /// Requests with data, with null data, and with null and longer ACLs.
    #[must_use]
    pub fn samples() -> Vec<Self> {
        let open = Some(vec![Acl::world(Perms::ALL)]);
        let digest = Some(vec![Acl::digest(Perms::READ, "u", "p"), Acl::auth(Perms::ALL)]);
        vec![
            Self {
                path: "/a".into(),
                data: Some(Bytes::from_static(b"hi")),
                acl: open,
                mode: CreateMode::Persistent,
            },
            Self {
                path: "/a/b-".into(),
                data: None,
                acl: digest,
                mode: CreateMode::EphemeralSequential,
            },
            Self {
                path: "/a".into(),
                data: Some(Bytes::new()),
                acl: None,
                mode: CreateMode::Unknown(9),
            },
        ]
    }
}
