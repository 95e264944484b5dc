//! delete, and deleteContainer, with which a server deletes what the reaper has found.

use zookit_proto::ops::delete::DeleteRequest;
use zookit_proto::path::validate_for_delete;
use zookit_proto::types::Perms;
use zookit_proto::{ErrorCode, Text};

use super::next_version;
use super::pending::{Pending, Record};
use crate::core::Change;

pub(super) fn delete(
    pending: &mut Pending<'_>,
    request: &DeleteRequest,
) -> Result<Change, ErrorCode> {
    let path = request.path.to_str();
    let parent_path = parent(&path)?;
    let parent = pending.record(parent_path)?;
    pending.check_acl(&parent.acl, Perms::DELETE)?;
    let node = pending.record(&path)?;
    next_version(node.version, request.version)?;
    if node.children > 0 {
        return Err(ErrorCode::NotEmpty);
    }
    Ok(gone(pending, &path, parent_path, parent))
}

/// No session is asked for, and no ACL. A persistent znode is deleted as well.
pub(super) fn delete_container(
    pending: &mut Pending<'_>,
    path: &Text,
) -> Result<Change, ErrorCode> {
    let path = path.to_str();
    let parent_path = parent(&path)?;
    let node = pending.record(&path)?;
    if node.children > 0 {
        return Err(ErrorCode::NotEmpty);
    }
    if node.is_ephemeral {
        return Err(ErrorCode::BadVersion);
    }
    let parent = pending.record(parent_path)?;
    Ok(gone(pending, &path, parent_path, parent))
}

/// The path of the parent, as it stands in the path: empty for the root.
fn parent(path: &str) -> Result<&str, ErrorCode> {
    validate_for_delete(path).map_err(|_| ErrorCode::BadArguments)?;
    path.rsplit_once('/').map(|(parent, _)| parent).ok_or(ErrorCode::BadArguments)
}

fn gone(pending: &mut Pending<'_>, path: &str, parent_path: &str, mut parent: Record) -> Change {
    parent.children = parent.children.wrapping_sub(1);
    pending.put(parent_path, Some(parent));
    pending.put(path, None);
    Change::Delete { path: Text::from(path) }
}
