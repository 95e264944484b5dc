//! Every operation of the protocol: one file and one line in the table below.
//!
//! The file of an operation has its request and reply records, its opcode, its [`Class`], its
//! samples and what is particular about it.
//! From the table follow [`OpCode`], [`Request`] and [`Reply`]: whoever handles operations matches
//! on those, and the compiler finds the places that a new operation must visit.

mod about;
pub mod add_watch;
pub mod auth;
pub mod check;
pub mod check_watches;
mod class;
pub mod close_session;
pub mod create;
pub mod create2;
pub mod create_container;
pub mod create_session;
pub mod create_ttl;
pub mod delete;
pub mod delete_container;
pub mod error;
pub mod exists;
pub mod get_acl;
pub mod get_all_children_number;
pub mod get_children;
pub mod get_children2;
pub mod get_data;
pub mod get_ephemerals;
pub mod multi;
pub mod multi_read;
pub mod notification;
pub mod path_list;
pub mod ping;
pub mod reconfig;
pub mod remove_watches;
pub mod sasl;
pub mod set_acl;
pub mod set_data;
pub mod set_watches;
pub mod set_watches2;
pub mod sync;
pub mod who_am_i;

pub use class::Class;

use std::fmt;

use bytes::{Bytes, BytesMut};

use crate::wire::{DecodeError, Field, Reader};

/// An operation: its number, its class, and its two records.
pub trait Operation {
    /// The opcode on the wire.
    const NUMBER: i32;
    /// ZooKeeper's own name, as in its `ZooDefs.OpCode`.
    const NAME: &'static str;
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

            /// ZooKeeper's own name: `getData`, `closeSession`; `None` for an operation that this
            /// crate does not know.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $( Self::$variant => Some(<$room::$variant as Operation>::NAME), )*
                    Self::Unknown(_) => None,
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

/// ZooKeeper's name, or `OpCode(999)`.
impl fmt::Display for OpCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "OpCode({})", self.number()),
        }
    }
}

operations! {
    /// A server tells that a watch fired.
    Notification => notification,
    /// Creates a znode and answers its path.
    Create => create,
    /// Deletes a znode.
    Delete => delete,
    /// Asks whether a znode exists, and for its stat.
    Exists => exists,
    /// Reads data and stat.
    GetData => get_data,
    /// Replaces the data.
    SetData => set_data,
    /// Reads ACL and stat.
    GetAcl => get_acl,
    /// Replaces the ACL.
    SetAcl => set_acl,
    /// Reads the names of the children.
    GetChildren => get_children,
    /// Makes the server catch up with its leader.
    Sync => sync,
    /// Says that the client lives.
    Ping => ping,
    /// Reads the names of the children, and the stat.
    GetChildren2 => get_children2,
    /// Demands a version, within a multi.
    Check => check,
    /// Several writes, all or none.
    Multi => multi,
    /// Creates a znode and answers path and stat.
    Create2 => create2,
    /// Changes the members of the ensemble.
    Reconfig => reconfig,
    /// Asks whether a watch is there.
    CheckWatches => check_watches,
    /// Removes watches.
    RemoveWatches => remove_watches,
    /// Creates a container.
    CreateContainer => create_container,
    /// Deletes a container, or a znode whose time has come.
    DeleteContainer => delete_container,
    /// Creates a znode with a time to live.
    CreateTtl => create_ttl,
    /// Several reads, each with its own outcome.
    MultiRead => multi_read,
    /// Adds an identity to the connection.
    Auth => auth,
    /// Sets one-shot watches again.
    SetWatches => set_watches,
    /// One step of a SASL exchange.
    Sasl => sasl,
    /// Lists the session's ephemeral znodes.
    GetEphemerals => get_ephemerals,
    /// Counts all znodes below a path.
    GetAllChildrenNumber => get_all_children_number,
    /// Sets watches again, persistent ones too.
    SetWatches2 => set_watches2,
    /// Leaves a persistent watch.
    AddWatch => add_watch,
    /// Lists the identities of the connection.
    WhoAmI => who_am_i,
    /// Makes a session; in a server's log.
    CreateSession => create_session,
    /// Ends the session.
    CloseSession => close_session,
    /// The type of an error result.
    Error => error,
}
