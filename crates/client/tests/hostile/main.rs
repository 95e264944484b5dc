//! Servers that do everything wrong: what the client answers, and what that costs it.
//!
//! A case is a name, a script for the server and a part for the client (see [`harness::Case`]).
//! The server is a thread of the test with a real socket; the client plays in a process of its
//! own, the test itself executed again, with an allocator that counts. Each case demands:
//!
//! * no panic, on no thread and in no task: the child succeeds and says nothing on stderr,
//! * the right end of each request, in time: the client's part says which,
//! * that the heap never holds more than [`harness::GROWTH`] beyond the buffers that the case
//!   states and that are part of the client's contract,
//! * bounded CPU time, and a bounded number of connections, counted by the server: no busy loop.
//!
//! Whatever goes wrong, no case takes longer than its guard, and the whole not much longer than
//! `harness::ALL`: every wait has a deadline, and what has not ended by then is named.
//!
//! `proof.rs` has a case for each of these that breaks it, and demands that it is noticed.

mod child;
mod client;
mod ending;
mod frames;
mod handshake;
mod harness;
mod lengths;
mod line;
mod proof;
mod replies;
mod server;
mod sessions;
mod slow;
mod watches;
mod wire;
