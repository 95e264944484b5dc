//! closeSession (-11): ends the session and all that is its own.
//!
//! The server answers and closes; what was sent behind it is never answered.

use super::{Class, Operation};

/// The operation.
#[derive(Debug)]
pub enum CloseSession {}

impl Operation for CloseSession {
    const NUMBER: i32 = -11;
    const NAME: &'static str = "closeSession";
    const CLASS: Class = Class::Close;
    type Request = ();
    type Reply = ();

    fn request_samples() -> Vec<()> {
        vec![()]
    }

    fn reply_samples() -> Vec<()> {
        vec![()]
    }
}
