//! The client from outside.
//!
//! * `conversations`, `operations`, `settle`, `retry`, `handles`, `endings`, `connecting`,
//!   `arguments`, `events`: against a scripted peer in memory, on a paused clock. They read like the
//!   conversation they script.
//! * `hostile`: against a peer that sends what it likes.
//! * `threads`: the same peer on several threads and a real clock.
//! * `real`: against every server listed in `ZOOKIT_REAL_SERVERS`.

mod arguments;
mod connecting;
mod conversations;
mod endings;
mod events;
mod handles;
mod hostile;
mod operations;
mod peer;
mod real;
mod retry;
mod settle;
mod threads;
