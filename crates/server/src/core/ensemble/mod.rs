//! Several members over one history, each of which has applied it up to a point of its own.
//!
//! What members tell one another are [`Message`]s: the caller carries them, as late as it likes,
//! but those between two members in the order in which it got them. What it loses or keeps back is
//! lost to the ensemble, as on a real network: then it must [cut](Ensemble::cut) the member off.

mod message;

pub use message::Message;

use std::collections::VecDeque;

use super::{Config, Server, Time, Transaction};

/// An ensemble as a state machine: its members, and what is under way between them.
#[derive(Debug)]
pub struct Ensemble {
    members: Vec<Server>,
    messages: VecDeque<Message>,
    history: Vec<Transaction>,
}

impl Ensemble {
    /// An ensemble of so many members that all begin empty and together; the first leads. One
    /// member is a server that stands alone.
    #[must_use]
    pub fn new(config: &Config, members: usize, seed: u64) -> Self {
        let members =
            (0..members.max(1)).map(|_| Server::new(config.clone(), seed)).collect::<Vec<_>>();
        Self { members, messages: VecDeque::new(), history: Vec::new() }
    }

    /// How many members there are.
    #[must_use]
    pub fn size(&self) -> usize {
        self.members.len()
    }

    /// A member, counted from 0: what clients connect to.
    #[must_use]
    pub fn member(&self, index: usize) -> Option<&Server> {
        self.members.get(index)
    }

    /// A member: connections, and what a test can do to it alone.
    pub fn member_mut(&mut self, index: usize) -> Option<&mut Server> {
        self.members.get_mut(index)
    }

    /// The member that leads, while there is a quorum.
    #[must_use]
    pub fn leader(&self) -> Option<usize> {
        Some(0)
    }

    /// The next message that wants to be carried. Ask until it says `None` after every other call,
    /// calls of members included.
    pub fn poll_message(&mut self) -> Option<Message> {
        self.messages.pop_front()
    }

    /// A message arrives. One from before an accident that ended its way is ignored.
    pub fn deliver(&mut self, _now: Time, _message: Message) {}

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called, members included.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Time> {
        self.members.iter().filter_map(Server::poll_timeout).min()
    }

    /// The time has come, or time has passed, for all of them.
    pub fn handle_timeout(&mut self, now: Time) {
        for member in &mut self.members {
            member.handle_timeout(now);
        }
    }

    /// The network between a member and all others fails. It closes its clients' connections; if
    /// [`readonly`] it serves reads from now on, else nobody. Whoever leads without a quorum leads
    /// no more.
    pub fn cut(&mut self, _now: Time, _member: usize, _readonly: bool) {}

    /// A member is back: it has all that was agreed on before it serves again. If there was no
    /// leader and there is a quorum again, one is elected.
    pub fn join(&mut self, _now: Time, _member: usize) {}

    /// The leader is lost and another member of the quorum leads, in the next epoch: all
    /// connections are closed, and sessions have their full timeouts.
    pub fn elect(&mut self, _now: Time, _leader: usize) {}

    /// All that was agreed on, in order.
    #[must_use]
    pub fn history(&self) -> &[Transaction] {
        &self.history
    }
}
