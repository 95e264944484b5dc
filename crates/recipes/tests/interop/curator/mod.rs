//! Beside Curator.

mod counts;
#[cfg(feature = "discovery")]
mod discovery;
mod locks;
