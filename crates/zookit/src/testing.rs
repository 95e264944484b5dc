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
//! # A simulated ensemble
//!
//! [`SimulatedEnsemble`] is one, three or five members in memory, and the network in front of them,
//! on Tokio's paused clock: hours pass in milliseconds, and the same seed gives the same run. A
//! [`Client`](crate::Client) connects to it as to any ensemble. What goes wrong is said by calls
//! (members that are cut off, elections, lost replies, expired sessions, partitions, …) or left to
//! the seed: [`storm`](SimulatedEnsemble::storm). At the end [`Fates`] holds what the program was
//! told of its writes against what was committed.
//!
//! ```
//! use std::time::Duration;
//! use zookit::testing::{Fates, SimulatedEnsemble, Trouble, Write};
//! use zookit::{CreateMode, Version};
//!
//! // Or in a test: #[tokio::test(start_paused = true)]
//! zookit::testing::run(async {
//!     let ensemble = SimulatedEnsemble::start(3, 42);
//!     let client = ensemble.connect().await?;
//!     client.create("/count", "0", CreateMode::Persistent).await?;
//!
//!     let fates = Fates::new();
//!     ensemble.storm(Trouble::default(), Duration::from_secs(60));
//!     for count in 0..100 {
//!         let data = count.to_string();
//!         let noted = fates.begin(Write::set_data("/count", data.as_str()));
//!         let result = client.set_data("/count", data, Version::Any).await;
//!         noted.end(&result);
//!     }
//!     ensemble.calm();
//!     client.retry(Default::default(), |_| client.fence()).await?;
//!     fates.check(&ensemble.history())?;
//!     # Ok::<(), Box<dyn std::error::Error>>(())
//! })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! `examples/simulated_lock.rs` has a lock under it, over many seeds.
//!
//! # What they are not
//!
//! A replacement for an ensemble. Their data is in memory, they are one process, and whoever
//! outgrows them connects the same client to Apache ZooKeeper.

pub use zookit_server::Limits;
pub use zookit_server::control::Control;
pub use zookit_server::core::{
    Asked, Config, ConnectionId, ConnectionInfo, Effect, Fault, FaultId, Logged, Outcome, Profile,
    Server as Machine, SessionInfo, WatchInfo, WatchMode,
};
pub use zookit_server::json;
pub use zookit_server::testing::{Builder, Server};
pub use zookit_sim::whole::{FateError, Fates, Noted, SimulatedEnsemble, Trouble, Write, run};
