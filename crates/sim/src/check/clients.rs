//! Whose session is whose, and how each client stands.

use std::collections::BTreeMap;

use zookit_proto::{SessionId, Time};
use zookit_session::{Generation, State, StateChange};

use crate::observe::ClientId;

/// A client as far as it has told.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    pub(super) state: State,
    pub(super) generation: Generation,
    /// The session of the generation, once the client has told of it.
    pub(super) session: SessionId,
    /// When the state changed last, or trust did.
    pub(super) sign: Time,
}

impl Standing {
    pub(super) fn of(now: Time, change: &StateChange) -> Self {
        let StateChange { state, generation, session, .. } = *change;
        Self { state, generation, session, sign: now }
    }
}

/// All clients.
#[derive(Debug, Default)]
pub(super) struct Clients {
    all: BTreeMap<ClientId, Standing>,
    owners: BTreeMap<SessionId, (ClientId, Generation)>,
    of: BTreeMap<(ClientId, Generation), SessionId>,
}

impl Clients {
    pub(super) fn get(&self, client: ClientId) -> Option<&Standing> {
        self.all.get(&client)
    }

    /// Before its first change of state a client is connecting, in its first generation.
    pub(super) fn state(&self, client: ClientId) -> State {
        self.get(client).map_or(State::Connecting, |standing| standing.state)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (ClientId, &Standing)> {
        self.all.iter().map(|(client, standing)| (*client, standing))
    }

    pub(super) fn stands(&mut self, client: ClientId, standing: Standing) {
        if standing.session != SessionId::NONE {
            // Another client at its end may have left its session to this one.
            let left = |(other, _): (ClientId, Generation)| self.state(other).is_terminal();
            if self.owner(standing.session).is_none_or(left) {
                self.owners.insert(standing.session, (client, standing.generation));
            }
            self.of.entry((client, standing.generation)).or_insert(standing.session);
        }
        self.all.insert(client, standing);
    }

    /// A server was heard of.
    pub(super) fn sign(&mut self, client: ClientId, now: Time) {
        if let Some(standing) = self.all.get_mut(&client) {
            standing.sign = now;
        }
    }

    pub(super) fn owner(&self, session: SessionId) -> Option<(ClientId, Generation)> {
        self.owners.get(&session).copied()
    }

    pub(super) fn session(&self, client: ClientId, generation: Generation) -> Option<SessionId> {
        self.of.get(&(client, generation)).copied()
    }

    /// The sessions of earlier generations.
    pub(super) fn before(
        &self,
        client: ClientId,
        generation: Generation,
    ) -> impl Iterator<Item = (Generation, SessionId)> {
        let range = (client, Generation(0))..(client, generation);
        self.of.range(range).map(|((_, generation), session)| (*generation, *session))
    }
}
