//! Watches that go on: streams of the newest value, over lost connections and expired sessions.
//!
//! * [`data`]: of a znode's data. [`children`]: of the names of its children. [`patient`]: of these,
//!   once they have been the same for a while.
//!
//! Nothing waits in a buffer: a value is read when it is asked for, if anything has happened since
//! the last one, so that it is the newest, however slow its reader is. What happened in between is
//! counted, and told with it. For every change of many znodes there are [caches](crate::cache).

pub mod children;
pub mod data;
pub mod patient;

pub use self::children::{ChildrenChange, ChildrenWatch};
pub use self::data::{DataChange, DataWatch};
pub use self::patient::PatientChildrenWatch;
