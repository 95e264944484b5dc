//! What is built on ZooKeeper: locks, elections, caches and the rest, each exact about sessions,
//! cancellation and lost replies.
//!
//! ```
//! # use zookit_client::{Client, Transaction, Version};
//! use zookit_recipes::Mutex;
//!
//! # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
//! let guard = Mutex::new(&client, "/locks/report").acquire().await?;
//! guard.guarded_multi(Transaction::new().set_data("/config", "7", Version::Any)).await?;
//! guard.release().await?;
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```
//!
//! # What they have in common
//!
//! * *Held means: a znode of this session.* Locks, leases and leaderships are a [`Claim`], of one
//!   session. It has a fencing token, says until when it can be trusted, tells when it cannot any
//!   more, and guards writes with its own znode.
//! * *Futures may be dropped at any point*, and runtimes may have timeouts around them: what was
//!   created is cleaned up in the background, for as long as the session lives.
//! * *A lost reply is looked into*, behind a fence. Nothing is repeated that is not safe to repeat.
//! * *Permanent errors end it*; what may pass is waited out, with waits that grow.
//!
//! # Layout
//!
//! * [`lock`]: locks. A folder a recipe; its `mod.rs` says what it guarantees, how it works, and
//!   what can go wrong.
//! * `discovery`: services that find each other. `typed`: znodes whose data are values. Each behind
//!   the feature of its name; that of `typed` is `serde`.
//! * `claim`: what is held, and how it is come by. `naming`: the names on disk, and whose turn it is.
//! * [`blocking`]: the same for programs without a runtime.

pub mod blocking;
mod claim;
#[cfg(feature = "discovery")]
pub mod discovery;
mod error;
pub mod lock;
mod naming;
mod race;
#[cfg(feature = "serde")]
pub mod typed;

pub use claim::{Claim, ClaimOptions, Lost, Parents, Participant};
pub use error::Error;
pub use lock::mutex::{Mutex, MutexGuard};
pub use naming::{Naming, Sequence};
