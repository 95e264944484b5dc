//! exists.

use zookit_proto::ErrorCode;
use zookit_proto::ops::exists::{ExistsReply, ExistsRequest};
use zookit_proto::path::validate_for_exists;
use zookit_proto::types::Perms;

use crate::core::prepare::Asking;
use crate::core::{Profile, acl};

pub(super) fn exists(
    asking: &Asking<'_>,
    request: &ExistsRequest,
) -> Result<ExistsReply, ErrorCode> {
    let path = request.path.to_str();
    validate_for_exists(&path).map_err(|_| ErrorCode::BadArguments)?;
    let node = asking.tree.get(&path).ok_or(ErrorCode::NoNode)?;
    // Who may not read was told all the same, up to 3.8.3 and 3.9.1.
    if asking.config.profile > Profile::V3_8_0 {
        acl::check(asking.config, node.acl(), Perms::READ, asking.ids)?;
    }
    Ok(ExistsReply { stat: node.stat() })
}
