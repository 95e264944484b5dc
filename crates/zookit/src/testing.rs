//! An embedded server for tests, and all that can be done to it. For `dev-dependencies`:
//!
//! ```toml
//! [dev-dependencies]
//! zookit = { version = "0.1", features = ["testing"] }
//! ```
//!
//! One line starts it, and it stops when it is dropped. It speaks the whole protocol over a socket,
//! as Apache ZooKeeper 3.9.5 does or an [earlier version](Profile), so the code under test connects
//! as it always does. It needs no Java, is ready in milliseconds, and many run side by side.
//!
//! ```
//! use zookit::testing::Server;
//! use zookit::{Client, CreateMode};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = Server::start();
//! let client = Client::connect(server.address()).await?;
//! client.create("/greeting", "hello", CreateMode::Ephemeral).await?;
//!
//! server.expire(client.session_id());
//! server.until(|server| !server.tree().contains("/greeting")).await;
//! # Ok(()) }
//! ```
//!
//! It has a thread of its own and needs no runtime, so it is the same for tests without one:
//!
//! ```
//! use zookit::testing::Server;
//! use zookit::{CreateMode, blocking};
//!
//! let server = Server::start();
//! let client = blocking::Client::connect(server.address())?;
//! client.create("/greeting", "hello", CreateMode::Persistent)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What can be done to it
//!
//! [`Server`] stops, resumes and restarts, with its tree and its sessions. All else is
//! [`Control`]'s, to which it derefs: expire and kill sessions; drop, freeze, half-open and refuse
//! connections; lose replies after the write took place, delay and fail requests by operation and
//! path ([`Fault`]); move the clock; be read-only; change the epoch; see watches, sessions and
//! requests; load and dump the tree as [JSON](json).
//!
//! # What it is not
//!
//! A replacement for an ensemble. Its data is in memory, it is one process, and whoever outgrows it
//! connects the same client to Apache ZooKeeper.

pub use zookit_server::Limits;
pub use zookit_server::control::Control;
pub use zookit_server::core::{
    Asked, Config, ConnectionId, ConnectionInfo, Effect, Fault, FaultId, Logged, Outcome, Profile,
    Server as Machine, SessionInfo, WatchInfo, WatchMode,
};
pub use zookit_server::json;
pub use zookit_server::testing::{Builder, Server};
