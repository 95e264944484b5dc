//! A deterministic simulator for ZooKeeper's client and servers, with a checker for every promise.
//!
//! Level 1 runs client sessions and an ensemble, all of them state machines, over a network of byte
//! pipes in virtual time: [`world::run`] is one seed of it, and `zookit-sim` the command for many.
//! Level 2 runs the whole client: [`whole`].
//!
//! * [`world`]: one seed: time, clients, members, what is on its way;
//! * `network`: connections;
//! * [`workload`]: what users do and what goes wrong, by name;
//! * [`check`]: a checker for every promise;
//! * [`observe`]: what happened, as checkers see it;
//! * [`trace`]: what happened, as a hash and as lines to read;
//! * [`mutants`]: known bugs, put back, and what finds them;
//! * [`whole`]: the whole client, on the paused clock of a runtime.

pub mod check;
pub mod mutants;
mod network;
pub mod observe;
pub mod trace;
pub mod whole;
pub mod workload;
pub mod world;
