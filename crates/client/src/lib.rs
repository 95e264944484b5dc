//! An async ZooKeeper client that says what happened to every request.
//!
//! ```
//! use zookit_client::{Client, CreateMode, Version};
//!
//! # async fn f() -> Result<(), Box<dyn std::error::Error>> {
//! # use zookit_doctest::Client;
//! let client = Client::connect("h1:2181,h2:2181,h3:2181").await?;
//! client.create("/greeting", "hello", CreateMode::Persistent).await?;
//! let node = client.get_data("/greeting").await?;
//! client.set_data("/greeting", "good morning", Version::Exactly(node.stat.version)).await?;
//! client.close().await?;
//! # Ok(()) }
//! # zookit_doctest::with_server(f);
//! ```
//!
//! # Calls are eager
//!
//! A method that is one request submits it when it is *called*, in the order of the calls, and
//! returns an [`Answer`], which only waits. So requests are pipelined by calling first and awaiting
//! later, and their effects happen in the order of the calls:
//!
//! ```
//! # async fn f(client: zookit_client::Client) -> Result<(), zookit_client::Error> {
//! let names = ["/a", "/b", "/c"];
//! let nodes = names.map(|name| client.get_data(name));
//! for node in nodes {
//!     println!("{:?}", node.await?.data);
//! }
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```
//!
//! Dropping an [`Answer`] does not take a write back. In a `select!`, and under a `timeout`, the
//! branch that loses is dropped, and its write happens all the same:
//!
//! ```
//! # use std::time::Duration;
//! # use zookit_client::{Client, Version};
//! # async fn f(client: Client) -> Result<(), Box<dyn std::error::Error>> {
//! // After an error here the data may be set, now or later: nobody hears of it any more.
//! tokio::time::timeout(Duration::from_secs(1), client.set_data("/a", "1", Version::Any)).await??;
//!
//! // Better: let the client keep the time. The error then says what is known.
//! # use zookit_client::Deadline;
//! let hurried = client.with_deadline(Deadline::After(Duration::from_secs(1)));
//! match hurried.set_data("/a", "1", Version::Any).await {
//!     Err(error) if error.may_have_applied() => println!("look before you try again"),
//!     other => println!("{other:?}"),
//! }
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```
//!
//! In a loop around `select!`, keep the answer outside and poll it by reference (`&mut answer`); or
//! each turn of the loop submits the request once more.
//!
//! The few methods that take several requests are ordinary lazy `async fn`s, and say so:
//! [`create_with_parents`](Client::create_with_parents),
//! [`delete_recursive`](Client::delete_recursive),
//! [`linearizable_read`](Client::linearizable_read), and those for a lost reply, below.
//!
//! # Every request ends in one of four ways
//!
//! A value, or one of the three arms of [`Error`]: *refused* and *not sent* mean that nothing
//! changed; *no reply* means that a write may have been applied. No write is ever sent twice behind
//! its caller's back.
//!
//! # When the reply to a write is lost
//!
//! Sending it again may do it twice. These find out what became of it, behind a
//! [`fence`](Client::fence), and send it again only if it was not done:
//!
//! * [`create_protected`](Client::create_protected): the name has an id by which it is found;
//! * [`create_owned`](Client::create_owned): an ephemeral znode tells its session;
//! * [`set_data_guarded`](Client::set_data_guarded): the version tells;
//! * [`delete_guaranteed`](Client::delete_guaranteed): goes on until it is gone, also when its
//!   future is dropped;
//! * [`retry`](Client::retry): tries again what is safe, as the caller's policy has it.
//!
//! # When the session expires
//!
//! The client reports [`State::Expired`] and goes on with the next session, unless
//! [`ConnectOptions::on_expiry`] says otherwise. The ephemeral znodes of the last one are gone; no
//! write that was submitted before crosses over: it ends *not sent*, where reads are asked again.
//! One-shot watches end and say so, persistent ones tell a gap.
//!
//! What is to hold in one session alone goes through [`session`](Client::session): a handle that
//! an expiry ends. Until [`Client::trusted_until`] the session lives, as far as the server that
//! answered has told its leader.
//!
//! # The state of the session
//!
//! [`Client::state`] is the state now, [`Client::states`] a stream of its changes. Each change is
//! also one event of `tracing`, with the target `zookit::session`.
//!
//! # Layout
//!
//! * [`Client`]: connecting, the state, closing; and the operations, a family in each file of
//!   `ops`.
//! * [`ConnectOptions`], [`ConnectString`]: everything that can be set.
//! * [`Answer`]: the future of a request. [`OneShotWatch`], [`PersistentWatch`]: watches.
//! * [`error`]: the three arms, and why there is no connection.
//! * [`blocking`]: the same for programs without a runtime.
//! * [`admin`]: asking a server about itself, aside from any session.
//! * `tls`, with the feature of that name: whom to trust, who to be, and a dialer.
//! * `shared`: what callers and the driver share. `driver`: the task that moves the bytes; what
//!   they mean is for [`zookit_session`] to say.

pub mod admin;
mod answer;
pub mod blocking;
mod child_list;
mod chroot;
mod client;
mod connect_string;
mod data;
mod deadline;
mod driver;
mod ensemble;
pub mod error;
mod network;
mod ops;
mod options;
mod random;
mod shared;
mod state;
mod sync;
#[cfg(feature = "_tls")]
pub mod tls;
mod watch;

pub use answer::Answer;
pub use child_list::ChildList;
pub use client::Client;
pub use connect_string::{ConnectString, ConnectStringError};
pub use data::{Children, Created, Data, NodeAcl, NodeData, Version};
pub use deadline::Deadline;
pub use ensemble::{EnsembleConfig, Member, MemberAddress, MemberError, MemberRole, Reconfig};
pub use error::{ArgumentError, ConnectError, Error};
pub use network::{BoxFuture, Dialer, Resolver, SystemResolver, TcpDialer, Transport};
pub use ops::{
    Attempt, Batch, BatchAnswer, BatchValue, CreateOptions, DeleteRecursiveError, GuaranteedDelete,
    MultiOutcome, MultiRead, MultiReadOutcome, Owned, Reserved, RetryPolicy, Stats, Transaction,
};
pub use options::ConnectOptions;
pub use shared::{Arms, Latency, WatchCounts, WatchNotice, WatchedEvent};
pub use state::{StateStream, StateUpdate};
#[cfg(feature = "_tls")]
pub use tls::{TlsDialer, TlsOptions};
pub use watch::{OneShotWatch, PersistentWatch};

pub use zookit_proto::types::{Acl, AddWatchMode, CreateMode, EventType, Id, Perms};
pub use zookit_proto::{ErrorCode, SessionId, Stat, Zxid};
pub use zookit_session::{
    Backoff, Diagnosis, Endpoint, Generation, Identity, Limits, Loss, Mechanism, OnExpiry,
    PresumedExpiry, Reason, SentRule, ServerFloor, SilentClose, State, StateChange, Step,
    WatchEnd as WatchEnded,
};
