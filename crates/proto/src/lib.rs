//! ZooKeeper's wire protocol as values.
//!
//! Everything a client, a server or a tracer must know about the bytes, and nothing about
//! sockets, clocks or tasks: each record decodes from [`Bytes`](bytes::Bytes) without copying its
//! payload and encodes back to the same bytes.
//!
//! Bad bytes are ordinary here.
//! A length or a count is believed only as far as there are bytes behind it, text that is not
//! UTF-8 does not fail a frame, and codes, types and opcodes that this crate does not know keep
//! their number.
//!
//! # Layout
//!
//! * [`wire`]: jute primitives. [`Reader`](wire::Reader), the [`Field`](wire::Field) trait, and
//!   [`DecodeError`](wire::DecodeError), which says what, where and why.
//! * [`frame`]: length-prefixed frames, cut from a growing buffer.
//! * [`header`], [`connect`]: what stands at the head of a frame, and the handshake.
//! * [`ops`]: one file an operation, one line an operation in the table.
//! * [`types`]: what operations are made of: [`Stat`], [`Acl`](types::Acl),
//!   [`ErrorCode`], modes, flags, ids.
//! * [`path`]: the rules of znode paths.
//! * [`four_letter`]: what a connection may ask instead of the handshake.
//! * [`digest`]: ids of the `digest` scheme.
//! * [`recording`]: frames as text, to keep what a real server said.
//! * [`tap`]: where a tracer listens.
//! * [`Time`]: moments, as the state machines of client and server are told them.
//!
//! # Null and empty
//!
//! Jute tells a null buffer, string or vector (`-1`) from an empty one (`0`), and so do the
//! records here: where null means something the field is an `Option`, elsewhere null is a
//! [`DecodeError`].
//!
//! [`DecodeError`]: wire::DecodeError
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::iter_over_hash_type
    )
)]

pub mod connect;
pub mod digest;
pub mod four_letter;
pub mod frame;
pub mod header;
#[doc(hidden)]
pub mod mutant;
pub mod ops;
pub mod path;
pub mod recording;
pub mod tap;
mod text;
mod time;
pub mod types;
pub mod wire;

pub use ops::{Class, OpCode, Operation, Reply, Request};
pub use text::Text;
pub use time::Time;
pub use types::{ErrorCode, SessionId, Stat, Xid, Zxid};
