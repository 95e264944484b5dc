//! The session, talked to from both sides in virtual time.
//!
//! * `talk`: the scripted peer. A test reads like a conversation.
//! * the others: conversations, by subject.

#![allow(unreachable_pub, reason = "a test binary has no outside")]

mod talk;

mod chaos;
mod closing;
mod connecting;
mod cut;
mod expiring;
mod fates;
mod requests;
mod runs;
mod sasl;
mod searching;
mod watches;
