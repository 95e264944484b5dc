//! auth (100): adds an identity to the connection, with the xid [`AUTH`](crate::types::Xid::AUTH).
//!
//! The answer is a header with the zxid 0: `Ok`, or `AuthFailed` and a close.

use super::{Class, Operation};
use crate::text::Text;
use crate::types::Credentials;
use crate::wire::record;

/// The operation.
#[derive(Debug)]
pub enum Auth {}

record! {
    /// jute `AuthPacket`.
    pub struct AuthRequest {
        /// Always 0; servers ignore it (jute `type`).
        pub auth_type: i32,
        /// The scheme: `digest`, or one that the server was taught.
        pub scheme: Text,
        /// What the scheme wants: for `digest` it is `user:password`, in clear.
        pub auth: Option<Credentials>,
    }
}

impl Operation for Auth {
    const NUMBER: i32 = 100;
    const NAME: &'static str = "auth";
    const CLASS: Class = Class::Connection;
    type Request = AuthRequest;
    type Reply = ();

    fn request_samples() -> Vec<AuthRequest> {
        let scheme = Text::from_static("digest");
        [Some(Credentials::from_static(b"u:p")), Some(Credentials::from_static(b"")), None]
            .map(|auth| AuthRequest { auth_type: 0, scheme: scheme.clone(), auth })
            .to_vec()
    }

    fn reply_samples() -> Vec<()> {
        vec![()]
    }
}
