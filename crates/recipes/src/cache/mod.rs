//! Caches: a copy of znodes at hand, that follows the server, and tells what changes.
//!
//! * [`node`]: one znode. [`children`]: a znode and its children. [`tree`]: a znode and all below it.
//!
//! # What they guarantee
//!
//! * *They become the server's tree, and stay it.* When a cache is
//!   [synchronized](Cache::synchronized) and nothing is under way, it is the tree as of the last
//!   event; while there are changes it is behind by the reads that are under way.
//! * *Nothing goes back.* What a cache shows of a znode is never older than what it showed before.
//! * *What listeners hear makes the cache*: [`Event`]s are told in the order in which they change
//!   it, and none is missing, or [`Event::Missed`] says so.
//! * *Who was deleted and created anew is another znode*, also if its version is the same: it is told
//!   as deleted, and as created.
//! * *The first sync is told*, by [`Event::Initialized`] and [`Cache::initialized`]: once, when all
//!   is there, also while others write without pause. So is the end of each later one.
//! * *No error ends it that is about one znode.* What cannot be read is [told](Event::Unread), and
//!   left until something is heard of it; what came to nothing is asked again, with waits that grow.
//!
//! Not every state of a znode is seen: between two reads it may have been set several times, as its
//! version tells.
//!
//! # How it works
//!
//! 1. A persistent watch is set; recursive, but for one znode.
//! 2. Everything is read, from the root down: data, and a listing of whoever has children. Several
//!    reads are one multiRead, and 1,024 at most are under way.
//! 3. What an event tells of is read again; what was deleted goes at once. Events come before any
//!    reply that shows what they tell of.
//! 4. After a gap (the connection was away, the session expired, events came faster than they were
//!    taken) everything is read again: the data of each znode, and listings only where the `pzxid`
//!    says that children came or went. What differs is told.
//!
//! Servers before 3.6 know no persistent watches: each read then leaves a one-shot watch, two at a
//! znode with their tasks, which the client sets again on each connection. A gap is the end of the
//! session alone. So it is for all servers with
//! [`persistent_watches: false`](CacheOptions::persistent_watches).
//!
//! # What can go wrong
//!
//! * *The connection is away*: the cache stays as it is. [`Event::Interrupted`] comes with the next
//!   connection; who must know earlier asks the [client](zookit_client::Client::state).
//! * *A znode may not be read*: it is not in the cache. From 3.8.4 and 3.9.2 a server does not tell
//!   of it either, so that of what is below it only what happens from then on is known; and no server
//!   tells when its ACL changes. The next sync finds it.
//! * *A reply is larger than the client takes*: the connection goes with it. What it was about is
//!   asked for alone, once, and then left.
//! * *A bound is reached*: what does not fit is left out, which is [told](Event::Full).
//! * *A listener is slow*: it hears of a gap of its own, and resumes. Nobody waits for it.
//! * *Bursts*: the client keeps [`watch_buffer`](zookit_client::ConnectOptions::watch_buffer) notices
//!   for a watch; where many thousand changes come in a moment, more spare a sync.
//!
//! # Memory
//!
//! Names, not paths, in one arena; a table of hashes to look them up. A znode takes less than 250
//! bytes beyond its name and data.

pub mod children;
mod core;
#[cfg(feature = "serde")]
mod decoded;
mod event;
mod follow;
mod listener;
mod mirror;
pub mod node;
mod options;
pub mod tree;

pub use self::children::ChildrenCache;
pub use self::core::Cache;
#[cfg(feature = "serde")]
pub(crate) use self::decoded::Decoded;
pub use self::event::{Cached, Event, Unread};
pub use self::listener::Listener;
pub use self::mirror::{Children, NodeRef, Nodes, Tree};
pub use self::node::NodeCache;
pub use self::options::{CacheOptions, Filter, Scope};
pub use self::tree::TreeCache;
