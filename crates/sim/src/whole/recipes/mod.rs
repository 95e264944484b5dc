//! Recipes in storms: several clients use one, futures are dropped at any poll, and what must hold
//! of it is checked.
//!
//! * [`ALL`]: the programs, one for a recipe. `play.rs`: what a program is, and who acts in it.
//! * `run.rs`: a run: the storm, and the calm behind it; what must hold of every recipe.
//! * `places.rs`: who stood in a queue, by the history. `holders.rs`: who held, by that and by what
//!   was noted.
//! * `storage.rs`: what is written to by whoever holds, and compares tokens, or does not.
//!   `guarded.rs`: the same, by guarded transactions.
//! * `mutex.rs` and those beside it: a program with its checker each.
//!
//! # What every program has by the frame
//!
//! The seed chooses the members, the clients, the trouble and how long it lasts. Actors, one or two
//! a client, make steps (`Play::step`) until the storm is over. Then, with nothing wrong:
//!
//! * each step that was begun ends (`liveness`);
//! * each client writes;
//! * the program does in calm (`Play::in_calm`) what it says can be done there;
//! * all guards and futures are gone by then, and so are, within two minutes and while the clients
//!   live, all znodes but those that stay (`Play::stays`; `orphans`), and all watches and
//!   requests (`leaks`);
//! * closed clients leave no session;
//! * at last the program judges (`Play::judge`) what it noted by the history.
//!
//! # A new one
//!
//! A file beside `mutex.rs` with a type that is a `Play`, and a line in [`ALL`]: the
//! command, the tests, `cargo xtask sim` and the hunt for mutants take it from there.

mod atomic_long;
#[cfg(feature = "discovery")]
mod discovery;
mod double_barrier;
mod guarded;
mod holders;
mod latch;
mod locking_queue;
mod mutex;
mod places;
mod play;
mod read_write;
mod run;
mod storage;
mod tree_cache;

use std::fmt;
use std::sync::Arc;

pub use super::programs::Broken;
pub use play::Tally;
use play::{Play, Setting};
pub use run::{Report, run_seed};

/// The program of a recipe.
pub struct Program {
    /// What it is called.
    pub name: &'static str,
    /// What it does, in a line.
    pub about: &'static str,
    play: fn(Setting) -> Arc<dyn Play>,
}

/// All of them.
pub const ALL: &[Program] = &[
    Program {
        name: "atomic_long",
        about: "a count: each addition is a number of its own, by which it is known",
        play: |setting| Arc::new(atomic_long::Additions::new(setting)),
    },
    #[cfg(feature = "discovery")]
    Program {
        name: "discovery",
        about: "services: instances that are registered, some under one id, and caches of them",
        play: |_| Arc::new(discovery::Services::default()),
    },
    Program {
        name: "double_barrier",
        about: "two enter together and leave together, and in calm all",
        play: |setting| Arc::new(double_barrier::Meetings::new(setting)),
    },
    Program {
        name: "latch",
        about: "an election: latches that stand through it all, and some for a while",
        play: |setting| Arc::new(latch::Elections::new(setting)),
    },
    Program {
        name: "locking_queue",
        about: "items that are locked, consumed, given back and put to the end",
        play: |setting| Arc::new(locking_queue::Work::new(setting)),
    },
    Program {
        name: "mutex",
        about: "a lock: who holds adds to three counters, one of which asks for no token",
        play: |setting| Arc::new(mutex::Mutual::new(setting)),
    },
    Program {
        name: "read_write",
        about: "readers who share, writers who do not, and writers who become readers",
        play: |setting| Arc::new(read_write::Sharing::new(setting)),
    },
    Program {
        name: "tree_cache",
        about: "copies of a tree that many write to, and what they tell",
        play: |setting| Arc::new(tree_cache::Trees::new(setting)),
    },
];

/// The program of this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Program> {
    ALL.iter().find(|program| program.name == name)
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").field("name", &self.name).finish_non_exhaustive()
    }
}
