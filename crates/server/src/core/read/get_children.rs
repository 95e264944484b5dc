//! getChildren and getChildren2.

use zookit_proto::ops::get_children::GetChildrenReply;
use zookit_proto::ops::get_children2::GetChildren2Reply;
use zookit_proto::types::Perms;
use zookit_proto::{ErrorCode, Text};

use super::check;
use crate::core::prepare::Asking;

pub(super) fn get_children(
    asking: &Asking<'_>,
    path: &Text,
) -> Result<GetChildrenReply, ErrorCode> {
    let path = path.to_str();
    check(asking, &path, Perms::READ)?;
    let children = asking.tree.children(&path).ok_or(ErrorCode::NoNode)?;
    Ok(GetChildrenReply { children })
}

pub(super) fn get_children2(
    asking: &Asking<'_>,
    path: &Text,
) -> Result<GetChildren2Reply, ErrorCode> {
    let GetChildrenReply { children } = get_children(asking, path)?;
    let stat = asking.tree.stat(&path.to_str()).ok_or(ErrorCode::NoNode)?;
    Ok(GetChildren2Reply { children, stat })
}
