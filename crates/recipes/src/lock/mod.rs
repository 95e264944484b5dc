//! Locks.
//!
//! * [`mutex`]: one holder.

pub mod mutex;
