//! getACL.

use zookit_proto::ErrorCode;
use zookit_proto::ops::get_acl::{GetAclReply, GetAclRequest};
use zookit_proto::types::Perms;

use super::check;
use crate::core::acl;
use crate::core::prepare::Asking;

/// Who may read sees who may do what; the hashes of passwords only who may set it.
pub(super) fn get_acl(
    asking: &Asking<'_>,
    request: &GetAclRequest,
) -> Result<GetAclReply, ErrorCode> {
    let path = request.path.to_str();
    check(asking, &path, Perms::READ | Perms::ADMIN)?;
    let acl = asking.tree.acl(&path).ok_or(ErrorCode::NoNode)?;
    let stat = asking.tree.stat(&path).ok_or(ErrorCode::NoNode)?;
    let acl = match acl::allows(asking.config, &acl, Perms::ADMIN, asking.ids) {
        true => acl.to_vec(),
        false => acl::hide_digests(&acl),
    };
    Ok(GetAclReply { acl, stat })
}
