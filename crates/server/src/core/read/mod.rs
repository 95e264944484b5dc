//! Every read: a request, and who asks, become a reply or an error.
//!
//! Watches are not set here: whoever has the watches sets them, by what the reply says. Paths are
//! not validated: what is no path is no znode. The empty path is the root.
//!
//! Facts: `FinalRequestProcessor` of Apache ZooKeeper.

mod exists;
mod get_acl;
mod get_all_children_number;
mod get_children;
mod get_data;
mod get_ephemerals;
mod multi_read;
mod who_am_i;

use zookit_proto::ops::multi::MultiReply;
use zookit_proto::ops::sync::SyncReply;
use zookit_proto::types::Perms;
use zookit_proto::{ErrorCode, Reply, Request};

use super::prepare::Asking;
use super::tree::Found;
use super::{acl, java};

/// The reply to a read.
///
/// # Errors
/// What the header says; see also [`body_of_refusal`].
pub fn read(asking: &Asking<'_>, request: &Request) -> Result<Reply, ErrorCode> {
    match request {
        Request::Exists(request) => exists::exists(asking, request).map(Reply::Exists),
        Request::GetData(request) => get_data::get_data(asking, &request.path).map(Reply::GetData),
        Request::GetChildren(request) => {
            get_children::get_children(asking, &request.path).map(Reply::GetChildren)
        }
        Request::GetChildren2(request) => {
            get_children::get_children2(asking, &request.path).map(Reply::GetChildren2)
        }
        Request::GetAcl(request) => get_acl::get_acl(asking, request).map(Reply::GetAcl),
        Request::GetEphemerals(request) => {
            Ok(Reply::GetEphemerals(get_ephemerals::get_ephemerals(asking, request)))
        }
        Request::GetAllChildrenNumber(request) => {
            get_all_children_number::get_all_children_number(asking, request)
                .map(Reply::GetAllChildrenNumber)
        }
        Request::MultiRead(request) => {
            multi_read::multi_read(asking, request).map(Reply::MultiRead)
        }
        Request::WhoAmI(()) => Ok(Reply::WhoAmI(who_am_i::who_am_i(asking.ids))),
        // There is nobody to catch up with.
        Request::Sync(request) => Ok(Reply::Sync(SyncReply { path: java::echo(&request.path) })),
        _ => Err(ErrorCode::Unimplemented),
    }
}

/// What stands behind the header of a refused read: nothing, but behind that of a multiRead of
/// writes the end of a list of results.
#[must_use]
pub fn body_of_refusal(request: &Request) -> Option<Reply> {
    match request {
        Request::MultiRead(request) if multi_read::is_of_writes(request) => {
            Some(Reply::MultiRead(MultiReply::default()))
        }
        _ => None,
    }
}

/// The znode, if there is one and who asks has one of these permissions on it.
fn find<'a>(asking: &Asking<'a>, path: &str, wanted: Perms) -> Result<Found<'a>, ErrorCode> {
    let node = asking.tree.get(path).ok_or(ErrorCode::NoNode)?;
    acl::check(asking.config, node.acl(), wanted, asking.ids)?;
    Ok(node)
}

#[cfg(test)]
mod tests;
