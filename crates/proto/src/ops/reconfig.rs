//! reconfig (16): changes the members of the ensemble; from 3.5.
//!
//! Either incremental (`joining` and `leaving`) or the whole list (`new_members`).

use super::get_data::GetDataReply;
use super::{Class, Operation};
use crate::text::Text;
use crate::wire::record;

/// The operation.
#[derive(Debug)]
pub enum Reconfig {}

record! {
    /// jute `ReconfigRequest`.
    pub struct ReconfigRequest {
        /// Servers to add or change, as `server.ID=…`, separated by commas.
        pub joining_servers: Option<Text>,
        /// Ids of servers to remove, separated by commas.
        pub leaving_servers: Option<Text>,
        /// The whole new list, separated by commas or line ends.
        pub new_members: Option<Text>,
        /// The version the configuration must have; -1 is any.
        pub cur_config_id: i64,
    }
}

impl Operation for Reconfig {
    const NUMBER: i32 = 16;
    const NAME: &'static str = "reconfig";
    const CLASS: Class = Class::Write;
    type Request = ReconfigRequest;
    type Reply = GetDataReply;

    fn request_samples() -> Vec<ReconfigRequest> {
        let joining = "server.4=127.0.0.1:2:3:participant;127.0.0.1:1";
        let nothing = ReconfigRequest {
            joining_servers: None,
            leaving_servers: None,
            new_members: None,
            cur_config_id: -1,
        };
        vec![
            ReconfigRequest {
                joining_servers: Some(joining.into()),
                leaving_servers: Some("2,3".into()),
                ..nothing.clone()
            },
            ReconfigRequest {
                new_members: Some(Text::new()),
                cur_config_id: 0x1_0000_0000,
                ..nothing.clone()
            },
            nothing,
        ]
    }

    fn reply_samples() -> Vec<GetDataReply> {
        <super::get_data::GetData as Operation>::reply_samples()
    }
}
