//! The first half of a write: a request, and who asks, become a [`Change`] or an error.
//!
//! Nothing is changed here. What a change does is checked against the tree as it is, or, within a
//! multi, as it will be when the operations before it are carried out (`pending`). The checks
//! come in the order of Apache's `PrepRequestProcessor`: which of several errors a client is told
//! is part of the protocol.
//!
//! That the session exists is for the caller to check, and a zxid is his to give, also to what is
//! refused: see [`takes_zxid`].

mod check;
mod create;
mod delete;
mod multi;
mod pending;
mod reply;
mod set_acl;
mod set_data;

use zookit_proto::ops::delete_container::PathForm;
use zookit_proto::types::Id;
use zookit_proto::{ErrorCode, Request, SessionId, Text};

pub use reply::reply;

use self::pending::Pending;
use super::{Change, Config, Profile, Tree};

/// Who asks, and what.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// What there is.
    pub tree: &'a Tree,
    /// How the server behaves.
    pub config: &'a Config,
    /// The session that asks.
    pub session: SessionId,
    /// What its connection is authenticated as.
    pub ids: &'a [Id],
}

/// What a write changes.
///
/// # Errors
/// What the client is told. A multi that fails is no error here: its change is the errors of its
/// operations.
pub fn prepare(asking: &Asking<'_>, request: &Request) -> Result<Change, ErrorCode> {
    let mut pending = Pending::alone(*asking);
    match request {
        Request::Create(request) => create::plain(&mut pending, request),
        Request::Create2(request) => create::plain(&mut pending, request),
        Request::CreateContainer(request) => create::container(&mut pending, request),
        Request::CreateTtl(request) => create::ttl(&mut pending, request),
        Request::Delete(request) => delete::delete(&mut pending, request),
        Request::DeleteContainer(request) => match (asking.config.profile, request.form) {
            (Profile::V3_9_5, PathForm::Prefixed) => {
                delete::delete_container(&mut pending, &request.path)
            }
            (Profile::V3_9_5, PathForm::Bare) => Err(ErrorCode::MarshallingError),
            // Older servers take the header for a part of the path, which then has NUL.
            _ => Err(ErrorCode::BadArguments),
        },
        Request::SetData(request) => set_data::set_data(&mut pending, request),
        Request::SetAcl(request) => set_acl::set_acl(&pending, request),
        Request::Multi(request) => multi::multi(*asking, request),
        Request::CloseSession(()) => Ok(close_session(asking.tree, asking.session)),
        // For want of an ensemble it would be `Unimplemented`, were it not switched off.
        Request::Reconfig(_) => Err(ErrorCode::ReconfigDisabled),
        Request::Check(request) if is_check_a_write(asking.config.profile) => {
            check::check(&pending, request)
        }
        _ => Err(ErrorCode::Unimplemented),
    }
}

/// Whether a check outside a multi is taken for a write: servers up to 3.8.4 and 3.9.2 do, and
/// then never answer one that succeeds. Later ones do not know the operation.
#[must_use]
pub const fn is_check_a_write(profile: Profile) -> bool {
    matches!(profile, Profile::V3_8_0)
}

/// Whether a request takes a zxid, be it carried out or refused.
///
/// Of requests that could not be decoded this knows nothing: before 3.9 they take one, too, and
/// those that should be a multi always.
#[must_use]
pub fn takes_zxid(profile: Profile, request: &Request) -> bool {
    match request {
        Request::Create(_)
        | Request::Create2(_)
        | Request::CreateContainer(_)
        | Request::CreateTtl(_)
        | Request::Delete(_)
        | Request::SetData(_)
        | Request::SetAcl(_)
        | Request::Reconfig(_)
        | Request::CreateSession(_)
        | Request::CloseSession(_) => true,
        // From 3.9 what cannot be decoded takes none, and that form is no record.
        Request::DeleteContainer(request) => {
            profile < Profile::V3_9_5 || request.form == PathForm::Prefixed
        }
        Request::Multi(request) => multi::takes_zxid(profile, request),
        Request::Check(_) => is_check_a_write(profile),
        _ => false,
    }
}

/// The end of a session, asked for or not.
#[must_use]
pub fn close_session(tree: &Tree, session: SessionId) -> Change {
    Change::CloseSession { ephemerals: tree.ephemerals(session) }
}

/// The deletion of a znode that the [`reaper`](super::reaper) has found, unless something has
/// happened to it since.
///
/// # Errors
/// What happened; a real server logs an error transaction, which takes a zxid.
pub fn reap(tree: &Tree, config: &Config, path: &Text) -> Result<Change, ErrorCode> {
    let asking = Asking { tree, config, session: SessionId::NONE, ids: &[] };
    delete::delete_container(&mut Pending::alone(asking), path)
}

/// The version from now on, if the one there is is the one expected; -1 expects any.
const fn next_version(current: i32, expected: i32) -> Result<i32, ErrorCode> {
    if expected != -1 && expected != current {
        return Err(ErrorCode::BadVersion);
    }
    Ok(current.wrapping_add(1))
}

/// The path, if a server takes it.
fn valid(path: &str) -> Result<(), ErrorCode> {
    zookit_proto::path::validate(path).map_err(|_| ErrorCode::BadArguments)
}

#[cfg(test)]
mod histories;
#[cfg(test)]
mod tests;
