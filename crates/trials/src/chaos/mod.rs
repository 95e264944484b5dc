//! Chaos: workloads under a schedule of accidents, and checkers of what came of them.
//!
//! Clients do all at once what users do, while servers are killed, paused and cut off from one another
//! and connections are lost in all the ways there are. Everything that clients did and were told is
//! written down, together with what the servers' logs say was agreed on; then checkers look for an
//! order in which all of it can have happened as promised.
//!
//! * [`plan`]: what goes wrong, and when: it follows from the seed;
//! * [`target`]: servers, and the network to them: real ones, or simulated ones in virtual time;
//! * [`client`]: clients whose operations are noted; [`workload`]: what they do;
//! * [`history`]: the notes: JSON lines that other checkers read, too;
//! * [`translog`]: what real servers agreed on, by the logs on their disks;
//! * [`check`]: the checkers;
//! * [`mod@run`]: a run from its beginning to its end; [`command`]: `zookit-trials chaos`.

pub mod check;
pub mod client;
pub mod command;
pub mod history;
pub mod plan;
pub mod run;
pub mod target;
pub mod translog;
pub mod workload;

pub use command::{Arguments, run};
