//! addWatch (106): leaves a persistent watch, whether the znode exists or not; from 3.6.
//!
//! Servers before 3.9 have one mode for each path and connection: the later watch takes the place
//! of the earlier one.

use super::error::ErrorResponse;
use super::{Class, Operation};
use crate::text::Text;
use crate::types::{AddWatchMode, ErrorCode};
use crate::wire::record;

/// The operation.
#[derive(Debug)]
pub enum AddWatch {}

record! {
    /// jute `AddWatchRequest`.
    pub struct AddWatchRequest {
        /// The path. Servers do not validate it.
        pub path: Text,
        /// For this path alone, or for all below it too.
        pub mode: AddWatchMode,
    }
}

impl Operation for AddWatch {
    const NUMBER: i32 = 106;
    const NAME: &'static str = "addWatch";
    const CLASS: Class = Class::Watch;
    type Request = AddWatchRequest;
    type Reply = ErrorResponse;

    fn request_samples() -> Vec<AddWatchRequest> {
        [AddWatchMode::ALL, &[AddWatchMode::Unknown(9)]]
            .concat()
            .into_iter()
            .map(|mode| AddWatchRequest { path: "/a".into(), mode })
            .collect()
    }

    fn reply_samples() -> Vec<ErrorResponse> {
        vec![ErrorResponse { err: ErrorCode::Ok }]
    }
}
