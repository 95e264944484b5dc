//! Whether the answer to a write tells what was done.

use bytes::Bytes;
use zookit_proto::ops::multi::MultiResult;
use zookit_proto::{Reply, Request, Stat, Text, Zxid};
use zookit_server::core::{Change, Transaction};

/// Whether it is the answer to a multi that failed.
pub(super) fn is_failed_multi(request: &Request, body: &Bytes) -> bool {
    let multi = matches!(request, Request::Multi(_)) && !body.is_empty();
    let reply = multi.then(|| Reply::decode(request.opcode(), body.clone()));
    matches!(reply, Some(Ok(Reply::Multi(reply))) if reply.first_failure().is_some())
}

/// Whether a body answers what the transaction did. An empty one where there ought to be more was
/// not told to the caller.
pub(super) fn answers(
    request: &Request,
    transaction: &Transaction,
    body: &Bytes,
) -> Result<(), String> {
    let reply = match Reply::decode(request.opcode(), body.clone()) {
        Ok(reply) => reply,
        Err(_) if body.is_empty() => return Ok(()),
        Err(error) => return Err(format!("its body is no reply: {error}")),
    };
    let Transaction { zxid, change, .. } = transaction;
    let right = match (&reply, change) {
        (Reply::Create(reply), change) => is_path(&reply.path, change),
        (
            Reply::Create2(reply) | Reply::CreateContainer(reply) | Reply::CreateTtl(reply),
            change,
        ) => is_path(&reply.path, change) && is_stat(&reply.stat, *zxid, change),
        (Reply::SetData(reply), change) => is_stat(&reply.stat, *zxid, change),
        (Reply::SetAcl(reply), change) => is_stat(&reply.stat, *zxid, change),
        (Reply::Multi(reply), Change::Multi(changes)) => {
            let mut pairs = reply.results.iter().zip(changes);
            reply.results.len() == changes.len() && pairs.all(|(result, at)| is(result, *zxid, at))
        }
        _ => true,
    };
    if right { Ok(()) } else { Err(format!("the history has {change:?} where it tells {reply:?}")) }
}

fn is(result: &MultiResult, zxid: Zxid, change: &Change) -> bool {
    match result {
        MultiResult::Create(reply) => is_path(&reply.path, change),
        MultiResult::Create2(reply) => {
            is_path(&reply.path, change) && is_stat(&reply.stat, zxid, change)
        }
        MultiResult::SetData(reply) => is_stat(&reply.stat, zxid, change),
        MultiResult::Delete(()) => matches!(change, Change::Delete { .. }),
        MultiResult::Check(()) => matches!(change, Change::Check { .. }),
        _ => false,
    }
}

fn is_path(told: &Text, change: &Change) -> bool {
    matches!(change, Change::Create { path, .. } if path == told)
}

fn is_stat(stat: &Stat, zxid: Zxid, change: &Change) -> bool {
    match change {
        Change::Create { .. } => stat.czxid == zxid && stat.mzxid == zxid && stat.version == 0,
        Change::SetData { version, .. } => stat.mzxid == zxid && stat.version == *version,
        Change::SetAcl { aversion, .. } => stat.aversion == *aversion,
        _ => false,
    }
}
