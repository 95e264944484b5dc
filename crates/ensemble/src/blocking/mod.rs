//! The same without futures: for programs without a runtime, and what the async ones do on threads
//! of their own.

mod cluster;
mod server;

pub use self::cluster::Cluster;
pub use self::server::Server;
