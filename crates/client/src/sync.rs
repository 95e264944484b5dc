//! The locks and atomics of [`shared`](crate::shared) that callers and the driver meet at.
//!
//! The standard library's; but in the tests that `cargo xtask loom` runs, those of loom, which tries
//! every order in which threads can come to them.

#[cfg(not(all(test, zookit_loom)))]
pub(crate) use std::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicU64, AtomicUsize},
};

#[cfg(all(test, zookit_loom))]
pub(crate) use loom::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicU64, AtomicUsize},
};
