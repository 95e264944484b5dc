//! setACL (7): replaces the ACL of a znode. Fires no watch.

use super::{Class, Operation};
use crate::text::Text;
use crate::types::{Acl, Perms, Stat};
use crate::wire::record;

/// The operation.
#[derive(Debug)]
pub enum SetAcl {}

record! {
    /// jute `SetACLRequest`.
    pub struct SetAclRequest {
        /// The path.
        pub path: Text,
        /// Who may do what. Servers refuse null and empty with `InvalidAcl`.
        pub acl: Option<Vec<Acl>>,
        /// The version the ACL must have, which is the stat's `aversion`; -1 is any.
        pub version: i32,
    }
}

record! {
    /// jute `SetACLResponse`.
    pub struct SetAclReply {
        /// The stat after the change, of which only `aversion` changed.
        pub stat: Stat,
    }
}

impl Operation for SetAcl {
    const NUMBER: i32 = 7;
    const NAME: &'static str = "setACL";
    const CLASS: Class = Class::Write;
    type Request = SetAclRequest;
    type Reply = SetAclReply;

    fn request_samples() -> Vec<SetAclRequest> {
        let path = Text::from_static("/a");
        let acls = [Some(vec![Acl::ip(Perms::ALL, "10.0.0.0/8")]), Some(Vec::new()), None];
        acls.map(|acl| SetAclRequest { path: path.clone(), acl, version: 2 }).to_vec()
    }

    fn reply_samples() -> Vec<SetAclReply> {
        vec![SetAclReply { stat: Stat::sample() }]
    }
}
