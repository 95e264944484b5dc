//! One connection to a real server, every frame of which is printed as a line of a recording.

use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use zookit_proto::connect::{self, ConnectRequest, ConnectResponse};
use zookit_proto::frame;
use zookit_proto::header::{ReplyHeader, RequestHeader};
use zookit_proto::recording::{FrameKind, RecordedFrame};
use zookit_proto::tap::Direction;
use zookit_proto::types::{Password, SessionId, Xid, Zxid};
use zookit_proto::wire::{Field, encode};
use zookit_proto::{ErrorCode, OpCode, Reply, Request};

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// A server that says nothing for so long will not say anything.
const PATIENCE: Duration = Duration::from_secs(20);

/// Replies of this size do not occur here.
const LIMIT: usize = 1 << 20;

/// What a client asks for that has no session yet.
pub(crate) fn new_session() -> ConnectRequest {
    ConnectRequest {
        protocol_version: 0,
        last_zxid_seen: Zxid(0),
        timeout_ms: 30_000,
        session_id: SessionId::NONE,
        password: Some(Password::zeros()),
        read_only: Some(false),
    }
}

/// Prints a frame; `broken` if it is a request that was broken on purpose.
fn record(direction: Direction, broken: bool, kind: FrameKind, payload: Bytes) {
    println!("{}", RecordedFrame { direction, broken, kind, payload });
}

/// A password that tells nothing.
fn hidden(password: Option<&Password>) -> Option<Password> {
    password.map(|password| Password::new(vec![0; password.expose().len()].into()))
}

pub(crate) struct Connection {
    stream: TcpStream,
    buffer: BytesMut,
    xid: Xid,
    /// The newest zxid of a reply.
    pub(crate) zxid: Zxid,
}

impl Connection {
    pub(crate) fn open(server: &str) -> Outcome<Self> {
        let stream = TcpStream::connect(server)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: BytesMut::new(), xid: Xid(0), zxid: Zxid(0) })
    }

    /// A connection with a new session.
    pub(crate) fn with_session(server: &str) -> Outcome<Self> {
        let mut connection = Self::open(server)?;
        let response = connection.handshake(&new_session())?;
        if response.is_accepted() { Ok(connection) } else { Err("no session".into()) }
    }

    /// The handshake; recorded with zeros for passwords.
    pub(crate) fn handshake(&mut self, request: &ConnectRequest) -> Outcome<ConnectResponse> {
        let password = hidden(request.password.as_ref());
        let shown = encode(&ConnectRequest { password, ..request.clone() });
        record(Direction::ToServer, false, FrameKind::Connect, shown);
        self.stream.write_all(&frame::around(request))?;
        let payload = self.receive()?.ok_or("closed instead of a ConnectResponse")?;
        let response = connect::decode_response(payload)?;
        let password = hidden(response.password.as_ref());
        let shown = encode(&ConnectResponse { password, ..response.clone() });
        record(Direction::ToClient, false, FrameKind::Connect, shown);
        Ok(response)
    }

    /// The next frame, or `None` when the server has closed.
    fn receive(&mut self) -> Outcome<Option<Bytes>> {
        loop {
            if let Some(payload) = frame::next(&mut self.buffer, LIMIT)? {
                return Ok(Some(payload));
            }
            let mut chunk = [0; 4096];
            match self.stream.read(&mut chunk)? {
                0 => return Ok(None),
                read => self.buffer.extend_from_slice(&chunk[..read]),
            }
        }
    }

    fn send(&mut self, opcode: OpCode, body: &[u8], broken: bool) -> Outcome<Xid> {
        let xid = match opcode {
            OpCode::Ping => Xid::PING,
            OpCode::Auth => Xid::AUTH,
            _ => {
                self.xid = self.xid.next();
                self.xid
            }
        };
        let mut out = BytesMut::new();
        let start = frame::begin(&mut out);
        RequestHeader { xid, opcode: opcode.number() }.write(&mut out);
        out.extend_from_slice(body);
        frame::finish(&mut out, start, LIMIT)?;
        self.stream.write_all(&out)?;
        let payload = out.freeze().slice(frame::PREFIX..);
        record(Direction::ToServer, broken, FrameKind::Operation(opcode), payload);
        Ok(xid)
    }

    /// Reads up to the reply with this xid; what comes before it are notifications.
    fn answer(&mut self, opcode: OpCode, xid: Xid) -> Outcome<(ErrorCode, Bytes)> {
        loop {
            let payload = self.receive()?.ok_or_else(|| format!("closed before {opcode}"))?;
            let (header, body) = ReplyHeader::split(payload.clone())?;
            let notified = header.xid == Xid::NOTIFICATION;
            let kind = FrameKind::Operation(if notified { OpCode::Notification } else { opcode });
            record(Direction::ToClient, false, kind, payload);
            if header.xid == xid {
                self.zxid = self.zxid.max(header.zxid);
                return Ok((header.err, body));
            }
            if !notified {
                return Err(format!("{opcode} {xid} was answered with xid {}", header.xid).into());
            }
        }
    }

    /// Sends a request and takes what comes.
    pub(crate) fn ask(&mut self, request: &Request) -> Outcome<(ErrorCode, Bytes)> {
        let mut body = BytesMut::new();
        request.write(&mut body);
        let xid = self.send(request.opcode(), &body, false)?;
        self.answer(request.opcode(), xid)
    }

    /// Sends a request that must succeed.
    pub(crate) fn succeed(&mut self, request: Request) -> Outcome<Reply> {
        match self.ask(&request)? {
            (ErrorCode::Ok, body) => Ok(Reply::decode(request.opcode(), body)?),
            (err, _) => Err(format!("{request:?}: {err}").into()),
        }
    }

    /// Sends a request that must be refused, with this code.
    pub(crate) fn refused(&mut self, code: ErrorCode, request: Request) -> Outcome {
        match self.ask(&request)? {
            (err, _) if err == code => Ok(()),
            (err, _) => Err(format!("{request:?}: {err}, not {code}").into()),
        }
    }

    /// Sends a body that is no body of this operation, which must be refused.
    pub(crate) fn refused_broken(&mut self, opcode: OpCode, body: &[u8]) -> Outcome {
        let xid = self.send(opcode, body, true)?;
        match self.answer(opcode, xid)? {
            (ErrorCode::MarshallingError, _) => Ok(()),
            (err, _) => Err(format!("a broken {opcode}: {err}").into()),
        }
    }

    /// The server must close now.
    pub(crate) fn ends(mut self) -> Outcome {
        match self.receive()? {
            None => Ok(()),
            Some(payload) => Err(format!("{} bytes instead of the end", payload.len()).into()),
        }
    }
}
