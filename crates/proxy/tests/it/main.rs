//! The relay between plain TCP peers, and between ZooKeeper's client and server.
//!
//! Nothing here waits for a time: what is to come about is waited for, and that something does not
//! is shown by what the proxy has done meanwhile.

mod absent;
mod ends;
mod frames;
mod openings;
mod peers;
mod relaying;
mod requests;
mod storm;
mod taps;
mod way;
