//! What the crate promises about bytes: that every shape of every record survives the way there
//! and back, that it is the shape of ZooKeeper, and that no bytes do harm.

mod golden;
mod jute;
mod numbers;
mod payload;
mod properties;
mod recordings;
mod samples;
