//! getACL.

use zookit_proto::ErrorCode;
use zookit_proto::ops::get_acl::{GetAclReply, GetAclRequest};
use zookit_proto::types::Perms;

use super::find;
use crate::core::acl;
use crate::core::prepare::Asking;

/// Who may read sees who may do what; the hashes of passwords only who may set it.
pub(super) fn get_acl(
    asking: &Asking<'_>,
    request: &GetAclRequest,
) -> Result<GetAclReply, ErrorCode> {
    let node = find(asking, &request.path.to_str(), Perms::READ | Perms::ADMIN)?;
    let acl = match acl::allows(asking.config, node.acl(), Perms::ADMIN, asking.ids) {
        true => node.acl().to_vec(),
        false => acl::hide_digests(node.acl()),
    };
    Ok(GetAclReply { acl, stat: node.stat() })
}
