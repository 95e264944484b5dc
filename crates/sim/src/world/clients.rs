//! What clients want, and what they are told.

use bytes::BytesMut;
use zookit_proto::{OpCode, Request, SessionId, Time, Xid, frame};
use zookit_session::{
    Event as Told, Outcome, Run, Session, State, Submission, Ticket, Tickets, WatchKind,
    WatchNotice, WatchRequest, WatcherId,
};

use super::client::{Client, Clock, nanos};
use super::queue::Event;
use super::{World, say};
use crate::network::LineId;
use crate::observe::{Call, ClientId, End, Observation};

/// Where a client stands among all.
fn place(client: u32) -> usize {
    client as usize
}

impl World<'_> {
    /// A handle is opened.
    pub(crate) fn new_client(&mut self) {
        let Ok(number) = u32::try_from(self.clients.len()) else { return };
        let clock = Clock(self.workload.clock(&mut self.rng));
        let config = self.workload.session_config(&mut self.rng, self.ensemble.size());
        let session = Session::new(config, self.rng.u64(..), clock.shows(self.now));
        self.clients.push(Client::new(session, clock));
        say!(self, "c{number} opened, its clock runs at {} per mille", clock.0);
        self.settle_client(number);
        self.plan_act(number);
    }

    pub(crate) fn client(&self, client: u32) -> &Client {
        &self.clients[place(client)]
    }

    pub(crate) fn client_mut(&mut self, client: u32) -> &mut Client {
        &mut self.clients[place(client)]
    }

    /// Now, by a client's clock.
    pub(crate) fn time_of(&self, client: u32) -> Time {
        self.client(client).clock.shows(self.now)
    }

    pub(super) fn wake_client(&mut self, client: u32) {
        let now = self.time_of(client);
        let woken = self.client_mut(client);
        woken.wake_at = u64::MAX;
        woken.session.handle_timeout(now);
        self.settle_client(client);
    }

    /// Does all that a client wants, and tells its user all it is told.
    pub(crate) fn settle_client(&mut self, client: u32) {
        loop {
            let mut idle = true;
            while let Some(effect) = self.client_mut(client).session.poll_effect() {
                self.effect(client, effect);
                idle = false;
            }
            while let Some(event) = self.client_mut(client).session.poll_event() {
                self.told(client, event);
                idle = false;
            }
            idle &= !self.write_client(client);
            if idle {
                break;
            }
        }
        self.observe_trust(client);
        let now = self.now;
        let settled = self.client_mut(client);
        if let Some(at) = settled.session.poll_timeout() {
            let at = settled.clock.when(at).max(now);
            if at < settled.wake_at {
                settled.wake_at = at;
                self.queue.plan(at, Event::WakeClient(client));
            }
        }
    }

    /// Gives the transport what it takes. Returns whether it took anything.
    fn write_client(&mut self, client: u32) -> bool {
        let now = self.time_of(client);
        let client_now = &mut self.clients[place(client)];
        if !client_now.session.poll_transmit(now) {
            return false;
        }
        let Some(LineId(line)) = client_now.line else { return false };
        let pipe = &mut self.lines[line as usize].up;
        let room = pipe.room();
        if room == 0 {
            pipe.wanted = true;
            return false;
        }
        self.scratch.clear();
        for chunk in client_now.session.transmit() {
            let room = room - self.scratch.len();
            self.scratch.extend_from_slice(&chunk[..chunk.len().min(room)]);
        }
        if self.rng.u8(..) < self.workload.network.partial {
            let some = self.rng.usize(1..=self.scratch.len());
            self.scratch.truncate(some);
        }
        client_now.session.handle_written(now, self.scratch.len());
        let bytes = std::mem::take(&mut self.scratch);
        self.send_up(LineId(line), &bytes);
        self.scratch = bytes;
        true
    }

    fn told(&mut self, client: u32, event: Told) {
        match event {
            Told::Completed(ticket, outcome) => self.completed(client, ticket, outcome),
            Told::Replied(replies) => {
                for (ticket, outcome) in replies.outcomes() {
                    self.completed(client, ticket, outcome);
                }
            }
            Told::Watch(watcher, notice) => {
                self.trace.mix(watcher.0);
                self.tally.notice(&notice);
                say!(self, "c{client} w{} is told {notice:?}", watcher.0);
                if !matches!(notice, WatchNotice::Event { .. } | WatchNotice::Gap { .. }) {
                    self.client_mut(client).watchers.retain(|other| *other != watcher);
                }
                let client = ClientId(client);
                self.observe(&Observation::Notice { client, watcher, notice });
            }
            Told::State(change) => {
                if change.state == State::Expired {
                    // Whoever hears of this must not find that it is trusted.
                    self.observe_trust(client);
                }
                self.trace.mix(change.state as u64 + 1);
                self.tally.state(change.state, change.watches_restored);
                say!(
                    self,
                    "c{client} is {:?}: {} ({})",
                    change.state,
                    change.reason,
                    change.session
                );
                let client = ClientId(client);
                self.observe(&Observation::State { client, change: *change });
            }
            Told::Diagnosed(diagnosis) => {
                say!(self, "c{client} {}: {}", diagnosis.server, diagnosis.cause);
            }
        }
    }

    fn completed(&mut self, client: u32, ticket: Ticket, outcome: Outcome) {
        let call = Call(ticket.0);
        self.trace.mix(ticket.0);
        self.tally.outcome(&outcome);
        say!(self, "c{client} #{} ends: {}", ticket.0, in_words(&outcome));
        self.client_mut(client).pending.remove(&call);
        let end = match outcome {
            Outcome::Answered { zxid, body } => End::Answered { zxid: Some(zxid), body },
            Outcome::Refused { code, zxid } => End::Refused { code, zxid: Some(zxid) },
            Outcome::NotSent(_) => End::NotSent,
            Outcome::NoReply(_) => End::NoReply,
        };
        self.observe(&Observation::Ended { client: ClientId(client), call, end });
    }

    /// The checkers see trust in true time.
    fn observe_trust(&mut self, client: u32) {
        let seen = &mut self.clients[place(client)];
        let trusted = (seen.session.session_id(), seen.session.trusted_until());
        if trusted == seen.trusted {
            return;
        }
        seen.trusted = trusted;
        seen.trusted_by = seen.line.or(seen.trusted_by);
        let by = seen.trusted_by;
        let (clock, closing) = (seen.clock, seen.closing);
        let (session, until) = trusted;
        if closing && session != SessionId::NONE {
            // Granted after it was told to close.
            self.observe(&Observation::EndAsked { session });
        }
        let until = until.map(|until| {
            // The last moment at which its clock does not show more.
            let nanos = (nanos(until).saturating_add(1).saturating_mul(1000) - 1) / clock.0;
            Time::since_origin(std::time::Duration::from_nanos(nanos))
        });
        let seen = self.clients[place(client)].session.zxid();
        if self.ensemble.size() > 1 && self.ended.get(&session).is_some_and(|end| seen < *end) {
            // Whoever answered has not applied the end of the session yet.
            self.observe(&Observation::Unheard { session });
        }
        self.observe(&Observation::Trusted { client: ClientId(client), session, until });
        if by.is_some_and(|by| by.0 < self.cut_off_before[self.member_of(by)]) {
            // The answer was on its way when its member was cut off.
            self.observe(&Observation::Unheard { session });
        }
    }

    fn member_of(&self, line: LineId) -> usize {
        self.lines[line.0 as usize].member
    }

    /// A member is being cut off: it may have heard of sessions and not told the leader.
    pub(crate) fn observe_cut(&mut self, member: usize) {
        self.cut_off_before[member] = u32::try_from(self.lines.len()).unwrap_or(u32::MAX);
        for client in 0..self.clients.len() {
            let Client { trusted: (session, _), trusted_by, .. } = self.clients[client];
            if trusted_by.is_some_and(|by| self.member_of(by) == member) {
                self.observe(&Observation::Unheard { session });
            }
        }
    }

    // What users ask for

    /// The next number of a call.
    fn next_call(&mut self, client: u32) -> Call {
        self.calls += 1;
        let call = Call(self.calls);
        self.client_mut(client).pending.insert(call);
        call
    }

    /// The number that the next call is going to have: what it writes is told by it.
    pub(crate) const fn coming_call(&self) -> u64 {
        self.calls + 1
    }

    fn submitted(
        &mut self,
        client: u32,
        call: Call,
        request: &Request,
        watcher: Option<(WatcherId, WatchKind)>,
        pinned: Option<zookit_session::Generation>,
    ) {
        if self.trace.is_printing() {
            let watcher =
                watcher.map_or_else(String::new, |(id, kind)| format!(", w{} {kind:?}", id.0));
            say!(self, "c{client} #{} {request:?}{watcher}", call.0);
        }
        let generation = self.client(client).session.generation();
        self.observe(&Observation::Submitted {
            client: ClientId(client),
            call,
            request: request.clone(),
            watcher,
            pinned,
            generation,
        });
    }

    /// A request is submitted, alone.
    pub(crate) fn submit(&mut self, client: u32, request: &Request, wants: Wants) {
        let call = self.next_call(client);
        let watcher = wants.watch.as_ref().map(|watch| (watch.watcher, watch.kind));
        let pinned = wants.pinned.then(|| self.client(client).session.generation());
        self.submitted(client, call, request, watcher, pinned);
        let now = self.time_of(client);
        let mut frame = BytesMut::new();
        append(&mut frame, request);
        let submission = Submission {
            ticket: Ticket(call.0),
            opcode: request.opcode(),
            frame: frame.freeze(),
            deadline: wants.patience.map(|patience| now.after(patience)),
            watch: wants.watch.map(Box::new),
            pinned,
        };
        let user = self.client_mut(client);
        user.watchers.extend(watcher.map(|(id, _)| id));
        user.session.submit(now, submission);
    }

    /// Requests of one kind are submitted together.
    pub(crate) fn submit_run(&mut self, client: u32, opcode: OpCode, count: u32, wants: &Wants) {
        let pinned = wants.pinned.then(|| self.client(client).session.generation());
        let first = self.coming_call();
        let mut frames = BytesMut::new();
        for _ in 0..count {
            let request = self.one_of_a_run(opcode);
            append(&mut frames, &request);
            let call = self.next_call(client);
            self.submitted(client, call, &request, None, pinned);
        }
        let now = self.time_of(client);
        let run = Run {
            tickets: Tickets::from(Ticket(first)),
            opcode,
            count,
            frames: frames.freeze(),
            deadline: wants.patience.map(|patience| now.after(patience)),
            pinned,
        };
        self.client_mut(client).session.submit_run(now, run);
    }

    /// A user loses interest in an answer.
    pub(crate) fn abandon(&mut self, client: u32, call: Call) {
        say!(self, "c{client} #{} abandoned", call.0);
        self.client_mut(client).session.abandon(Ticket(call.0));
        self.observe(&Observation::Abandoned { client: ClientId(client), call });
    }

    /// A user drops a watcher.
    pub(crate) fn drop_watcher(&mut self, client: u32, watcher: WatcherId) {
        say!(self, "c{client} w{} dropped", watcher.0);
        let now = self.time_of(client);
        let user = self.client_mut(client);
        user.watchers.retain(|other| *other != watcher);
        user.session.drop_watcher(now, watcher);
        self.observe(&Observation::WatcherDropped { client: ClientId(client), watcher });
    }

    /// A user closes a handle.
    pub(crate) fn close(&mut self, client: u32) {
        let call = self.next_call(client);
        self.submitted(client, call, &Request::CloseSession(()), None, None);
        let now = self.time_of(client);
        let session = self.client(client).session.session_id();
        self.observe(&Observation::EndAsked { session });
        let user = self.client_mut(client);
        user.closing = true;
        user.session.close(now, Ticket(call.0));
        self.settle_client(client);
    }
}

/// What a user wants of a request besides what it asks for.
#[derive(Debug, Default)]
pub(crate) struct Wants {
    /// A watcher that its reply arms.
    pub(crate) watch: Option<WatchRequest>,
    /// For how long its answer is waited for.
    pub(crate) patience: Option<std::time::Duration>,
    /// It is for the session of now alone.
    pub(crate) pinned: bool,
}

fn append(out: &mut BytesMut, request: &Request) {
    let opcode = request.opcode().number();
    let whole =
        frame::append_request(out, Xid::default(), opcode, usize::MAX, |out| request.write(out));
    debug_assert!(whole.is_ok());
}

fn in_words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Answered { zxid, body } => format!("answered at {zxid}, {} bytes", body.len()),
        Outcome::Refused { code, zxid } => format!("refused at {zxid}, {code}"),
        Outcome::NotSent(reason) => format!("not sent, {reason}"),
        Outcome::NoReply(reason) => format!("no reply, {reason}"),
    }
}
