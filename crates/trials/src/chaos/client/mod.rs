//! The clients of a run: the whole public client, with everything that it does and is told noted.
//!
//! * `subject.rs`: a client whose operations, states and trust are noted;
//! * `send.rs`: a request through the public API, and what is told of it;
//! * `watching.rs`: watches that are held, and what they tell.

mod send;
mod subject;
mod watching;

pub use subject::{Ended, Operation, Subject};
pub use watching::Held;
