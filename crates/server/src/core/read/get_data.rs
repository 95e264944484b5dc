//! getData.

use zookit_proto::ops::get_data::GetDataReply;
use zookit_proto::types::Perms;
use zookit_proto::{ErrorCode, Text};

use super::find;
use crate::core::prepare::Asking;

pub(super) fn get_data(asking: &Asking<'_>, path: &Text) -> Result<GetDataReply, ErrorCode> {
    let node = find(asking, &path.to_str(), Perms::READ)?;
    Ok(GetDataReply { data: node.data(), stat: node.stat() })
}
