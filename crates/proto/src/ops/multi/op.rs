//! What can stand in a multi or a multiRead.

use bytes::BytesMut;

use crate::ops::check::Check;
use crate::ops::create::Create;
use crate::ops::create_container::CreateContainer;
use crate::ops::create_ttl::CreateTtl;
use crate::ops::create2::Create2;
use crate::ops::delete::Delete;
use crate::ops::exists::Exists;
use crate::ops::get_children::GetChildren;
use crate::ops::get_children2::GetChildren2;
use crate::ops::get_data::GetData;
use crate::ops::set_data::SetData;
use crate::ops::{OpCode, Operation};
use crate::wire::{DecodeError, DecodeErrorKind, Field, Reader};

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

            pub(super) fn write_body(&self, out: &mut BytesMut) {
                match self {
                    $( Self::$op(request) => request.write(out), )*
                }
            }

            pub(super) fn read_body(opcode: i32, reader: &mut Reader) -> Result<Self, DecodeError> {
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
