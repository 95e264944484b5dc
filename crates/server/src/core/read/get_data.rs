//! getData.

use zookit_proto::ops::get_data::GetDataReply;
use zookit_proto::types::Perms;
use zookit_proto::{ErrorCode, Text};

use super::check;
use crate::core::prepare::Asking;

pub(super) fn get_data(asking: &Asking<'_>, path: &Text) -> Result<GetDataReply, ErrorCode> {
    let path = path.to_str();
    check(asking, &path, Perms::READ)?;
    let (data, stat) = asking.tree.data_and_stat(&path).ok_or(ErrorCode::NoNode)?;
    Ok(GetDataReply { data, stat })
}
