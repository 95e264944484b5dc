//! multi: several writes, all or none.
//!
//! A server decodes the creates of a multi anew, and that decides which operation each of them is.
//! Before 3.8.2 all of them were creates. Since then a create is what it says, and what has a mode
//! that is unknown, or that needs a time to live, does not decode at all.

use zookit_proto::ErrorCode;
use zookit_proto::ops::create::CreateRequest;
use zookit_proto::ops::create_ttl::CreateTtlRequest;
use zookit_proto::ops::multi::{MultiOp, MultiRequest};
use zookit_proto::types::CreateMode;

use super::pending::Pending;
use super::{Asking, check, create, delete, set_data};
use crate::core::{Change, Profile};

/// What a server makes of a create in a multi.
pub(super) enum Made {
    /// A znode; a path is answered.
    Znode,
    /// A znode; a path and a stat are answered.
    ZnodeWithStat,
    /// A container; a path and a stat are answered.
    Container,
    /// Nothing: it does not decode.
    Malformed {
        /// Whether the multi takes a zxid all the same.
        takes_zxid: bool,
    },
}

impl Made {
    pub(super) const fn of(profile: Profile, op: &MultiOp) -> Option<Self> {
        let (MultiOp::Create(request)
        | MultiOp::Create2(request)
        | MultiOp::CreateContainer(request)) = op
        else {
            return None;
        };
        let container = matches!(request.mode, CreateMode::Container);
        Some(match (profile, op) {
            _ if container && request.acl.is_some() => Self::Container,
            (Profile::V3_8_0, _) if container => Self::Container,
            (Profile::V3_8_0, _) => Self::Znode,
            _ if matches!(request.mode, CreateMode::Unknown(_)) => {
                Self::Malformed { takes_zxid: true }
            }
            // The server stumbles before it has taken one.
            _ if request.acl.is_none() => Self::Malformed { takes_zxid: false },
            _ if request.mode.has_ttl() => Self::Malformed { takes_zxid: true },
            (_, MultiOp::Create(_)) => Self::Znode,
            (_, MultiOp::Create2(_)) => Self::ZnodeWithStat,
            _ => Self::Container,
        })
    }
}

/// Whether a multi takes a zxid: all do but one at whose first fault a server stumbles, instead of
/// finding it: a create with a null ACL, and no read among writes before it.
pub(super) fn takes_zxid(profile: Profile, request: &MultiRequest) -> bool {
    let is_write = |op: &MultiOp| !matches!(op, MultiOp::GetData(_) | MultiOp::GetChildren(_));
    let first_is_write = request.ops.first().is_some_and(is_write);
    for op in &request.ops {
        match Made::of(profile, op) {
            Some(Made::Malformed { takes_zxid }) => return takes_zxid,
            _ if is_write(op) != first_is_write => return true,
            _ => {}
        }
    }
    true
}

/// Whether there is an operation in it that is not for a multi, or that does not decode.
fn is_malformed(profile: Profile, op: &MultiOp) -> bool {
    match op {
        MultiOp::CreateTtl(_) | MultiOp::Delete(_) | MultiOp::SetData(_) | MultiOp::Check(_) => {
            false
        }
        op => matches!(Made::of(profile, op), None | Some(Made::Malformed { .. })),
    }
}

pub(super) fn multi(asking: Asking<'_>, request: &MultiRequest) -> Result<Change, ErrorCode> {
    let profile = asking.config.profile;
    if request.ops.iter().any(|op| is_malformed(profile, op)) {
        return Err(ErrorCode::MarshallingError);
    }
    let mut pending = Pending::multi(asking);
    let mut changes = Vec::with_capacity(request.ops.len());
    for op in &request.ops {
        match one(&mut pending, op) {
            Ok(change) => changes.push(change),
            // A real server stumbles over what is no error of the protocol, and refuses it all.
            Err(ErrorCode::MarshallingError) => return Err(ErrorCode::MarshallingError),
            Err(code) => return Ok(failed(changes.len(), code, request.ops.len())),
        }
    }
    Ok(Change::Multi(changes))
}

/// What becomes of a multi of so many whose operation `at` failed.
fn failed(at: usize, code: ErrorCode, count: usize) -> Change {
    let code = |place: usize| match place.cmp(&at) {
        std::cmp::Ordering::Less => ErrorCode::Ok,
        std::cmp::Ordering::Equal => code,
        std::cmp::Ordering::Greater => ErrorCode::RuntimeInconsistency,
    };
    Change::Multi((0..count).map(|place| Change::Error(code(place))).collect())
}

fn one(pending: &mut Pending<'_>, op: &MultiOp) -> Result<Change, ErrorCode> {
    match op {
        MultiOp::Create(request)
        | MultiOp::Create2(request)
        | MultiOp::CreateContainer(request) => {
            match Made::of(pending.asking.config.profile, op) {
                Some(Made::Container) => create::container(pending, request),
                // Left of it are those before 3.8.2, which take it for a createTTL and stumble.
                _ if request.mode.has_ttl() => Err(ErrorCode::MarshallingError),
                _ => create::plain(pending, request),
            }
        }
        MultiOp::CreateTtl(request) => create_ttl(pending, request),
        MultiOp::Delete(request) => delete::delete(pending, request),
        MultiOp::SetData(request) => set_data::set_data(pending, request),
        MultiOp::Check(request) => check::check(pending, request),
        _ => Err(ErrorCode::MarshallingError),
    }
}

/// A createTTL is one if its mode is one with a time to live, else a create without.
fn create_ttl(pending: &mut Pending<'_>, request: &CreateTtlRequest) -> Result<Change, ErrorCode> {
    let CreateTtlRequest { path, data, acl, mode, .. } = request;
    if mode.has_ttl() {
        return create::ttl(pending, request);
    }
    let (path, data, acl) = (path.clone(), data.clone(), acl.clone());
    let request = CreateRequest { path, data, acl, mode: *mode };
    match mode {
        CreateMode::Container => create::container(pending, &request),
        _ => create::plain(pending, &request),
    }
}
