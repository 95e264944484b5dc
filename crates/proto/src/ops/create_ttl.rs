//! createTTL (21): makes a znode that the server deletes when it has no children and was not set
//! for its time to live; from 3.5.3, and only where `extendedTypesEnabled` is on.

use bytes::Bytes;

use super::create2::Create2Reply;
use super::{Class, Operation};
use crate::text::Text;
use crate::types::{Acl, CreateMode, MAX_TTL_MS, Perms};
use crate::wire::record;

/// The operation.
#[derive(Debug)]
pub enum CreateTtl {}

record! {
    /// jute `CreateTTLRequest`.
    pub struct CreateTtlRequest {
        /// The path; for the sequential mode the part before the number.
        pub path: Text,
        /// The data. Null and empty are different data.
        pub data: Option<Bytes>,
        /// Who may do what. Servers refuse null and empty with `InvalidAcl`.
        pub acl: Option<Vec<Acl>>,
        /// One of the two modes with a time to live (jute `flags`).
        pub mode: CreateMode,
        /// The time to live in milliseconds; [`validate_ttl_ms`](crate::types::validate_ttl_ms)
        /// has its bounds (jute `ttl`).
        pub ttl_ms: i64,
    }
}

impl Operation for CreateTtl {
    const NUMBER: i32 = 21;
    const NAME: &'static str = "createTTL";
    const CLASS: Class = Class::Write;
    type Request = CreateTtlRequest;
    type Reply = Create2Reply;

    fn request_samples() -> Vec<CreateTtlRequest> {
        vec![
            CreateTtlRequest {
                path: "/a".into(),
                data: Some(Bytes::from_static(b"hi")),
                acl: Some(vec![Acl::world(Perms::ALL)]),
                mode: CreateMode::PersistentWithTtl,
                ttl_ms: 10_000,
            },
            CreateTtlRequest {
                path: "/a/b-".into(),
                data: None,
                acl: Some(Vec::new()),
                mode: CreateMode::PersistentSequentialWithTtl,
                ttl_ms: MAX_TTL_MS,
            },
            CreateTtlRequest {
                path: Text::new(),
                data: Some(Bytes::new()),
                acl: None,
                mode: CreateMode::Unknown(-1),
                ttl_ms: -1,
            },
        ]
    }

    fn reply_samples() -> Vec<Create2Reply> {
        Create2Reply::samples()
    }
}
