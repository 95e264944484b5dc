//! The workloads: what clients do all at once while accidents happen.
//!
//! * [`lane`]: one process after another of a client, one operation at a time;
//! * `frame.rs`: what has to be there before, and the last reads of everything;
//! * `register.rs`, `set.rs`, `ids.rs`, `counter.rs`, `queue.rs`, `ephemeral.rs`, `watch.rs`: a
//!   workload each;
//! * `visitor.rs`: clients that come, do a little, and close their sessions.
//!
//! What a linearizability check looks at is cut into many keys, each used for a while, since the cost
//! of such a check grows much faster than the number of operations on one key: `keys.rs`.

mod counter;
mod ephemeral;
pub mod frame;
mod ids;
mod keys;
pub mod lane;
mod queue;
mod register;
mod set;
pub mod visitor;
mod watch;

pub use lane::{Lane, Pace, Stop};

use keys::Keys;

/// The znode under which all others are.
pub const ROOT: &str = "/chaos";

/// What the lanes of a workload share, whatever client they are of.
#[derive(Debug)]
pub struct Common {
    registers: Keys,
    counters: Keys,
    sets: Keys,
    sequences: Keys,
}

impl Default for Common {
    fn default() -> Self {
        Self {
            registers: Keys::new("register", 250),
            counters: Keys::new("counter", 250),
            sets: Keys::new("set", 150),
            sequences: Keys::new("ids", 150),
        }
    }
}

/// What a lane does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `register.rs`.
    Register,
    /// `counter.rs`.
    Counter,
    /// `set.rs`.
    Set,
    /// `ids.rs`.
    Ids,
    /// `queue.rs`.
    Queue,
    /// `ephemeral.rs`.
    Ephemeral,
    /// `watch.rs`: who changes what is watched.
    Change,
    /// `watch.rs`: who watches.
    Watch,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Register,
        Self::Counter,
        Self::Set,
        Self::Ids,
        Self::Queue,
        Self::Ephemeral,
        Self::Change,
        Self::Watch,
    ];
}

/// Does what a lane of this kind does until it is stopped.
pub async fn run(kind: Kind, mut lane: Lane) {
    match kind {
        Kind::Register => register::run(&mut lane).await,
        Kind::Counter => counter::run(&mut lane).await,
        Kind::Set => set::run(&mut lane).await,
        Kind::Ids => ids::run(&mut lane).await,
        Kind::Queue => queue::run(&mut lane).await,
        Kind::Ephemeral => ephemeral::run(&mut lane).await,
        Kind::Change => watch::change(&mut lane).await,
        Kind::Watch => watch::watch(&mut lane).await,
    }
}
