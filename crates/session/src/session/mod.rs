//! The machine. Its states, and what moves it from one to the next:
//!
//! ```text
//!                         update_servers
//!        (no servers) Idle ------------+
//!                                      v        at its time          handle_connected
//!   new ---------------------------> Waiting -------------> Dialing ------------------+
//!                                      ^                       |                      v
//!                                      |   dial failed, late   |      closed, late  Handshaking
//!                                      +-----------------------+<---------------------+  |
//!                                      |                                                 |
//!      the session is gone: Expired,   |     refused by two: Expired, next generation     |
//!      next generation                 +<------------------------------------------------+
//!                                      |                                                 |
//!                                      |   lost: Suspended            granted            v
//!                                      +<------------------- Authenticating (only with SASL)
//!                                      |                                                 |
//!                                      +<------------------- Restoring  (auth, watches)  v
//!                                      |                                                 |
//!                                      +<------------------- Serving    (Connected)      v
//!                                      |                         |
//!                                      +<------------------- Draining   (before a move)
//!                                      |
//!   a session presumed gone answers:   +<------------------- Burying    (it is closed first)
//!
//!   close answered, its bound passed, credentials refused: Over
//! ```
//!
//! The rooms, by what they are for:
//!
//! * `commands`: what callers want;
//! * `connecting`: from Waiting to Serving;
//! * `receiving`, `sending`: bytes in, bytes out;
//! * `losing`: a connection ends;
//! * `expiring`: a session ends, is buried, and the next begins;
//! * `ending`: the handle ends;
//! * `moving`: leaving a server by choice, looking for a better one, asking a silent one why;
//! * `timing`: what is due when.

mod commands;
mod connecting;
mod ending;
mod expiring;
mod losing;
mod moving;
mod receiving;
mod sending;
#[cfg(test)]
mod tests;
mod timing;

use std::collections::VecDeque;
use std::time::Duration;

use fastrand::Rng;
use zookit_proto::mutant::{self, Mutant};
use zookit_proto::types::Password;
use zookit_proto::{SessionId, Time, Zxid};

use crate::config::{Config, Identity, Settings};
use crate::connection::Connection;
use crate::credentials::Credentials;
use crate::endpoint::Endpoint;
use crate::event::{Effect, Event, Reason, State, StateChange};
use crate::hosts::Hosts;
use crate::ids::{Generation, Ticket};
use crate::outcome::Outcome;
use crate::requests::Requests;
use crate::watches::Watches;

/// What the handshake asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// A new session.
    New,
    /// The session we have.
    Resume,
    /// The session presumed gone: to close it, or to hear that it is.
    Bury,
}

/// Where the machine stands; see the diagram above.
#[derive(Debug)]
enum Phase {
    Idle,
    Waiting { host: usize, at: Time },
    Dialing { host: usize, deadline: Time },
    Handshaking { deadline: Time, purpose: Purpose },
    Authenticating { rounds: u32 },
    Restoring { left: usize },
    Serving,
    Draining { deadline: Time, next: Option<usize> },
    Burying,
    Over,
}

/// The session of the current generation, and what outlives it.
#[derive(Debug)]
struct Life {
    generation: Generation,
    /// `NONE` until a server grants one.
    session: SessionId,
    password: Password,
    /// Granted, or asked for while there is none.
    timeout: Duration,
    /// When a server was last heard of.
    heard: Time,
    /// When the newest request that was answered had been sent.
    trusted_from: Option<Time>,
    /// The session was granted by a read-only server, and no other knows it.
    born_read_only: bool,
    /// The newest transaction that a reply or an event told of: outlives sessions, so that time
    /// never goes back. A server that is behind it closes silently.
    zxid: Zxid,
    /// The newest transaction up to which every watch has been told what it waits for: what
    /// watches are set again with. Behind `zxid` while events of one transaction arrive and while
    /// watches are being set again, since a loss then leaves some of them untold.
    told: Zxid,
    /// A session presumed gone and not known to be.
    grave: Option<Box<Grave>>,
    /// Who said first that the session to be taken up, or to be buried, is gone. There is rarely one.
    denied: Option<Box<Denial>>,
    /// The newest transaction seen when the connection was lost.
    away_since: Option<Zxid>,
}

/// What it takes to close a session that nobody uses any more. There is rarely one.
#[derive(Debug, Clone)]
struct Grave {
    session: SessionId,
    password: Password,
}

/// A server's word that a session is gone, before another has said the same.
#[derive(Debug)]
struct Denial {
    by: Endpoint,
    at: Time,
}

/// A close under way.
#[derive(Debug)]
struct Closing {
    tickets: Vec<Ticket>,
    deadline: Time,
}

/// The client session.
///
/// # Driving it
///
/// Its methods are of four families.
///
/// * *Commands* say what callers want: [`submit`](Self::submit), [`submit_run`](Self::submit_run),
///   [`add_auth`](Self::add_auth),
///   [`abandon`](Self::abandon), [`drop_watcher`](Self::drop_watcher),
///   [`update_servers`](Self::update_servers), [`close`](Self::close).
/// * *`handle_*`* say what the outside did: [`handle_connected`](Self::handle_connected),
///   [`handle_dial_failed`](Self::handle_dial_failed), [`handle_received`](Self::handle_received),
///   [`handle_written`](Self::handle_written), [`handle_disconnected`](Self::handle_disconnected),
///   [`handle_probed`](Self::handle_probed), [`handle_timeout`](Self::handle_timeout).
/// * *`poll_*`* say what the session wants. After any call of the first two families drain
///   [`poll_effect`](Self::poll_effect) and [`poll_event`](Self::poll_event), write what
///   [`poll_transmit`](Self::poll_transmit) announces, and wake the session at
///   [`poll_timeout`](Self::poll_timeout), which any of those calls may have changed.
/// * *Getters* change nothing.
///
/// It never fails and never panics, whatever it is told; what makes no sense in the present state
/// (bytes without a connection, a dial that was revoked) is ignored.
#[derive(Debug)]
pub struct Session {
    config: Settings,
    rng: Rng,
    now: Time,
    state: State,
    phase: Phase,
    life: Life,
    hosts: Hosts,
    connection: Option<Connection>,
    requests: Requests,
    watches: Watches,
    credentials: Credentials,
    closing: Option<Closing>,
    /// Connections in a row that were lost while watches were being set again.
    failed_restores: u32,
    search: Option<moving::Search>,
    trust: moving::Trust,
    silence: moving::Silence,
    events: VecDeque<Event>,
    effects: VecDeque<Effect>,
}

impl Session {
    /// A session that wants to dial at once. The seed decides every choice left to chance.
    #[must_use]
    pub fn new(config: Config, seed: u64, now: Time) -> Self {
        let mut rng = Rng::with_seed(seed);
        let (servers, resume, config) = config.split();
        let hosts = Hosts::new(servers, config.backoff, &mut rng);
        let life = Life::new(resume, config.session_timeout, now);
        let mut session = Self {
            config,
            rng,
            now,
            state: State::Connecting,
            phase: Phase::Idle,
            life,
            hosts,
            connection: None,
            requests: Requests::default(),
            watches: Watches::default(),
            credentials: Credentials::default(),
            closing: None,
            failed_restores: 0,
            search: None,
            trust: moving::Trust::default(),
            silence: moving::Silence::default(),
            events: VecDeque::new(),
            effects: VecDeque::new(),
        };
        session.attempt();
        session
    }

    /// Gives back memory that a busy time took; for when nothing is expected for a while.
    pub fn rest(&mut self) {
        self.requests.rest();
        self.events.shrink_to_fit();
        self.effects.shrink_to_fit();
        if let Some(connection) = &mut self.connection {
            connection.out.rest();
        }
    }

    // What the session wants

    /// The next thing to be done about connections.
    #[must_use]
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// The next thing that became true, in the order in which it did.
    #[must_use]
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    // Getters

    /// The state now.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// Which session of this handle the current one is, or the next one will be.
    #[must_use]
    pub const fn generation(&self) -> Generation {
        self.life.generation
    }

    /// The current session; [`SessionId::NONE`] while there is none.
    #[must_use]
    pub const fn session_id(&self) -> SessionId {
        self.life.session
    }

    /// The session timeout granted; the one asked for while there is no session.
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        self.life.timeout
    }

    /// The newest transaction that any reply told of, over all sessions of this handle.
    #[must_use]
    pub const fn zxid(&self) -> Zxid {
        self.life.zxid
    }

    /// Until when the session lives, by what its servers have answered.
    ///
    /// A server counts the timeout from when it last heard of the session, which was no earlier
    /// than the newest answered request was sent. A follower tells its leader twice a tick which
    /// sessions it heard of; one that is cut off before takes that along, and then the session
    /// may be over earlier than any client can know.
    /// From that, 5 % of the timeout and at least 50 ms are taken off, since two clocks measure.
    /// Locks and leaderships are held until then, not longer. `None` while there is no session.
    #[must_use]
    pub fn trusted_until(&self) -> Option<Time> {
        let timeout = self.life.timeout;
        let margin = timeout.checked_div(20).unwrap_or_default().max(Duration::from_millis(50));
        let margin = if mutant::on(Mutant::TrustWithoutMargin) { Duration::ZERO } else { margin };
        self.life.trusted_from.map(|from| from.after(timeout.saturating_sub(margin)))
    }

    /// When the newest request that was answered, ping or handshake, had been sent; `None` while
    /// there is no session.
    #[must_use]
    pub const fn trusted_from(&self) -> Option<Time> {
        self.life.trusted_from
    }

    /// The server of the connection, if there is one.
    #[must_use]
    pub fn server(&self) -> Option<&Endpoint> {
        self.connection.as_ref().map(|connection| &connection.endpoint)
    }

    /// Requests whose reply is due.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.requests.in_flight()
    }

    /// Requests not yet sent.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.requests.unsent()
    }

    /// Bytes of the requests not yet sent.
    #[must_use]
    pub fn queued_bytes(&self) -> usize {
        self.requests.unsent_bytes()
    }

    /// Local watchers, armed or to be armed.
    #[must_use]
    pub fn watchers(&self) -> usize {
        self.watches.len()
    }

    /// What it takes to take the session up again elsewhere; `None` while there is none.
    ///
    /// Whoever uses it must drop this session without closing it.
    #[must_use]
    pub fn identity(&self) -> Option<Identity> {
        (self.life.is_established() && !self.life.born_read_only).then(|| Identity {
            session: self.life.session,
            password: self.life.password.clone(),
            timeout: self.life.timeout,
            zxid: self.life.zxid,
        })
    }

    // For all rooms

    /// Takes note of the time, which never goes back.
    fn tick(&mut self, now: Time) {
        self.now = self.now.max(now);
    }

    fn complete(&mut self, ticket: Ticket, outcome: Outcome) {
        self.events.push_back(Event::Completed(ticket, outcome));
    }

    /// Changes the state and says so, with how many requests ended by it.
    fn publish(&mut self, state: State, reason: Reason, tally: Tally) {
        self.state = state;
        let connection = self.connection.as_ref();
        let change = StateChange {
            state,
            reason,
            generation: self.life.generation,
            session: self.life.session,
            server: connection.map(|connection| connection.endpoint.clone()),
            zxid: self.life.zxid,
            watches_restored: connection.map_or(0, |connection| connection.restored),
            not_sent: tally.not_sent,
            no_reply: tally.no_reply,
        };
        self.events.push_back(Event::State(Box::new(change)));
    }
}

/// How many requests ended in which of the two unhappy arms.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    not_sent: usize,
    no_reply: usize,
}

impl Tally {
    fn of(ended: &[(Ticket, Outcome)]) -> Self {
        let count = |wanted: fn(&Outcome) -> bool| {
            ended.iter().filter(|(_, outcome)| wanted(outcome)).count()
        };
        Self {
            not_sent: count(|outcome| matches!(outcome, Outcome::NotSent(_))),
            no_reply: count(|outcome| matches!(outcome, Outcome::NoReply(_))),
        }
    }
}

impl Life {
    fn new(resume: Option<Identity>, asked: Duration, now: Time) -> Self {
        let identity = resume.unwrap_or_else(|| Identity {
            session: SessionId::NONE,
            password: Password::zeros(),
            timeout: asked,
            zxid: Zxid(0),
        });
        Self {
            generation: Generation(1),
            session: identity.session,
            password: identity.password,
            timeout: identity.timeout,
            heard: now,
            trusted_from: None,
            born_read_only: false,
            zxid: identity.zxid,
            told: identity.zxid,
            grave: None,
            denied: None,
            away_since: None,
        }
    }

    fn is_established(&self) -> bool {
        self.session != SessionId::NONE
    }

    /// A server has applied this transaction, as a reply says; 0 and -1 say nothing.
    fn saw(&mut self, zxid: Zxid) {
        self.zxid = self.zxid.max(zxid);
    }

    /// A request sent at this moment was answered.
    fn trust(&mut self, sent_at: Time) {
        let from = if mutant::on(Mutant::TrustFromReply) { self.heard } else { sent_at };
        self.trusted_from = self.trusted_from.max(Some(from));
    }
}
