//! Workloads: what users do, and what goes wrong, by name and with what weight.
//!
//! * this file: what a workload consists of;
//! * `table`: the workloads there are;
//! * `acts`, `requests`: what a user does;
//! * `troubles`: what goes wrong, and how it ends.

mod acts;
mod requests;
mod table;
mod troubles;

use std::time::Duration;

use fastrand::Rng;
use zookit_server::core::{Config as ServerConfig, Profile};
use zookit_session::{Config, Endpoint, SentRule};

pub use table::{ALL, named, of_seed};

use crate::world::MS;

/// Something a user does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Creates a persistent znode.
    Create,
    /// Creates one with a number.
    CreateSequential,
    /// Creates one that goes with the session.
    CreateEphemeral,
    /// Creates a new session's own znode at a place that other sessions want too.
    CreatePinned,
    /// Deletes a znode, of any version or of one.
    Delete,
    /// Sets data, of any version or of one.
    Set,
    /// Several writes, all or none.
    Multi,
    /// A read.
    Read,
    /// Makes the member catch up.
    Sync,
    /// A read or an addWatch with a watcher.
    Watch,
    /// Drops a watcher.
    DropWatcher,
    /// Many writes of one kind at once.
    Run,
    /// Many requests, one behind the other, without waiting.
    Burst,
    /// Loses interest in an answer.
    Abandon,
    /// Changes the list of servers.
    Move,
    /// Closes the handle, and opens another.
    Close,
    /// Many watches at once, with long paths.
    ManyWatches,
}

/// Something that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// A member closes a connection.
    Drop,
    /// A connection breaks, with what is on its way.
    Break,
    /// Nothing passes on a connection for a while, one way or both.
    Stall,
    /// Nothing passes on a connection for ever, one way or both, and nobody is told.
    HalfOpen,
    /// A member forgets a connection and does not tell.
    Forget,
    /// Nothing passes between a client and a member, or all, for a while.
    Part,
    /// A connection takes no more and is slow to bring what is under way, and no other can be made
    /// until the session is over at the servers.
    Choke,
    /// A member refuses connections for a while.
    Refuse,
    /// A request to come is lost, or its reply; or it is late, or refused.
    Strike,
    /// A session is ended.
    Expire,
    /// A session is ended, and its client does not hear of it.
    Kill,
    /// A member stops and starts again.
    Restart,
    /// A member stops for a while.
    Halt,
    /// Messages to a member are kept back for a while.
    Lag,
    /// Another member leads.
    Elect,
    /// A member is cut off from the others for a while.
    Cut,
    /// A member only reads for a while.
    ReadOnly,
}

/// How the network is. Chances are out of 256.
#[derive(Debug)]
pub struct Network {
    /// How long a segment takes, from and to, in nanoseconds.
    pub latency: (u64, u64),
    /// That it takes up to 40 times as long.
    pub slow: u8,
    /// That bytes are split once more.
    pub split: u8,
    /// That only a part of what is offered is taken.
    pub partial: u8,
    /// That bytes are given to a client one by one.
    pub dribble: u8,
    /// That a connection breaks just behind a watch event.
    pub behind_event: u8,
    /// That it breaks just behind the answer to a batch of watches that are set again.
    pub behind_restore: u8,
    /// That a connection has little room.
    pub narrow: u8,
    /// That a client that closes breaks the connection.
    pub abort: u8,
    /// That an attempt is refused.
    pub refused: u8,
    /// That an attempt is never answered.
    pub swallowed: u8,
}

/// What users do, and what goes wrong.
#[derive(Debug)]
pub struct Workload {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// How many members: one of these.
    pub members: &'static [usize],
    /// How many clients there are at first, from and to.
    pub clients: (usize, usize),
    /// About how many events until nothing goes wrong any more.
    pub events: u64,
    /// How long a user thinks, from and to, in nanoseconds.
    pub think: (u64, u64),
    /// How long nothing goes wrong, from and to, in nanoseconds.
    pub peace: (u64, u64),
    /// What a user does, each with its weight.
    pub acts: &'static [(u32, Act)],
    /// What goes wrong, each with its weight.
    pub troubles: &'static [(u32, Trouble)],
    /// The session timeouts asked for, in milliseconds.
    pub timeouts: &'static [u64],
    /// By how many thousandths clients' clocks are fast or slow at most.
    pub drift: u64,
    /// Whether members that only read will do for some of the clients.
    pub read_only: bool,
    /// Which version the members behave as.
    pub profile: Profile,
    /// The longest request that they take.
    pub max_buffer: usize,
    /// How the network is.
    pub network: Network,
}

impl Workload {
    /// One of these.
    pub(crate) fn pick<'a, T>(&self, rng: &mut Rng, of: &'a [T]) -> &'a T {
        &of[rng.usize(0..of.len())]
    }

    /// When something goes wrong next, if something did just now.
    pub(crate) fn next_trouble(&self, rng: &mut Rng) -> u64 {
        rng.u64(self.peace.0..self.peace.1)
    }

    /// How fast a client's clock runs, in thousandths of the true speed.
    pub(crate) fn clock(&self, rng: &mut Rng) -> u64 {
        rng.u64(1000 - self.drift..=1000 + self.drift)
    }

    /// How members behave.
    pub(crate) fn server_config(&self) -> ServerConfig {
        let mut config = ServerConfig::default();
        config.profile = self.profile;
        config.max_buffer = self.max_buffer;
        config.tick = Duration::from_millis(200);
        config.handshake_timeout = Duration::from_secs(2);
        config.four_letter_words.insert("isro".to_owned());
        config
    }

    /// How a client behaves.
    pub(crate) fn session_config(&self, rng: &mut Rng, members: usize) -> Config {
        let mut config = Config::new(servers(members));
        config.session_timeout = Duration::from_millis(*self.pick(rng, self.timeouts));
        config.read_only = self.read_only && rng.u8(..) < 160;
        config.sent_rule = *self.pick(rng, &[SentRule::LastByte, SentRule::FirstByte]);
        config.limits.window_requests = *self.pick(rng, &[1, 4, 32, 4096]);
        config.limits.window_bytes = *self.pick(rng, &[64, 1 << 10, 1 << 20]);
        config.limits.max_requests = *self.pick(rng, &[24, 200, 65_536]);
        config.limits.watch_batch_bytes = *self.pick(rng, &[1, 100, 128 << 10, 128 << 10]);
        config
    }
}

/// The addresses of so many members.
pub(crate) fn servers(members: usize) -> Vec<Endpoint> {
    let ports = (1..=members).filter_map(|port| u16::try_from(port).ok());
    ports.map(|port| Endpoint::new("member", port)).collect()
}

/// One of these, by weight.
pub(crate) fn weighted<T: Copy>(rng: &mut Rng, of: &[(u32, T)]) -> Option<T> {
    let total: u32 = of.iter().map(|(weight, _)| weight).sum();
    let mut left = rng.u32(0..total.max(1));
    for (weight, one) in of {
        match left.checked_sub(*weight) {
            Some(rest) => left = rest,
            None => return Some(*one),
        }
    }
    None
}

/// A duration from a world's nanoseconds, in whole milliseconds.
pub(crate) const fn millis(nanos: u64) -> Duration {
    Duration::from_millis(nanos / MS)
}
