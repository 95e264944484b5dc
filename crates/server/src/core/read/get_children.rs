//! getChildren and getChildren2.

use zookit_proto::ops::get_children::GetChildrenReply;
use zookit_proto::ops::get_children2::GetChildren2Reply;
use zookit_proto::types::Perms;
use zookit_proto::{ErrorCode, Text};

use super::find;
use crate::core::prepare::Asking;

pub(super) fn get_children(
    asking: &Asking<'_>,
    path: &Text,
) -> Result<GetChildrenReply, ErrorCode> {
    let node = find(asking, &path.to_str(), Perms::READ)?;
    Ok(GetChildrenReply { children: node.children() })
}

pub(super) fn get_children2(
    asking: &Asking<'_>,
    path: &Text,
) -> Result<GetChildren2Reply, ErrorCode> {
    let node = find(asking, &path.to_str(), Perms::READ)?;
    Ok(GetChildren2Reply { children: node.children(), stat: node.stat() })
}
