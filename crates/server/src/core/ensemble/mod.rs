//! Several members over one history, each of which has applied it up to a point of its own.
//!
//! What members tell one another are [`Message`]s: the caller carries them, as late as it likes,
//! but those between two members in the order in which it got them, but for those that [may
//! overtake](Message::may_overtake) transactions. Whoever does not get them lags,
//! as a follower of a real ensemble does; a network that loses them is a [cut](Ensemble::cut).
//!
//! ```text
//!  client ─ member ──── Forwarded ───► leader: prepare ─ zxid ─ history
//!                                                                  │
//!  client ─ member: apply, events, reply ◄──── Committed ──────────┤
//!  client ─ member: apply, events        ◄──── Committed ──────────┘
//! ```
//!
//! What a leader decides is agreed on at once. What a real one proposes and does not get through
//! before it is lost looks to clients as one of two things: as a request that never reached the
//! leader, or as one that was agreed on and never answered; and both happen here.
//!
//! Facts: `Leader`, `Learner` and `LearnerHandler` of Apache ZooKeeper.

mod control;
mod leading;
mod meeting;
mod message;
#[cfg(test)]
mod tests;

pub use message::Message;

use std::collections::VecDeque;
use std::time::Duration;

use zookit_proto::SessionId;

use self::leading::Leading;
use self::message::Body;
use super::server::Told;
use super::{Change, Config, Server, Time, Transaction};

/// An ensemble as a state machine: its members, and what is under way between them.
#[derive(Debug)]
pub struct Ensemble {
    members: Vec<Member>,
    /// `None` for a server that stands alone.
    leading: Option<Leading>,
    leader: Option<usize>,
    messages: VecDeque<Message>,
    /// How much of the history the followers were sent.
    sent: usize,
    /// How often members came in touch with a leader.
    meetings: u64,
    /// When the leader may ask its followers again which sessions they have heard of.
    ping_at: Time,
}

#[derive(Debug)]
struct Member {
    server: Server,
    /// How much of the history it has applied.
    applied: usize,
    /// Since when it follows the leader; `None` while it does not.
    since: Option<u64>,
    /// Whether it is cut off from all others.
    cut: bool,
}

impl Ensemble {
    /// An ensemble of so many members that begin empty and together, all of them behaving so but
    /// for their numbers; the first leads. One member is a server that stands alone. The seed
    /// decides all that is random.
    #[must_use]
    pub fn new(config: &Config, members: usize, seed: u64) -> Self {
        let numbers = 1..=u8::try_from(members.max(1)).unwrap_or(u8::MAX);
        let servers = numbers.map(|server_id| {
            let config = Config { server_id, ..config.clone() };
            Server::new(config, seed)
        });
        let new = |server| Member { server, applied: 0, since: None, cut: false };
        let mut members: Vec<_> = servers.map(new).collect();
        let leading = match members.as_mut_slice() {
            [alone] => {
                alone.server.keep_history();
                None
            }
            _ => Some(Leading::new(config.clone(), seed)),
        };
        let mut ensemble = Self {
            members,
            leading,
            leader: None,
            messages: VecDeque::new(),
            sent: 0,
            meetings: 0,
            ping_at: Time::ZERO,
        };
        if ensemble.leading.is_some() {
            let size = ensemble.size();
            ensemble.members.iter_mut().for_each(|member| member.server.follow(size));
            ensemble.elect(Time::ZERO, 0);
        } else {
            ensemble.leader = Some(0);
        }
        ensemble
    }

    /// How many members there are.
    #[must_use]
    pub fn size(&self) -> usize {
        self.members.len()
    }

    /// A member, counted from 0: what clients connect to.
    #[must_use]
    pub fn member(&self, index: usize) -> Option<&Server> {
        self.members.get(index).map(|member| &member.server)
    }

    /// A member: its connections, and what a test can do to it alone. What takes a number in the
    /// history is the ensemble's; asked of a member of several, it does nothing.
    pub fn member_mut(&mut self, index: usize) -> Option<&mut Server> {
        self.members.get_mut(index).map(|member| &mut member.server)
    }

    /// The member that leads; `None` while there is none.
    #[must_use]
    pub const fn leader(&self) -> Option<usize> {
        self.leader
    }

    /// Whether a member is cut off from the others.
    #[must_use]
    pub fn is_cut(&self, member: usize) -> bool {
        self.members.get(member).is_some_and(|member| member.cut)
    }

    /// All that was agreed on, in order.
    #[must_use]
    pub fn history(&self) -> &[Transaction] {
        match (&self.leading, self.members.first()) {
            (Some(leading), _) => leading.server.history(),
            (None, Some(alone)) => alone.server.history(),
            (None, None) => &[],
        }
    }

    /// The machine that has applied all that was agreed on: its tree, and the sessions that live.
    #[must_use]
    pub fn agreed(&self) -> Option<&Server> {
        match &self.leading {
            Some(leading) => Some(&leading.server),
            None => self.member(0),
        }
    }

    /// The next message that wants to be carried. Ask until it says `None` after every other call,
    /// calls of members included.
    pub fn poll_message(&mut self) -> Option<Message> {
        self.collect();
        self.messages.pop_front()
    }

    /// A message arrives. One from before its way was cut is void.
    pub fn deliver(&mut self, now: Time, message: Message) {
        let Message { from, to, since, body } = message;
        match body {
            Body::Forwarded(forwarded) => {
                let follows = self.members.get(from).is_some_and(|it| it.since == Some(since));
                if !follows || self.leader != Some(to) {
                    return;
                }
                let (number, session) = (forwarded.number, forwarded.session);
                let Some(leading) = &mut self.leading else { return };
                let told = leading.decide(now, from, forwarded);
                if let (Some(Told::Reopened(true)), Some(leads)) = (told, self.member_mut(to)) {
                    leads.session_moved(session, from == to);
                }
                self.publish(Some((from, number)));
                if let Some(told) = told {
                    self.tell(from, number, told);
                }
            }
            Body::Committed(place, number) => {
                if self.members.get(to).is_some_and(|it| it.since == Some(since)) {
                    self.apply(now, to, place, number);
                }
            }
            Body::Told(number, told) => {
                let member = self.members.get_mut(to);
                if let Some(member) = member.filter(|member| member.since == Some(since)) {
                    member.server.follow_answer(now, number, told);
                }
            }
            Body::Ping => {
                let member = self.members.get_mut(to);
                if let Some(member) = member.filter(|member| member.since == Some(since)) {
                    member.server.report_touched();
                }
            }
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called, members included.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Time> {
        let leading = self.leading.as_ref().filter(|_| self.leader.is_some());
        let leading = leading.and_then(|leading| leading.server.poll_timeout());
        let members = self.members.iter().filter_map(|member| member.server.poll_timeout());
        let ping = self.untold().next().map(|_| self.ping_at);
        members.chain(leading).chain(ping).min()
    }

    /// The time has come, or time has passed, for all of them.
    pub fn handle_timeout(&mut self, now: Time) {
        for member in &mut self.members {
            member.server.handle_timeout(now);
        }
        if let Some(leading) = self.leading.as_mut().filter(|_| self.leader.is_some()) {
            leading.server.handle_timeout(now);
            self.publish(None);
        }
        if now >= self.ping_at {
            self.ping(now);
        }
    }
}

/// What is said.
impl Ensemble {
    /// The followers that have heard of sessions, and have not told the leader.
    fn untold(&self) -> impl Iterator<Item = (usize, u64)> {
        let leader = self.leader;
        let followers = self.members.iter().enumerate().filter(move |(at, _)| Some(*at) != leader);
        followers.filter_map(move |(at, member)| {
            member
                .since
                .filter(|_| leader.is_some() && member.server.has_touched())
                .map(|it| (at, it))
        })
    }

    /// The leader asks its followers which sessions they have heard of, as it does twice a tick.
    /// Those that have not need not be asked.
    fn ping(&mut self, now: Time) {
        let Some(leader) = self.leader else { return };
        let asked: Vec<_> = self.untold().collect();
        if asked.is_empty() {
            return;
        }
        let tick = self.agreed().map_or(Duration::ZERO, |agreed| agreed.config().tick);
        self.ping_at = now.after(tick.checked_div(2).unwrap_or_default());
        for (to, since) in asked {
            self.messages.push_back(Message { from: leader, to, since, body: Body::Ping });
        }
    }

    /// Takes what members have to say to their leader. Of the sessions that it has heard of itself
    /// the leader knows at once.
    fn collect(&mut self) {
        let Some(leader) = self.leader.filter(|_| self.leading.is_some()) else { return };
        if let (Some(leading), Some(leads)) = (&mut self.leading, self.members.get_mut(leader)) {
            leading.hear(&mut leads.server);
        }
        for (from, member) in self.members.iter_mut().enumerate() {
            let Some(since) = member.since else { continue };
            for forwarded in member.server.forwarded() {
                let body = Body::Forwarded(forwarded);
                self.messages.push_back(Message { from, to: leader, since, body });
            }
        }
    }

    /// Sends everyone what was agreed on since the last time; the last of it is of this request.
    fn publish(&mut self, origin: Option<(usize, u64)>) {
        let (Some(leading), Some(leader)) = (&mut self.leading, self.leader) else { return };
        let agreed = leading.server.history().len();
        for place in self.sent..agreed {
            let transaction = leading.server.history().get(place);
            let session = transaction.map_or(SessionId::NONE, |transaction| transaction.session);
            if transaction.is_some_and(|it| matches!(it.change, Change::CloseSession { .. })) {
                leading.forget_owner(session);
            }
            let is_last = place.saturating_add(1) == agreed;
            for (to, member) in self.members.iter().enumerate() {
                let Some(since) = member.since else { continue };
                let number = origin.filter(|(from, _)| *from == to && is_last);
                let body = Body::Committed(place, number.map(|(_, number)| number));
                self.messages.push_back(Message { from: leader, to, since, body });
            }
        }
        self.sent = agreed;
    }

    /// Answers a member.
    fn tell(&mut self, to: usize, number: u64, told: Told) {
        let (Some(leader), Some(member)) = (self.leader, self.members.get(to)) else { return };
        if let Some(since) = member.since {
            let body = Body::Told(number, told);
            self.messages.push_back(Message { from: leader, to, since, body });
        }
    }
}
