//! The client's session as the design has it, checked over every order of events in small worlds:
//! sessions and generations, the fates of requests, watches and gaps.
//!
//! ```text
//!                        Dial, nothing to bury                Session, and nothing to restore
//!   +----------------+ ------------------------> +-----------------+ ------> +-----------+
//!   |  Disconnected  |                           |   Handshaking   |         | Connected |
//!   +----------------+ <------------------------ | (New or Resume) | --+     +-----------+
//!     |   ^   ^   ^     Cut, refused in silence  +-----------------+   |       ^   |
//!     |   |   |   |     Expired: reported, next    | Presume           |       |   | Cut, closed
//!     |   |   |   |     generation                 | (Resume)          v       |   v
//!     |   |   |   |                                |           +-----------+   |  fates of what
//!     |   |   |   +---------- Cut -----------------|---------- | Restoring | --+  is in flight,
//!     |   |   |                                    v           | (batch)   | all  Disconnected
//!     |   |   +------- Expired: gone -- +--------------------+ +-----------+ set
//!     |   |                             | Handshaking (Bury) | <---- Dial, to bury
//!     |   +--- Closed: buried --+       +--------------------+
//!     |                         |           | Session: closeSession goes out
//!     |                    +---------+      |
//!     |                    | Burying | <----+    Cut before the reply: still to bury
//!     |                    +---------+
//!     +--> Presume: reported, next generation; the old session is to be buried first
//! ```
//!
//! The world is one client handle, its connection, the connections it has left and the server has
//! not yet noticed, and one committed history that a second member may have applied in part.
//! `rules.rs` lists what the client promises itself, `properties.rs` what it promises its callers,
//! `scopes.rs` the worlds; `mutants.rs` breaks one rule at a time to see the promises fall.
//!
//! What the model leaves out: time (expiry, presumption and cuts just happen, within a budget),
//! deadlines, the window, authentication, read-only members, removal of watches, refused requests
//! and refused restores, and the one mode per path before 3.9 beyond the rule that a one-shot
//! watch on the persistent watch's path sets no flag. Nodes always exist, so an exists watch,
//! which cannot notice a node that came and went while the client was away, is not here either.
//! A write changes node A and stands for an ephemeral as well. Events carry their zxid as from
//! 3.9; replayed ones do not.

mod book;
mod client;
mod endings;
mod mutants;
mod network;
mod properties;
mod rules;
mod scopes;
mod server;
mod world;

use stateright::{Checker, Expectation, Model};

use crate::rules::Scope;
use crate::world::Zoo;

/// Explores a scope whole: every promise holds in every state, every situation is met.
fn explore(name: &str, scope: Scope, at_least: usize) {
    let zoo = Zoo { scope, broken: None };
    let promises = zoo.properties();
    let checker = zoo.checker().spawn_bfs().join();
    let unique = checker.unique_state_count();
    println!("{name}: {unique} states, {} steps deep", checker.max_depth());
    let discoveries = checker.discoveries();
    for promise in promises.iter().filter(|it| it.expectation == Expectation::Always) {
        if let Some(path) = discoveries.get(promise.name) {
            panic!("not so: {}: {:?}", promise.name, path.clone().into_actions());
        }
    }
    assert!(checker.is_done(), "the exploration ended early");
    checker.assert_properties();
    assert!(unique >= at_least, "{unique} states: the scope became trivial");
}

#[test]
fn every_write_has_the_fate_it_is_told_to_have() {
    explore("fates", scopes::FATES, 20_000);
}

#[test]
fn no_two_generations_meet_at_the_server() {
    explore("generations", scopes::GENERATIONS, 500_000);
}

#[test]
fn no_one_shot_watch_is_silently_lost() {
    explore("one-shot watches", scopes::ONE_SHOTS, 100_000);
}

#[test]
fn time_never_runs_backwards_at_a_lagging_member() {
    explore("lagging member", scopes::LAGGING, 100_000);
}

#[test]
fn a_stream_sees_every_change_or_a_gap() {
    explore("streams", scopes::STREAMS, 50_000);
}

#[test]
fn a_fence_settles_what_became_of_a_lost_write() {
    explore("judging", scopes::JUDGING, 50_000);
}
