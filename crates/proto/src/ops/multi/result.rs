//! What becomes of each operation of a multi or a multiRead.

use bytes::BytesMut;

use super::MultiHeader;
use crate::ops::check::Check;
use crate::ops::create::Create;
use crate::ops::create2::Create2;
use crate::ops::delete::Delete;
use crate::ops::error::{Error, ErrorResponse};
use crate::ops::exists::Exists;
use crate::ops::get_children::GetChildren;
use crate::ops::get_children2::GetChildren2;
use crate::ops::get_data::GetData;
use crate::ops::set_data::SetData;
use crate::ops::{OpCode, Operation};
use crate::types::ErrorCode;
use crate::wire::{DecodeError, DecodeErrorKind, Field, Reader};

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

            pub(super) fn write_body(&self, out: &mut BytesMut) {
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
    pub(super) fn read(header: MultiHeader, reader: &mut Reader) -> Result<Self, DecodeError> {
        match (header.opcode, ErrorCode::from_number(header.err)) {
            (<Error as Operation>::NUMBER, _) => Field::read(reader, "result").map(Self::Error),
            (opcode, ErrorCode::Ok) => Self::read_ok(opcode, reader),
            (opcode, err) => Ok(Self::Failed { opcode: OpCode::from_number(opcode), err }),
        }
    }
}
