//! The head of every frame after the handshake.

use crate::types::{ErrorCode, Xid, Zxid};
use crate::wire::record;

record! {
    /// What stands before every request: 8 bytes (jute `RequestHeader`).
    #[derive(Copy, Hash)]
    pub struct RequestHeader {
        /// The number by which the reply will name the request.
        pub xid: Xid,
        /// The operation; [`OpCode`](crate::OpCode) knows the names.
        pub opcode: i32,
    }
}

record! {
    /// What stands before every reply: 16 bytes (jute `ReplyHeader`).
    #[derive(Copy, Hash)]
    pub struct ReplyHeader {
        /// The number of the request, or one of the reserved ones.
        pub xid: Xid,
        /// The last transaction the server had applied when it answered: for a write, also a
        /// failed one, its own; for a read a lower bound of how fresh the answer is.
        /// 0 from authentication, -1 from an operation the server does not know.
        pub zxid: Zxid,
        /// `Ok`, or why not. A multi that failed says `Ok` here and the reason in its body.
        pub err: ErrorCode,
    }
}

impl RequestHeader {
    /// Length on the wire, in bytes.
    pub const LENGTH: usize = 8;
}

impl ReplyHeader {
    /// Length on the wire, in bytes.
    pub const LENGTH: usize = 16;
}
