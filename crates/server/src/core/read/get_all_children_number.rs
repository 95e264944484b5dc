//! getAllChildrenNumber.

use zookit_proto::ErrorCode;
use zookit_proto::ops::get_all_children_number::{
    GetAllChildrenNumberReply, GetAllChildrenNumberRequest,
};
use zookit_proto::types::Perms;

use super::find;
use crate::core::prepare::Asking;

pub(super) fn get_all_children_number(
    asking: &Asking<'_>,
    request: &GetAllChildrenNumberRequest,
) -> Result<GetAllChildrenNumberReply, ErrorCode> {
    let path = request.path.to_str();
    find(asking, &path, Perms::READ)?;
    let below = asking.tree.count_below(&path).ok_or(ErrorCode::NoNode)?;
    // Of the two paths of the root, the empty one has the other below it.
    let number = below.saturating_add(usize::from(path.is_empty()));
    Ok(GetAllChildrenNumberReply { total_number: i32::try_from(number).unwrap_or(i32::MAX) })
}
