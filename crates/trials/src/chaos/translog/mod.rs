//! What servers have on their disks: their transaction logs, and what all of them agreed on.
//!
//! A server of the quorum writes each transaction to its log before it says so to the leader, so
//! whatever a client was told of is in the logs of a majority. That makes them the witness of a run
//! on real servers: [`agree()`] makes one history of the logs of all members.
//!
//! * [`mod@file`]: one log file: its header, its entries, how it ends;
//! * [`record`]: one entry: who asked for what, and what was done;
//! * [`member`]: all log files of one server, and the zxids of its snapshots;
//! * [`mod@agree`]: which of the entries of all members were agreed on.
//!
//! Facts: `FileTxnLog`, `TxnHeader`, `SerializeUtils.deserializeTxn` and `zookeeper.jute` of Apache
//! ZooKeeper. Servers must neither purge their logs nor write them behind the back of the reader:
//! [`MemberLog::read`] is for servers that are stopped, or that nobody asks for anything.

mod adler;
pub mod agree;
pub mod file;
pub mod member;
pub mod record;
#[cfg(test)]
mod testing;

pub use agree::{Agreed, Disagreement, agree};
pub use member::{LogError, MemberLog};
