//! Real Apache ZooKeeper servers and ensembles, for tests: started, killed, paused, upgraded, and
//! gone without a trace when their values are dropped.
//!
//! ```
//! use zookit_client::CreateMode;
//! use zookit_ensemble::Cluster;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # if zookit_ensemble::Release::listed()?.is_empty() {
//! #     eprintln!("skipped: an ensemble: `cargo xtask test` sets ZOOKIT_REAL_CLASSPATHS");
//! #     return Ok(());
//! # }
//! let cluster = Cluster::start(3).await?;
//! let client = cluster.connect_all().await?;
//! client.create("/greeting", "hello", CreateMode::Persistent).await?;
//!
//! let first = cluster.kill_leader().await?;
//! client.wait_connected().await?;
//! assert_eq!(client.get_data("/greeting").await?.data.as_deref(), Some(&b"hello"[..]));
//!
//! cluster.server(first).start().await?;
//! assert_ne!(cluster.leader().await?, first);
//! # client.close().await?;
//! # Ok(()) }
//! ```
//!
//! [`Cluster`] is an ensemble of any size, [`Server`] one server; a cluster has [servers], which
//! can be treated one by one. [`ServerConfig`] is what a server's `zoo.cfg` says. [`Release`] is a
//! ZooKeeper, of which there can be several. [`blocking`] is the same without futures.
//!
//! [servers]: Cluster::servers
//!
//! # What it needs
//!
//! A Java, in `JAVA_HOME` or on `PATH`, and a ZooKeeper: `ZOOKEEPER_HOME`, or Maven, which fetches
//! it once, or Debian's package. [`Release::find`] looks for it, and where there is none the error
//! says what to install or to set. Unix only.
//!
//! # What is left behind
//!
//! Nothing: no process, no directory, no port. Not when the last handle is dropped, and not when
//! the program is killed by SIGKILL, whether a server runs then, is paused or is stopped. For this
//! a small shell waits beside each server, for as long as it lives, for the end of a pipe.
//! Only what you name yourself stays: a [log file](ServerBuilder::log_file), a data directory that
//! you [set](ServerConfig::data_dir), and the releases that were fetched.
//!
//! Dropping the last handle takes some milliseconds, until the process has ended.
//!
//! # Runtimes
//!
//! What takes time is done on a thread of its own, and the [`Task`] that a method returns only
//! waits for it: on any runtime. It has begun when the method returns, and a task that is dropped
//! goes on.
//!
//! # Ports
//!
//! They are free ports of 127.0.0.1. On Linux each is kept for its server from before the first
//! start on, also while the server is stopped: whoever asks the system for any port does not get
//! it. So hundreds of servers side by side do not get in each other's way. Elsewhere a port can be
//! taken between its choice and the server's start; then others are tried, five times. A server
//! that was stopped there, and finds its port taken, does not start again.
//!
//! # Partitions
//!
//! An ensemble that is [`partitionable`] has a proxy before every port of every member. Members are
//! [cut off], [divided into groups], or made to hear each other [late], and so is what clients say:
//!
//! ```
//! use zookit_ensemble::{Cluster, Mode};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # if zookit_ensemble::Release::listed()?.is_empty() {
//! #     eprintln!("skipped: a partition: `cargo xtask test` sets ZOOKIT_REAL_CLASSPATHS");
//! #     return Ok(());
//! # }
//! let cluster = Cluster::builder().partitionable(true).start().await?;
//! let old = cluster.leader().await?;
//! cluster.isolate(old);
//! cluster.wait_until(move |modes| modes[old] == Mode::NotServing).await?;
//! assert_ne!(cluster.leader().await?, old);
//!
//! cluster.heal();
//! cluster.wait_until(move |modes| modes[old] == Mode::Follower).await?;
//! # Ok(()) }
//! ```
//!
//! # Features
//!
//! Both are on by default; without them nothing but rustix is built.
//!
//! * `client`: clients of a cluster, [`connect`] and [`connect_all`].
//! * `proxy`: partitions.
//!
//! [`connect`]: Cluster::connect
//! [`connect_all`]: Cluster::connect_all
//! [`partitionable`]: ClusterBuilder::partitionable
//! [cut off]: Cluster::isolate
//! [divided into groups]: Cluster::partition
//! [late]: Cluster::link

#![cfg(unix)]

pub mod blocking;
mod cluster;
pub mod config;
mod error;
#[cfg(feature = "proxy")]
mod partition;
pub mod release;
mod server;
mod task;
#[cfg(test)]
mod testing;
mod text;

pub use self::cluster::{Cluster, ClusterBuilder};
pub use self::config::ServerConfig;
pub use self::error::Error;
#[cfg(feature = "proxy")]
pub use self::partition::Link;
pub use self::release::{Finder, Java, Release, Version, Wanted};
pub use self::server::{Mode, Server, ServerBuilder};
pub use self::task::Task;
