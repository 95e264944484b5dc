//! Znodes that are kept up: created in each new session, and again when somebody deletes them.
//!
//! * [`persistent`]: a znode of any kind, ephemeral by default.
//! * [`ttl`]: one that the server deletes some time after nobody keeps it alive any more.

pub mod persistent;
pub mod ttl;
