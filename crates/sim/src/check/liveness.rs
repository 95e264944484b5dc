//! Liveness: once nothing goes wrong any more, everything finishes.
//!
//! Within a bound after that every call has ended, and every client is connected to a server that
//! takes writes, or at its end.

use std::collections::BTreeSet;
use std::time::Duration;

use zookit_proto::Time;
use zookit_session::State;

use super::Violation;
use super::clients::Clients;
use super::fate::Fate;
use crate::observe::ClientId;

/// The checker.
#[derive(Debug)]
pub struct Liveness {
    bound: Duration,
    /// When everything must have finished; `None` before the calm, and once that was looked at.
    due: Option<Time>,
    /// Who has submitted anything.
    clients: BTreeSet<ClientId>,
}

impl Liveness {
    pub(super) const fn new(bound: Duration) -> Self {
        Self { bound, due: None, clients: BTreeSet::new() }
    }

    pub(super) fn submitted(&mut self, client: ClientId) {
        self.clients.insert(client);
    }

    pub(super) fn calm(&mut self, now: Time) {
        self.due = Some(now.after(self.bound));
    }

    /// Time has passed.
    pub(super) fn pass(
        &mut self,
        now: Time,
        clients: &Clients,
        fate: &Fate,
    ) -> Result<(), Violation> {
        if self.due.is_none_or(|due| now <= due) {
            return Ok(());
        }
        self.due = None;
        self.finish(now, clients, fate)
    }

    pub(super) fn finish(
        &self,
        now: Time,
        clients: &Clients,
        fate: &Fate,
    ) -> Result<(), Violation> {
        let violation = |what| Err(Violation::new("liveness", now, what));
        if let Some(call) = fate.first_open() {
            return violation(format!("nothing goes wrong any more, and {call} has not ended"));
        }
        let silent = self.clients.iter().filter(|client| clients.get(**client).is_none());
        let silent = silent.map(|client| (*client, State::Connecting));
        let all = clients.iter().map(|(client, standing)| (client, standing.state)).chain(silent);
        for (client, state) in all {
            if state != State::Connected && !state.is_terminal() {
                let client = client.0;
                return violation(format!(
                    "nothing goes wrong any more, and client {client} is still {state:?}"
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
