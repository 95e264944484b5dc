//! The server as a state machine: bytes and time in, bytes out.
//!
//! Every write takes two steps. *Prepare* turns a request, its session and the time into a
//! [`Transaction`], or into an error, which is a transaction as well; *apply* turns the transaction
//! into changes of the tree, replies and watch events. Nothing but `apply` changes a tree, and a
//! transaction says all that it needs, so that several members can apply one history.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::iter_over_hash_type
    )
)]

pub mod acl;
mod config;
mod connection;
mod ensemble;
mod java;
pub mod prepare;
mod profile;
mod quota;
pub mod read;
pub mod reaper;
mod server;
mod sessions;
mod statistics;
#[cfg(test)]
mod testing;
mod transaction;
mod tree;
mod watches;
mod words;

pub use config::Config;
pub use connection::ConnectionId;
pub use ensemble::{Ensemble, Message};
pub use profile::Profile;
pub use server::{
    Asked, ConnectionInfo, Effect, Fault, FaultId, Logged, Outcome, Server, SessionInfo, Snapshot,
    WatchInfo, WatchMode,
};
pub use transaction::{Change, Owner, Transaction, Written};
pub use tree::{Applied, Counters, Event, SharedAcl, Tree, Znode};
pub use zookit_proto::Time;
