//! setACL.

use zookit_proto::ops::set_acl::SetAclRequest;
use zookit_proto::types::Perms;
use zookit_proto::{ErrorCode, Text};

use super::pending::Pending;
use super::{next_version, valid};
use crate::core::{Change, acl};

pub(super) fn set_acl(pending: &Pending<'_>, request: &SetAclRequest) -> Result<Change, ErrorCode> {
    let path = request.path.to_str();
    valid(&path)?;
    let profile = pending.asking.config.profile;
    let acl = acl::fix_up(profile, pending.asking.ids, request.acl.as_deref())?;
    let node = pending.record(&path)?;
    pending.check_acl(&node.acl, Perms::ADMIN)?;
    let aversion = next_version(node.aversion, request.version)?;
    Ok(Change::SetAcl { path: Text::from(&*path), acl, aversion })
}
