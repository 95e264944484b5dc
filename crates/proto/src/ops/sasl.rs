//! sasl (102): one step of a SASL exchange.
//!
//! A server without SASL answers a null token. The reply to a failed step has a body too, behind
//! an error code.

use super::{Class, Operation};
use crate::types::Credentials;
use crate::wire::record;

/// The operation.
#[derive(Debug)]
pub enum Sasl {}

record! {
    /// jute `GetSASLRequest`.
    pub struct SaslRequest {
        /// The client's token.
        pub token: Option<Credentials>,
    }
}

record! {
    /// jute `SetSASLResponse`.
    pub struct SaslReply {
        /// The server's token.
        pub token: Option<Credentials>,
    }
}

impl Operation for Sasl {
    const NUMBER: i32 = 102;
    const NAME: &'static str = "sasl";
    const CLASS: Class = Class::Connection;
    type Request = SaslRequest;
    type Reply = SaslReply;

    fn request_samples() -> Vec<SaslRequest> {
        Credentials::samples().map(|token| SaslRequest { token }).to_vec()
    }

    fn reply_samples() -> Vec<SaslReply> {
        Credentials::samples().map(|token| SaslReply { token }).to_vec()
    }
}
