//! check: that a znode has a version.

use zookit_proto::ops::check::CheckRequest;
use zookit_proto::types::Perms;
use zookit_proto::{ErrorCode, Text};

use super::pending::Pending;
use super::{next_version, valid};
use crate::core::Change;

pub(super) fn check(pending: &Pending<'_>, request: &CheckRequest) -> Result<Change, ErrorCode> {
    let path = request.path.to_str();
    valid(&path)?;
    let node = pending.record(&path)?;
    pending.check_acl(&node.acl, Perms::READ)?;
    let version = next_version(node.version, request.version)?;
    Ok(Change::Check { path: Text::from(&*path), version })
}
