//! error (-1): the type of an error within the results of a multi, and of a failed transaction in
//! a server's log. No request.

use super::{Class, Operation};
use crate::types::ErrorCode;
use crate::wire::record;

/// The operation.
#[derive(Debug)]
pub enum Error {}

record! {
    /// jute `ErrorResponse`: also the reply to addWatch.
    #[derive(Copy, Hash)]
    pub struct ErrorResponse {
        /// The code.
        pub err: ErrorCode,
    }
}

impl Operation for Error {
    const NUMBER: i32 = -1;
    const NAME: &'static str = "error";
    const CLASS: Class = Class::Internal;
    type Request = ();
    type Reply = ErrorResponse;

    fn request_samples() -> Vec<()> {
        vec![()]
    }

    fn reply_samples() -> Vec<ErrorResponse> {
        [ErrorCode::NoNode, ErrorCode::Ok, ErrorCode::Unknown(-9999)]
            .map(|err| ErrorResponse { err })
            .to_vec()
    }
}
