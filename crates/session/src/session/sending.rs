//! Bytes out.

use bytes::{Bytes, BytesMut};
use zookit_proto::mutant::{self, Mutant};
use zookit_proto::ops::auth::AuthRequest;
use zookit_proto::ops::remove_watches::RemoveWatchesRequest;
use zookit_proto::types::{Credentials, WatcherType};
use zookit_proto::wire::Field;
use zookit_proto::{OpCode, Text, Time, Xid, frame};

use super::{Phase, Session};
use crate::connection::SentAuth;
use crate::fates::Kind;
use crate::outcome::{NotSent, Outcome};
use crate::requests::{InFlight, Owner, Request};
use crate::send_buffer::Patch;

/// No more than this is moved from the queue into the send buffer at a time: what is in there can
/// no longer be held back.
pub(super) const SEND_AHEAD: u64 = 256 * 1024;

impl Session {
    /// Moves what may leave now from the queue to the connection. Returns whether there is
    /// anything for [`transmit`](Self::transmit).
    ///
    /// May change after every call of the other families.
    #[must_use]
    pub fn poll_transmit(&mut self, now: Time) -> bool {
        self.tick(now);
        match self.phase {
            Phase::Serving => self.fill(),
            Phase::Restoring { .. } => self.restore_more(),
            _ => {}
        }
        self.connection.as_ref().is_some_and(|connection| connection.out.waiting() > 0)
    }

    /// What is to be written, front first; report with [`handle_written`](Self::handle_written)
    /// how much of it the transport accepted.
    pub fn transmit(&self) -> impl Iterator<Item = &[u8]> {
        self.connection.iter().flat_map(|connection| connection.out.chunks())
    }

    /// The transport accepted this many bytes off the front.
    pub fn handle_written(&mut self, now: Time, count: usize) {
        self.tick(now);
        if let Some(connection) = &mut self.connection {
            connection.out.accept(count);
        }
    }

    pub(super) fn fill(&mut self) {
        loop {
            let Some(connection) = &self.connection else { return };
            let ahead = SEND_AHEAD.saturating_sub(connection.out.waiting());
            if ahead == 0 {
                return;
            }
            let ahead = usize::try_from(ahead).unwrap_or(usize::MAX);
            let next = self.requests.pop_unsent(&self.config.limits, ahead);
            let Some(request) = next else { return };
            match self.reason_not_to_send(&request) {
                None => self.launch(request),
                Some(reason) => self.skip(request, reason),
            }
        }
    }

    fn reason_not_to_send(&self, request: &Request) -> Option<NotSent> {
        let skippable = request.kind() == Kind::Read || mutant::on(Mutant::DroppedWriteSkipped);
        if request.abandoned && skippable {
            return Some(NotSent::Abandoned);
        }
        let elsewhere = request.pinned.is_some_and(|pinned| pinned != self.life.generation);
        if elsewhere && !mutant::on(Mutant::PinnedCrossesGeneration) {
            return Some(NotSent::SessionLost);
        }
        if request.deadline.is_some_and(|deadline| deadline <= self.now) {
            return Some(NotSent::Deadline);
        }
        let unwanted = request.watch.as_ref().is_some_and(|watch| !self.watches.is_wanted(watch));
        if unwanted && request.kind() == Kind::AddWatch {
            return Some(NotSent::Abandoned);
        }
        let host = self.connection.as_ref()?.host;
        let lacks = self.hosts.lacks(host, request.opcode, self.now);
        lacks.then_some(NotSent::Unsupported(request.opcode))
    }

    fn skip(&mut self, request: Request, reason: NotSent) {
        if let Some(watch) = &request.watch {
            let consequences = self.watches.remove(watch.watcher);
            self.follow(consequences);
        }
        for request in request.singles() {
            if let Owner::Caller(ticket) = request.owner {
                self.complete(ticket, Outcome::NotSent(reason));
            }
        }
    }

    /// Sends a request, or a run; its reply is due behind those of all others in flight.
    pub(super) fn launch(&mut self, request: Request) {
        let patch = match &request.watch {
            Some(watch) => self.watches.transmit(watch),
            None => Patch::None,
        };
        let Some(connection) = &mut self.connection else { return };
        let xid = self.requests.take_xids(request.count);
        let span = if request.is_run() {
            connection.out.push_run(&request.frame, request.count, xid)
        } else {
            connection.out.push_request(&request.frame, xid, patch)
        };
        connection.spoke = self.now;
        let sent_at = self.now;
        self.requests.launch(InFlight { request, xid, span, patch, sent_at, answered_late: false });
    }

    /// Tells the server a credential.
    pub(super) fn send_auth(&mut self, credential: usize) {
        let Some(known) = self.credentials.get(credential) else { return };
        let auth = Some(Credentials::new(known.auth.clone()));
        let body = AuthRequest { auth_type: 0, scheme: known.scheme.clone(), auth };
        let frame = whole_frame(Xid::AUTH, OpCode::Auth, &body);
        let Some(connection) = &mut self.connection else { return };
        let span = connection.out.push(&frame);
        connection.spoke = self.now;
        connection.auths.push_back(SentAuth { credential, at: self.now, span });
    }

    /// Sends a ping.
    pub(super) fn ping(&mut self) {
        let frame = whole_frame(Xid::PING, OpCode::Ping, &());
        let Some(connection) = &mut self.connection else { return };
        connection.out.push(&frame);
        connection.spoke = self.now;
        connection.pinged(self.now);
    }
}

impl Request {
    /// Removes a watch that nobody waits for any more.
    pub(super) fn removal(path: Text, kind: WatcherType) -> Self {
        let body = RemoveWatchesRequest { path, watcher_type: kind };
        let frame = whole_frame(Xid::default(), OpCode::RemoveWatches, &body);
        Self::internal(Owner::Removal, OpCode::RemoveWatches, frame)
    }
}

/// A request frame of the session's own making.
pub(super) fn whole_frame<T: Field>(xid: Xid, opcode: OpCode, body: &T) -> Bytes {
    let frame = frame::request(xid, opcode.number(), body, usize::MAX);
    frame.map(BytesMut::freeze).unwrap_or_default()
}

/// A request that is a header alone.
pub(super) fn bare_frame(opcode: OpCode) -> Bytes {
    whole_frame(Xid::default(), opcode, &())
}
