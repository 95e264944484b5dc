//! exists.

use zookit_proto::ops::exists::{ExistsReply, ExistsRequest};
use zookit_proto::path::validate_for_exists;
use zookit_proto::types::Perms;
use zookit_proto::{ErrorCode, Stat};

use super::check;
use crate::core::Profile;
use crate::core::prepare::Asking;

pub(super) fn exists(
    asking: &Asking<'_>,
    request: &ExistsRequest,
) -> Result<ExistsReply, ErrorCode> {
    let path = request.path.to_str();
    validate_for_exists(&path).map_err(|_| ErrorCode::BadArguments)?;
    let stat: Option<Stat> = asking.tree.stat(&path);
    // Who may not read was told all the same, up to 3.8.3 and 3.9.1.
    if stat.is_some() && asking.config.profile > Profile::V3_8_0 {
        check(asking, &path, Perms::READ)?;
    }
    Ok(ExistsReply { stat: stat.ok_or(ErrorCode::NoNode)? })
}
