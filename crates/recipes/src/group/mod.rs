//! Who is there.
//!
//! * [`member`]: members of a group under names of their own, with data, kept up over sessions.
//! * [`party`]: kazoo's parties.

pub mod member;
pub mod party;
