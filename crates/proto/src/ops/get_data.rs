//! getData (4): reads the data and stat of a znode, and may leave a watch if it exists.

use bytes::Bytes;

use super::{Class, Operation};
use crate::text::Text;
use crate::types::Stat;
use crate::wire::record;

/// The operation.
#[derive(Debug)]
pub enum GetData {}

record! {
    /// jute `GetDataRequest`.
    pub struct GetDataRequest {
        /// The path. Servers do not validate it; empty means the root.
        pub path: Text,
        /// Whether to leave a one-shot watch on data and deletion.
        pub watch: bool,
    }
}

record! {
    /// jute `GetDataResponse`: also of reconfig.
    pub struct GetDataReply {
        /// The data, a slice of the frame. Null and empty are different data.
        pub data: Option<Bytes>,
        /// The stat.
        pub stat: Stat,
    }
}

impl Operation for GetData {
    const NUMBER: i32 = 4;
    const NAME: &'static str = "getData";
    const CLASS: Class = Class::Read;
    type Request = GetDataRequest;
    type Reply = GetDataReply;

    fn request_samples() -> Vec<GetDataRequest> {
        vec![
            GetDataRequest { path: "/a/b".into(), watch: true },
            GetDataRequest { path: "/".into(), watch: false },
        ]
    }

    fn reply_samples() -> Vec<GetDataReply> {
        let stat = Stat::sample();
        vec![
            GetDataReply { data: Some(Bytes::from_static(b"hello")), stat },
            GetDataReply { data: Some(Bytes::new()), stat },
            GetDataReply { data: None, stat },
        ]
    }
}
