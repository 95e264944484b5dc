//! Values and counts that many share, each of them the data of one znode.
//!
//! * [`shared_value`]: bytes, with a stream of their changes. [`shared_count`]: the same of a number.
//! * [`atomic_long`]: a number that is added to, exactly once each time.
//! * [`ids`]: numbers that are given out once.
//! * `cell`: reading and exactly replacing the data of a znode. `format`: how numbers are written.

pub mod atomic_long;
mod cell;
mod format;
pub mod ids;
pub mod shared_count;
pub mod shared_value;

pub use format::CountFormat;
