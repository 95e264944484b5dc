//! The world of one seed: clients, the network, the members, and what goes wrong.
//!
//! Nothing here knows a clock or chance but virtual time and one seeded generator: the same seed is
//! the same run, byte for byte.
//!
//! * this file: time, and who handles what happens;
//! * `client`: one handle; `clients`: what it wants and what it is told;
//! * `members`: what the ensemble wants;
//! * `carrying`: bytes and connections between them;
//! * `queue`: what is going to happen;
//! * `ending`, `rest`: how a run ends.
//!
//! What users do, and what goes wrong, is a [workload](crate::workload)'s.

mod carrying;
pub(crate) mod client;
pub(crate) mod clients;
mod ending;
mod members;
pub(crate) mod queue;
mod rest;
mod tally;
#[cfg(test)]
mod tests;

pub use tally::Tally;

use std::collections::{BTreeMap, VecDeque};

use bytes::BytesMut;
use fastrand::Rng;
use zookit_proto::{SessionId, Time, Zxid};
use zookit_server::core::{Ensemble, Message};

use self::client::Client;
use self::queue::{Event, Queue};
use crate::check::{Checkers, Violation};
use crate::network::{Line, LineId};
use crate::observe::Observation;
use crate::trace::Trace;
use crate::workload::{Trouble, Workload};

/// A millisecond, in the world's nanoseconds.
pub(crate) const MS: u64 = 1_000_000;

/// Prints a line of the trace, if there is one.
macro_rules! say {
    ($world:expr, $($format:tt)*) => {
        if $world.trace.is_printing() {
            $world.trace.line($world.now, format_args!($($format)*));
        }
    };
}
pub(crate) use say;

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Users do things, and things go wrong.
    Wild,
    /// No more of either begins.
    Fading,
    /// All is well again.
    Calm,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// How many events there were.
    pub events: u64,
    /// How many calls users made.
    pub calls: u64,
    /// How long it took, in virtual time.
    pub time: Time,
    /// The hash of all that happened.
    pub hash: u64,
    /// How much came about.
    pub tally: Tally,
    /// What was not as promised.
    pub violation: Option<Violation>,
}

/// All there is.
pub(crate) struct World<'a> {
    pub(crate) workload: &'static Workload,
    pub(crate) rng: Rng,
    /// Nanoseconds since the beginning.
    pub(crate) now: u64,
    pub(crate) queue: Queue,
    pub(crate) phase: Phase,
    pub(crate) clients: Vec<Client>,
    pub(crate) ensemble: Ensemble,
    pub(crate) lines: Vec<Line>,
    /// For each member, by the numbers of its connections.
    pub(crate) line_of: Vec<Vec<Option<LineId>>>,
    /// Messages on their way, for each pair of members.
    pub(crate) messages: Vec<VecDeque<(u64, Message)>>,
    /// Until when messages to each member are kept back.
    pub(crate) lagging_until: [u64; client::MOST_MEMBERS],
    /// Connections with lower numbers were there when the member was cut off last.
    pub(crate) cut_off_before: [u32; client::MOST_MEMBERS],
    /// When the members are going to be woken.
    pub(crate) members_wake_at: u64,
    /// The sessions that have ended, and with which transaction.
    pub(crate) ended: BTreeMap<SessionId, Zxid>,
    /// How much of the history was observed.
    pub(crate) committed: usize,
    /// The last moment at which something that went wrong is still wrong.
    pub(crate) wrong_until: u64,
    pub(crate) calls: u64,
    pub(crate) watchers: u64,
    pub(crate) events: u64,
    tally: Tally,
    pub(crate) trace: &'a mut Trace,
    checkers: Checkers,
    violation: Option<Violation>,
    scratch: BytesMut,
}

/// Runs one seed of a workload to its end, or to the first violation.
#[must_use]
pub fn run(workload: &'static Workload, seed: u64, trace: &mut Trace) -> Report {
    let mut world = World::new(workload, seed, trace);
    world.begin();
    while world.violation.is_none() && world.step() {}
    if world.violation.is_none() {
        world.end();
    }
    Report {
        events: world.events,
        calls: world.calls,
        time: world.time(),
        hash: world.trace.hash(),
        tally: world.tally,
        violation: world.violation,
    }
}

impl<'a> World<'a> {
    fn new(workload: &'static Workload, seed: u64, trace: &'a mut Trace) -> Self {
        let mut rng = Rng::with_seed(seed);
        let members = *workload.pick(&mut rng, workload.members);
        let ensemble = Ensemble::new(&workload.server_config(), members, rng.u64(..));
        trace.mix(seed);
        Self {
            workload,
            rng,
            now: 0,
            queue: Queue::default(),
            phase: Phase::Wild,
            clients: Vec::new(),
            ensemble,
            lines: Vec::new(),
            line_of: vec![Vec::new(); members],
            messages: (0..members * members).map(|_| VecDeque::new()).collect(),
            lagging_until: [0; client::MOST_MEMBERS],
            cut_off_before: [0; client::MOST_MEMBERS],
            members_wake_at: u64::MAX,
            ended: BTreeMap::new(),
            committed: 0,
            wrong_until: 0,
            calls: 0,
            watchers: 0,
            events: 0,
            tally: Tally::default(),
            trace,
            checkers: Checkers::within(members, ending::bounds()),
            violation: None,
            scratch: BytesMut::new(),
        }
    }

    fn begin(&mut self) {
        self.furnish();
        if self.workload.read_only && self.rng.bool() {
            // Whoever has a session cannot take it up again on such a member; new ones can begin.
            self.go_wrong(Trouble::ReadOnly);
        }
        let (least, most) = self.workload.clients;
        for _ in 0..self.rng.usize(least..=most) {
            self.new_client();
        }
        self.settle_members();
        let at = self.workload.next_trouble(&mut self.rng);
        self.queue.plan(at, Event::Trouble);
    }

    /// Lets the next event happen. False when users have done what they wanted, all is well again,
    /// and the world has had its time to get over it.
    fn step(&mut self) -> bool {
        if self.phase == Phase::Wild && self.events >= self.workload.events {
            self.phase = Phase::Fading;
            self.fade();
            self.queue.plan(self.wrong_until.max(self.now), Event::Calm);
        }
        self.advance();
        self.phase != Phase::Calm
    }

    /// Lets the next event happen.
    pub(crate) fn advance(&mut self) {
        let Some((at, event)) = self.queue.next() else { return };
        self.now = self.now.max(at);
        self.events += 1;
        self.trace.mix(self.now);
        self.happen(event);
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Syn(line) => self.reach_member(line),
            Event::Established(line) => self.established(line),
            Event::Refused(line) => self.refused(line),
            Event::Arrival(line, way) => self.arrival(line, way),
            Event::ProbeTimeout(line) => self.probe_ended(line, None),
            Event::WakeClient(client) => self.wake_client(client),
            Event::WakeMembers => self.wake_members(),
            Event::Message { from, to } => self.message(from.into(), to.into()),
            Event::Act(client) => self.act(client),
            Event::Trouble => self.trouble(),
            Event::Relief(relief) => self.relieve(relief),
            Event::Calm => {
                self.phase = Phase::Calm;
                self.observe(&Observation::Calm);
            }
        }
    }

    // For all rooms

    /// Now, by the members' clocks.
    pub(crate) fn time(&self) -> Time {
        Time::since_origin(std::time::Duration::from_nanos(self.now))
    }

    /// Whether it happens, with so many chances out of 256.
    pub(crate) fn chance(&mut self, of_256: u8) -> bool {
        of_256 > 0 && self.rng.u8(..) < of_256
    }

    /// How long something takes to get to the other end.
    pub(crate) fn latency(&mut self) -> u64 {
        let network = &self.workload.network;
        let (least, most) = network.latency;
        if self.rng.u8(..) < network.slow {
            return self.rng.u64(most..most * 40);
        }
        self.rng.u64(least..most)
    }

    /// Something stays wrong until then.
    pub(crate) fn wrong_until(&mut self, at: u64) {
        self.wrong_until = self.wrong_until.max(at);
    }

    /// Shows the checkers what happened.
    pub(crate) fn observe(&mut self, observation: &Observation) {
        if self.violation.is_some() {
            return;
        }
        if let Err(violation) = self.checkers.see(self.time(), observation) {
            self.violation = Some(violation);
        }
    }
}
