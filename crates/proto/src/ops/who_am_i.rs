//! whoAmI (107): lists the identities of the connection; from 3.7.

use super::{Class, Operation};
use crate::text::Text;
use crate::wire::record;

/// The operation.
#[derive(Debug)]
pub enum WhoAmI {}

record! {
    /// jute `ClientInfo`.
    pub struct ClientInfo {
        /// The scheme.
        pub auth_scheme: Text,
        /// The user within the scheme: never a password, nor its digest.
        pub user: Text,
    }
}

record! {
    /// jute `WhoAmIResponse`.
    pub struct WhoAmIReply {
        /// The identities: at least the address, of the scheme `ip`.
        pub client_info: Vec<ClientInfo>,
    }
}

impl Operation for WhoAmI {
    const NUMBER: i32 = 107;
    const NAME: &'static str = "whoAmI";
    const CLASS: Class = Class::Read;
    type Request = ();
    type Reply = WhoAmIReply;

    fn request_samples() -> Vec<()> {
        vec![()]
    }

    fn reply_samples() -> Vec<WhoAmIReply> {
        let ip = ClientInfo { auth_scheme: "ip".into(), user: "127.0.0.1".into() };
        let digest = ClientInfo { auth_scheme: "digest".into(), user: "u".into() };
        vec![WhoAmIReply { client_info: vec![ip, digest] }, WhoAmIReply { client_info: Vec::new() }]
    }
}
