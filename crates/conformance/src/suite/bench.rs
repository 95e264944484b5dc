//! What cases are made of.

use std::fmt::Debug;
use std::time::Duration;

use bytes::Bytes;
use zookit_proto::connect::{ConnectRequest, ConnectResponse};
use zookit_proto::ops::auth::AuthRequest;
use zookit_proto::ops::create::CreateRequest;
use zookit_proto::ops::delete::DeleteRequest;
use zookit_proto::ops::exists::ExistsRequest;
use zookit_proto::ops::get_children::GetChildrenRequest;
use zookit_proto::ops::get_data::GetDataRequest;
use zookit_proto::ops::set_data::SetDataRequest;
use zookit_proto::types::{Acl, CreateMode, Credentials, Perms, Zxid};
use zookit_proto::{ErrorCode, OpCode, Reply, Request, Stat};
use zookit_server::core::Profile;

use crate::Outcome;
use crate::target::Target;
use crate::wire::{Connection, Heard, new_session};

/// Where a case stands.
pub struct Bench<'t> {
    target: &'t mut dyn Target,
    /// The version.
    pub profile: Profile,
    sessions: Vec<ConnectResponse>,
}

impl<'t> Bench<'t> {
    /// A bench before a server.
    pub fn new(target: &'t mut dyn Target, profile: Profile) -> Self {
        Self { target, profile, sessions: Vec::new() }
    }

    /// A connection without a handshake.
    ///
    /// # Errors
    /// There is no server.
    pub fn connection(&mut self) -> Outcome<Connection> {
        Connection::open(self.target)
    }

    /// A client with a new session of 30 s.
    ///
    /// # Errors
    /// The server gives none.
    pub fn client(&mut self) -> Outcome<Client> {
        self.client_for(30_000)
    }

    /// A client with a new session.
    ///
    /// # Errors
    /// The server gives none.
    pub fn client_for(&mut self, timeout_ms: i32) -> Outcome<Client> {
        self.client_with(&new_session(timeout_ms))
    }

    /// A client with the session that this handshake gets.
    ///
    /// # Errors
    /// The server gives none.
    pub fn client_with(&mut self, request: &ConnectRequest) -> Outcome<Client> {
        let mut connection = self.connection()?;
        let session = connection.handshake(request)?.ok_or("closed instead of a session")?;
        if !session.is_accepted() {
            return Err("no session".into());
        }
        self.sessions.push(session.clone());
        Ok(Client { connection, session, events: Vec::new() })
    }

    /// Lets time pass.
    pub fn wait(&mut self, time: Duration) {
        self.target.wait(time);
    }

    /// Ends whatever sessions the case has left.
    pub(super) fn close_all(&mut self) -> Outcome {
        for session in std::mem::take(&mut self.sessions) {
            let request = resume(&session);
            let mut connection = self.connection()?;
            if connection.handshake(&request)?.is_some_and(|response| response.is_accepted()) {
                connection.ask_raw(OpCode::CloseSession, Bytes::new())?;
            }
        }
        Ok(())
    }
}

/// The handshake that takes a session up again.
pub(crate) fn resume(session: &ConnectResponse) -> ConnectRequest {
    let (session_id, password) = (session.session_id, session.password.clone());
    ConnectRequest { session_id, password, ..new_session(session.timeout_ms) }
}

/// A client of a case.
pub struct Client {
    /// Its connection.
    pub connection: Connection,
    /// What the server said of its session.
    pub session: ConnectResponse,
    /// What watches have said since they were last taken, before whatever reply.
    pub events: Vec<String>,
}

/// A reply.
#[derive(Debug)]
pub struct Answer {
    /// Its code.
    pub code: ErrorCode,
    /// Its zxid.
    pub zxid: Zxid,
    /// What it says, if the code is Ok.
    pub reply: Option<Reply>,
    /// All behind the header.
    pub body: Bytes,
}

impl Client {
    /// Asks, and waits for the reply.
    ///
    /// # Errors
    /// None comes, or it makes no sense.
    pub fn ask(&mut self, request: &Request) -> Outcome<Answer> {
        let mut body = bytes::BytesMut::new();
        request.write(&mut body);
        self.ask_raw(request.opcode(), body.freeze())
    }

    /// As [`ask`](Self::ask), with any body.
    ///
    /// # Errors
    /// None comes, or it makes no sense.
    pub fn ask_raw(&mut self, opcode: OpCode, body: Bytes) -> Outcome<Answer> {
        let (before, header, body) = self.connection.ask_raw(opcode, body)?;
        for heard in before {
            if let Heard::Event { event, .. } = heard {
                self.events.push(format!("{} {}", event.event_type, event.path));
            }
        }
        let ok = header.err == ErrorCode::Ok;
        let reply = ok.then(|| Reply::decode(opcode, body.clone())).transpose()?;
        Ok(Answer { code: header.err, zxid: header.zxid, reply, body })
    }

    /// Asks, and says whether the code is the expected one.
    ///
    /// # Errors
    /// It is not.
    pub fn expect(&mut self, code: ErrorCode, request: &Request) -> Outcome<Answer> {
        let answer = self.ask(request)?;
        equal(&format!("{request:?}"), answer.code, code)?;
        Ok(answer)
    }

    /// The events since they were last taken, in order: those that a ping brings, too.
    ///
    /// # Errors
    /// The ping is not answered.
    pub fn events(&mut self) -> Outcome<Vec<String>> {
        self.expect(ErrorCode::Ok, &Request::Ping(()))?;
        Ok(std::mem::take(&mut self.events))
    }

    /// Authenticates as somebody of the scheme `digest`.
    ///
    /// # Errors
    /// It fails.
    pub fn authenticate(&mut self, who: &'static str) -> Outcome {
        let auth = Some(Credentials::from_static(who.as_bytes()));
        let request = AuthRequest { auth_type: 0, scheme: "digest".into(), auth };
        self.expect(ErrorCode::Ok, &Request::Auth(request)).map(|_| ())
    }

    /// The stat of a znode.
    ///
    /// # Errors
    /// It is not there.
    pub fn stat(&mut self, path: &str) -> Outcome<Stat> {
        match self.expect(ErrorCode::Ok, &exists(path, false))?.reply {
            Some(Reply::Exists(reply)) => Ok(reply.stat),
            other => Err(format!("{other:?} is no stat").into()),
        }
    }

    /// Creates a znode, which succeeds; its path.
    ///
    /// # Errors
    /// It fails.
    pub fn create(&mut self, path: &str, mode: CreateMode) -> Outcome<String> {
        match self.expect(ErrorCode::Ok, &create_in(path, mode))?.reply {
            Some(Reply::Create(reply)) => Ok(reply.path.into()),
            other => Err(format!("{other:?} is no path").into()),
        }
    }

    /// The server must close now, without another word.
    ///
    /// # Errors
    /// It does not, or says something.
    pub fn ends(&mut self) -> Outcome {
        match self.connection.hear()? {
            Heard::Closed => Ok(()),
            other => Err(format!("instead of a close: {other:?}").into()),
        }
    }
}

/// An error if two values differ.
pub(crate) fn equal<T: Debug + PartialEq>(what: &str, is: T, should_be: T) -> Outcome {
    if is == should_be {
        return Ok(());
    }
    Err(format!("{what}: {is:?}, not {should_be:?}").into())
}

pub(crate) fn creation(path: &str, mode: CreateMode) -> CreateRequest {
    let acl = Some(vec![Acl::world(Perms::ALL)]);
    CreateRequest { path: path.into(), data: Some(Bytes::from_static(b"hi")), acl, mode }
}

pub(crate) fn create_in(path: &str, mode: CreateMode) -> Request {
    Request::Create(creation(path, mode))
}

pub(crate) fn create(path: &str) -> Request {
    create_in(path, CreateMode::Persistent)
}

pub(crate) fn create_with(path: &str, acl: Option<Vec<Acl>>) -> Request {
    Request::Create(CreateRequest { acl, ..creation(path, CreateMode::Persistent) })
}

pub(crate) fn set(path: &str, version: i32) -> Request {
    let data = Some(Bytes::from_static(b"new"));
    Request::SetData(SetDataRequest { path: path.into(), data, version })
}

pub(crate) fn delete(path: &str, version: i32) -> Request {
    Request::Delete(DeleteRequest { path: path.into(), version })
}

pub(crate) fn exists(path: &str, watch: bool) -> Request {
    Request::Exists(ExistsRequest { path: path.into(), watch })
}

pub(crate) fn get(path: &str, watch: bool) -> Request {
    Request::GetData(GetDataRequest { path: path.into(), watch })
}

pub(crate) fn children(path: &str, watch: bool) -> Request {
    Request::GetChildren(GetChildrenRequest { path: path.into(), watch })
}
