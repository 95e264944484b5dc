//! What callers want.

use bytes::Bytes;
use zookit_proto::mutant::{self, Mutant};
use zookit_proto::{OpCode, Text, Time};

use super::{Closing, Phase, Session};
use crate::config::{Limits, ServerFloor};
use crate::endpoint::Endpoint;
use crate::event::State;
use crate::hosts::AfterUpdate;
use crate::ids::{Generation, Ticket, WatcherId};
use crate::outcome::{Loss, NoReply, NotSent, Outcome};
use crate::request::{Submission, WatchRequest};
use crate::requests::{Owner, Request};
use crate::run::Run;
use crate::watches::Consequences;

impl Session {
    /// Takes a request. It ends in exactly one [`Completed`](crate::Event::Completed).
    ///
    /// Requests leave in the order of submission.
    pub fn submit(&mut self, now: Time, submission: Submission) {
        self.tick(now);
        if let Err(reason) = self.accepts(&submission) {
            self.complete(submission.ticket, Outcome::NotSent(reason));
            return;
        }
        if let Some(watch) = &submission.watch {
            self.watches.add(watch);
        }
        self.requests.push(Request::of(submission));
    }

    /// Takes many requests at once. Each ends in exactly one
    /// [`Completed`](crate::Event::Completed), or in one [`Replied`](crate::Event::Replied)
    /// together with others of them.
    ///
    /// It is the same as to [`submit`](Self::submit) one after the other, and costs less.
    pub fn submit_run(&mut self, now: Time, run: Run) {
        self.tick(now);
        if let Err(reason) = self.accepts_any(run.pinned) {
            return self.refuse_run(&run, reason);
        }
        if !run.is_sound() {
            return self.refuse_run(&run, NotSent::Malformed);
        }
        let limits = self.config.limits;
        let run = Request::run(run);
        if self.requests.has_room(run.count, run.length(), &limits) {
            return self.requests.push(run);
        }
        for request in run.singles() {
            if self.requests.has_room(1, request.length(), &limits) {
                self.requests.push(request);
            } else if let Owner::Caller(ticket) = request.owner {
                self.complete(ticket, Outcome::NotSent(NotSent::QueueFull));
            }
        }
    }

    fn refuse_run(&mut self, run: &Run, reason: NotSent) {
        for ticket in run.tickets.iter(run.count) {
            self.complete(ticket, Outcome::NotSent(reason));
        }
    }

    /// Whether any request that is pinned so can be accepted.
    fn accepts_any(&self, pinned: Option<Generation>) -> Result<(), NotSent> {
        if self.state == State::AuthFailed {
            return Err(NotSent::AuthFailed);
        }
        if self.closing.is_some() || matches!(self.phase, Phase::Over) {
            return Err(NotSent::Closed);
        }
        let elsewhere = pinned.is_some_and(|generation| generation != self.life.generation);
        if elsewhere && !mutant::on(Mutant::PinnedCrossesGeneration) {
            return Err(NotSent::SessionLost);
        }
        Ok(())
    }

    fn accepts(&self, submission: &Submission) -> Result<(), NotSent> {
        self.accepts_any(submission.pinned)?;
        let taken = |watch: &WatchRequest| self.watches.contains(watch.watcher);
        if !submission.is_sound() || submission.watch.as_deref().is_some_and(taken) {
            return Err(NotSent::Malformed);
        }
        let limits = &self.config.limits;
        if submission.watch.is_some() && self.watches.len() >= limits.max_watchers {
            return Err(NotSent::TooManyWatches);
        }
        if !self.requests.has_room(1, submission.frame.len(), limits) {
            return Err(NotSent::QueueFull);
        }
        Ok(())
    }

    /// Adds a credential to the handle: it is told to the server now, and to every later
    /// connection before anything else. The ticket ends with the first answer to it.
    ///
    /// A credential that a server refuses ends the handle in [`State::AuthFailed`].
    pub fn add_auth(
        &mut self,
        now: Time,
        ticket: Ticket,
        scheme: Text,
        auth: Bytes,
        deadline: Option<Time>,
    ) {
        self.tick(now);
        if matches!(self.phase, Phase::Over) || self.closing.is_some() {
            let failed = self.state == State::AuthFailed;
            let reason = if failed { NotSent::AuthFailed } else { NotSent::Closed };
            self.complete(ticket, Outcome::NotSent(reason));
            return;
        }
        if self.credentials.len() >= Limits::MAX_CREDENTIALS {
            self.complete(ticket, Outcome::NotSent(NotSent::QueueFull));
            return;
        }
        let credential = self.credentials.add(scheme, auth, ticket, deadline);
        match &mut self.phase {
            Phase::Restoring { left } => {
                *left = left.saturating_add(1);
                self.send_auth(credential);
            }
            Phase::Serving | Phase::Draining { .. } => self.send_auth(credential),
            _ => {}
        }
    }

    /// The caller of this ticket lost interest. An unsent read is skipped, and ends *not sent*;
    /// everything else goes on.
    pub fn abandon(&mut self, ticket: Ticket) {
        self.requests.abandon(ticket);
    }

    /// The watcher goes. If it was the last one that needs it, the server's watch is removed,
    /// behind all that was submitted before.
    pub fn drop_watcher(&mut self, now: Time, watcher: WatcherId) {
        self.tick(now);
        let consequences = self.watches.remove(watcher);
        self.follow(consequences);
    }

    /// Does what follows from a watcher's coming or going.
    pub(super) fn follow(&mut self, consequences: Consequences) {
        if matches!(self.phase, Phase::Over) || self.closing.is_some() {
            return;
        }
        for removal in consequences.removals {
            let stays = mutant::on(Mutant::WatchLeftOnServer);
            if self.config.server_floor >= ServerFloor::V3_5 && !stays {
                self.requests.push(Request::removal(removal.path, removal.kind));
            }
        }
        for batch in consequences.unserved {
            let owner = Owner::Restore(batch.watchers);
            self.requests.push(Request::internal(owner, batch.opcode, batch.frame));
        }
    }

    /// Replaces the list of servers. The connection moves if its server is not in the new list,
    /// or by chance so that the load of the servers evens out (ZOOKEEPER-1355); it lets what is
    /// in flight be answered first.
    pub fn update_servers(&mut self, now: Time, servers: Vec<Endpoint>) {
        self.tick(now);
        if matches!(self.phase, Phase::Over) {
            return;
        }
        let current = self.connection.as_ref().map(|connection| connection.host);
        let next = match self.phase {
            Phase::Draining { next: Some(next), .. } => self.hosts.endpoint(next).cloned(),
            _ => None,
        };
        let (after, place) = self.hosts.update(servers, current, &mut self.rng);
        if let Some(connection) = &mut self.connection {
            connection.host = place.unwrap_or(usize::MAX);
        }
        // Places in the old list mean nothing in the new one.
        if let Phase::Draining { next: place, .. } = &mut self.phase {
            *place = next.and_then(|endpoint| self.hosts.find(&endpoint));
        }
        if self.search.is_some() {
            self.begin_search();
        }
        match self.phase {
            Phase::Idle | Phase::Waiting { .. } => self.attempt(),
            Phase::Dialing { .. } => {
                self.hang_up();
                self.attempt();
            }
            Phase::Serving if after == AfterUpdate::Move => self.drain(None),
            // Before it serves, the connection is only an attempt.
            Phase::Handshaking { .. } if place.is_none() => {
                self.hang_up();
                self.lose(Loss::Moved);
            }
            _ => {}
        }
    }

    /// Closes the session behind all that was submitted. Later submissions are *not sent*.
    ///
    /// The ticket ends *answered* when the session is known to be gone, *no reply* when the
    /// bound of closing passed before; either way the state becomes [`State::Closed`].
    pub fn close(&mut self, now: Time, ticket: Ticket) {
        self.tick(now);
        if matches!(self.phase, Phase::Over) {
            self.complete(ticket, self.done());
            return;
        }
        if let Some(closing) = &mut self.closing {
            closing.tickets.push(ticket);
            return;
        }
        let deadline = self.now.after(self.config.limits.close_timeout);
        self.closing = Some(Closing { tickets: vec![ticket], deadline });
        let done = !self.life.is_established() && self.life.grave.is_none();
        if done || mutant::on(Mutant::CloseNotSent) {
            self.finish_close(self.done());
            return;
        }
        if self.life.is_established() {
            let frame = super::sending::bare_frame(OpCode::CloseSession);
            self.requests.push(Request::internal(Owner::Close, OpCode::CloseSession, frame));
        }
        match self.phase {
            Phase::Waiting { host, .. } => self.dial(host),
            Phase::Idle => self.finish_close(Outcome::NoReply(NoReply::Lost(Loss::Close))),
            _ => {}
        }
    }

    /// An answer without a body: what was asked for is the case.
    pub(super) const fn done(&self) -> Outcome {
        Outcome::Answered { zxid: self.life.zxid, body: Bytes::new() }
    }
}
