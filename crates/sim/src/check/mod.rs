//! The checkers: what must hold in every run, looked at while it goes on.
//!
//! A zxid is a witness of the one order of all transactions, so nothing is searched for: each
//! observation costs a few look-ups, and a history of a million operations is checked in passing.
//!
//! * [`fate`]: what a caller was told of a call is what became of it.
//! * [`order`]: effects come in the order of submission, and time never goes back.
//! * [`watches`]: who waits for a change hears of it, before any reply that shows it.
//! * [`sessions`]: states, expiry, ephemeral znodes, and the walls between generations.
//! * [`trust`]: nobody trusts a session that is over.
//! * [`liveness`]: once nothing goes wrong any more, everything finishes.
//! * [`leaks`]: nothing is left behind.
//!
//! They share two rooms: `history`, what was agreed on, and `clients`, whose session is whose.

mod clients;
mod content;
pub mod fate;
mod history;
pub mod leaks;
mod left;
pub mod liveness;
pub mod order;
mod reply;
pub mod sessions;
#[cfg(test)]
mod testing;
pub mod trust;
mod violation;
pub mod watches;

pub use left::{ClientLeft, Final, MemberLeft, WatchLeft};
pub use violation::Violation;

use std::time::Duration;

use zookit_proto::Time;

use self::clients::Clients;
use self::history::History;
use crate::observe::Observation;

/// What the checkers must know of a run beside its observations.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// How long after [`Calm`](Observation::Calm) everything must have finished.
    pub calm: Duration,
    /// How long after the last sign of a server a session must have been reported expired, in
    /// session timeouts of 1/12 each. `None`: the clients are not set to presume that.
    ///
    /// The promise is 16 of them. A checker does not see bytes: while watches are being set again,
    /// a server may be heard for one timeout more without any sign of it. So 28 is sure.
    pub expiry_twelfths: Option<u32>,
    /// Whether observations are made in the order in which the session told them. Where callers
    /// are tasks that run when it pleases them, they are not: then what a client was told is
    /// compared with what it had been told when it submitted the call, and a notice is not missed
    /// before the end of the run.
    pub in_order: bool,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { calm: Duration::from_secs(120), expiry_twelfths: Some(28), in_order: true }
    }
}

/// All checkers of one run.
#[derive(Debug)]
pub struct Checkers {
    members: usize,
    calm: bool,
    history: History,
    clients: Clients,
    fate: fate::Fate,
    order: order::Order,
    watches: watches::Watches,
    sessions: sessions::Sessions,
    trust: trust::Trust,
    liveness: liveness::Liveness,
}

impl Checkers {
    /// For a run of an ensemble of so many members, with the usual [`Bounds`].
    #[must_use]
    pub fn new(members: usize) -> Self {
        Self::within(members, Bounds::default())
    }

    /// For a run with bounds of its own.
    #[must_use]
    pub fn within(members: usize, bounds: Bounds) -> Self {
        Self {
            members,
            calm: false,
            history: History::default(),
            clients: Clients::default(),
            fate: fate::Fate::default(),
            order: order::Order::new(bounds.in_order),
            watches: watches::Watches::new(bounds.in_order),
            sessions: sessions::Sessions::new(bounds.expiry_twelfths),
            trust: trust::Trust::default(),
            liveness: liveness::Liveness::new(bounds.calm),
        }
    }

    /// Something happened. Observations come in the order in which it did.
    ///
    /// # Errors
    /// The first promise that it breaks. A run ends there: what comes behind it means nothing.
    pub fn see(&mut self, now: Time, observation: &Observation) -> Result<(), Violation> {
        let Self { history, clients, .. } = self;
        self.sessions.pass(now, history, clients)?;
        self.liveness.pass(now, clients, &self.fate)?;
        match observation {
            Observation::Submitted { client, call, request, watcher, pinned, generation } => {
                let asked = fate::Asked { request, generation: *generation, pinned: *pinned };
                let place = self.fate.submitted(now, history, *client, *call, &asked)?;
                self.order.submitted(*client, place);
                self.watches.submitted(*client, *call, request, *watcher);
                self.trust.submitted(clients, *client, request);
                self.liveness.submitted(*client);
                self.sessions.submitted(clients, *client, *call, request);
            }
            Observation::Ended { client, call, end } => {
                self.sessions.ended(now, history, *client, *call, end)?;
                let ended = self.fate.ended(now, history, *client, *call, end)?;
                self.order.ended(now, &ended, end)?;
                let by_server = ended.by_server;
                self.watches.ended(now, history, (*client, *call), end, by_server)?;
            }
            // It still ends, and that is looked at.
            Observation::Abandoned { .. } => {}
            Observation::Notice { client, watcher, notice } => {
                self.order.noticed(now, *client, notice)?;
                self.watches.noticed(now, history, (*client, *watcher), notice)?;
            }
            Observation::WatcherDropped { client, watcher } => {
                self.watches.dropped(history, *client, *watcher);
            }
            Observation::State { client, change } => {
                self.order.state(now, *client, change)?;
                self.sessions.state(now, history, clients, *client, change)?;
                self.watches.state(now, *client, change)?;
                self.trust.state(now, *client, change)?;
            }
            Observation::Trusted { client, session, until } => {
                if until.is_some() {
                    clients.sign(*client, now);
                }
                self.trust.trusted(now, history, *client, *session, *until)?;
            }
            Observation::EndAsked { session } => self.trust.end_asked(*session),
            Observation::Unheard { session } => self.trust.unheard(*session),
            Observation::Committed(transaction) => {
                self.sessions.committed(now, history, transaction)?;
                history.add(now, transaction)?;
                let placed = self.fate.committed(now, history, clients, transaction)?;
                self.order.committed(now, transaction, placed)?;
                self.watches.committed(history);
                self.trust.committed(now, transaction)?;
            }
            Observation::Calm => {
                self.calm = true;
                self.liveness.calm(now);
            }
        }
        Ok(())
    }

    /// Nothing is under way any more, neither a call nor an event: whoever waits for a change that
    /// has happened must have been told. To be asked before watchers are dropped at the end.
    ///
    /// # Errors
    /// A watch that was lost.
    pub fn settled(&mut self, now: Time) -> Result<(), Violation> {
        self.watches.settled(now, &self.history, &self.clients)
    }

    /// The run is over. Without [`Calm`](Observation::Calm) before, what may still be under way is
    /// not looked at.
    ///
    /// # Errors
    /// What is left that must not be, or missing that must be there.
    pub fn finish(mut self, left: &Final<'_>) -> Result<(), Violation> {
        let now = left.now;
        self.history.agrees_with(now, left.history)?;
        self.fate.finish(now)?;
        self.order.finish(now, &self.fate)?;
        if self.calm {
            self.liveness.finish(now, &self.clients, &self.fate)?;
            self.sessions.finish(now, &self.history, &self.clients)?;
            self.watches.settled(now, &self.history, &self.clients)?;
            leaks::check(left, self.members, &self.history, &self.clients, &self.watches)?;
        }
        Ok(())
    }
}
