//! Requests whose bodies cannot be decoded: refused, and the connection kept.
//!
//! A null where there must be something is another matter: a real server decodes it, and stumbles
//! over it later, or does not.

use bytes::{Bytes, BytesMut};
use zookit_proto::ops::get_ephemerals::GetEphemeralsRequest;
use zookit_proto::wire::{DecodeError, DecodeErrorKind, Field as _};
use zookit_proto::{ErrorCode, OpCode, Request, Text, Xid};

use super::super::connection::ConnectionId;
use super::super::{Change, Profile};
use super::Server;
use super::following::Forward;
use super::log::Outcome;
use super::requests::is_write;

/// A body with more nulls than this, where there must be none, is taken for broken.
const NULLS: usize = 8;

/// Why a body is no request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Malformed {
    /// It ends too early, or has a length without a meaning.
    Broken,
    /// It would be one if its nulls were empty; the field of the first.
    Null(&'static str),
}

impl Malformed {
    /// What the error means: behind a null there may be worse.
    pub(super) fn of(opcode: OpCode, body: &Bytes, error: DecodeError) -> Self {
        let first = error.field;
        let mut body = BytesMut::from(&body[..]);
        let mut error = error;
        for _ in 0..NULLS {
            // The error stands behind the length that is -1.
            let null = error.at.checked_sub(4).and_then(|from| body.get_mut(from..error.at));
            let Some(null) = null.filter(|_| error.kind == DecodeErrorKind::Null) else { break };
            null.fill(0);
            match Request::decode(opcode, body.clone().freeze()) {
                Ok(_) => return Self::Null(first),
                Err(next) => error = next,
            }
        }
        Self::Broken
    }

    pub(super) const fn is_null(self) -> bool {
        matches!(self, Self::Null(_))
    }
}

impl Server {
    pub(super) fn malformed(&mut self, id: ConnectionId, xid: Xid, opcode: OpCode, why: Malformed) {
        match opcode {
            OpCode::GetEphemerals if why.is_null() => {
                let request = GetEphemeralsRequest { prefix_path: Text::new() };
                return self.with_faults(id, xid, Request::GetEphemerals(request));
            }
            OpCode::Sync if why.is_null() => {
                self.note(id, xid, opcode, None, Outcome::Answered(ErrorCode::Ok));
                return self.answer(id, xid, self.zxid, ErrorCode::Ok, |out| {
                    None::<Text>.write(out);
                });
            }
            _ => {}
        }
        let code = self.code(opcode, why);
        if is_write(opcode) && self.is_numbered(opcode, why) {
            let Some(connection) = self.connections.get(&id) else { return };
            let session = connection.session;
            if self.following.is_some() {
                return self.forward(id, xid, Forward::Refuse { opcode, code });
            }
            if self.commit(session, Change::Error(code)).is_none() {
                return self.note(id, xid, opcode, None, Outcome::Lost);
            }
        }
        self.note(id, xid, opcode, None, Outcome::Answered(code));
        self.refuse(id, xid, code);
    }

    /// Whether a write takes a number all the same. Until 3.8 it had one before its body was
    /// looked at, but a reconfig; since then that is so of a multi alone.
    fn is_numbered(&self, opcode: OpCode, why: Malformed) -> bool {
        match opcode {
            OpCode::Multi => true,
            OpCode::Reconfig => why.is_null(),
            // Its path is no text, and a null falls over while it is decoded.
            OpCode::DeleteContainer => self.config.profile < Profile::V3_9_5,
            _ => self.config.profile < Profile::V3_9_5 || why.is_null(),
        }
    }

    fn code(&self, opcode: OpCode, why: Malformed) -> ErrorCode {
        match (opcode, why) {
            // These validate the path first of all, and a null path is no path.
            (OpCode::SetData | OpCode::SetAcl, Malformed::Null("path")) => ErrorCode::BadArguments,
            // Its path was whatever is in the frame, and never one.
            (OpCode::DeleteContainer, _) if self.config.profile < Profile::V3_9_5 => {
                ErrorCode::BadArguments
            }
            _ => ErrorCode::MarshallingError,
        }
    }
}
