//! Connections and sessions, and requests that are none.

use bytes::{Bytes, BytesMut};
use zookit_proto::ops::add_watch::AddWatchRequest;
use zookit_proto::ops::create::CreateRequest;
use zookit_proto::ops::exists::ExistsRequest;
use zookit_proto::ops::get_children::GetChildrenRequest;
use zookit_proto::ops::multi::MultiOp;
use zookit_proto::types::{Acl, AddWatchMode, CreateMode, Perms};
use zookit_proto::wire::DecodeErrorKind;
use zookit_proto::{OpCode, Request, Text};

use super::Generator;
use super::model::parent;
use super::weights::{self, Kind};
use crate::script::{Ask, Hello, SLOTS, Seen, Step, Who};

impl Generator {
    fn timeout(&mut self) -> i32 {
        // The short ones are raised by the server, but must not run out within a script.
        self.one_of(&[30_000, 30_000, 30_000, 45_000, 1_000_000, i32::MAX])
    }

    pub(super) fn open(&mut self, slot: usize) -> Step {
        self.model.connected[slot] = true;
        self.model.ended[slot] = false;
        let read_only = self.one_of(&[Some(false), Some(false), Some(false), Some(true), None]);
        let timeout_ms = self.timeout();
        let hello = Hello { who: Who::New, timeout_ms, read_only, seen: Seen::Nothing };
        Step::Connect { slot, hello }
    }

    /// A slot without a connection gets one again: of its old session, or of a new one.
    pub(super) fn reconnect(&mut self, slot: usize) -> Step {
        // A session that was closed cannot be taken up again, and is asked for seldom.
        let new = if self.model.ended[slot] { 90 } else { 30 };
        if self.percent(new) {
            return self.open(slot);
        }
        self.model.connected[slot] = !self.model.ended[slot];
        let seen = self.one_of(&[Seen::Current, Seen::Current, Seen::Nothing]);
        let timeout_ms = self.timeout();
        let hello = Hello { who: Who::Own, timeout_ms, read_only: Some(false), seen };
        Step::Connect { slot, hello }
    }

    pub(super) fn drop_connection(&mut self, slot: usize) -> Step {
        self.model.connected[slot] = false;
        Step::Drop { slot }
    }

    /// A session that has an ephemeral znode, which others watch, expires.
    pub(super) fn expiry(&mut self) -> Vec<Step> {
        let slot = self.rng.usize(..SLOTS);
        let mut steps = Vec::new();
        for slot in 0..SLOTS {
            if !self.model.connected[slot] {
                steps.push(self.open(slot));
            }
        }
        let path = self.fresh();
        let above = Text::from(parent(&path.to_str()));
        let (acl, mode) = (Some(vec![Acl::world(Perms::ALL)]), CreateMode::Ephemeral);
        let create = CreateRequest { path: path.clone(), data: self.data(), acl, mode };
        steps.push(self.ask(slot, vec![Request::Create(create)]));
        for other in (0..SLOTS).filter(|other| *other != slot) {
            let exists = ExistsRequest { path: path.clone(), watch: true };
            let children = GetChildrenRequest { path: above.clone(), watch: true };
            let mode = AddWatchMode::PersistentRecursive;
            let add = AddWatchRequest { path: above.clone(), mode };
            let watches = match other.abs_diff(slot) {
                1 => vec![Request::Exists(exists), Request::GetChildren(children)],
                _ => vec![Request::AddWatch(add)],
            };
            steps.push(self.ask(other, watches));
        }
        if self.percent(30) {
            steps.push(self.drop_connection(slot));
        }
        steps.push(Step::Expire { slot });
        self.model.end(slot);
        steps
    }

    /// A handshake for a slot that has a connection.
    pub(super) fn odd_handshake(&mut self, slot: usize) -> Step {
        let timeout_ms = self.timeout();
        let read_only = self.one_of(&[Some(false), Some(true), None]);
        let (who, seen) = self.one_of(&[
            (Who::Own, Seen::Current),
            (Who::Own, Seen::Nothing),
            (Who::WrongPassword, Seen::Current),
            (Who::Unknown, Seen::Nothing),
            (Who::New, Seen::Ahead),
            (Who::Own, Seen::Ahead),
        ]);
        if who == Who::WrongPassword || (who == Who::New && seen == Seen::Ahead) {
            self.model.connected[slot] = false;
        }
        Step::Connect { slot, hello: Hello { who, timeout_ms, read_only, seen } }
    }

    /// A request with a body that is none, or of no operation.
    pub(super) fn broken(&mut self, slot: usize) -> Step {
        let kind = loop {
            let kind = weights::any(&mut self.rng);
            let check = kind == Kind::Check && !self.options.lone_check;
            if kind.fits_into_a_burst() || kind == Kind::SetAcl || check {
                break kind;
            }
        };
        let Some(request) = self.request(kind, slot) else { return self.drop_connection(slot) };
        let Ask { opcode, body } = Ask::of(&request);
        let body = match self.rng.u8(..10) {
            0..5 => body.slice(..self.rng.usize(..=body.len())),
            5 | 6 => overwritten(&body, self.rng.usize(..=body.len()), &[0xff; 4]),
            7 if self.rng.bool() => overwritten(&body, self.rng.usize(..=body.len()), &[0xfe; 4]),
            7 => overwritten(&body, self.rng.usize(..=body.len()), &[0x7f, 0, 0, 0]),
            8 => [&body[..], b"behind"].concat().into(),
            _ => overwritten(&body, 0, &[0xff; 4]),
        };
        let broken = Ask { opcode, body };
        // Read as the request of a delete it does nothing.
        let harmless = Ask { opcode: OpCode::Delete, body: broken.body.clone() };
        let ask = if is_harmless(&broken) { broken } else { harmless };
        Step::Ask { slot, asks: vec![ask] }
    }
}

/// Whether a body that was broken may be sent: it must neither leave a sequential znode where its
/// number is another on every server, nor have a time to live that ends the server, nor be one of
/// the written differences.
fn is_harmless(ask: &Ask) -> bool {
    let decoded = Request::decode(ask.opcode, ask.body.clone());
    if let Err(error) = &decoded {
        return match error.kind {
            // A count below -1 is none at all, and what is then left may be no harmless request.
            DecodeErrorKind::BadLength(_) => !is_create(ask.opcode),
            DecodeErrorKind::Null => is_null_told(ask.opcode, error.field),
            _ => true,
        };
    }
    match decoded.ok() {
        Some(Request::Create(_) | Request::Create2(_) | Request::CreateTtl(_)) => false,
        // Where it holds it is never answered, and this one might.
        Some(Request::Check(_) | Request::DeleteContainer(_)) => false,
        Some(Request::Multi(multi)) => multi
            .ops
            .iter()
            .all(|op| matches!(op, MultiOp::Check(_) | MultiOp::Delete(_) | MultiOp::SetData(_))),
        _ => true,
    }
}

/// Whether a null at this field has the same answer everywhere. Over one within an ACL a real server
/// stumbles when it comes to it. Over a null path within a multi it stumbles, up to 3.8, when it has
/// taken a zxid that it never tells. And a watch on a null path is kept. Of a null among watches to
/// be set again the suite knows.
fn is_null_told(opcode: OpCode, field: &str) -> bool {
    match opcode {
        OpCode::Multi | OpCode::AddWatch | OpCode::CheckWatches | OpCode::RemoveWatches => false,
        _ => field == "path",
    }
}

const fn is_create(opcode: OpCode) -> bool {
    matches!(
        opcode,
        OpCode::Create
            | OpCode::Create2
            | OpCode::CreateContainer
            | OpCode::CreateTtl
            | OpCode::Multi
    )
}

fn overwritten(body: &Bytes, at: usize, with: &[u8]) -> Bytes {
    let mut changed = BytesMut::from(&body[..]);
    for (place, byte) in changed.iter_mut().skip(at).zip(with) {
        *place = *byte;
    }
    changed.freeze()
}
