//! multi (14): several writes as one transaction: all of them, or none; from 3.4.
//!
//! On the wire each operation and each result stands behind a jute `MultiHeader`
//! `{ int type; bool done; int err }`, and a header with `done` ends them: there is no count.
//! A multi within a multi does not exist, so nothing here recurses.
//!
//! A multi that failed is answered with `Ok` in the reply's header; the code is in the results:
//! [`MultiReply::first_failure`].
//! An empty multi is legal, changes nothing and takes a transaction number.

mod op;
mod result;
mod samples;

pub use op::MultiOp;
pub use result::MultiResult;

use bytes::BytesMut;

use super::{Class, Operation};
use crate::types::ErrorCode;
use crate::wire::{DecodeError, Field, Reader, record};

/// The operation.
#[derive(Debug)]
pub enum Multi {}

record! {
    /// What stands before each operation and each result (jute `MultiHeader`).
    #[derive(Copy)]
    pub struct MultiHeader {
        /// The operation, or the kind of result (jute `type`); -1 at the end.
        pub opcode: i32,
        /// Whether this is the end.
        pub done: bool,
        /// 0 or the result's code; -1 in requests and at the end.
        pub err: i32,
    }
}

impl MultiHeader {
    const END: Self = Self { opcode: -1, done: true, err: -1 };

    const fn of(opcode: i32, err: i32) -> Self {
        Self { opcode, done: false, err }
    }
}

/// A list whose elements stand behind headers, up to the header that ends it.
fn read_until_done<T>(
    reader: &mut Reader,
    mut element: impl FnMut(MultiHeader, &mut Reader) -> Result<T, DecodeError>,
) -> Result<Vec<T>, DecodeError> {
    let mut elements = Vec::new();
    loop {
        let header = MultiHeader::read(reader, "header")?;
        if header.done {
            return Ok(elements);
        }
        elements.push(element(header, reader)?);
    }
}

/// jute has no record for it; Apache's class is `MultiOperationRecord`. Also of multiRead.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MultiRequest {
    /// The operations, in the order in which they are executed: each sees the effects of those
    /// before it.
    pub ops: Vec<MultiOp>,
}

/// jute has no record for it; Apache's class is `MultiResponse`. Also of multiRead.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MultiReply {
    /// One for each operation, in their order.
    pub results: Vec<MultiResult>,
}

impl MultiReply {
    /// Which operation made the multi fail (counted from 0), and with which code; `None` if it
    /// succeeded.
    ///
    /// Results with `Ok` and `RuntimeInconsistency` are skipped: in a multi that failed they stand
    /// for the operations around the one that did. If nothing else is wrong than a
    /// `RuntimeInconsistency`, it is that.
    ///
    /// The results of a multiRead are independent of each other; there it is the first of perhaps
    /// several.
    #[must_use]
    pub fn first_failure(&self) -> Option<(usize, ErrorCode)> {
        let failures = || {
            let codes = self.results.iter().map(MultiResult::err).enumerate();
            codes.filter(|(_, err)| !err.is_ok())
        };
        failures()
            .find(|(_, err)| *err != ErrorCode::RuntimeInconsistency)
            .or_else(|| failures().next())
    }
}

impl Field for MultiRequest {
    const AT_LEAST: usize = MultiHeader::AT_LEAST;

    fn write(&self, out: &mut BytesMut) {
        for op in &self.ops {
            MultiHeader::of(op.opcode().number(), -1).write(out);
            op.write_body(out);
        }
        MultiHeader::END.write(out);
    }

    fn read(reader: &mut Reader, _: &'static str) -> Result<Self, DecodeError> {
        let ops =
            read_until_done(reader, |header, reader| MultiOp::read_body(header.opcode, reader))?;
        Ok(Self { ops })
    }
}

impl Field for MultiReply {
    const AT_LEAST: usize = MultiHeader::AT_LEAST;

    fn write(&self, out: &mut BytesMut) {
        for result in &self.results {
            MultiHeader::of(result.opcode().number(), result.err().number()).write(out);
            result.write_body(out);
        }
        MultiHeader::END.write(out);
    }

    fn read(reader: &mut Reader, _: &'static str) -> Result<Self, DecodeError> {
        Ok(Self { results: read_until_done(reader, MultiResult::read)? })
    }
}

impl Operation for Multi {
    const NUMBER: i32 = 14;
    const NAME: &'static str = "multi";
    const CLASS: Class = Class::Write;
    type Request = MultiRequest;
    type Reply = MultiReply;

    fn request_samples() -> Vec<MultiRequest> {
        MultiRequest::samples()
    }

    fn reply_samples() -> Vec<MultiReply> {
        MultiReply::samples()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::OpCode;
    use crate::ops::error::ErrorResponse;
    use crate::wire::{DecodeErrorKind, decode, encode};

    fn error(err: ErrorCode) -> MultiResult {
        MultiResult::Error(ErrorResponse { err })
    }

    #[test]
    fn the_first_failure_is_neither_ok_nor_not_executed() {
        let results = vec![
            error(ErrorCode::Ok),
            error(ErrorCode::RuntimeInconsistency),
            error(ErrorCode::NodeExists),
            error(ErrorCode::NoNode),
        ];
        let reply = MultiReply { results };
        assert_eq!(reply.first_failure(), Some((2, ErrorCode::NodeExists)));
        let keeper = MultiResult::Failed { opcode: OpCode::GetData, err: ErrorCode::NoNode };
        let reply = MultiReply { results: vec![MultiResult::Check(()), keeper] };
        assert_eq!(reply.first_failure(), Some((1, ErrorCode::NoNode)));
    }

    #[test]
    fn a_multi_with_nothing_but_operations_not_executed_did_fail() {
        let reply = MultiReply { results: vec![error(ErrorCode::RuntimeInconsistency)] };
        assert_eq!(reply.first_failure(), Some((0, ErrorCode::RuntimeInconsistency)));
        assert_eq!(MultiReply { results: vec![MultiResult::Delete(())] }.first_failure(), None);
        assert_eq!(MultiReply::default().first_failure(), None);
    }

    #[test]
    fn the_body_of_an_error_result_is_believed_before_its_header() {
        let mut bytes = BytesMut::new();
        MultiHeader::of(-1, 0).write(&mut bytes);
        ErrorCode::NoNode.write(&mut bytes);
        MultiHeader::END.write(&mut bytes);
        let reply: MultiReply = decode("MultiReply", bytes.freeze()).unwrap();
        assert_eq!(reply.results, [error(ErrorCode::NoNode)]);
    }

    #[test]
    fn an_operation_that_cannot_stand_in_a_multi_is_named() {
        for opcode in [7, 14, 22, -1, 99] {
            let mut bytes = BytesMut::new();
            MultiHeader::of(opcode, -1).write(&mut bytes);
            MultiHeader::END.write(&mut bytes);
            let error = decode::<MultiRequest>("MultiRequest", bytes.freeze()).unwrap_err();
            assert_eq!(error.kind, DecodeErrorKind::NotInMulti(opcode));
        }
    }

    #[test]
    fn an_empty_multi_is_its_end_alone() {
        let end = &[0xff, 0xff, 0xff, 0xff, 1, 0xff, 0xff, 0xff, 0xff][..];
        assert_eq!(encode(&MultiRequest::default()), end);
        assert_eq!(encode(&MultiReply::default()), end);
    }
}
