//! exists (3): asks for the stat of a znode, and may leave a watch also where there is none.
//!
//! With the watch flag a one-shot watch is set whether the znode exists or not: on its data if it
//! does, on its creation if the answer is `NoNode`.
//! Servers from 3.8.4 and 3.9.2 ask for READ permission if the znode exists.

use super::{Class, Operation};
use crate::text::Text;
use crate::types::Stat;
use crate::wire::record;

/// The operation.
#[derive(Debug)]
pub enum Exists {}

record! {
    /// jute `ExistsRequest`.
    pub struct ExistsRequest {
        /// The path. Servers do not validate it; empty means the root.
        pub path: Text,
        /// Whether to leave a one-shot watch.
        pub watch: bool,
    }
}

record! {
    /// jute `ExistsResponse`.
    pub struct ExistsReply {
        /// The stat.
        pub stat: Stat,
    }
}

impl Operation for Exists {
    const NUMBER: i32 = 3;
    const NAME: &'static str = "exists";
    const CLASS: Class = Class::Read;
    type Request = ExistsRequest;
    type Reply = ExistsReply;

    fn request_samples() -> Vec<ExistsRequest> {
        vec![
            ExistsRequest { path: "/a".into(), watch: true },
            ExistsRequest { path: Text::new(), watch: false },
        ]
    }

    fn reply_samples() -> Vec<ExistsReply> {
        vec![ExistsReply { stat: Stat::sample() }]
    }
}
