//! The examples of the guides for those who come from other clients: compiled with the doctests.

/// From Go.
#[doc = include_str!("../../../docs/coming-from/go.md")]
pub struct Go;

/// From Java's client and Curator.
#[doc = include_str!("../../../docs/coming-from/java-and-curator.md")]
pub struct Java;

/// From kazoo.
#[doc = include_str!("../../../docs/coming-from/kazoo.md")]
pub struct Kazoo;

/// From other crates.
#[doc = include_str!("../../../docs/coming-from/rust-crates.md")]
pub struct RustCrates;
