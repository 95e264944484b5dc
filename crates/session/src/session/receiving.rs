//! Bytes in.

use bytes::{Buf as _, Bytes, BytesMut};
use zookit_proto::frame::{self, FrameError};
use zookit_proto::header::ReplyHeader;
use zookit_proto::mutant::{self, Mutant};
use zookit_proto::ops::notification::WatcherEvent;
use zookit_proto::wire::{Field, Reader};
use zookit_proto::{ErrorCode, Time, Xid, Zxid};

use super::{Phase, Session};
use crate::config::Limits;
use crate::event::{Event, Reason, WatchNotice};
use crate::fates::{Cause, Fate, Kind, Stage, fate};
use crate::ids::WatcherId;
use crate::outcome::{Loss, NoReply, Outcome, Unreadable};
use crate::requests::{InFlight, Owner};
use crate::run::{Replies, is_plain};
use crate::watches::{Notification, Reach};

impl Session {
    /// Bytes came. Whole frames are taken off the front of `buffer` and handled strictly in that
    /// order; the rest stays there for the next call.
    ///
    /// The buffer must be empty when a connection begins.
    pub fn handle_received(&mut self, now: Time, buffer: &mut BytesMut) {
        self.tick(now);
        let mut frames = 0_usize;
        if let Some(connection) = &mut self.connection {
            connection.spoken_to |= !buffer.is_empty();
        }
        if matches!(self.phase, Phase::Handshaking { .. }) {
            match frame::next(buffer, Limits::MAX_HANDSHAKE) {
                Ok(Some(payload)) => {
                    frames = 1;
                    self.handle_connect_response(payload);
                }
                Ok(None) => {}
                Err(error) => self.handle_bad_frame(error),
            }
        }
        if self.connection.is_some() && !matches!(self.phase, Phase::Handshaking { .. }) {
            let limit = self.config.limits.max_response;
            let whole = frame::take_whole(buffer, limit);
            frames = frames.saturating_add(self.handle_frames(whole));
            // Not one of those that could be taken.
            if let (true, Err(error)) = (self.connection.is_some(), frame::next(buffer, limit)) {
                self.handle_bad_frame(error);
            }
        }
        if mutant::on(Mutant::EventBehindReply) {
            let events = self.events.make_contiguous();
            events.sort_by_key(|event| matches!(event, Event::Watch(..)));
        }
        match &mut self.connection {
            Some(connection) => {
                if connection.received(self.now, frames, buffer.len()) {
                    self.heard();
                }
                self.leave_if_drained();
            }
            None => buffer.clear(),
        }
    }

    /// Something was heard of the session: not in a handshake, until that has succeeded.
    pub(super) fn heard(&mut self) {
        if !matches!(self.phase, Phase::Handshaking { .. }) {
            self.life.heard = self.now;
        }
    }

    /// Handles whole frames until there is none left, or no connection. Returns how many.
    fn handle_frames(&mut self, mut frames: Bytes) -> usize {
        let mut count = 0_usize;
        while !frames.is_empty() && self.connection.is_some() {
            self.heard();
            let replied = self.handle_replies(&mut frames);
            if replied > 0 {
                self.watches.no_event_came();
                count = count.saturating_add(replied);
                continue;
            }
            count = count.saturating_add(1);
            let length = frame::length(&frames).min(frames.len());
            self.handle_frame(frames.split_to(length));
        }
        count
    }

    fn handle_frame(&mut self, mut frame: Bytes) {
        let Some(header) = ReplyHeader::of_frame(&frame) else {
            return self.unreadable_reply(Unreadable::NotAFrame);
        };
        frame.advance(frame::PREFIX.saturating_add(ReplyHeader::LENGTH));
        if header.xid != Xid::NOTIFICATION {
            self.watches.no_event_came();
        }
        match header.xid {
            Xid::NOTIFICATION => self.handle_notification(header, frame),
            Xid::PING => self.handle_pong(header),
            Xid::AUTH => self.handle_auth(header),
            _ => self.handle_reply(header, frame),
        }
    }

    /// Takes the replies to requests of one run off the front of `frames`, as far as they are what
    /// is due and plain. Returns how many; whatever is there instead is handled by itself.
    fn handle_replies(&mut self, frames: &mut Bytes) -> usize {
        let serving = matches!(self.phase, Phase::Serving | Phase::Draining { .. });
        let (Some(run), Some(connection)) = (self.requests.due(), &mut self.connection) else {
            return 0;
        };
        if !serving || !run.request.is_run() {
            return 0;
        }
        let requests = &run.request.frame[..];
        let (mut xid, mut span, mut newest) = (run.xid, run.first_span(), Zxid::NONE);
        let (mut count, mut refused, mut sent, mut received) = (0_u32, 0_u32, 0_usize, 0_usize);
        while count < run.request.count {
            let rest = frames.get(received..).unwrap_or_default();
            let length = frame::length(rest);
            let header = rest.get(..length).and_then(ReplyHeader::of_frame);
            let Some(header) = header else { break };
            let is_due = header.xid == xid && connection.out.is_sent(span, self.config.sent_rule);
            if !is_due || !is_plain(header.err) {
                break;
            }
            newest = newest.max(header.zxid);
            received = received.saturating_add(length);
            sent = sent.saturating_add(span.length());
            count = count.saturating_add(1);
            refused = refused.saturating_add(u32::from(!header.err.is_ok()));
            xid = xid.next();
            span = span.next(frame::length(requests.get(sent..).unwrap_or_default()));
        }
        if count == 0 {
            return 0;
        }
        connection.answered = self.now;
        self.life.trust(run.sent_at);
        self.life.saw(newest);
        self.life.told = self.life.told.max(newest);
        let frames = frames.split_to(received);
        if let (Owner::Callers(tickets), false) = (&run.request.owner, run.answered_late) {
            let replies = Replies { tickets: tickets.clone(), count, refused, frames };
            self.events.push_back(Event::Replied(replies));
        }
        self.requests.advance_due(count, sent);
        count as usize
    }

    fn handle_pong(&mut self, header: ReplyHeader) {
        let Some(connection) = &mut self.connection else { return };
        // A pong without a ping says nothing about when the server heard of us.
        if let Some(sent_at) = connection.pings.pop_front() {
            self.life.trust(sent_at);
            self.life.saw(header.zxid);
        }
    }

    fn handle_auth(&mut self, header: ReplyHeader) {
        let Some(connection) = &mut self.connection else { return };
        let Some(sent) = connection.auths.pop_front() else { return };
        connection.answered = self.now;
        self.life.trust(sent.at);
        let outcome = if header.err.is_ok() {
            self.done()
        } else {
            Outcome::Refused { code: header.err, zxid: header.zxid }
        };
        for ticket in self.credentials.take_waiting_for(sent.credential) {
            self.complete(ticket, outcome.clone());
        }
        if header.err.is_ok() {
            self.restored_one();
        } else {
            self.auth_failed(Reason::AuthRefused(header.err));
        }
    }

    fn handle_notification(&mut self, header: ReplyHeader, body: Bytes) {
        let event = WatcherEvent::read(&mut Reader::new("WatcherEvent", body), "");
        let Ok(event) = event else {
            // Nobody asked for it, so nobody's request ends by it.
            self.hang_up();
            return self.lose_to_nonsense();
        };
        let twin = header.zxid == self.life.zxid && header.zxid != Zxid::NONE;
        if twin && mutant::on(Mutant::EventsOfMultiMissed) {
            return;
        }
        self.life.saw(header.zxid);
        if mutant::on(Mutant::ZxidAdvancedByEvents) {
            self.life.told = self.life.zxid;
        }
        let notification =
            Notification { event: event.event_type, path: event.path, zxid: header.zxid };
        let restoring = matches!(self.phase, Phase::Restoring { .. });
        if restoring && mutant::on(Mutant::ReplayIgnored) {
            return;
        }
        let reach = if restoring { Reach::OneShots } else { Reach::All };
        let (told, consequences) = self.watches.dispatch(&notification, reach);
        self.tell(told);
        self.follow(consequences);
    }

    pub(super) fn tell(&mut self, told: Vec<(WatcherId, WatchNotice)>) {
        self.events.extend(told.into_iter().map(|(id, notice)| Event::Watch(id, notice)));
    }

    /// The xid of the reply that is due next. None is, of a request that has not left yet.
    fn due(&self) -> Option<Xid> {
        let (entry, connection) = (self.requests.due()?, self.connection.as_ref()?);
        let sent = connection.out.is_sent(entry.first_span(), self.config.sent_rule);
        sent.then_some(entry.xid)
    }

    fn handle_reply(&mut self, header: ReplyHeader, body: Bytes) {
        let unchecked =
            mutant::on(Mutant::LateReplyShiftsQueue) || mutant::on(Mutant::XidNotVerified);
        if self.due() != Some(header.xid) && !unchecked {
            let expected = self.due().unwrap_or_default().0;
            let found = header.xid.0;
            return self.unreadable_reply(Unreadable::WrongXid { expected, found });
        }
        let Some(entry) = self.requests.pop_due() else { return };
        if let Some(connection) = &mut self.connection {
            connection.answered = self.now;
        }
        self.life.trust(entry.sent_at);
        self.life.saw(header.zxid);
        let early = mutant::on(Mutant::ZxidAdvancedByRestore);
        if matches!(self.phase, Phase::Serving | Phase::Draining { .. }) || early {
            self.life.told = self.life.told.max(header.zxid);
        }
        // With a zxid, -6 means that the operation is known but switched off.
        if header.err == ErrorCode::Unimplemented && header.zxid == Zxid::NONE {
            if let Some(connection) = &self.connection {
                let opcode = entry.request.opcode;
                self.hosts.remember_unsupported(connection.host, opcode, self.now);
            }
        }
        if let Some(watch) = &entry.request.watch {
            let consequences = self.watches.answered(watch, entry.patch, header.err, header.zxid);
            self.follow(consequences);
        }
        self.finish_request(entry, header, body);
        if header.err == ErrorCode::SessionClosedRequireSaslAuth {
            self.auth_failed(Reason::AuthRefused(header.err));
        }
    }

    fn finish_request(&mut self, entry: InFlight, header: ReplyHeader, body: Bytes) {
        let ReplyHeader { zxid, err: code, .. } = header;
        let outcome = match code {
            ErrorCode::Ok => Outcome::Answered { zxid, body: body.clone() },
            _ if mutant::on(Mutant::RefusedToldDone) => {
                Outcome::Answered { zxid, body: body.clone() }
            }
            code if code.is_refusal() => Outcome::Refused { code, zxid },
            code => Outcome::NoReply(NoReply::ServerUnsure(code)),
        };
        // Of closeSession.
        let is_closed = matches!(code, ErrorCode::Ok | ErrorCode::SessionExpired);
        match entry.request.owner {
            Owner::Caller(_) if entry.answered_late && !mutant::on(Mutant::EndedTwice) => {}
            Owner::Caller(ticket) => self.complete(ticket, outcome),
            // A watch that was not there is removed as well. Runs are not answered here.
            Owner::Removal | Owner::Callers(_) => {}
            Owner::Restore(watchers) => {
                let ended = self.watches.restored(&watchers, code);
                self.tell(ended);
                self.restored_one();
            }
            Owner::Sasl => self.handle_sasl(code, body),
            Owner::Burial if is_closed => {
                self.life.grave = None;
                self.after_funeral(None);
            }
            // It lives on, say at a server that only reads: another must bury it.
            Owner::Burial => {
                self.hang_up();
                self.lose(Loss::Unreadable);
            }
            Owner::Close if is_closed && !code.is_ok() => self.finish_close(self.done()),
            Owner::Close => self.finish_close(outcome),
        }
    }

    fn handle_bad_frame(&mut self, error: FrameError) {
        if matches!(self.phase, Phase::Handshaking { .. }) {
            self.hang_up();
            return self.lose_to_nonsense();
        }
        match error {
            FrameError::TooLarge { length, limit, xid } if Some(xid) == self.due() => {
                self.unreadable_reply(Unreadable::TooLarge { length, limit });
            }
            FrameError::TooLarge { .. } => {
                self.hang_up();
                self.lose_to_nonsense();
            }
            _ => self.unreadable_reply(Unreadable::NotAFrame),
        }
    }

    /// The reply whose turn it was cannot be read: its request ends by that and is never sent
    /// again, since the next server would answer alike; the connection is given up.
    fn unreadable_reply(&mut self, why: Unreadable) {
        self.hang_up();
        let due = self.due().and_then(|_| self.requests.pop_due());
        let Some(entry) = due else { return self.lose_to_nonsense() };
        let kind = entry.request.kind();
        if let Some(watch) = &entry.request.watch {
            // The connection is gone, so nothing follows for the server's side.
            let _ = self.watches.remove(watch.watcher);
        }
        let stage = if entry.answered_late { Stage::AnsweredLate } else { Stage::Sent };
        let outcome = match fate(kind, stage, Cause::UnreadableReply) {
            Fate::Done => Some(self.done()),
            Fate::NoReply => Some(Outcome::NoReply(NoReply::Unreadable(why))),
            _ => None,
        };
        let mut ended = Vec::new();
        match (entry.request.owner, outcome) {
            (Owner::Caller(ticket), Some(outcome)) => ended.push((ticket, outcome)),
            (Owner::Close, Some(outcome)) => return self.finish_close(outcome),
            _ => {}
        }
        self.lose_with(Loss::Unreadable, kind == Kind::Write, ended);
    }

    /// Gives the connection up for what the server sent; the next dial is never at once.
    fn lose_to_nonsense(&mut self) {
        self.lose(Loss::Unreadable);
    }
}
