//! multi (14): several writes as one transaction: all of them, or none; from 3.4.
//!
//! On the wire each operation and each result stands behind a jute `MultiHeader`
//! `{ int type; bool done; int err }`, and a header with `done` ends them: there is no count.
//! A multi within a multi does not exist, so nothing here recurses.
//!
//! A multi that failed is answered with `Ok` in the reply's header; the code is in the results:
//! [`MultiReply::first_failure`].
//! An empty multi is legal, changes nothing and takes a transaction number.

use bytes::BytesMut;

use super::check::Check;
use super::create::Create;
use super::create_container::CreateContainer;
use super::create_ttl::CreateTtl;
use super::create2::Create2;
use super::delete::Delete;
use super::error::{Error, ErrorResponse};
use super::exists::Exists;
use super::get_children::GetChildren;
use super::get_children2::GetChildren2;
use super::get_data::GetData;
use super::set_data::SetData;
use super::{Class, OpCode, Operation};
use crate::types::ErrorCode;
use crate::wire::{DecodeError, DecodeErrorKind, Field, Reader, record};

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

macro_rules! multi_ops {
    ($( $(#[$doc:meta])* $op:ident ),* $(,)?) => {
        /// An operation within a multi or a multiRead, with its ordinary request.
        ///
        /// Which of them a server takes in which of the two is the server's to say: a request with
        /// a read among writes decodes.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum MultiOp {
            $( $(#[$doc])* $op(<$op as Operation>::Request), )*
        }

        impl MultiOp {
            /// Which operation it is.
            #[must_use]
            pub const fn opcode(&self) -> OpCode {
                match self {
                    $( Self::$op(_) => OpCode::$op, )*
                }
            }

            fn write_body(&self, out: &mut BytesMut) {
                match self {
                    $( Self::$op(request) => request.write(out), )*
                }
            }

            fn read_body(opcode: i32, reader: &mut Reader) -> Result<Self, DecodeError> {
                match opcode {
                    $( <$op as Operation>::NUMBER => Field::read(reader, "op").map(Self::$op), )*
                    other => Err(reader.error("type", DecodeErrorKind::NotInMulti(other))),
                }
            }
        }
    };
}

multi_ops! {
    /// Creates a znode.
    Create,
    /// Creates a znode and answers its stat.
    Create2,
    /// Creates a container.
    CreateContainer,
    /// Creates a znode with a time to live.
    CreateTtl,
    /// Deletes a znode.
    Delete,
    /// Replaces the data.
    SetData,
    /// Demands a version.
    Check,
    /// Reads data and stat; in a multiRead.
    GetData,
    /// Reads the names of the children; in a multiRead.
    GetChildren,
    /// Asks for the stat; in a multiRead of ClickHouse Keeper.
    Exists,
    /// Reads names and stat; in a multiRead of ClickHouse Keeper.
    GetChildren2,
}

macro_rules! multi_results {
    ($( $(#[$doc:meta])* $op:ident ),* $(,)?) => {
        /// What became of one operation of a multi or a multiRead.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum MultiResult {
            $( $(#[$doc])* $op(<$op as Operation>::Reply), )*
            /// It failed, or another one did and this one was not executed: the form of Apache, a
            /// result of its own type.
            ///
            /// In a multi that failed all results have this form: `Ok` before the one that
            /// failed, then its code, and `RuntimeInconsistency` for all behind it.
            Error(ErrorResponse),
            /// It failed: the form of ClickHouse Keeper in a multiRead, which keeps the
            /// operation's type, says the code in the header and has no body.
            Failed {
                /// The type, which is the operation's.
                opcode: OpCode,
                /// The code; never `Ok`.
                err: ErrorCode,
            },
        }

        impl MultiResult {
            /// The type it has on the wire: of creates that answer a stat it is always create2.
            #[must_use]
            pub const fn opcode(&self) -> OpCode {
                match self {
                    $( Self::$op(_) => OpCode::$op, )*
                    Self::Error(_) => OpCode::Error,
                    Self::Failed { opcode, .. } => *opcode,
                }
            }

            fn write_body(&self, out: &mut BytesMut) {
                match self {
                    $( Self::$op(reply) => reply.write(out), )*
                    Self::Error(error) => error.write(out),
                    Self::Failed { .. } => {}
                }
            }

            fn read_ok(opcode: i32, reader: &mut Reader) -> Result<Self, DecodeError> {
                match opcode {
                    $( <$op as Operation>::NUMBER => {
                        Field::read(reader, "result").map(Self::$op)
                    } )*
                    other => Err(reader.error("type", DecodeErrorKind::NotInMulti(other))),
                }
            }
        }
    };
}

multi_results! {
    /// The path of a create.
    Create,
    /// Path and stat of a create2, createContainer or createTTL.
    Create2,
    /// Deleted.
    Delete,
    /// The stat after the change.
    SetData,
    /// The version was the demanded one.
    Check,
    /// Data and stat.
    GetData,
    /// The names of the children.
    GetChildren,
    /// The stat.
    Exists,
    /// Names and stat.
    GetChildren2,
}

impl MultiResult {
    /// The code of this result; `Ok` also for an operation that was undone with its multi.
    #[must_use]
    pub const fn err(&self) -> ErrorCode {
        match self {
            Self::Error(ErrorResponse { err }) | Self::Failed { err, .. } => *err,
            _ => ErrorCode::Ok,
        }
    }

    /// Apache repeats the code of an error result in its header; its clients believe the body,
    /// and so does this.
    fn read(header: MultiHeader, reader: &mut Reader) -> Result<Self, DecodeError> {
        match (header.opcode, ErrorCode::from_number(header.err)) {
            (<Error as Operation>::NUMBER, _) => Field::read(reader, "result").map(Self::Error),
            (opcode, ErrorCode::Ok) => Self::read_ok(opcode, reader),
            (opcode, err) => Ok(Self::Failed { opcode: OpCode::from_number(opcode), err }),
        }
    }
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
        let mut ops = Vec::new();
        ops.extend(Create::request_samples().into_iter().map(MultiOp::Create));
        ops.extend(Create2::request_samples().into_iter().map(MultiOp::Create2));
        ops.extend(CreateContainer::request_samples().into_iter().map(MultiOp::CreateContainer));
        ops.extend(CreateTtl::request_samples().into_iter().map(MultiOp::CreateTtl));
        ops.extend(Delete::request_samples().into_iter().map(MultiOp::Delete));
        ops.extend(SetData::request_samples().into_iter().map(MultiOp::SetData));
        ops.extend(Check::request_samples().into_iter().map(MultiOp::Check));
        vec![MultiRequest { ops }, MultiRequest::default()]
    }

    fn reply_samples() -> Vec<MultiReply> {
        let mut done = Vec::new();
        done.extend(Create::reply_samples().into_iter().map(MultiResult::Create));
        done.extend(Create2::reply_samples().into_iter().map(MultiResult::Create2));
        done.extend(SetData::reply_samples().into_iter().map(MultiResult::SetData));
        done.extend([MultiResult::Delete(()), MultiResult::Check(())]);
        let failed = [ErrorCode::Ok, ErrorCode::BadVersion, ErrorCode::RuntimeInconsistency]
            .map(|err| MultiResult::Error(ErrorResponse { err }));
        vec![
            MultiReply { results: done },
            MultiReply { results: failed.to_vec() },
            MultiReply::default(),
        ]
    }
}

impl MultiRequest {
    /// Requests as a multiRead has them.
    #[must_use]
    pub fn read_samples() -> Vec<Self> {
        let mut ops = Vec::new();
        ops.extend(GetData::request_samples().into_iter().map(MultiOp::GetData));
        ops.extend(GetChildren::request_samples().into_iter().map(MultiOp::GetChildren));
        ops.extend(Exists::request_samples().into_iter().map(MultiOp::Exists));
        ops.extend(GetChildren2::request_samples().into_iter().map(MultiOp::GetChildren2));
        vec![Self { ops }, Self::default()]
    }
}

impl MultiReply {
    /// Replies as a multiRead has them: of Apache ZooKeeper and of ClickHouse Keeper.
    #[must_use]
    pub fn read_samples() -> Vec<Self> {
        let mut apache = vec![MultiResult::Error(ErrorResponse { err: ErrorCode::NoNode })];
        apache.extend(GetData::reply_samples().into_iter().map(MultiResult::GetData));
        apache.extend(GetChildren::reply_samples().into_iter().map(MultiResult::GetChildren));
        let failed = |opcode, err| MultiResult::Failed { opcode, err };
        let mut keeper = vec![failed(OpCode::GetData, ErrorCode::NoNode)];
        keeper.extend(Exists::reply_samples().into_iter().map(MultiResult::Exists));
        keeper.push(failed(OpCode::Unknown(500), ErrorCode::Unknown(-9999)));
        keeper.extend(GetChildren2::reply_samples().into_iter().map(MultiResult::GetChildren2));
        vec![Self { results: apache }, Self { results: keeper }, Self::default()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{decode, encode};

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
