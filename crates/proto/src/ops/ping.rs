//! ping (11): says that the client lives, and asks whether the server does. Headers alone, with
//! the xid [`PING`](crate::types::Xid::PING).

use super::{Class, Operation};

/// The operation.
#[derive(Debug)]
pub enum Ping {}

impl Operation for Ping {
    const NUMBER: i32 = 11;
    const NAME: &'static str = "ping";
    const CLASS: Class = Class::Connection;
    type Request = ();
    type Reply = ();

    fn request_samples() -> Vec<()> {
        vec![()]
    }

    fn reply_samples() -> Vec<()> {
        vec![()]
    }
}
