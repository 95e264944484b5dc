//! whoAmI.

use zookit_proto::Text;
use zookit_proto::ops::who_am_i::{ClientInfo, WhoAmIReply};
use zookit_proto::types::Id;

use crate::core::java;

/// What the connection is authenticated as: of a digest the user alone, of the super user nothing.
pub(super) fn who_am_i(ids: &[Id]) -> WhoAmIReply {
    let user = |id: &Id| match &id.scheme[..] {
        b"digest" => {
            let id = id.id.to_str();
            Text::from(java::split(&id, ':').first().copied().unwrap_or_default())
        }
        b"ip" => id.id.clone(),
        _ => Text::new(),
    };
    let info = |id: &Id| ClientInfo { auth_scheme: id.scheme.clone(), user: user(id) };
    WhoAmIReply { client_info: ids.iter().map(info).collect() }
}
