//! Before a script: the super user removes whatever earlier ones left behind.

use std::collections::BTreeMap;

use bytes::Bytes;
use zookit_proto::ops::auth::AuthRequest;
use zookit_proto::ops::delete::DeleteRequest;
use zookit_proto::ops::exists::ExistsRequest;
use zookit_proto::ops::get_children::GetChildrenRequest;
use zookit_proto::ops::set_acl::SetAclRequest;
use zookit_proto::ops::set_data::SetDataRequest;
use zookit_proto::types::{Acl, Credentials, Perms};
use zookit_proto::{ErrorCode, OpCode, Reply, Request, Stat, Zxid};

use crate::Outcome;
use crate::target::Target;
use crate::wire::{Connection, new_session};

/// The znodes that every server has.
const SYSTEM: [&str; 4] = ["/", "/zookeeper", "/zookeeper/config", "/zookeeper/quota"];

/// What a script begins with.
#[derive(Debug)]
pub struct Beginning {
    /// The newest zxid.
    pub zxid: Zxid,
    /// Of the system znodes.
    pub stats: BTreeMap<&'static str, Stat>,
}

/// Removes all but the system znodes, which get their usual data and ACLs.
///
/// # Errors
/// There is no server, or it has no super user `super:test`.
pub fn tidy(target: &mut dyn Target) -> Outcome<Beginning> {
    let mut connection = Connection::open(target)?;
    let accepted = connection.handshake(&new_session(30_000))?;
    if !accepted.is_some_and(|response| response.is_accepted()) {
        return Err("the server gives no session".into());
    }
    connection.succeed(&Request::Auth(AuthRequest {
        auth_type: 0,
        scheme: "digest".into(),
        auth: Some(Credentials::from_static(b"super:test")),
    }))?;
    // Quotas first: those that are enforced could stand in the way.
    for root in ["/zookeeper/quota", "/zookeeper/config", "/zookeeper", "/"] {
        delete_below(&mut connection, root)?;
    }
    for path in SYSTEM {
        let perms = if path == "/zookeeper/config" { Perms::READ } else { Perms::ALL };
        let acl = Some(vec![Acl::world(perms)]);
        connection.succeed(&Request::SetAcl(SetAclRequest {
            path: path.into(),
            acl,
            version: -1,
        }))?;
        let data = Some(Bytes::new());
        connection.succeed(&Request::SetData(SetDataRequest {
            path: path.into(),
            data,
            version: -1,
        }))?;
    }
    let mut stats = BTreeMap::new();
    for path in SYSTEM {
        let exists = ExistsRequest { path: path.into(), watch: false };
        if let Reply::Exists(reply) = connection.succeed(&Request::Exists(exists))? {
            stats.insert(path, reply.stat);
        }
    }
    let (_, header, _) = connection.ask_raw(OpCode::CloseSession, Bytes::new())?;
    Ok(Beginning { zxid: header.zxid, stats })
}

fn delete_below(connection: &mut Connection, root: &str) -> Outcome {
    let list = GetChildrenRequest { path: root.into(), watch: false };
    let Reply::GetChildren(list) = connection.succeed(&Request::GetChildren(list))? else {
        return Err("getChildren is answered by something else".into());
    };
    for name in list.children {
        let path = format!("{}/{name}", root.trim_end_matches('/'));
        if SYSTEM.contains(&path.as_str()) {
            continue;
        }
        delete_below(connection, &path)?;
        let delete = Request::Delete(DeleteRequest { path: path.as_str().into(), version: -1 });
        let (_, header, _) = connection.ask(&delete)?;
        // A container may be reaped under our hands.
        if !matches!(header.err, ErrorCode::Ok | ErrorCode::NoNode) {
            return Err(format!("{path} cannot be deleted: {}", header.err).into());
        }
    }
    Ok(())
}
