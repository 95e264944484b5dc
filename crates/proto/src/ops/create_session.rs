//! createSession (-10): what a server's log calls the transaction that makes a session.
//!
//! Clients ask for a session with the [handshake](crate::connect), not with this.
//! Servers of Apache answer a client's frame with it by a bare `ConnectResponse`; it has no body
//! of its own here.

use super::{Class, Operation};

/// The operation.
#[derive(Debug)]
pub enum CreateSession {}

impl Operation for CreateSession {
    const NUMBER: i32 = -10;
    const NAME: &'static str = "createSession";
    const CLASS: Class = Class::Internal;
    type Request = ();
    type Reply = ();

    fn request_samples() -> Vec<()> {
        vec![()]
    }

    fn reply_samples() -> Vec<()> {
        vec![()]
    }
}
