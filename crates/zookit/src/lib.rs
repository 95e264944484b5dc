//! ZooKeeper for Rust: the front door. Everything here lives in the crates below it.
//!
//! ```
//! use zookit::{Client, CreateMode};
//!
//! # async fn f() -> Result<(), Box<dyn std::error::Error>> {
//! # use zookit_doctest::Client;
//! let client = Client::connect("h1:2181,h2:2181,h3:2181/app").await?;
//! client.create("/greeting", "hello", CreateMode::Persistent).await?;
//! let (node, changed) = client.get_data_and_watch("/greeting").await?;
//! println!("{:?} at version {}", node.data, node.stat.version);
//! # client.set_data("/greeting", "good morning", zookit::Version::Any).await?;
//! println!("then: {:?}", changed.await?);
//! client.close().await?;
//! # Ok(()) }
//! # zookit_doctest::with_server(f);
//! ```
//!
//! Start at [`Client`], or at [`blocking::Client`] in a program without a runtime.
//! `examples/tour.rs` shows it at work on a server. Four things are not as elsewhere, and worth
//! knowing before the first line.
//!
//! # Calling is sending
//!
//! A method that is one request submits it when it is *called*, in the order of the calls. The
//! [`Answer`] that it returns only waits. So requests are pipelined by calling first and awaiting
//! later:
//!
//! ```
//! # async fn f(client: zookit::Client) -> Result<(), zookit::Error> {
//! let nodes = ["/a", "/b", "/c"].map(|path| client.get_data(path));
//! for node in nodes {
//!     println!("{:?}", node.await?.data);
//! }
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```
//!
//! # The trap of `select!` and `timeout`
//!
//! Dropping an [`Answer`] takes no write back. Whatever drops the future that loses, as `select!` and
//! `timeout` do, leaves its write on its way, and nobody hears what became of it:
//!
//! ```
//! # use std::time::Duration;
//! # use zookit::{Client, Deadline, Version};
//! # async fn f(client: Client) -> Result<(), Box<dyn std::error::Error>> {
//! // After an error here the data may be set, now or later.
//! tokio::time::timeout(Duration::from_secs(1), client.set_data("/a", "1", Version::Any)).await??;
//!
//! // Better: the client keeps the time, and its error says what is known.
//! let hurried = client.with_deadline(Deadline::After(Duration::from_secs(1)));
//! match hurried.set_data("/a", "1", Version::Any).await {
//!     Err(error) if error.may_have_applied() => println!("look before you try again"),
//!     other => println!("{other:?}"),
//! }
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```
//!
//! In a loop around `select!` the answer stays outside and is polled by reference: made inside, each
//! turn of the loop submits the request once more.
//!
//! ```
//! # use std::time::Duration;
//! # use zookit::{Client, Version};
//! # async fn f(client: Client) -> Result<(), zookit::Error> {
//! let mut ticks = tokio::time::interval(Duration::from_secs(1));
//! let mut set = client.set_data("/a", "1", Version::Any);
//! let stat = loop {
//!     tokio::select! {
//!         stat = &mut set => break stat?,
//!         _ = ticks.tick() => println!("still waiting"),
//!     }
//! };
//! # println!("{stat:?}");
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```
//!
//! # A reply may be lost
//!
//! Every request ends in one of four ways: a value, or one of the three arms of [`Error`]. *Refused*
//! and *not sent* mean that nothing changed; *no reply* means that a write may have been applied
//! ([`may_have_applied`](Error::may_have_applied)). No write is ever sent twice behind your back.
//! What was applied is found out behind a [`fence`](Client::fence): what is read then will not be
//! changed by the lost write any more. [`create_protected`](Client::create_protected),
//! [`create_owned`](Client::create_owned), [`set_data_guarded`](Client::set_data_guarded),
//! [`delete_guaranteed`](Client::delete_guaranteed) and [`retry`](Client::retry) do so by themselves.
//!
//! ```
//! # use zookit::{Client, CreateMode};
//! # async fn f(client: Client) -> Result<(), zookit::Error> {
//! match client.create("/jobs/17", "payload", CreateMode::Persistent).await {
//!     Err(error) if error.may_have_applied() => {
//!         client.wait_connected().await?;
//!         client.fence().await?;
//!         println!("it is there: {}", client.exists("/jobs/17").await?.is_some());
//!     }
//!     other => println!("created {}", other?.path),
//! }
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```
//!
//! # A session may expire
//!
//! The handle goes on with the next session, unless [`ConnectOptions::on_expiry`] says otherwise; the
//! ephemeral znodes of the last one are gone. No write that was submitted before crosses over: it
//! ends *not sent*. One-shot watches end and say so, persistent ones tell a gap. Whoever relies on an
//! ephemeral znode works through a handle that is pinned to its session, and stops when
//! [`trusted_until`](Client::trusted_until) has passed:
//!
//! ```
//! # use zookit::{Client, CreateMode, State, Version};
//! # async fn f(client: Client) -> Result<(), zookit::Error> {
//! let session = client.session();
//! # client.delete("/leader", Version::Any).await?;
//! session.create("/leader", "me", CreateMode::Ephemeral).await?;
//! match session.set_data("/epoch", "7", Version::Exactly(6)).await {
//!     Err(error) if error.is_session_lost() => println!("somebody else may lead by now"),
//!     other => println!("set: {}", other?.version),
//! }
//!
//! let mut states = client.states();
//! # client.close().await?;
//! while let Some(update) = states.next().await {
//!     if update.change.state == State::Expired {
//!         println!("ephemeral znodes are gone: {}", update.change.reason);
//!     }
//! }
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```

#[cfg(all(unix, feature = "ensemble"))]
pub mod ensemble;
#[cfg(doctest)]
mod guides;
#[cfg(feature = "proxy")]
pub mod proxy;
#[cfg(feature = "testing")]
pub mod testing;

pub use zookit_client::*;

/// Locks, elections, caches and the rest of what is built on ZooKeeper.
#[doc(inline)]
pub use zookit_recipes as recipes;

/// The wire protocol as values.
pub use zookit_proto as proto;
/// The client session as a state machine, without I/O.
pub use zookit_session as session;
