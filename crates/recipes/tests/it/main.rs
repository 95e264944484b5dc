//! The recipes on the embedded server: a file a recipe.
//!
//! Nothing here waits for a time: what is to come about is waited for (`place::Place::until`).

mod barrier;
mod cache;
mod counter;
#[cfg(feature = "discovery")]
mod discovery;
mod dropped;
mod group;
mod hand_off;
mod known;
mod latch;
mod lease;
mod locking_queue;
mod multi;
mod mutex;
mod partition;
mod persistent_node;
mod place;
mod queue;
mod read_write;
mod revocation;
mod selector;
mod semaphore;
mod ttl_node;
#[cfg(feature = "serde")]
mod typed;
mod watch;
