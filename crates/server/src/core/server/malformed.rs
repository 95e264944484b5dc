//! Requests whose bodies cannot be decoded: refused, and the connection kept.
//!
//! A null where there must be something is another matter: a real server decodes it, and stumbles
//! over it later, or does not.

use zookit_proto::ops::get_ephemerals::GetEphemeralsRequest;
use zookit_proto::wire::{DecodeError, DecodeErrorKind, Field as _};
use zookit_proto::{ErrorCode, OpCode, Request, Text, Xid};

use super::super::connection::ConnectionId;
use super::super::{Change, Profile};
use super::Server;
use super::log::Outcome;
use super::requests::is_write;

/// Whether it is a null that could not be decoded.
pub(super) fn is_null(error: &DecodeError) -> bool {
    error.kind == DecodeErrorKind::Null
}

impl Server {
    pub(super) fn malformed(
        &mut self,
        id: ConnectionId,
        xid: Xid,
        opcode: OpCode,
        error: &DecodeError,
    ) {
        match opcode {
            OpCode::GetEphemerals if is_null(error) => {
                let request = GetEphemeralsRequest { prefix_path: Text::new() };
                return self.with_faults(id, xid, Request::GetEphemerals(request));
            }
            OpCode::Sync if is_null(error) => {
                self.note(id, xid, opcode, None, Outcome::Answered(ErrorCode::Ok));
                return self.answer(id, xid, self.zxid, ErrorCode::Ok, |out| {
                    None::<Text>.write(out);
                });
            }
            _ => {}
        }
        let code = code(opcode, error);
        if is_write(opcode) && self.is_numbered(opcode, error) {
            let Some(connection) = self.connections.get(&id) else { return };
            let session = connection.session;
            if self.commit(session, Change::Error(code)).is_none() {
                return self.note(id, xid, opcode, None, Outcome::Lost);
            }
        }
        self.note(id, xid, opcode, None, Outcome::Answered(code));
        self.refuse(id, xid, code);
    }

    /// Whether a write takes a number all the same. Until 3.8 it had one before its body was
    /// looked at; since then that is so of a multi alone.
    fn is_numbered(&self, opcode: OpCode, error: &DecodeError) -> bool {
        self.config.profile < Profile::V3_9_5 || opcode == OpCode::Multi || is_null(error)
    }
}

/// These validate the path first of all, and a null path is no path.
fn code(opcode: OpCode, error: &DecodeError) -> ErrorCode {
    match opcode {
        OpCode::SetData | OpCode::SetAcl if is_null(error) && error.field == "path" => {
            ErrorCode::BadArguments
        }
        _ => ErrorCode::MarshallingError,
    }
}
