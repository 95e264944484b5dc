//! Znodes that are kept up: created in each new session, and again when somebody deletes them.
//!
//! * [`persistent`]: a znode of any kind, ephemeral by default.
//! * [`ttl`]: one that the server deletes some time after nobody keeps it alive any more.
//!
//! Both, and all else that is kept up, stand on `kept`: the task behind a znode.

pub(crate) mod kept;
pub mod persistent;
pub mod ttl;
