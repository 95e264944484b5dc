//! A raw client: it says what it is told to, and shows all that it hears.
//!
//! It keeps no watches and repeats nothing. Replies come in the order of the requests, and which
//! request a reply answers follows from that order; a reply with another xid is shown as it is.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use zookit_proto::connect::{self, ConnectRequest, ConnectResponse};
use zookit_proto::header::{ReplyHeader, RequestHeader};
use zookit_proto::ops::notification::WatcherEvent;
use zookit_proto::types::{Password, SessionId, Xid, Zxid};
use zookit_proto::wire::{Field, Reader, decode};
use zookit_proto::{ErrorCode, OpCode, Reply, Request, frame};

use crate::Outcome;
use crate::target::{PATIENCE, Stream, Target};

/// No reply here is larger.
const LIMIT: usize = 1 << 24;

/// What a client asks for that has no session yet.
#[must_use]
pub const fn new_session(timeout_ms: i32) -> ConnectRequest {
    ConnectRequest {
        protocol_version: 0,
        last_zxid_seen: Zxid(0),
        timeout_ms,
        session_id: SessionId::NONE,
        password: Some(Password::zeros()),
        read_only: Some(false),
    }
}

/// What a client heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A reply, and the operation of the request that it is the turn of.
    Reply {
        /// Of that request.
        opcode: OpCode,
        /// Whether it has that request's xid.
        in_turn: bool,
        /// The reply's own.
        header: ReplyHeader,
        /// All behind the header.
        body: Bytes,
    },
    /// A watch fired.
    Event {
        /// Of the header; -1 before 3.9.
        zxid: Zxid,
        /// What happened.
        event: WatcherEvent,
    },
    /// A frame that is neither.
    Nonsense(Bytes),
    /// The server closed the connection.
    Closed,
    /// The server says nothing, and does not close.
    Silence,
}

/// A connection to a server.
pub struct Connection {
    stream: Box<dyn Stream>,
    buffer: BytesMut,
    xid: Xid,
    /// Requests that were not answered yet.
    asked: VecDeque<(Xid, OpCode)>,
    /// The newest zxid of a reply.
    pub last_zxid: Zxid,
}

impl Connection {
    /// A connection, without a handshake.
    ///
    /// # Errors
    /// There is no server.
    pub fn open(target: &mut dyn Target) -> Outcome<Self> {
        Ok(Self::over(target.dial()?))
    }

    /// The same, over a stream that is there.
    #[must_use]
    pub fn over(stream: Box<dyn Stream>) -> Self {
        let (buffer, asked) = (BytesMut::new(), VecDeque::new());
        Self { stream, buffer, xid: Xid(0), asked, last_zxid: Zxid(0) }
    }

    /// Shakes hands; `None`: the server closed without a word.
    ///
    /// # Errors
    /// The server says nothing, or something that is no answer.
    pub fn handshake(&mut self, request: &ConnectRequest) -> Outcome<Option<ConnectResponse>> {
        self.send_handshake(request);
        self.greeting()
    }

    /// Sends a handshake, and does not wait for its answer.
    pub fn send_handshake(&mut self, request: &ConnectRequest) {
        self.send_raw(&frame::around(request));
    }

    /// Waits for the answer to a handshake that was sent; `None`: the server closed without a word.
    ///
    /// # Errors
    /// The server says nothing, or something that is no answer.
    pub fn greeting(&mut self) -> Outcome<Option<ConnectResponse>> {
        match self.frame()? {
            Some(payload) => Ok(Some(connect::decode_response(payload)?)),
            None => Ok(None),
        }
    }

    /// Sends bytes as they are. That the server has closed shows when it is listened to.
    pub fn send_raw(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes).and_then(|()| self.stream.flush());
    }

    /// Reads whatever there is up to the close.
    ///
    /// # Errors
    /// The server does not close.
    pub fn read_to_end(&mut self) -> Outcome<Bytes> {
        while self.fill()? {}
        Ok(self.buffer.split().freeze())
    }

    /// Sends requests together: operation and body of each.
    pub fn send(&mut self, requests: &[(OpCode, Bytes)]) {
        let mut out = BytesMut::new();
        for (opcode, body) in requests {
            let xid = self.next_xid(*opcode);
            let start = frame::begin(&mut out);
            RequestHeader { xid, opcode: opcode.number() }.write(&mut out);
            out.extend_from_slice(body);
            if frame::finish(&mut out, start, usize::MAX).is_ok() {
                self.asked.push_back((xid, *opcode));
            }
        }
        self.send_raw(&out);
    }

    fn next_xid(&mut self, opcode: OpCode) -> Xid {
        match opcode {
            OpCode::Ping => Xid::PING,
            OpCode::Auth => Xid::AUTH,
            _ => {
                self.xid = self.xid.next();
                self.xid
            }
        }
    }

    /// How many requests were not answered yet.
    #[must_use]
    pub fn unanswered(&self) -> usize {
        self.asked.len()
    }

    /// Waits for what comes next.
    ///
    /// # Errors
    /// The connection broke, or a length has no meaning.
    pub fn hear(&mut self) -> Outcome<Heard> {
        let payload = match self.frame() {
            Ok(Some(payload)) => payload,
            Ok(None) => return Ok(Heard::Closed),
            Err(error) if is_silence(&*error) => return Ok(Heard::Silence),
            Err(error) => return Err(error),
        };
        let Ok((header, body)) = ReplyHeader::split(payload.clone()) else {
            return Ok(Heard::Nonsense(payload));
        };
        if header.xid == Xid::NOTIFICATION {
            return Ok(match WatcherEvent::read(&mut Reader::new("WatcherEvent", body), "") {
                Ok(event) => Heard::Event { zxid: header.zxid, event },
                Err(_) => Heard::Nonsense(payload),
            });
        }
        let Some((xid, opcode)) = self.answered(header.xid) else {
            return Ok(Heard::Nonsense(payload));
        };
        self.last_zxid = self.last_zxid.max(header.zxid);
        Ok(Heard::Reply { opcode, in_turn: header.xid == xid, header, body })
    }

    /// Which request a reply answers: the one whose turn it is, but that credentials are answered on
    /// the spot.
    fn answered(&mut self, xid: Xid) -> Option<(Xid, OpCode)> {
        let credentials = |asked: &(Xid, OpCode)| asked.0 == Xid::AUTH;
        let place = self.asked.iter().position(credentials).filter(|_| xid == Xid::AUTH);
        self.asked.remove(place.unwrap_or(0))
    }

    /// Whether the server says nothing for so long, and does not close either. What it does say is
    /// kept.
    ///
    /// # Errors
    /// The connection broke.
    pub fn is_silent_for(&mut self, time: Duration) -> Outcome<bool> {
        if !self.buffer.is_empty() {
            return Ok(false);
        }
        self.stream.set_patience(time)?;
        let silent = match self.fill() {
            Err(error) if is_silence(&*error) => Ok(true),
            other => other.map(|_| false),
        };
        self.stream.set_patience(PATIENCE)?;
        silent
    }

    /// Asks, and waits for the reply; what comes before it is in the first part.
    ///
    /// # Errors
    /// No reply comes.
    pub fn ask(&mut self, request: &Request) -> Outcome<(Vec<Heard>, ReplyHeader, Bytes)> {
        let mut body = BytesMut::new();
        request.write(&mut body);
        self.ask_raw(request.opcode(), body.freeze())
    }

    /// As [`ask`](Self::ask), with any body.
    ///
    /// # Errors
    /// No reply comes.
    pub fn ask_raw(
        &mut self,
        opcode: OpCode,
        body: Bytes,
    ) -> Outcome<(Vec<Heard>, ReplyHeader, Bytes)> {
        self.send(&[(opcode, body)]);
        let mut before = Vec::new();
        loop {
            match self.hear()? {
                Heard::Reply { header, body, .. } => return Ok((before, header, body)),
                end @ (Heard::Closed | Heard::Silence | Heard::Nonsense(_)) => {
                    return Err(format!("instead of a reply to {opcode}: {end:?}").into());
                }
                event @ Heard::Event { .. } => before.push(event),
            }
        }
    }

    /// Asks for something that succeeds.
    ///
    /// # Errors
    /// It does not.
    pub fn succeed(&mut self, request: &Request) -> Outcome<Reply> {
        let (_, header, body) = self.ask(request)?;
        if header.err != ErrorCode::Ok {
            return Err(format!("{request:?}: {}", header.err).into());
        }
        let mut reader = body;
        Ok(Reply::decode(request.opcode(), std::mem::take(&mut reader))?)
    }

    /// The next frame; `None`: the server has closed.
    fn frame(&mut self) -> Outcome<Option<Bytes>> {
        loop {
            if let Some(payload) = frame::next(&mut self.buffer, LIMIT)? {
                return Ok(Some(payload));
            }
            if !self.fill()? {
                return Ok(None);
            }
        }
    }

    /// Reads some bytes; `false`: the server has closed. A reset is a close, too: a server that
    /// closes with unread bytes before it causes one.
    fn fill(&mut self) -> Outcome<bool> {
        let mut chunk = [0; 16 * 1024];
        match self.stream.read(&mut chunk) {
            Ok(0) => Ok(false),
            Ok(count) => {
                self.buffer.extend_from_slice(&chunk[..count]);
                Ok(true)
            }
            Err(error) if is_close(&error) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

fn is_close(error: &io::Error) -> bool {
    use io::ErrorKind as K;
    matches!(error.kind(), K::ConnectionReset | K::ConnectionAborted | K::BrokenPipe)
}

fn is_silence(error: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
    matches!(kind, Some(io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock))
}

/// Decodes a whole record.
///
/// # Errors
/// It is none.
pub fn record<T: Field>(name: &'static str, bytes: Bytes) -> Outcome<T> {
    Ok(decode(name, bytes)?)
}
