//! Real Apache ZooKeeper servers and ensembles for tests, started, killed, paused and upgraded as
//! values. For `dev-dependencies`:
//!
//! ```toml
//! [dev-dependencies]
//! zookit = { version = "0.1", features = ["ensemble"] }
//! ```
//!
//! ```
//! use zookit::ensemble::Cluster;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # if zookit::ensemble::Release::listed()?.is_empty() {
//! #     eprintln!("skipped: an ensemble: `cargo xtask test` sets ZOOKIT_REAL_CLASSPATHS");
//! #     return Ok(());
//! # }
//! let cluster = Cluster::start(3).await?;
//! let client = cluster.connect_all().await?;
//! cluster.kill_leader().await?;
//! client.wait_connected().await?;
//! # client.close().await?;
//! # Ok(()) }
//! ```
//!
//! It needs a Java, and finds or fetches a ZooKeeper by itself ([`Release::find`]). Nothing is left
//! behind, whatever ends the test: no process, no directory, no port. Where a test need not see
//! Apache's own server, the feature `testing` has one that needs no Java. Unix only.

pub use zookit_ensemble::*;
