//! A TCP relay with faults, for tests: between any client and any server. For `dev-dependencies`:
//!
//! ```toml
//! [dev-dependencies]
//! zookit = { version = "0.1", features = ["proxy"] }
//! ```
//!
//! ```
//! use zookit::proxy::{Cut, Proxy};
//! use zookit::{Client, CreateMode};
//! # use zookit_server::testing::Server;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let server = Server::start();
//! let proxy = Proxy::start(server.address())?;
//! let client = Client::connect(proxy.address()).await?;
//!
//! proxy.lose_next_reply("/a");
//! let lost = client.create("/a", "x", CreateMode::Persistent).await.unwrap_err();
//! assert!(lost.may_have_applied());
//! client.wait_connected().await?;
//!
//! proxy.to_client().hold();
//! let waiting = client.get_data("/a");
//! proxy.cut(Cut::Reset);
//! proxy.heal();
//! assert_eq!(waiting.await?.data.as_deref(), Some(&b"x"[..]));
//! # client.close().await?;
//! # Ok(()) }
//! ```
//!
//! The features `testing` and `ensemble` bring it along: a [`Proxy`] before an embedded server is
//! made by hand as here, and a real ensemble has one before every port of every member
//! (`ClusterBuilder::partitionable`).

pub use zookit_proxy::*;
