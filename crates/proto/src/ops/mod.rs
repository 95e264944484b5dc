//! Every operation of the protocol: one file and one line in the table below.
//!
//! The file of an operation has its request and reply records, its opcode, its [`Class`], its
//! samples and what is particular about it.
//! From the table follow [`OpCode`], [`Request`] and [`Reply`]: whoever handles operations matches
//! on those, and the compiler finds the places that a new operation must visit.

mod class;
pub mod create;
pub mod exists;
pub mod get_data;

pub use class::Class;

use bytes::{Bytes, BytesMut};

use crate::wire::{DecodeError, Field, Reader};

/// An operation: its number, its class, and its two records.
pub trait Operation {
    /// The opcode on the wire.
    const NUMBER: i32;
    /// What becomes of it when the connection is lost.
    const CLASS: Class;
    /// What a client sends behind the header.
    type Request: Field;
    /// What a server sends behind the header when all went well.
    type Reply: Field;

    /// Requests that show every shape the record has.
    fn request_samples() -> Vec<Self::Request>;
    /// Replies that show every shape the record has.
    fn reply_samples() -> Vec<Self::Reply>;
}

macro_rules! operations {
    ($( $(#[$doc:meta])* $variant:ident => $room:ident, )*) => {
        /// The number that says what a request asks for. The names are ZooKeeper's.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum OpCode {
            $( $(#[$doc])* $variant, )*
            /// An operation that this crate does not know.
            Unknown(i32),
        }

        impl OpCode {
            /// Every operation with a name.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )* ];

            /// The number on the wire.
            #[must_use]
            pub const fn number(self) -> i32 {
                match self {
                    $( Self::$variant => <$room::$variant as Operation>::NUMBER, )*
                    Self::Unknown(number) => number,
                }
            }

            /// The operation with this number.
            #[must_use]
            pub const fn from_number(number: i32) -> Self {
                match number {
                    $( <$room::$variant as Operation>::NUMBER => Self::$variant, )*
                    number => Self::Unknown(number),
                }
            }

            /// What becomes of it when the connection is lost; unknown operations count as writes.
            #[must_use]
            pub const fn class(self) -> Class {
                match self {
                    $( Self::$variant => <$room::$variant as Operation>::CLASS, )*
                    Self::Unknown(_) => Class::Write,
                }
            }

            /// The name in this crate: ZooKeeper's, with a capital.
            #[must_use]
            pub const fn variant_name(self) -> Option<&'static str> {
                match self {
                    $( Self::$variant => Some(stringify!($variant)), )*
                    Self::Unknown(_) => None,
                }
            }
        }

        /// A request of any operation, without its header.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Request {
            $( $(#[$doc])* $variant(<$room::$variant as Operation>::Request), )*
            /// A request of an operation that this crate does not know.
            Unknown {
                /// Its number.
                opcode: i32,
                /// All behind the header.
                body: Bytes,
            },
        }

        impl Request {
            /// What it asks for.
            #[must_use]
            pub const fn opcode(&self) -> OpCode {
                match self {
                    $( Self::$variant(_) => OpCode::$variant, )*
                    Self::Unknown { opcode, .. } => OpCode::Unknown(*opcode),
                }
            }

            /// Appends the body, without a header.
            pub fn write(&self, out: &mut BytesMut) {
                match self {
                    $( Self::$variant(request) => request.write(out), )*
                    Self::Unknown { body, .. } => out.extend_from_slice(body),
                }
            }

            /// Decodes the body of a request; bytes behind the record are ignored.
            ///
            /// # Errors
            /// What was wrong, and where. A server answers `MarshallingError` to it.
            pub fn decode(opcode: OpCode, body: Bytes) -> Result<Self, DecodeError> {
                match opcode {
                    $( OpCode::$variant => {
                        let mut reader = Reader::new(concat!(stringify!($variant), "Request"), body);
                        Field::read(&mut reader, "").map(Self::$variant)
                    } )*
                    OpCode::Unknown(opcode) => Ok(Self::Unknown { opcode, body }),
                }
            }

            /// Requests of every operation in every shape: for round trips and for fuzzing.
            #[must_use]
            pub fn samples() -> Vec<Self> {
                let mut samples = Vec::new();
                $( samples.extend(
                    <$room::$variant as Operation>::request_samples().into_iter().map(Self::$variant)
                ); )*
                samples
            }
        }

        /// A reply to any operation, without its header; only where the header says `Ok`.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Reply {
            $( $(#[$doc])* $variant(<$room::$variant as Operation>::Reply), )*
            /// A reply to an operation that this crate does not know.
            Unknown {
                /// Its number.
                opcode: i32,
                /// All behind the header.
                body: Bytes,
            },
        }

        impl Reply {
            /// What it answers.
            #[must_use]
            pub const fn opcode(&self) -> OpCode {
                match self {
                    $( Self::$variant(_) => OpCode::$variant, )*
                    Self::Unknown { opcode, .. } => OpCode::Unknown(*opcode),
                }
            }

            /// Appends the body, without a header.
            pub fn write(&self, out: &mut BytesMut) {
                match self {
                    $( Self::$variant(reply) => reply.write(out), )*
                    Self::Unknown { body, .. } => out.extend_from_slice(body),
                }
            }

            /// Decodes the body of a reply to `opcode`; bytes behind the record are ignored.
            ///
            /// Only for replies whose header says `Ok`: an error reply may carry bytes too, and
            /// they mean nothing.
            ///
            /// # Errors
            /// What was wrong, and where.
            pub fn decode(opcode: OpCode, body: Bytes) -> Result<Self, DecodeError> {
                match opcode {
                    $( OpCode::$variant => {
                        let mut reader = Reader::new(concat!(stringify!($variant), "Reply"), body);
                        Field::read(&mut reader, "").map(Self::$variant)
                    } )*
                    OpCode::Unknown(opcode) => Ok(Self::Unknown { opcode, body }),
                }
            }

            /// Replies to every operation in every shape: for round trips and for fuzzing.
            #[must_use]
            pub fn samples() -> Vec<Self> {
                let mut samples = Vec::new();
                $( samples.extend(
                    <$room::$variant as Operation>::reply_samples().into_iter().map(Self::$variant)
                ); )*
                samples
            }
        }
    };
}

operations! {
    /// Creates a znode and answers its path.
    Create => create,
    /// Asks whether a znode exists, and for its stat.
    Exists => exists,
    /// Reads data and stat.
    GetData => get_data,
}
