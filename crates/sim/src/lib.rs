//! A deterministic simulator for ZooKeeper's client and servers, with a checker for every promise.

pub mod check;
pub mod observe;
pub mod whole;
