//! A relay for TCP that makes a network fail as a test wants it to: between any client and any
//! server, and between the members of an ensemble.
//!
//! [`Proxy::start`] listens on a free port and relays what comes there to a server. What goes wrong
//! is said by plain calls, at any time, from any thread, in async code and not:
//!
//! ```
//! use std::time::Duration;
//! use zookit_client::{Client, CreateMode};
//! use zookit_proxy::{Cut, Proxy};
//! use zookit_server::testing::Server;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = Server::start();                    // or a real one
//! let proxy = Proxy::start(server.address())?;
//! let client = Client::connect(proxy.address()).await?;
//!
//! // The server carries out the next write to /a, and its reply never arrives.
//! proxy.lose_next_reply("/a");
//! let lost = client.create("/a", "x", CreateMode::Persistent).await.unwrap_err();
//! assert!(lost.may_have_applied());
//!
//! // A slow line; a line on which nothing passes; a line that breaks.
//! proxy.to_client().delay(Duration::from_millis(20));
//! client.wait_connected().await?;
//! client.fence().await?;
//! assert!(client.exists("/a").await?.is_some());
//! proxy.both_ways().hold();
//! proxy.cut(Cut::Reset);
//!
//! // All is well again.
//! proxy.heal();
//! client.wait_connected().await?;
//! # Ok(()) }
//! ```
//!
//! # What can go wrong
//!
//! | | |
//! |---|---|
//! | on the way, in one [direction](Proxy::to_server) or [both](Proxy::both_ways), for all connections, [new ones](Flow::of_new) or [one](Flow::of) | [`delay`](Flow::delay), [`jitter`](Flow::jitter), [`bandwidth`](Flow::bandwidth), [`hold`](Flow::hold) (nothing passes), [`swallow`](Flow::swallow) (nothing arrives), [`cut_after`](Flow::cut_after) so many bytes |
//! | to connections | [`cut`](Proxy::cut): closed, reset, or [half-open](Cut) |
//! | to new connections | [`refuse_connections`](Proxy::refuse_connections), [`ignore_connections`](Proxy::ignore_connections), [`set_upstream`](Proxy::set_upstream) |
//! | to ZooKeeper's requests, by operation and path | [`add_fault`](Proxy::add_fault): a request or a reply is lost, a connection cut behind a reply, a request delayed |
//!
//! [`heal`](Proxy::heal) ends all of it. What a relay cannot do is what the two hosts do: an
//! address that does not answer, packets that overtake each other, a checksum that is wrong.
//!
//! # What it leaves as it is
//!
//! Without faults nobody can tell it from the server, but for the addresses: the bytes and their
//! order, half-closed connections, resets, and *back-pressure*: what one side does not take is not
//! read from the other. A client that connects while the server is down is taken, and then reset.
//!
//! Bytes are not looked at unless a fault needs it. Of a connection that begins as ZooKeeper's the
//! lengths of frames are counted along, so that a fault on operations can be added at any time;
//! through TLS nothing is seen, and such faults never strike.
//!
//! # A thread of its own
//!
//! A proxy relays on a thread of its own, so that it needs no runtime and disturbs none; many can
//! share one ([`Builder::beside`]). Dropping the last clone of a [`Proxy`] closes its port and all
//! connections.

mod accept;
mod builder;
mod conditions;
mod cut;
mod fault;
mod flow;
mod line;
mod opening;
mod proxy;
mod shared;
mod statistics;
mod tap;
mod thread;

pub use builder::Builder;
pub use cut::Cut;
pub use fault::{Asked, Effect, Fault, FaultId};
pub use flow::Flow;
pub use opening::Opening;
pub use proxy::Proxy;
pub use statistics::{ConnectionInfo, Statistics};
pub use tap::WireTap;
pub use zookit_proto::tap::{ConnectionId, Direction};
