//! What goes wrong, and how it ends.

use zookit_proto::{Class, ErrorCode};
use zookit_server::core::{Effect, Fault};

use super::{Trouble, millis, weighted};
use crate::network::{ClientEnd, LineId, Way};
use crate::observe::Observation;
use crate::world::client::nanos;
use crate::world::queue::{Event, Relief};
use crate::world::{MS, Phase, World, say};

impl World<'_> {
    /// Something goes wrong, and will again.
    pub(crate) fn trouble(&mut self) {
        if self.phase != Phase::Wild {
            return;
        }
        if let Some(trouble) = weighted(&mut self.rng, self.workload.troubles) {
            self.go_wrong(trouble);
        }
        let at = self.now + self.workload.next_trouble(&mut self.rng);
        self.queue.plan(at, Event::Trouble);
    }

    pub(crate) fn go_wrong(&mut self, trouble: Trouble) {
        match trouble {
            Trouble::Drop => self.drop_some_connection(),
            Trouble::Break => {
                if let Some(line) = self.some_line() {
                    say!(self, "connection {} breaks", line.0);
                    self.break_line(line);
                }
            }
            Trouble::Stall => self.stall_some_line(),
            Trouble::HalfOpen => self.lose_some_line(),
            Trouble::Forget => self.forget_some_connection(),
            Trouble::Part => self.part(),
            Trouble::Choke => self.choke(),
            Trouble::Refuse => self.refuse(),
            Trouble::Strike => self.strike(),
            Trouble::Expire => self.end_some_session(true),
            Trouble::Kill => self.end_some_session(false),
            Trouble::Restart => self.restart_some_member(),
            Trouble::Halt => self.halt_some_member(),
            Trouble::Lag => self.lag(),
            Trouble::Elect => self.elect(),
            Trouble::Cut => self.cut(),
            Trouble::ReadOnly => self.only_read(),
        }
        self.settle_members();
    }

    /// How long something stays wrong: often for an instant, at times for longer than a session.
    fn while_wrong(&mut self) -> u64 {
        let most = *self.workload.timeouts.last().unwrap_or(&1000) * MS;
        let while_wrong = match self.rng.u8(0..8) {
            0..3 => self.rng.u64(MS..most / 10),
            3..7 => self.rng.u64(most / 10..most),
            _ => self.rng.u64(most..most * 2),
        };
        self.wrong_until(self.now + while_wrong);
        while_wrong
    }

    fn some_member(&mut self) -> (usize, u8) {
        let member = self.rng.usize(0..self.ensemble.size());
        (member, u8::try_from(member).unwrap_or(u8::MAX))
    }

    /// A connection of a client's session, if the client has one.
    fn some_line(&mut self) -> Option<LineId> {
        let client = self.rng.usize(0..self.clients.len());
        let line = self.clients[client].line?;
        (self.line(line).client_end == ClientEnd::Open).then_some(line)
    }

    fn some_ways(&mut self) -> &'static [Way] {
        match self.rng.u8(0..3) {
            0 => &[Way::Up],
            1 => &[Way::Down],
            _ => &[Way::Up, Way::Down],
        }
    }
}

/// To connections.
impl World<'_> {
    fn drop_some_connection(&mut self) {
        let Some(line) = self.some_line() else { return };
        let (member, server) = (self.line(line).member, self.line(line).server);
        let time = self.time();
        if let Some((id, server)) = server.zip(self.ensemble.member_mut(member)) {
            server.drop_connection(time, id);
            say!(self, "m{member} drops connection {}", line.0);
        }
    }

    fn stall_some_line(&mut self) {
        let Some(line) = self.some_line() else { return };
        let until = self.now + self.while_wrong();
        let ways = self.some_ways();
        say!(self, "connection {} stalls until {} ms, {ways:?}", line.0, until / MS);
        for way in ways {
            self.line(line).pipe(*way).hold_until(until);
        }
    }

    fn lose_some_line(&mut self) {
        let Some(line) = self.some_line() else { return };
        let ways = self.some_ways();
        say!(self, "connection {} is half-open, {ways:?}", line.0);
        for way in ways {
            self.line(line).pipe(*way).lose_all();
        }
    }

    fn forget_some_connection(&mut self) {
        let Some(line) = self.some_line() else { return };
        let (member, server) = (self.line(line).member, self.line(line).server);
        let time = self.time();
        if let Some((id, server)) = server.zip(self.ensemble.member_mut(member)) {
            server.half_open_connection(time, id);
            say!(self, "m{member} forgets connection {}", line.0);
        }
    }

    fn part(&mut self) {
        let until = self.now + self.while_wrong();
        let client = self.rng.usize(0..self.clients.len());
        let (some, _) = self.some_member();
        let all = self.rng.bool();
        for member in 0..self.ensemble.size() {
            if all || member == some {
                say!(self, "c{client} and m{member} are parted until {} ms", until / MS);
                let parted = &mut self.clients[client].parted_until[member];
                *parted = until.max(*parted);
            }
        }
    }

    fn choke(&mut self) {
        let client = self.rng.usize(0..self.clients.len());
        let number = u32::try_from(client).unwrap_or(u32::MAX);
        let Some(line) = self.clients[client].line else { return };
        if self.line(line).client_end != ClientEnd::Open || self.clients[client].closing {
            return;
        }
        let session = &self.clients[client].session;
        let trust = session.trusted_until().zip(session.trusted_from());
        // About its timeout.
        let Some(timeout) = trust.map(|(until, from)| nanos(until) - nanos(from)) else { return };
        let timeout = timeout.min(4000 * MS);
        let delay = self.rng.u64(timeout / 3..timeout * 3 / 5);
        say!(self, "connection {} chokes, and brings what is late by {} ms", line.0, delay / MS);
        // Something is under way.
        self.ask(number);
        let now = self.now;
        let there = self.line(line);
        there.up.lose_behind();
        there.down.hold_until(now + delay);
        let until = now + timeout * 3 / 2 + 300 * MS;
        self.clients[client].alone_until = until;
        self.wrong_until(until);
    }

    /// A request to come is struck: of any kind, or one that is not carried out twice.
    fn strike(&mut self) {
        let (member, _) = self.some_member();
        let delay = millis(self.while_wrong());
        let effect = match self.rng.u8(0..12) {
            0..3 => Effect::LoseRequest,
            3..6 => Effect::LoseReply,
            6 => Effect::LoseReplySilently,
            7 => Effect::Delay(delay),
            8..10 => Effect::DelayReply(delay),
            10 => Effect::Fail(ErrorCode::NoAuth),
            _ => Effect::Fail(ErrorCode::SystemError),
        };
        let mut skip = self.rng.u32(0..4);
        let writes_only = self.rng.bool();
        // What a member says of watches and sessions it means.
        let spares = matches!(effect, Effect::Fail(_));
        let fault = Fault::new(effect, move |asked| {
            let class = asked.opcode().class();
            let write = matches!(class, Class::Write);
            let wanted = if writes_only || spares { write } else { true };
            if !wanted {
                return false;
            }
            let now = skip == 0;
            skip = skip.saturating_sub(1);
            now
        });
        say!(self, "m{member} is going to strike a request: {effect:?}");
        if let Some(server) = self.ensemble.member_mut(member) {
            server.add_fault(fault.times(1));
        }
    }
}

/// To sessions and members.
impl World<'_> {
    fn end_some_session(&mut self, told: bool) {
        let client = self.rng.usize(0..self.clients.len());
        let session = self.clients[client].session.session_id();
        let time = self.time();
        say!(self, "session {session} of c{client} is ended, told: {told}");
        if !told {
            let line = self.clients[client].line;
            let end = line.map(|line| (self.line(line).member, self.line(line).server));
            if let Some((member, Some(id))) = end {
                if let Some(server) = self.ensemble.member_mut(member) {
                    server.half_open_connection(time, id);
                }
            }
        }
        self.observe(&Observation::EndAsked { session });
        self.ensemble.expire_session(time, session);
    }

    fn refuse(&mut self) {
        let (member, number) = self.some_member();
        say!(self, "m{member} refuses connections");
        if let Some(server) = self.ensemble.member_mut(member) {
            server.refuse_connections(true);
        }
        self.relief(Relief::Accepts(number));
    }

    /// It is over some time.
    fn relief(&mut self, relief: Relief) {
        let at = self.now + self.while_wrong();
        self.queue.plan(at, Event::Relief(relief));
    }

    fn restart_some_member(&mut self) {
        let (member, _) = self.some_member();
        let time = self.time();
        say!(self, "m{member} restarts");
        if self.ensemble.size() == 1 {
            if let Some(server) = self.ensemble.member_mut(member) {
                server.restart(time);
            }
        } else if !self.ensemble.is_cut(member) {
            // What it is to the others: cut off, and back at once.
            self.observe_cut(member);
            self.ensemble.cut(time, member, false);
            self.settle_members();
            self.rejoin(member);
        }
    }

    fn halt_some_member(&mut self) {
        let (member, number) = self.some_member();
        if self.ensemble.size() > 1 {
            return self.cut();
        }
        let time = self.time();
        say!(self, "m{member} halts");
        if let Some(server) = self.ensemble.member_mut(member) {
            server.halt(time);
        }
        self.relief(Relief::Resumes(number));
    }

    fn lag(&mut self) {
        let (member, _) = self.some_member();
        // A leader that does not hear of its members is no leader for long: that is a cut.
        if self.ensemble.leader() == Some(member) {
            return;
        }
        let until = self.now + self.while_wrong();
        say!(self, "m{member} lags until {} ms", until / MS);
        self.lagging_until[member] = until;
    }

    fn elect(&mut self) {
        let (member, _) = self.some_member();
        let time = self.time();
        if self.ensemble.elect(time, member) {
            say!(self, "m{member} leads");
        }
    }

    fn cut(&mut self) {
        let (member, number) = self.some_member();
        let read_only = self.workload.read_only && self.rng.u8(0..4) > 0;
        let time = self.time();
        say!(self, "m{member} is cut off, read-only: {read_only}");
        self.observe_cut(member);
        self.ensemble.cut(time, member, read_only);
        self.relief(Relief::Joins(number));
    }

    fn only_read(&mut self) {
        let (member, number) = self.some_member();
        if self.ensemble.size() > 1 {
            return self.cut();
        }
        let time = self.time();
        say!(self, "m{member} only reads");
        if let Some(server) = self.ensemble.member_mut(member) {
            server.set_read_only(time, true);
        }
        self.relief(Relief::Writes(number));
    }

    fn rejoin(&mut self, member: usize) {
        let time = self.time();
        say!(self, "m{member} is back");
        self.ensemble.join(time, member);
        if self.ensemble.leader().is_none() && self.ensemble.elect(time, member) {
            say!(self, "m{member} leads");
        }
    }
}

/// The end of it.
impl World<'_> {
    /// Something that went wrong is over.
    pub(crate) fn relieve(&mut self, relief: Relief) {
        let time = self.time();
        say!(self, "relief: {relief:?}");
        match relief {
            Relief::Accepts(member) => {
                if let Some(server) = self.ensemble.member_mut(member.into()) {
                    server.refuse_connections(false);
                }
            }
            Relief::Joins(member) => self.rejoin(member.into()),
            Relief::Writes(member) => {
                if let Some(server) = self.ensemble.member_mut(member.into()) {
                    server.set_read_only(time, false);
                }
            }
            Relief::Resumes(member) => {
                if let Some(server) = self.ensemble.member_mut(member.into()) {
                    server.resume(time);
                }
            }
        }
        self.settle_members();
    }

    /// No more goes wrong from now on; what is wrong may stay so for its time.
    pub(crate) fn fade(&mut self) {
        say!(self, "nothing goes wrong from now on");
        for member in 0..self.ensemble.size() {
            if let Some(server) = self.ensemble.member_mut(member) {
                server.clear_faults();
            }
        }
        for client in 0..self.clients.len() {
            let number = u32::try_from(client).unwrap_or(u32::MAX);
            if !self.clients[client].session.state().is_terminal() {
                let all = super::servers(self.ensemble.size());
                self.set_servers(number, all);
            }
        }
    }
}
