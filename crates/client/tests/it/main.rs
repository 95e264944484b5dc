//! The client from outside.
//!
//! * `conversations`, `operations`, `settle`, `retry`, `handles`, `counters`, `endings`, `connecting`,
//!   `arguments`, `events`: against a scripted peer in memory, on a paused clock. They read like the
//!   conversation they script.
//! * `blocking`: the blocking twin, against the same peer on a thread of its own. `twins`: that it
//!   lacks nothing.
//! * `hostile`: against a peer that sends what it likes.
//! * `schedules`: the same peer, callers and driver in thousands of random orders.
//! * `sendable`: what moves between threads; it compiles, or it does not.
//! * `threads`: the same peer on several threads and a real clock.
//! * `guarding`: no test hangs without saying so.
//! * `real`: against every server listed in `ZOOKIT_REAL_SERVERS`.

mod arguments;
mod batches;
mod blocking;
mod connecting;
mod conversations;
mod counters;
mod endings;
mod events;
#[path = "../guard/mod.rs"]
mod guard;
mod guarding;
mod handles;
mod hostile;
mod operations;
mod peer;
mod real;
mod retry;
mod schedules;
mod sendable;
mod settle;
mod threads;
mod twins;
