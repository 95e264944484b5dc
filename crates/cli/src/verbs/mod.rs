//! One file a verb: what it asks of the server, and what it prints.

pub(crate) mod admin;
pub(crate) mod create;
#[cfg(unix)]
pub(crate) mod ensemble;
pub(crate) mod exists;
pub(crate) mod get;
pub(crate) mod lock;
pub(crate) mod ls;
pub(crate) mod rm;
pub(crate) mod serve;
pub(crate) mod set;
pub(crate) mod stat;
pub(crate) mod watch;
pub(crate) mod who;
pub(crate) mod word;
