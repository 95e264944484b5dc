//! Requests whose bodies cannot be decoded: refused, and the connection kept.
//!
//! Two things are another matter. The count of a vector below -1 is none at all to a real server.
//! And a null where there must be something is decoded by it, and stumbled over later, or not.

use bytes::{Bytes, BytesMut};
use zookit_proto::ops::add_watch::AddWatchRequest;
use zookit_proto::ops::get_ephemerals::GetEphemeralsRequest;
use zookit_proto::ops::multi::{MultiOp, MultiReply, MultiRequest};
use zookit_proto::types::AddWatchMode;
use zookit_proto::wire::{DecodeErrorKind, Field as _};
use zookit_proto::{ErrorCode, OpCode, Reply, Request, Text, Xid};

use super::super::connection::ConnectionId;
use super::super::{Change, Profile, read};
use super::Server;
use super::forward::Forward;
use super::log::Outcome;
use super::requests::is_write;

mod multi;

/// A body with more oddities than this is taken for broken.
const ODDITIES: usize = 8;

/// Why a body is no request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Malformed {
    /// It ends too early, or has a length without a meaning.
    Broken,
    /// It would be one if its nulls were empty: so, and the field of the first.
    Null(&'static str, Box<Request>),
    /// A multiRead that comes to a null path behind these reads.
    NullRead(MultiRequest),
}

/// Decodes a body as a real server does.
pub(super) fn decode(opcode: OpCode, body: &Bytes) -> Result<Request, Malformed> {
    let mut error = match Request::decode(opcode, body.clone()) {
        Ok(request) => return Ok(request),
        Err(error) => error,
    };
    let mut body = BytesMut::from(&body[..]);
    let mut null = None;
    for _ in 0..ODDITIES {
        // The error stands behind the length or the count.
        let Some(from) = error.at.checked_sub(4) else { break };
        match error.kind {
            DecodeErrorKind::Null => {
                null.get_or_insert((error.field, from));
            }
            DecodeErrorKind::BadLength(_) if is_count(opcode, &body, from) => {}
            _ => break,
        }
        let Some(length) = body.get_mut(from..error.at) else { break };
        length.fill(0);
        match (Request::decode(opcode, body.clone().freeze()), null) {
            (Ok(request), None) => return Ok(request),
            (Ok(request), Some((field, at))) => return Err(stumbled(request, field, at, &body)),
            (Err(next), _) => error = next,
        }
    }
    Err(Malformed::Broken)
}

/// Whether the number here is the count of a vector, and not the length of a text or a buffer: too
/// large, they are different errors.
fn is_count(opcode: OpCode, body: &[u8], from: usize) -> bool {
    let mut body = BytesMut::from(body);
    if let Some(length) = body.get_mut(from..).and_then(<[u8]>::first_chunk_mut) {
        *length = i32::MAX.to_be_bytes();
    }
    let error = Request::decode(opcode, body.freeze()).err();
    error.is_some_and(|error| matches!(error.kind, DecodeErrorKind::BadCount { .. }))
}

/// What becomes of a request with a null.
fn stumbled(request: Request, field: &'static str, at: usize, body: &[u8]) -> Malformed {
    let Request::MultiRead(all) = &request else {
        return Malformed::Null(field, Box::new(request));
    };
    let is_read = |op: &MultiOp| matches!(op, MultiOp::GetData(_) | MultiOp::GetChildren(_));
    if all.ops.iter().all(is_read) {
        return Malformed::NullRead(multi::before(body, at));
    }
    if read::body_of_refusal(&request).is_some() {
        return Malformed::NullRead(MultiRequest::default());
    }
    Malformed::Null(field, Box::new(request))
}

impl Server {
    pub(super) fn malformed(
        &mut self,
        id: ConnectionId,
        xid: Xid,
        opcode: OpCode,
        body: &Bytes,
        why: &Malformed,
    ) {
        match why {
            Malformed::Null(..) if matches!(opcode, OpCode::SetWatches | OpCode::SetWatches2) => {
                let code = self.set_again_until_null(id, opcode, body);
                self.note(id, xid, opcode, None, Outcome::Answered(code));
                return self.refuse(id, xid, code);
            }
            Malformed::Null(_, request) => {
                if self.answer_null(id, xid, request) {
                    return;
                }
            }
            Malformed::NullRead(before) => return self.null_read(id, xid, before),
            Malformed::Broken => {}
        }
        let code = self.code(opcode, why);
        let stumbles = opcode == OpCode::Multi && self.stumbles_before(body, why);
        if is_write(opcode) && !stumbles && self.is_numbered(opcode, why) {
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
        let no_results = stumbles && self.is_before_3_9();
        self.answer(id, xid, self.zxid, code, |out| {
            if no_results {
                MultiReply::default().write(out);
            }
        });
    }

    /// Whether a null is nothing to stumble over here; then it was answered.
    fn answer_null(&mut self, id: ConnectionId, xid: Xid, request: &Request) -> bool {
        let code = match request {
            Request::GetEphemerals(_) => {
                let request = GetEphemeralsRequest { prefix_path: Text::new() };
                self.with_faults(id, xid, Request::GetEphemerals(request));
                return true;
            }
            Request::Sync(_) => {
                self.note(id, xid, OpCode::Sync, None, Outcome::Answered(ErrorCode::Ok));
                self.answer(id, xid, self.zxid, ErrorCode::Ok, |out| None::<Text>.write(out));
                return true;
            }
            // Nothing ever happens there, so the watch need not be kept.
            Request::AddWatch(AddWatchRequest { mode, .. }) => match mode {
                AddWatchMode::Persistent => ErrorCode::Ok,
                AddWatchMode::PersistentRecursive if !self.is_before_3_9() => ErrorCode::Ok,
                _ => return false,
            },
            Request::RemoveWatches(request) if self.watches.knows(request.watcher_type) => {
                ErrorCode::NoWatcher
            }
            Request::CheckWatches(request)
                if !self.is_before_3_9() && self.watches.knows(request.watcher_type) =>
            {
                ErrorCode::NoWatcher
            }
            _ => return false,
        };
        self.note(id, xid, request.opcode(), None, Outcome::Answered(code));
        self.answer(id, xid, self.zxid, code, |out| {
            if code == ErrorCode::Ok {
                code.write(out);
            }
        });
        true
    }

    /// The reads before a null path are answered, under the code of what stumbled over it.
    fn null_read(&mut self, id: ConnectionId, xid: Xid, before: &MultiRequest) {
        let Some(connection) = self.connections.get(&id) else { return };
        let ids = connection.ids.as_slice();
        let asking = self.asking(connection.session, ids);
        let reply = read::read(&asking, &Request::MultiRead(before.clone()));
        let code = ErrorCode::MarshallingError;
        self.note(id, xid, OpCode::MultiRead, None, Outcome::Answered(code));
        let reply = reply.unwrap_or_else(|_| Reply::MultiRead(MultiReply::default()));
        self.answer(id, xid, self.zxid, code, |out| reply.write(out));
    }

    /// Whether a multi stumbles over the null ACL of a create before it comes to what does not
    /// decode.
    fn stumbles_before(&self, body: &Bytes, why: &Malformed) -> bool {
        *why == Malformed::Broken && multi::stumbles_first(self.config.profile, body)
    }

    /// Whether a write takes a number all the same. Until 3.8 it had one before its body was
    /// looked at, but a reconfig; since then that is so of a multi alone.
    fn is_numbered(&self, opcode: OpCode, why: &Malformed) -> bool {
        let is_null = matches!(why, Malformed::Null(..));
        match opcode {
            OpCode::Multi => true,
            OpCode::Reconfig => is_null,
            // Its path is no text, and a null falls over while it is decoded.
            OpCode::DeleteContainer => self.config.profile < Profile::V3_9_5,
            _ => self.config.profile < Profile::V3_9_5 || is_null,
        }
    }

    fn code(&self, opcode: OpCode, why: &Malformed) -> ErrorCode {
        match (opcode, why) {
            // These validate the path first of all, and a null path is no path.
            (OpCode::SetData | OpCode::SetAcl | OpCode::Check, Malformed::Null("path", _)) => {
                ErrorCode::BadArguments
            }
            // Its path was whatever is in the frame, and never one.
            (OpCode::DeleteContainer, _) if self.config.profile < Profile::V3_9_5 => {
                ErrorCode::BadArguments
            }
            _ => ErrorCode::MarshallingError,
        }
    }
}
