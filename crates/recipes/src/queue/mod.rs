//! Queues: items that some put and others take, each of them a znode.
//!
//! ZooKeeper keeps all of it in memory, and a consumer lists the whole queue: they are for
//! thousands of small items, not for millions, nor for large ones.
//!
//! | | an item that a consumer fails on |
//! |---|---|
//! | [`plain`], [`priority`] | is lost: it is removed before it is worked on. *At most once* |
//! | [`locking`] | is taken by another: it is removed when it has been worked on. *At least once* |
//!
//! * `names`: names on disk, and their order. `frame`: how Curator packs items. `store`: putting,
//!   listing and removing.

mod frame;
mod item;
pub mod locking;
mod names;
pub mod plain;
pub mod priority;
mod store;

pub use item::Item;
pub use names::QueueLayout;
