//! Trouble by the seed: for a while something goes wrong every now and then, and then all is calm.

use std::time::Duration;

use zookit_proto::Class;
use zookit_server::core::{Effect, Fault, Server, Time};

use super::carry::NEVER;
use super::line::{Direction, End, LineId, Parcel};
use super::network::{CutHow, Happening, Network};

/// What may go wrong in a storm.
///
/// ```
/// use zookit_sim::whole::Trouble;
/// // Connections and leaders are lost, but no session expires by the server's own doing.
/// let trouble = Trouble { expiry: false, ..Trouble::default() };
/// assert!(trouble.members);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trouble {
    /// Connections are closed, reset, stalled and half-open, and clients are cut off from members.
    pub connections: bool,
    /// Members lose their fellows, restart, lag behind, and others are elected.
    pub members: bool,
    /// Requests are lost, and replies of writes that were applied.
    pub replies: bool,
    /// Sessions expire, though their clients are there.
    pub expiry: bool,
    /// The longest time between two accidents; the mean is half of it.
    pub every: Duration,
}

impl Default for Trouble {
    fn default() -> Self {
        Self {
            connections: true,
            members: true,
            replies: true,
            expiry: true,
            every: Duration::from_secs(2),
        }
    }
}

/// A storm under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Storm {
    trouble: Trouble,
    until: Time,
}

impl Network {
    /// From now on, for so long.
    pub(super) fn begin_storm(&mut self, trouble: Trouble, lasting: Duration) {
        self.storm = Some(Storm { trouble, until: self.now.after(lasting) });
        self.strike_later(trouble);
    }

    fn strike_later(&mut self, trouble: Trouble) {
        let most = u64::try_from(trouble.every.as_millis()).unwrap_or(u64::MAX).max(1);
        let wait = Duration::from_millis(self.rng.u64(1..=most));
        let until = self.storm.map_or(self.now, |storm| storm.until);
        let at = self.now.after(wait).min(until);
        self.schedule(at, Happening::Storm);
    }

    /// The next accident, or the end.
    pub(super) fn strike(&mut self) {
        let Some(Storm { trouble, until }) = self.storm else { return };
        if self.now >= until {
            self.calm();
            return;
        }
        let mut kinds: Vec<fn(&mut Self)> = Vec::new();
        if trouble.connections {
            kinds.extend(
                [Self::some_reset, Self::some_close, Self::some_stall] as [fn(&mut Self); 3]
            );
            kinds.extend([Self::some_silence, Self::some_partition] as [fn(&mut Self); 2]);
        }
        if trouble.members {
            kinds.extend([Self::some_election, Self::some_parting] as [fn(&mut Self); 2]);
            kinds.extend([Self::some_restart, Self::some_lag] as [fn(&mut Self); 2]);
        }
        if trouble.replies {
            kinds.extend([Self::some_lost_reply, Self::some_lost_reply] as [fn(&mut Self); 2]);
        }
        if trouble.expiry {
            kinds.push(Self::some_expiry);
        }
        if !kinds.is_empty() {
            let kind = self.rng.usize(0..kinds.len());
            self.digest.number(kind as u64);
            kinds[kind](self);
        }
        self.strike_later(trouble);
    }

    /// Nothing is wrong any more: members are together, ways are open, faults are gone.
    pub(super) fn calm(&mut self) {
        self.storm = None;
        self.cut = None;
        self.join_all();
        self.elect_if_needed();
        for member in 0..self.ensemble.size() {
            if let Some(server) = self.ensemble.member_mut(member) {
                server.clear_faults();
                server.refuse_connections(false);
            }
        }
        self.lag.fill(Duration::ZERO);
        self.partitioned.clear();
        let ids: Vec<_> = self.lines.keys().copied().collect();
        for id in &ids {
            if let Some(line) = self.lines.get_mut(id) {
                line.to_server.stalled = Time::ZERO;
                line.to_client.stalled = Time::ZERO;
            }
        }
        self.release(&ids);
        self.follow();
    }

    fn some_line(&mut self) -> Option<LineId> {
        let open: Vec<_> = self.lines.iter().filter(|(_, line)| !line.dropped).collect();
        let ids: Vec<_> = open.iter().map(|(id, _)| **id).collect();
        (!ids.is_empty()).then(|| ids[self.rng.usize(0..ids.len())])
    }

    pub(super) fn some_member(&mut self) -> usize {
        self.rng.usize(0..self.ensemble.size())
    }

    fn some_reset(&mut self) {
        if let Some(id) = self.some_line() {
            self.reset_line(id);
        }
    }

    /// What is under way is lost from some byte on, both ways, and both sides hear of it.
    pub(super) fn reset_line(&mut self, id: LineId) {
        for direction in [Direction::ToServer, Direction::ToClient] {
            let Some(line) = self.lines.get_mut(&id) else { return };
            let way = line.way(direction);
            let under_way = way.bytes;
            let keep = self.rng.usize(0..=under_way);
            if let Some(line) = self.lines.get_mut(&id) {
                line.way(direction).truncate(keep);
            }
            self.post(id, direction, Parcel::End(End::Reset));
        }
    }

    fn some_close(&mut self) {
        if let Some((member, connection)) = self.some_line().and_then(|id| self.end_of(id)) {
            self.with_member(member, |server, now| server.drop_connection(now, connection));
        }
    }

    fn some_stall(&mut self) {
        let Some(id) = self.some_line() else { return };
        let until = self.now.after(Duration::from_millis(self.rng.u64(1..8000)));
        let which = self.rng.u8(1..4);
        if let Some(line) = self.lines.get_mut(&id) {
            if which & 1 > 0 {
                line.to_server.stalled = until;
            }
            if which & 2 > 0 {
                line.to_client.stalled = until;
            }
        }
    }

    fn some_silence(&mut self) {
        let Some(id) = self.some_line() else { return };
        if self.rng.bool() {
            self.cut_now(id, CutHow::Silence);
        } else if let Some((member, connection)) = self.end_of(id) {
            self.with_member(member, |server, now| server.half_open_connection(now, connection));
        }
    }

    fn some_partition(&mut self) {
        if self.rng.bool() || self.clients == 0 {
            return self.heal_all();
        }
        let client = self.rng.u32(1..=self.clients);
        let member = self.some_member();
        self.partitioned.insert((client, member));
    }

    fn heal_all(&mut self) {
        self.partitioned.clear();
        let stalled = |line: &super::line::Line| line.to_server.stalled < NEVER;
        let all = self.lines.iter().filter(|(_, line)| stalled(line));
        let ids: Vec<_> = all.map(|(id, _)| *id).collect();
        self.release(&ids);
    }

    fn some_election(&mut self) {
        let leader = self.some_member();
        self.ensemble.elect(self.now, leader);
    }

    fn join_all(&mut self) {
        for member in 0..self.ensemble.size() {
            if self.ensemble.is_cut(member) {
                self.ensemble.join(self.now, member);
            }
        }
    }

    /// One leaves, or all that left come back.
    fn some_parting(&mut self) {
        let member = self.some_member();
        let any = (0..self.ensemble.size()).any(|member| self.ensemble.is_cut(member));
        if any && self.rng.bool() {
            self.join_all();
        } else if !self.ensemble.is_cut(member) {
            let read_only = self.rng.bool();
            self.ensemble.cut(self.now, member, read_only);
        }
    }

    fn some_restart(&mut self) {
        let member = self.some_member();
        self.restart_member(member);
    }

    fn some_lag(&mut self) {
        let member = self.some_member();
        let lag = Duration::from_millis(if self.rng.bool() { 0 } else { self.rng.u64(1..2000) });
        self.lag[member] = lag;
    }

    fn some_lost_reply(&mut self) {
        let effect = match self.rng.u8(0..5) {
            0 => Effect::LoseRequest,
            1 => Effect::LoseReplySilently,
            2 => Effect::DelayReply(Duration::from_millis(self.rng.u64(1..5000))),
            _ => Effect::LoseReply,
        };
        let member = self.some_member();
        let lost = Fault::new(effect, |asked| asked.opcode().class() == Class::Write).times(1);
        self.with_member(member, |server, _| server.add_fault(lost));
    }

    fn some_expiry(&mut self) {
        let sessions = self.ensemble.agreed().map(Server::sessions);
        let ids: Vec<_> = sessions.into_iter().flatten().map(|session| session.id).collect();
        if !ids.is_empty() {
            let id = ids[self.rng.usize(0..ids.len())];
            self.ensemble.expire_session(self.now, id);
        }
    }
}
