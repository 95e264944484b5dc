//! ZooKeeper for Rust: the front door. Everything here lives in the crates below it.
//!
//! ```no_run
//! use zookit::{Client, CreateMode};
//!
//! # async fn f() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::connect("h1:2181,h2:2181,h3:2181/app").await?;
//! client.create("/greeting", "hello", CreateMode::Persistent).await?;
//! let (node, changed) = client.get_data_and_watch("/greeting").await?;
//! println!("{:?} at version {}", node.data, node.stat.version);
//! println!("then: {:?}", changed.await?);
//! client.close().await?;
//! # Ok(()) }
//! ```
//!
//! Start at [`Client`]; the front page of [`zookit_client`] says when a call sends its request, and
//! what dropping its future means.
//! `examples/tour.rs` shows it at work on a server.

#[cfg(doctest)]
mod guides;

pub use zookit_client::*;

/// The wire protocol as values.
pub use zookit_proto as proto;
/// The client session as a state machine, without I/O.
pub use zookit_session as session;
