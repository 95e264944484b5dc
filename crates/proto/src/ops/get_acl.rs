//! getACL (6): reads the ACL and stat of a znode.
//!
//! Needs READ or ADMIN; without ADMIN the ids of the `digest` scheme come as `user:x`.

use super::{Class, Operation};
use crate::text::Text;
use crate::types::{Acl, Perms, Stat};
use crate::wire::record;

/// The operation.
#[derive(Debug)]
pub enum GetAcl {}

record! {
    /// jute `GetACLRequest`.
    pub struct GetAclRequest {
        /// The path. Servers do not validate it.
        pub path: Text,
    }
}

record! {
    /// jute `GetACLResponse`.
    pub struct GetAclReply {
        /// Who may do what.
        pub acl: Vec<Acl>,
        /// The stat; its `aversion` is what [`setACL`](super::set_acl) expects.
        pub stat: Stat,
    }
}

impl Operation for GetAcl {
    const NUMBER: i32 = 6;
    const NAME: &'static str = "getACL";
    const CLASS: Class = Class::Read;
    type Request = GetAclRequest;
    type Reply = GetAclReply;

    fn request_samples() -> Vec<GetAclRequest> {
        vec![GetAclRequest { path: "/a".into() }]
    }

    fn reply_samples() -> Vec<GetAclReply> {
        let stat = Stat::sample();
        let two = vec![Acl::world(Perms::READ), Acl::digest(Perms(0x4f), "u", "p")];
        vec![GetAclReply { acl: two, stat }, GetAclReply { acl: Vec::new(), stat }]
    }
}
