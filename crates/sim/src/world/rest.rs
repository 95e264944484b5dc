//! Whether the world has come to rest, once all is well again.

use std::collections::VecDeque;

use super::World;
use super::client::Client;
use crate::network::{ClientEnd, Line};

impl World<'_> {
    /// Goes on until all clients are so and nothing is on its way between members, or until then.
    pub(super) fn rest_until(&mut self, until: u64, at_rest: impl Fn(&Client) -> bool) {
        while self.goes_on(until) && !(self.is_quiet() && self.clients.iter().all(&at_rest)) {
            self.advance();
        }
    }

    /// Goes on until nothing is under way any more: neither a call nor an event, on connections
    /// that both ends believe in. Returns whether it came to that by then.
    pub(super) fn settle_until(&mut self, until: u64) -> bool {
        while self.goes_on(until) {
            let idle = self.is_quiet() && self.clients.iter().all(Client::is_idle);
            if idle && self.clients.iter().all(|client| self.is_heard(client)) {
                return true;
            }
            self.advance();
        }
        false
    }

    /// Goes on until no member keeps what is nobody's any more, or until then.
    pub(super) fn clean_until(&mut self, until: u64) {
        while self.goes_on(until) && (self.has_stale_sessions() || self.has_stale_lines()) {
            self.advance();
        }
    }

    fn goes_on(&self, until: u64) -> bool {
        self.now < until && self.violation.is_none()
    }

    /// Whether nothing is on its way between members.
    fn is_quiet(&self) -> bool {
        self.messages.iter().all(VecDeque::is_empty)
    }

    /// Whether a client has been told all that its member had to tell.
    fn is_heard(&self, client: &Client) -> bool {
        if client.session.state().is_terminal() {
            return true;
        }
        let Some(line) = client.line.and_then(|line| self.lines.get(line.0 as usize)) else {
            return false;
        };
        let Some((id, server)) = line.server.zip(self.ensemble.member(line.member)) else {
            return false;
        };
        let told = line.up.is_clear() && line.down.is_clear();
        told && server
            .connections()
            .iter()
            .any(|at| at.id == id && !at.half_open && !at.closing && at.unsent == 0)
    }

    /// Whether a session lives that is no client's any more.
    fn has_stale_sessions(&self) -> bool {
        let Some(agreed) = self.ensemble.agreed() else { return false };
        let open = |client: &&Client| !client.session.state().is_terminal();
        let used = |id| self.clients.iter().filter(open).any(|it| it.session.session_id() == id);
        agreed.sessions().iter().any(|session| !used(session.id))
    }

    /// Whether a member believes in a connection that its client has closed.
    fn has_stale_lines(&self) -> bool {
        let stale = |line: &Line| line.client_end == ClientEnd::Gone && line.server.is_some();
        self.lines.iter().any(stale)
    }
}
