//! Whether a change in the history is what a request asked for.
//!
//! Two ways to ask. A *print* finds those that may belong together without looking at each: a
//! request has one, a change has as many as there are kinds of requests that it may come of. And
//! [`fits`] compares one with the other. ACLs are not compared: a server resolves some ids.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use bytes::Bytes;
use zookit_proto::ops::create::CreateRequest;
use zookit_proto::ops::multi::MultiOp;
use zookit_proto::path::parse_sequence;
use zookit_proto::types::CreateMode;
use zookit_proto::{OpCode, Request, Text};
use zookit_server::core::{Change, Owner};

/// The prints of a change, the narrower first. Both are the same where one is all.
pub(super) type Prints = [u64; 2];

/// How long a number at the end of a sequential znode's name is, but for huge ones.
const DIGITS: usize = 10;

fn print(kind: u8, path: &[u8], data: Option<&Bytes>, version: Option<i32>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (kind, path, data, version).hash(&mut hasher);
    hasher.finish()
}

const CREATE: u8 = 0;
const CREATE_SEQUENTIAL: u8 = 1;
const DELETE: u8 = 2;
const SET_DATA: u8 = 3;
const SET_ACL: u8 = 4;
const MULTI: u8 = 5;

/// Of a write; `None` of what takes no part in the history.
pub(super) fn of_request(request: &Request) -> Option<u64> {
    let create = |path: &Text, data: &Option<Bytes>, mode: CreateMode| {
        let kind = if mode.is_sequential() { CREATE_SEQUENTIAL } else { CREATE };
        print(kind, path, data.as_ref(), None)
    };
    Some(match request {
        Request::Create(r) | Request::Create2(r) | Request::CreateContainer(r) => {
            create(&r.path, &r.data, r.mode)
        }
        Request::CreateTtl(r) => create(&r.path, &r.data, r.mode),
        Request::Delete(r) => print(DELETE, &r.path, None, None),
        Request::DeleteContainer(r) => print(DELETE, &r.path, None, None),
        Request::SetData(r) => print(SET_DATA, &r.path, r.data.as_ref(), Some(r.version)),
        Request::SetAcl(r) => print(SET_ACL, &r.path, None, Some(r.version)),
        Request::Multi(r) => of_many(r.ops.iter().map(of_op)),
        _ => return None,
    })
}

/// Of something that was done; `None` of what no request is looked for.
pub(super) fn of_change(change: &Change) -> Option<Prints> {
    let both = |print| [print, print];
    Some(match change {
        Change::Create { path, data, .. } => {
            let exact = print(CREATE, path, data.as_ref(), None);
            let sequential = stem(path).map(|at| print(CREATE_SEQUENTIAL, at, data.as_ref(), None));
            [exact, sequential.unwrap_or(exact)]
        }
        Change::Delete { path } => both(print(DELETE, path, None, None)),
        Change::SetData { path, data, version } => {
            let of = |version| print(SET_DATA, path, data.as_ref(), Some(version));
            [of(version.wrapping_sub(1)), of(-1)]
        }
        Change::SetAcl { path, aversion, .. } => {
            let of = |version| print(SET_ACL, path, None, Some(version));
            [of(aversion.wrapping_sub(1)), of(-1)]
        }
        Change::Multi(changes) if !is_failed(changes) => both(of_many(changes.iter().map(of_part))),
        _ => return None,
    })
}

/// Whether a multi failed: then all of it are errors.
pub(super) fn is_failed(changes: &[Change]) -> bool {
    changes.iter().any(|change| matches!(change, Change::Error(_)))
}

/// Whether a transaction is a multi of nothing, as a fence is. A leader looks whose a session is, and
/// whether it lives, for each operation of a multi, and so not for this
/// (`PrepRequestProcessor.pRequest2Txn`): one that was long under way comes late, and does no harm.
pub(super) fn is_nothing(change: &Change) -> bool {
    matches!(change, Change::Multi(changes) if changes.is_empty())
}

/// Whether a transaction is the refusal of a request.
pub(super) fn is_refusal(change: &Change) -> bool {
    match change {
        Change::Error(_) => true,
        Change::Multi(changes) => is_failed(changes),
        _ => false,
    }
}

fn of_many(parts: impl Iterator<Item = u64>) -> u64 {
    let mut hasher = DefaultHasher::new();
    MULTI.hash(&mut hasher);
    for part in parts {
        part.hash(&mut hasher);
    }
    hasher.finish()
}

/// Within a multi a change must have just one print: names without their numbers, no versions.
fn of_op(op: &MultiOp) -> u64 {
    let create = |path: &Text, data: &Option<Bytes>, mode: CreateMode| {
        let path = if mode.is_sequential() { path } else { stem(path).unwrap_or(path) };
        print(CREATE, path, data.as_ref(), None)
    };
    match op {
        MultiOp::Create(r) | MultiOp::Create2(r) | MultiOp::CreateContainer(r) => {
            create(&r.path, &r.data, r.mode)
        }
        MultiOp::CreateTtl(r) => create(&r.path, &r.data, r.mode),
        MultiOp::Delete(r) => print(DELETE, &r.path, None, None),
        MultiOp::SetData(r) => print(SET_DATA, &r.path, r.data.as_ref(), None),
        MultiOp::Check(r) => print(MULTI, &r.path, None, None),
        _ => 0,
    }
}

fn of_part(change: &Change) -> u64 {
    match change {
        Change::Create { path, data, .. } => {
            print(CREATE, stem(path).unwrap_or(path), data.as_ref(), None)
        }
        Change::Delete { path } => print(DELETE, path, None, None),
        Change::SetData { path, data, .. } => print(SET_DATA, path, data.as_ref(), None),
        Change::Check { path, .. } => print(MULTI, path, None, None),
        _ => 1,
    }
}

/// The name that a sequential znode was asked for with, if it may be one.
fn stem(path: &[u8]) -> Option<&[u8]> {
    let (stem, number) = path.split_at_checked(path.len().checked_sub(DIGITS)?)?;
    parse_sequence(std::str::from_utf8(number).ok()?).map(|_| stem)
}

/// Whether the change is what the request asks for.
pub(super) fn fits(request: &Request, change: &Change) -> bool {
    match (request, change) {
        (Request::Create(r) | Request::Create2(r), change) => {
            created(r, change) && owned(change, plain_owner(r.mode))
        }
        (Request::CreateContainer(r), change) => {
            created(r, change) && owned(change, Kind::Container)
        }
        (Request::CreateTtl(r), Change::Create { path, data, owner, .. }) => {
            let owned = matches!(owner, Owner::Ttl { ms } if *ms == r.ttl_ms);
            owned && named(&r.path, r.mode, path) && r.data == *data
        }
        (Request::Delete(r), Change::Delete { path }) => r.path == *path,
        (Request::DeleteContainer(r), Change::Delete { path }) => r.path == *path,
        (Request::SetData(r), Change::SetData { path, data, version }) => {
            r.path == *path && r.data == *data && next(r.version, *version)
        }
        (Request::SetAcl(r), Change::SetAcl { path, aversion, .. }) => {
            r.path == *path && next(r.version, *aversion)
        }
        (Request::Multi(r), Change::Multi(changes)) => {
            let mut pairs = r.ops.iter().zip(changes);
            r.ops.len() == changes.len() && pairs.all(|(op, change)| fits_in_multi(op, change))
        }
        _ => false,
    }
}

fn fits_in_multi(op: &MultiOp, change: &Change) -> bool {
    match (op, change) {
        (MultiOp::Create(r) | MultiOp::Create2(r), change) => {
            let container = r.mode == CreateMode::Container;
            let kind = if container { Kind::Container } else { plain_owner(r.mode) };
            created(r, change) && owned(change, kind)
        }
        (MultiOp::CreateContainer(r), change) => created(r, change),
        (MultiOp::CreateTtl(r), Change::Create { path, data, .. }) => {
            named(&r.path, r.mode, path) && r.data == *data
        }
        (MultiOp::Delete(r), Change::Delete { path }) => r.path == *path,
        (MultiOp::SetData(r), Change::SetData { path, data, version }) => {
            r.path == *path && r.data == *data && next(r.version, *version)
        }
        (MultiOp::Check(r), Change::Check { path, .. }) => r.path == *path,
        _ => false,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Persistent,
    Ephemeral,
    Container,
}

const fn plain_owner(mode: CreateMode) -> Kind {
    if mode.is_ephemeral() { Kind::Ephemeral } else { Kind::Persistent }
}

fn owned(change: &Change, kind: Kind) -> bool {
    let Change::Create { owner, .. } = change else { return false };
    match owner {
        Owner::Persistent => kind == Kind::Persistent,
        Owner::Session(_) => kind == Kind::Ephemeral,
        Owner::Container => kind == Kind::Container,
        Owner::Ttl { .. } => false,
    }
}

fn created(request: &CreateRequest, change: &Change) -> bool {
    let Change::Create { path, data, .. } = change else { return false };
    named(&request.path, request.mode, path) && request.data == *data
}

/// Whether a znode may have got this path: with a number behind it, if it is sequential.
fn named(asked: &Text, mode: CreateMode, path: &Text) -> bool {
    if !mode.is_sequential() {
        return asked == path;
    }
    let number = path.strip_prefix(&asked[..]).and_then(|number| std::str::from_utf8(number).ok());
    number.is_some_and(|number| parse_sequence(number).is_some())
}

/// Whether a version may come behind the one that was expected; -1 expects any.
const fn next(expected: i32, version: i32) -> bool {
    expected == -1 || expected.wrapping_add(1) == version
}

/// A request in a few words.
pub(super) fn words(request: &Request) -> String {
    let path = match request {
        Request::Create(r) | Request::Create2(r) | Request::CreateContainer(r) => &r.path,
        Request::CreateTtl(r) => &r.path,
        Request::Delete(r) => &r.path,
        Request::SetData(r) => &r.path,
        Request::SetAcl(r) => &r.path,
        Request::Exists(r) => &r.path,
        Request::GetData(r) => &r.path,
        Request::GetChildren(r) | Request::GetChildren2(r) => &r.path,
        Request::AddWatch(r) => &r.path,
        Request::Multi(r) => {
            let ops = r.ops.iter().map(|op| op.opcode().to_string()).collect::<Vec<_>>();
            return format!("multi of {}", ops.join(", "));
        }
        request => return request.opcode().to_string(),
    };
    format!("{} of {path}", request.opcode())
}

/// A change in a few words.
pub(super) fn words_of(change: &Change) -> String {
    let words = |opcode: OpCode, path: &Text| format!("{opcode} of {path}");
    match change {
        Change::Create { path, .. } => words(OpCode::Create, path),
        Change::Delete { path } => words(OpCode::Delete, path),
        Change::SetData { path, version, .. } => {
            format!("{} to version {version}", words(OpCode::SetData, path))
        }
        Change::SetAcl { path, .. } => words(OpCode::SetAcl, path),
        Change::Check { path, .. } => words(OpCode::Check, path),
        Change::Multi(changes) => {
            let changes = changes.iter().map(words_of).collect::<Vec<_>>();
            format!("multi of ({})", changes.join(", "))
        }
        Change::CreateSession { .. } => "the beginning of a session".into(),
        Change::CloseSession { .. } => "the end of a session".into(),
        Change::Error(code) => format!("the refusal {code}"),
    }
}
