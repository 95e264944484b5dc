//! getEphemerals.

use zookit_proto::ops::get_ephemerals::{GetEphemeralsReply, GetEphemeralsRequest};

use crate::core::java;
use crate::core::prepare::Asking;

/// Those of the session that asks, whatever their ACLs say. The prefix is one of the text: it may
/// end in the middle of a name.
pub(super) fn get_ephemerals(
    asking: &Asking<'_>,
    request: &GetEphemeralsRequest,
) -> GetEphemeralsReply {
    let mut ephemerals = asking.tree.ephemerals(asking.session);
    let prefix = request.prefix_path.to_str();
    if !["", "/"].contains(&java::trim(&prefix)) {
        ephemerals.retain(|path| path.starts_with(prefix.as_bytes()));
    }
    GetEphemeralsReply { ephemerals }
}
