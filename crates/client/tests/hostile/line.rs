//! One connection, seen from the server.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use zookit_proto::connect::{ConnectRequest, decode_request};
use zookit_proto::header::RequestHeader;
use zookit_proto::wire::{Field as _, Reader};
use zookit_proto::{OpCode, Xid};

use crate::server::Stage;
use crate::wire;

/// The session timeout that servers grant, in milliseconds: long enough that a machine with other
/// work makes no stall.
pub(crate) const TIMEOUT_MS: i32 = 2000;

/// The one of servers that stall: it is noticed after two thirds of this.
pub(crate) const SHORT_MS: i32 = 600;

/// The one of servers that are to be heard often enough: a ping goes out after a third of this.
pub(crate) const MEDIUM_MS: i32 = 1200;

/// The session they grant.
pub(crate) const SESSION: i64 = 0x7001;

/// Its password.
pub(crate) const PASSWORD: &[u8] = b"sixteen bytes...";

/// No read and no write of a script waits longer than this.
const GUARD: Duration = Duration::from_secs(10);

/// A request, and the number by which to answer it.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) xid: Xid,
    pub(crate) opcode: OpCode,
}

pub(crate) struct Line {
    stream: TcpStream,
    /// The how manyth connection it is, from 0.
    pub(crate) turn: usize,
    stage: Arc<Stage>,
    aborted: bool,
}

impl Line {
    pub(crate) fn new(stream: TcpStream, turn: usize, stage: Arc<Stage>) -> Self {
        stream.set_nodelay(true).expect("it is a TCP socket");
        stream.set_read_timeout(Some(GUARD)).expect("the guard is not zero");
        stream.set_write_timeout(Some(GUARD)).expect("the guard is not zero");
        Self { stream, turn, stage, aborted: false }
    }

    /// Whether this is the first connection: the one on which most servers misbehave.
    pub(crate) const fn is_first(&self) -> bool {
        self.turn == 0
    }

    // What the client says

    /// The next frame.
    fn frame(&mut self) -> io::Result<Bytes> {
        let mut length = [0; 4];
        self.stream.read_exact(&mut length)?;
        let mut payload = vec![0; usize::try_from(i32::from_be_bytes(length)).unwrap()];
        self.stream.read_exact(&mut payload)?;
        Ok(payload.into())
    }

    pub(crate) fn handshake(&mut self) -> io::Result<ConnectRequest> {
        Ok(decode_request(self.frame()?).expect("a client begins with a handshake"))
    }

    /// The next request, pings too.
    pub(crate) fn request(&mut self) -> io::Result<Asked> {
        let mut reader = Reader::new("RequestHeader", self.frame()?);
        let header = RequestHeader::read(&mut reader, "").expect("requests have headers");
        Ok(Asked { xid: header.xid, opcode: OpCode::from_number(header.opcode) })
    }

    /// The next request that is no ping; pings are answered on the way.
    pub(crate) fn asked(&mut self) -> io::Result<Asked> {
        loop {
            let asked = self.request()?;
            if asked.xid != Xid::PING {
                return Ok(asked);
            }
            self.send(&wire::pong())?;
        }
    }

    /// The first four bytes, and whether they are a four-letter word. Nothing is taken.
    pub(crate) fn is_four_letter_word(&self) -> io::Result<bool> {
        let mut word = [0; 4];
        loop {
            match self.stream.peek(&mut word)? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                4.. => break,
                _ if self.stage.is_over() => return Err(ErrorKind::UnexpectedEof.into()),
                _ => self.pause(1),
            }
        }
        Ok(word.iter().all(u8::is_ascii_lowercase))
    }

    // What the server says

    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// A byte at a time, with pauses.
    pub(crate) fn drip(&mut self, bytes: &[u8], pause: Duration) -> io::Result<()> {
        bytes.chunks(1).try_for_each(|byte| {
            self.stage.pause(pause);
            self.send(byte)
        })
    }

    /// Takes the handshake and grants the session that is asked for, or [`SESSION`].
    pub(crate) fn grant(&mut self) -> io::Result<ConnectRequest> {
        self.grant_for(TIMEOUT_MS)
    }

    /// As [`grant`](Self::grant), with this timeout in milliseconds.
    pub(crate) fn grant_for(&mut self, timeout_ms: i32) -> io::Result<ConnectRequest> {
        let asked = self.handshake()?;
        let session = if asked.session_id.0 == 0 { SESSION } else { asked.session_id.0 };
        self.send(&wire::grant(timeout_ms, session, PASSWORD))?;
        Ok(asked)
    }

    /// Says that the session is gone.
    pub(crate) fn refuse_session(&mut self) -> io::Result<()> {
        self.handshake()?;
        self.send(&wire::grant(0, 0, &[0; 16]))
    }

    /// Answers as it should.
    pub(crate) fn answer(&mut self, asked: &Asked) -> io::Result<()> {
        self.send(&wire::honest(asked.xid, 9, asked.opcode))
    }

    /// Answers everything as it should, until the client hangs up.
    pub(crate) fn be_kind(&mut self) -> io::Result<()> {
        loop {
            let asked = self.asked()?;
            self.answer(&asked)?;
        }
    }

    /// Is kind from the handshake on.
    pub(crate) fn serve(&mut self) -> io::Result<()> {
        self.grant()?;
        self.be_kind()
    }

    /// Answers the first request of the first connection like this; all else is as it should be.
    pub(crate) fn answer_first(
        &mut self,
        answer: impl FnOnce(&Asked) -> Vec<u8>,
    ) -> io::Result<()> {
        self.grant()?;
        if self.is_first() {
            let asked = self.asked()?;
            self.send(&answer(&asked))?;
        }
        self.be_kind()
    }

    // What the server does besides

    pub(crate) fn pause(&self, millis: u64) {
        self.stage.pause(Duration::from_millis(millis));
    }

    /// Reads everything and answers nothing, until the client hangs up.
    pub(crate) fn ignore(&mut self) -> io::Result<()> {
        loop {
            self.request()?;
        }
    }

    /// As [`ignore`](Self::ignore), from the handshake on.
    pub(crate) fn ignore_handshake(&mut self) -> io::Result<()> {
        self.handshake()?;
        self.ignore()
    }

    /// Neither reads nor writes, as long as the client lives.
    pub(crate) fn freeze(&self) -> io::Result<()> {
        self.stage.pause(Duration::MAX);
        Ok(())
    }

    /// Says this again and again, and reads nothing, as long as the client lives.
    pub(crate) fn repeat(&mut self, bytes: &[u8], pause_ms: u64) -> io::Result<()> {
        while !self.stage.is_over() {
            self.send(bytes)?;
            self.pause(pause_ms);
        }
        Ok(())
    }

    /// The connection is to end with a reset, once something has come that is left unread.
    pub(crate) fn reset(&mut self) -> io::Result<()> {
        self.aborted = true;
        if self.stream.peek(&mut [0])? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }

    /// Behind the script: a clean end, unless it is to be a reset.
    pub(crate) fn end(mut self) {
        if self.aborted || self.stream.shutdown(Shutdown::Write).is_err() {
            return;
        }
        // Closing with bytes unread would be a reset.
        let _ = self.stream.set_read_timeout(Some(Duration::from_secs(1)));
        let mut sink = [0; 4096];
        while matches!(self.stream.read(&mut sink), Ok(1..)) {}
    }
}
