//! Connections and bytes on their way between clients and members.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use bytes::{Bytes, BytesMut};
use zookit_proto::Xid;
use zookit_server::core::ConnectionId;
use zookit_session::{Effect, Loss};

use super::client::nanos;
use super::queue::Event;
use super::{World, say};
use crate::network::{ClientEnd, Line, LineId, Purpose, Segment, Way};
use crate::trace::frames;

/// Attempts
impl World<'_> {
    pub(crate) fn line(&mut self, line: LineId) -> &mut Line {
        &mut self.lines[line.0 as usize]
    }

    /// Does what a client's session asks of whoever moves its bytes.
    pub(super) fn effect(&mut self, client: u32, effect: Effect) {
        match effect {
            Effect::Dial { endpoint, .. } => {
                let line = self.dial(client, endpoint.port, Purpose::Session);
                self.client_mut(client).line = Some(line);
            }
            Effect::Hangup => {
                if let Some(line) = self.client_mut(client).line.take() {
                    self.close_client_end(line);
                }
            }
            Effect::Probe { endpoint, word, timeout } => {
                let line = self.dial(client, endpoint.port, Purpose::Probe(endpoint, word));
                let timeout = nanos(zookit_proto::Time::since_origin(timeout));
                self.queue.plan(self.now + timeout, Event::ProbeTimeout(line));
            }
        }
    }

    /// Sends an attempt on its way: to the member with this port, if there is one.
    fn dial(&mut self, client: u32, port: u16, purpose: Purpose) -> LineId {
        let member = usize::from(port).wrapping_sub(1);
        let line = LineId(u32::try_from(self.lines.len()).unwrap_or(u32::MAX));
        let network = &self.workload.network;
        let capacity =
            if self.rng.u8(..) < network.narrow { self.rng.usize(16..400) } else { 1 << 18 };
        say!(self, "c{client} dials m{member} (connection {})", line.0);
        self.trace.mix(u64::from(port));
        let there = member < self.ensemble.size();
        self.lines.push(Line::new(client, member, purpose, capacity));
        let at = self.now + self.latency();
        let wild = self.phase == super::Phase::Wild;
        if !there || wild && self.chance(network.refused) {
            self.queue.plan(at, Event::Refused(line));
        } else if wild && self.chance(network.swallowed) {
            say!(self, "connection {} is swallowed", line.0);
        } else {
            self.queue.plan(at, Event::Syn(line));
        }
        line
    }

    /// An attempt reaches its member, which has an end of the connection from now on.
    pub(super) fn reach_member(&mut self, line: LineId) {
        let now = self.now;
        let Line { client, member, client_end, .. } = *self.line(line);
        let parted = self.client(client).parted_until[member].max(self.client(client).alone_until);
        if parted > now {
            // Sent again until it gets through.
            return self.queue.plan(parted, Event::Syn(line));
        }
        if client_end == ClientEnd::Gone {
            return;
        }
        let at = now + self.latency();
        let [_, b, c, d] = client.to_be_bytes();
        let peer = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, b, c, d)), 40_000);
        let time = self.time();
        let Some(server) = self.ensemble.member_mut(member) else { return };
        let id = server.connect(time, peer);
        let there = self.line(line);
        there.server = Some(id);
        there.down.not_before(at);
        self.queue.plan(at, Event::Established(line));
        let number = usize::try_from(id.number()).unwrap_or(usize::MAX);
        let known = &mut self.line_of[member];
        known.resize(known.len().max(number + 1), None);
        known[number] = Some(line);
        self.settle_members();
    }

    /// A member's answer to an attempt reaches the client.
    pub(super) fn established(&mut self, line: LineId) {
        let now = self.now;
        let Line { client, member, client_end, .. } = *self.line(line);
        let parted = self.client(client).parted_until[member];
        if parted > now {
            return self.queue.plan(parted, Event::Established(line));
        }
        if client_end != ClientEnd::Dialing {
            return;
        }
        self.line(line).client_end = ClientEnd::Open;
        match self.line(line).purpose {
            Purpose::Probe(_, word) => self.send_up(line, word),
            Purpose::Session => {
                say!(self, "c{client} is connected to m{member} (connection {})", line.0);
                let now = self.time_of(client);
                self.client_mut(client).session.handle_connected(now);
                self.settle_client(client);
            }
        }
    }

    /// The refusal of an attempt reaches the client.
    pub(super) fn refused(&mut self, line: LineId) {
        let Line { client, client_end, .. } = *self.line(line);
        if client_end != ClientEnd::Dialing {
            return;
        }
        if let Purpose::Probe(..) = self.line(line).purpose {
            return self.probe_ended(line, None);
        }
        say!(self, "c{client} is refused (connection {})", line.0);
        self.line(line).client_end = ClientEnd::Gone;
        let now = self.time_of(client);
        self.client_mut(client).line = None;
        self.client_mut(client).session.handle_dial_failed(now);
        self.settle_client(client);
    }

    /// A probe is over, unless it was before.
    pub(super) fn probe_ended(&mut self, line: LineId, answer: Option<Bytes>) {
        if self.line(line).client_end == ClientEnd::Gone {
            return;
        }
        self.close_client_end(line);
        let client = self.line(line).client;
        let Purpose::Probe(endpoint, word) = self.line(line).purpose.clone() else { return };
        say!(self, "c{client} hears of {endpoint}: {answer:?}");
        let now = self.time_of(client);
        self.client_mut(client).session.handle_probed(now, &endpoint, word, answer);
        self.settle_client(client);
    }
}

/// Bytes.
impl World<'_> {
    pub(super) fn send_up(&mut self, line: LineId, bytes: &[u8]) {
        if self.trace.is_printing() {
            let there = &mut self.lines[line.0 as usize];
            let (client, member) = (there.client, there.member);
            for frame in there.up_frames.take(bytes) {
                say!(self, "c{client} > m{member}  {}", frames::request(&frame));
            }
        }
        self.send(line, Way::Up, bytes);
    }

    pub(super) fn send_down(&mut self, line: LineId, bytes: &[u8]) {
        if self.trace.is_printing() {
            let there = &mut self.lines[line.0 as usize];
            let (client, member) = (there.client, there.member);
            for frame in there.down_frames.take(bytes) {
                say!(self, "c{client} < m{member}  {}", frames::reply(&frame));
            }
        }
        self.send(line, Way::Down, bytes);
    }

    /// Sends bytes on their way, in one segment or several.
    fn send(&mut self, line: LineId, way: Way, bytes: &[u8]) {
        self.trace.mix_bytes(bytes);
        let mut rest = bytes;
        while !rest.is_empty() {
            let split = self.rng.u8(..) < self.workload.network.split;
            let length = if split { self.rng.usize(1..=rest.len()) } else { rest.len() };
            let (first, behind) = rest.split_at(length);
            let at = self.now + self.latency();
            let at = self.line(line).pipe(way).push(at, first);
            self.queue.plan(at, Event::Arrival(line, way));
            rest = behind;
        }
    }

    /// Something arrives, if nothing holds it up.
    pub(super) fn arrival(&mut self, line: LineId, way: Way) {
        let now = self.now;
        let there = &mut self.lines[line.0 as usize];
        let (client, member) = (there.client, there.member);
        let parted = self.clients[client as usize].parted_until[member];
        let held = parted.max(there.pipe(way).held_until());
        if held > now {
            return self.queue.plan(held, Event::Arrival(line, way));
        }
        let arrived = match way {
            Way::Up => there.up.arrive(now, &mut there.server_inbox),
            Way::Down => there.down.arrive(now, &mut there.client_inbox),
        };
        match (way, arrived) {
            (_, None) => {}
            (Way::Up, Some(Segment::Bytes(_))) => {
                self.receive_member(line);
                self.settle_members();
                let up = &mut self.line(line).up;
                if std::mem::take(&mut up.wanted) {
                    self.settle_client(client);
                }
            }
            (Way::Up, Some(Segment::Fin | Segment::Reset)) => self.lost_by_member(line),
            (Way::Down, Some(Segment::Bytes(_))) => {
                self.receive_client(line);
                if std::mem::take(&mut self.line(line).down.wanted) {
                    if let Some(id) = self.line(line).server {
                        self.write_member(member, id, false);
                        self.settle_members();
                    }
                }
            }
            (Way::Down, Some(Segment::Fin)) => self.lost_by_client(line, Loss::Fin),
            (Way::Down, Some(Segment::Reset)) => self.lost_by_client(line, Loss::Reset),
        }
    }

    /// Gives a member what arrived for it.
    pub(super) fn receive_member(&mut self, line: LineId) {
        let time = self.time();
        let there = &mut self.lines[line.0 as usize];
        let server = there.server.zip(self.ensemble.member_mut(there.member));
        match server {
            Some((id, server)) => server.receive(time, id, &mut there.server_inbox),
            None => there.server_inbox.clear(),
        }
    }

    /// Gives a client what arrived for it: at once, or byte by byte.
    fn receive_client(&mut self, line: LineId) {
        let there = self.line(line);
        let client = there.client;
        if there.client_end != ClientEnd::Open {
            return there.client_inbox.clear();
        }
        if there.purpose != Purpose::Session {
            return;
        }
        let inbox = std::mem::take(&mut there.client_inbox);
        let mut inbox = if self.chance(self.workload.network.dribble) {
            self.dribble(client, line, inbox)
        } else {
            inbox
        };
        let now = self.time_of(client);
        if self.line(line).client_end == ClientEnd::Open {
            let breaks = self.breaks_behind(&mut inbox);
            self.client_mut(client).session.handle_received(now, &mut inbox);
            self.line(line).client_inbox = inbox;
            self.settle_client(client);
            if breaks {
                self.lost_by_client(line, Loss::Reset);
            }
        }
    }

    /// Whether the connection breaks just behind a frame of what arrived: a watch event with more
    /// behind it, maybe of the same transaction, or the answer to one batch of watches of several.
    /// What is behind is gone.
    fn breaks_behind(&mut self, inbox: &mut BytesMut) -> bool {
        if self.phase != super::Phase::Wild {
            return false;
        }
        let network = &self.workload.network;
        let mut at = 0;
        while let Some([a, b, c, d, e, f, g, h]) = inbox.get(at..).and_then(|it| it.first_chunk()) {
            let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
            let end = at.saturating_add(4).saturating_add(length);
            let chance = match Xid(i32::from_be_bytes([*e, *f, *g, *h])) {
                Xid::NOTIFICATION if end < inbox.len() => network.behind_event,
                Xid::SET_WATCHES if end <= inbox.len() => network.behind_restore,
                _ => 0,
            };
            if self.chance(chance) {
                inbox.truncate(end);
                return true;
            }
            at = end;
        }
        false
    }

    /// Gives a client the first bytes of what arrived one by one, and returns the rest.
    fn dribble(&mut self, client: u32, line: LineId, inbox: BytesMut) -> BytesMut {
        let now = self.time_of(client);
        let mut taken = BytesMut::new();
        for byte in &inbox {
            taken.extend_from_slice(&[*byte]);
            self.client_mut(client).session.handle_received(now, &mut taken);
            self.settle_client(client);
            if self.line(line).client_end != ClientEnd::Open {
                return BytesMut::new();
            }
        }
        taken
    }
}

/// Ends.
impl World<'_> {
    /// A client closes its end; what it wrote before still arrives, or is lost in part with a reset.
    fn close_client_end(&mut self, line: LineId) {
        let abort = self.chance(self.workload.network.abort);
        let at = self.now + self.latency();
        let there = &mut self.lines[line.0 as usize];
        there.client_end = ClientEnd::Gone;
        there.client_inbox.clear();
        say!(self, "c{} closes connection {}", there.client, line.0);
        let at = if abort {
            let kept = self.rng.usize(0..=there.up.len());
            Some(there.up.break_after(at, kept))
        } else {
            there.up.close(at)
        };
        if let Some(at) = at {
            self.queue.plan(at, Event::Arrival(line, Way::Up));
        }
    }

    /// A member has closed a connection.
    pub(super) fn close_member_end(&mut self, member: usize, id: ConnectionId) {
        let time = self.time();
        if let Some(server) = self.ensemble.member_mut(member) {
            server.disconnected(time, id);
        }
        let Some(line) = self.line_of_connection(member, id) else { return };
        say!(self, "m{member} closes connection {}", line.0);
        let at = self.now + self.latency();
        let there = self.line(line);
        there.server = None;
        there.server_inbox.clear();
        if let Some(at) = there.down.close(at) {
            self.queue.plan(at, Event::Arrival(line, Way::Down));
        }
    }

    /// A member hears that its client has closed, or that the connection is broken.
    fn lost_by_member(&mut self, line: LineId) {
        let time = self.time();
        let there = self.line(line);
        let member = there.member;
        there.server_inbox.clear();
        let Some(id) = there.server.take() else { return };
        say!(self, "m{member} hears of the end of connection {}", line.0);
        if let Some(server) = self.ensemble.member_mut(member) {
            server.disconnected(time, id);
        }
        self.settle_members();
    }

    /// A client hears that its connection was closed or broken.
    fn lost_by_client(&mut self, line: LineId, loss: Loss) {
        let there = self.line(line);
        let client = there.client;
        if there.client_end == ClientEnd::Gone {
            return;
        }
        if let Purpose::Probe(..) = there.purpose {
            let answer = std::mem::take(&mut there.client_inbox).freeze();
            let answer = Some(answer).filter(|_| loss == Loss::Fin);
            return self.probe_ended(line, answer);
        }
        say!(self, "c{client} loses connection {}: {loss}", line.0);
        self.close_client_end(line);
        self.client_mut(client).line = None;
        let now = self.time_of(client);
        self.client_mut(client).session.handle_disconnected(now, loss);
        self.settle_client(client);
    }

    /// A connection breaks: of what is on its way either way only a part still arrives.
    pub(crate) fn break_line(&mut self, line: LineId) {
        let at = self.now + self.latency();
        for way in [Way::Up, Way::Down] {
            let length = self.line(line).pipe(way).len();
            let kept = self.rng.usize(0..=length);
            let at = self.line(line).pipe(way).break_after(at, kept);
            self.queue.plan(at, Event::Arrival(line, way));
        }
    }
}
