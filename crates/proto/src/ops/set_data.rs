//! setData (5): replaces the data of a znode.
//!
//! On a znode with a time to live it also starts that time anew.

use bytes::Bytes;

use super::{Class, Operation};
use crate::text::Text;
use crate::types::Stat;
use crate::wire::record;

/// The operation.
#[derive(Debug)]
pub enum SetData {}

record! {
    /// jute `SetDataRequest`.
    pub struct SetDataRequest {
        /// The path.
        pub path: Text,
        /// The data. Null and empty are different data.
        pub data: Option<Bytes>,
        /// The version the data must have; -1 is any.
        pub version: i32,
    }
}

record! {
    /// jute `SetDataResponse`.
    pub struct SetDataReply {
        /// The stat after the change.
        pub stat: Stat,
    }
}

impl Operation for SetData {
    const NUMBER: i32 = 5;
    const NAME: &'static str = "setData";
    const CLASS: Class = Class::Write;
    type Request = SetDataRequest;
    type Reply = SetDataReply;

    fn request_samples() -> Vec<SetDataRequest> {
        vec![
            SetDataRequest { path: "/a".into(), data: Some(Bytes::from_static(b"x")), version: 0 },
            SetDataRequest { path: "/a".into(), data: Some(Bytes::new()), version: -1 },
            SetDataRequest { path: "/a".into(), data: None, version: i32::MAX },
        ]
    }

    fn reply_samples() -> Vec<SetDataReply> {
        vec![SetDataReply { stat: Stat::sample() }]
    }
}
