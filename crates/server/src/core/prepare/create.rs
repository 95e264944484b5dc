//! create, create2, createContainer, createTTL.

use bytes::Bytes;
use zookit_proto::ops::create::CreateRequest;
use zookit_proto::ops::create_ttl::CreateTtlRequest;
use zookit_proto::path::format_sequence;
use zookit_proto::types::{Acl, CreateMode, Perms, validate_ttl_ms};
use zookit_proto::{ErrorCode, Text};

use super::pending::{Pending, Record};
use super::valid;
use crate::core::tree::SharedAcl;
use crate::core::{Change, Owner, acl};

/// What a request without a time to live has in its place.
const NO_TTL: i64 = -1;

/// A request of any of the four.
struct Create<'a> {
    path: &'a Text,
    data: &'a Option<Bytes>,
    acl: Option<&'a [Acl]>,
    mode: CreateMode,
    ttl_ms: i64,
    operation: Operation,
}

/// Which operation asks. It alone makes a znode a container or gives it a time to live, whatever
/// the mode; the mode makes it ephemeral.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operation {
    Create,
    CreateContainer,
    CreateTtl,
}

pub(super) fn plain(pending: &mut Pending<'_>, r: &CreateRequest) -> Result<Change, ErrorCode> {
    create(pending, &without_ttl(r, Operation::Create))
}

pub(super) fn container(pending: &mut Pending<'_>, r: &CreateRequest) -> Result<Change, ErrorCode> {
    create(pending, &without_ttl(r, Operation::CreateContainer))
}

fn without_ttl(request: &CreateRequest, operation: Operation) -> Create<'_> {
    let CreateRequest { path, data, acl, mode } = request;
    Create { path, data, acl: acl.as_deref(), mode: *mode, ttl_ms: NO_TTL, operation }
}

pub(super) fn ttl(pending: &mut Pending<'_>, r: &CreateTtlRequest) -> Result<Change, ErrorCode> {
    let CreateTtlRequest { path, data, acl, mode, ttl_ms } = r;
    let (acl, operation) = (acl.as_deref(), Operation::CreateTtl);
    create(pending, &Create { path, data, acl, mode: *mode, ttl_ms: *ttl_ms, operation })
}

fn create(pending: &mut Pending<'_>, request: &Create<'_>) -> Result<Change, ErrorCode> {
    let bad_arguments = Err(ErrorCode::BadArguments);
    check_mode(request.mode, request.ttl_ms, pending.asking.config.extended_types)?;
    let mut path = request.path.to_str().into_owned();
    let Some(slash) = path.rfind('/').filter(|_| !path.contains('\0')) else {
        return bad_arguments;
    };
    let profile = pending.asking.config.profile;
    let acl = acl::fix_up(profile, pending.asking.ids, request.acl)?;
    let parent_path = path.get(..slash).unwrap_or_default().to_owned();
    let mut parent = pending.record(&parent_path)?;
    pending.check_acl(&parent.acl, Perms::CREATE)?;
    if request.mode.is_sequential() {
        path.push_str(&format_sequence(parent.cversion));
    }
    valid(&path)?;
    if pending.record(&path).is_ok() {
        return Err(ErrorCode::NodeExists);
    }
    if parent.is_ephemeral {
        return Err(ErrorCode::NoChildrenForEphemerals);
    }
    let data_len = request.data.as_ref().map_or(0, Bytes::len);
    pending.check_quota(&path, 1, 0, data_len)?;
    let owner = match (request.operation, request.mode) {
        (Operation::CreateContainer, _) => Owner::Container,
        (Operation::CreateTtl, mode) if mode.has_ttl() => Owner::Ttl { ms: request.ttl_ms },
        // A real server finds that it cannot carry this out, and ends.
        (Operation::CreateTtl, _) => return bad_arguments,
        (Operation::Create, mode) if mode.is_ephemeral() => Owner::Session(pending.asking.session),
        (Operation::Create, _) => Owner::Persistent,
    };
    parent.children = parent.children.wrapping_add(1);
    parent.cversion = parent.cversion.wrapping_add(1);
    let parent_cversion = parent.cversion;
    pending.put(&parent_path, Some(parent));
    pending.put(&path, Some(new_record(request.mode, data_len, &acl)));
    let (path, data) = (Text::from(path), request.data.clone());
    Ok(Change::Create { path, data, acl, owner, parent_cversion })
}

/// The znode as the operations behind it in a multi see it: by its mode.
fn new_record(mode: CreateMode, data_len: usize, acl: &[Acl]) -> Record {
    Record {
        version: 0,
        cversion: 0,
        aversion: 0,
        children: 0,
        is_ephemeral: mode.is_ephemeral(),
        data_len,
        acl: SharedAcl::from(acl),
    }
}

/// That there is such a mode, that it is switched on, and that it has a time to live if it must.
fn check_mode(mode: CreateMode, ttl_ms: i64, extended_types: bool) -> Result<(), ErrorCode> {
    match mode {
        CreateMode::Unknown(_) => Err(ErrorCode::BadArguments),
        mode if mode.has_ttl() && !extended_types => Err(ErrorCode::Unimplemented),
        mode if mode.has_ttl() => validate_ttl_ms(ttl_ms).map_err(|_| ErrorCode::BadArguments),
        _ if ttl_ms >= 0 => Err(ErrorCode::BadArguments),
        _ => Ok(()),
    }
}
