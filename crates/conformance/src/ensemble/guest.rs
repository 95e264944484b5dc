//! A client of one member, for the facts.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use zookit_proto::connect::{ConnectRequest, ConnectResponse};
use zookit_proto::header::ReplyHeader;
use zookit_proto::ops::create::CreateRequest;
use zookit_proto::ops::exists::ExistsRequest;
use zookit_proto::ops::sync::SyncRequest;
use zookit_proto::types::{Acl, CreateMode, Perms};
use zookit_proto::{ErrorCode, OpCode, Request, SessionId, Zxid};

use super::Members;
use crate::Outcome;
use crate::target::{Stream, Target};
use crate::wire::{Connection, Heard, new_session};

/// A client, connected to one member.
pub(super) struct Guest {
    pub(super) connection: Connection,
    pub(super) session: ConnectResponse,
}

/// One member, as a server by itself.
struct At<'m>(&'m mut dyn Members, usize);

impl Target for At<'_> {
    fn dial(&mut self) -> io::Result<Box<dyn Stream>> {
        self.0.dial(self.1)
    }

    fn wait(&mut self, time: Duration) {
        self.0.wait(time);
    }
}

impl Guest {
    /// A client with a session of its own.
    pub(super) fn new(members: &mut dyn Members, member: usize) -> Outcome<Self> {
        Self::living(members, member, 30_000)
    }

    /// The same, with this timeout.
    pub(super) fn living(
        members: &mut dyn Members,
        member: usize,
        timeout_ms: i32,
    ) -> Outcome<Self> {
        let mut connection = Connection::open(&mut At(members, member))?;
        let session = connection.handshake(&new_session(timeout_ms))?;
        let session = session.filter(ConnectResponse::is_accepted);
        Ok(Self { connection, session: session.ok_or("no session at a member that serves")? })
    }

    /// A client that can do with a member that only reads.
    pub(super) fn reading(members: &mut dyn Members, member: usize) -> Outcome<Self> {
        let mut connection = Connection::open(&mut At(members, member))?;
        let request = ConnectRequest { read_only: Some(true), ..new_session(30_000) };
        let session = connection.handshake(&request)?.ok_or("no session for a reader")?;
        Ok(Self { connection, session })
    }

    /// Takes the session up at another member; `None`: that closed without a word.
    pub(super) fn resume(
        &self,
        members: &mut dyn Members,
        member: usize,
        seen: Zxid,
    ) -> Outcome<Option<Self>> {
        let mut connection = Connection::open(&mut At(members, member))?;
        let mut request = new_session(self.session.timeout_ms);
        request.session_id = self.session.session_id;
        request.password = self.session.password.clone();
        request.last_zxid_seen = seen;
        let session = connection.handshake(&request)?;
        Ok(session.map(|session| Self { connection, session }))
    }

    /// Whether a member takes anybody.
    pub(super) fn is_taken(members: &mut dyn Members, member: usize) -> Outcome<bool> {
        let mut connection = Connection::open(&mut At(members, member))?;
        Ok(connection.handshake(&new_session(30_000))?.is_some())
    }

    pub(super) fn ask(&mut self, request: &Request) -> Outcome<ReplyHeader> {
        Ok(self.connection.ask(request)?.1)
    }

    pub(super) fn create(&mut self, path: &str) -> Outcome<Zxid> {
        let header = self.ask(&create(path, CreateMode::Persistent))?;
        is(header.err, ErrorCode::Ok, "the code of a create")?;
        Ok(header.zxid)
    }

    pub(super) fn create_ephemeral(&mut self, path: &str) -> Outcome {
        let header = self.ask(&create(path, CreateMode::Ephemeral))?;
        is(header.err, ErrorCode::Ok, "the code of a create")
    }

    /// Whether a znode exists, as this member sees it now.
    pub(super) fn sees(&mut self, path: &str) -> Outcome<bool> {
        match self.ask(&exists(path))?.err {
            ErrorCode::Ok => Ok(true),
            ErrorCode::NoNode => Ok(false),
            other => Err(format!("exists of {path}: {other}").into()),
        }
    }

    pub(super) fn sync(&mut self) -> Outcome {
        is(self.ask(&sync())?.err, ErrorCode::Ok, "the code of a sync")
    }

    pub(super) fn ping(&mut self) -> Outcome {
        self.connection.ask(&Request::Ping(())).map(drop)
    }

    /// Ends its session.
    pub(super) fn close(mut self) -> Outcome {
        let (_, header, _) = self.connection.ask_raw(OpCode::CloseSession, Bytes::new())?;
        is(header.err, ErrorCode::Ok, "the code of closeSession")
    }

    /// Sends requests and waits for nothing.
    pub(super) fn send(&mut self, requests: &[Request]) {
        let encode = |request: &Request| {
            let mut body = bytes::BytesMut::new();
            request.write(&mut body);
            (request.opcode(), body.freeze())
        };
        self.connection.send(&requests.iter().map(encode).collect::<Vec<_>>());
    }

    /// The next reply.
    pub(super) fn reply(&mut self) -> Outcome<ReplyHeader> {
        match self.connection.hear()? {
            Heard::Reply { header, in_turn: true, .. } => Ok(header),
            other => Err(format!("instead of the next reply: {other:?}").into()),
        }
    }

    /// That the member closes the connection, and says nothing more.
    pub(super) fn is_left(&mut self) -> Outcome {
        match self.connection.hear()? {
            Heard::Closed => Ok(()),
            other => Err(format!("instead of a close: {other:?}").into()),
        }
    }
}

pub(super) fn create(path: &str, mode: CreateMode) -> Request {
    let acl = vec![Acl::new(Perms::ALL, "world", "anyone")];
    Request::Create(CreateRequest { path: path.into(), data: None, acl: Some(acl), mode })
}

pub(super) fn exists(path: &str) -> Request {
    Request::Exists(ExistsRequest { path: path.into(), watch: false })
}

pub(super) fn sync() -> Request {
    Request::Sync(SyncRequest { path: "/".into() })
}

/// That something is as it must be.
pub(super) fn is<T: PartialEq + std::fmt::Debug>(found: T, expected: T, what: &str) -> Outcome {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what} is {found:?} and not {expected:?}").into())
}

/// The session that is none.
pub(super) const GONE: SessionId = SessionId::NONE;
