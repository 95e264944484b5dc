//! Where a SASL mechanism plugs in.
//!
//! With a mechanism, the exchange is the first thing on each connection and blocks all else.

use std::fmt;

use bytes::Bytes;

/// A SASL mechanism, started anew on each connection.
pub trait Mechanism: fmt::Debug + Send {
    /// The first token; empty if the mechanism has no initial response.
    fn start(&mut self) -> Bytes;

    /// Answers the server's token. Null is what servers send when they have nothing to say.
    fn step(&mut self, token: Option<Bytes>) -> Step;
}

/// What a mechanism wants next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Send this token and hear what comes.
    Send(Bytes),
    /// Authenticated.
    Done,
    /// The server failed to prove itself, or said nonsense: authentication has failed.
    Failed,
}
