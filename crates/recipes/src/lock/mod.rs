//! Locks.
//!
//! * [`mutex`]: one holder.
//! * [`read_write`]: readers together, writers alone; a writer becomes a reader.
//! * [`semaphore`]: so many leases at once.
//! * [`multi`]: several locks as one.
//! * [`revocation`]: a holder is asked to release.
//! * [`lease`]: held for a time by a name, over sessions.

pub mod lease;
pub mod multi;
pub mod mutex;
pub mod read_write;
pub mod revocation;
pub mod semaphore;
