//! The ZooKeeper client session as a state machine: no socket, no clock, no task.
//!
//! [`Session`] is told what happened (a connection came up, bytes arrived, time passed) and says
//! what it wants (dial, write these bytes, wake me then) and what became true (a request ended, a
//! watch fired, the state changed).
//! Time and a seed are arguments, so the same inputs give the same outputs: one driver runs it in
//! production, scripts and simulators run the same code in tests.
//!
//! # What it promises
//!
//! * Every request ends once, in exactly one arm of [`Outcome`]; no mutation is sent twice.
//!   `docs/FATES.md` has the outcome of every kind of request in every kind of accident.
//! * Effects of one client's writes happen in the order of submission.
//! * A watch event is told before the completion of any request whose reply came behind it; what a
//!   persistent watch cannot have seen is told as a gap.
//! * The newest zxid seen never goes back, over connections and sessions.
//! * No write crosses from one session into the next, and no two sessions of one handle own
//!   ephemeral znodes at once.
//! * Memory is bounded by [`Limits`], whatever a server sends.
//!
//! # Layout
//!
//! * [`Session`]: the machine, its diagram, and how to drive it.
//! * `requests`, `fates`: where requests wait, and the one table of what becomes of them.
//! * [`Run`]: many requests as one.
//! * `watches`: local watchers, the server's side of them, and their restoration.
//! * `hosts`: which server next, and when.
//! * `connection`, `send_buffer`: what lives and dies with one connection.
//! * `credentials`, [`sasl`](Mechanism): who we are.
//! * [`Config`], [`Limits`]: everything that can be set.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

mod config;
mod connection;
mod credentials;
mod diagnosis;
mod endpoint;
mod event;
pub mod fates;
mod hosts;
mod ids;
mod outcome;
mod request;
mod requests;
mod run;
mod sasl;
mod send_buffer;
mod session;
mod watches;

pub use config::{
    Backoff, Config, Identity, Limits, OnExpiry, PresumedExpiry, SentRule, ServerFloor,
};
pub use endpoint::Endpoint;
pub use event::{
    Diagnosis, Effect, Event, Reason, SilentClose, State, StateChange, WatchEnd, WatchNotice,
};
pub use ids::{Generation, Ticket, WatcherId};
pub use outcome::{Loss, NoReply, NotSent, Outcome, Unreadable};
pub use request::{Submission, WatchKind, WatchRequest};
pub use run::{Outcomes, Replies, Run, Tickets};
pub use sasl::{Mechanism, Step};
pub use session::Session;
pub use zookit_proto::Time;
