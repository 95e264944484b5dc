//! TLS from outside: against servers made here by rustls, and against real ones.
//!
//! * `accepted`: what must work, and the control for everything that is refused.
//! * `certificates`: bad certificates of servers. `clients`: certificates of clients.
//! * `peers`: other sides that speak no TLS, or another one.
//! * `files`: options that cannot be used.
//! * `resumption`: there is none.
//! * `real`: against Apache ZooKeeper, started here.
//! * `issue`: authorities and certificates, made anew in each run. `server`: who shows them.

mod accepted;
mod certificates;
mod clients;
mod files;
#[path = "../guard/mod.rs"]
mod guard;
mod issue;
mod peers;
#[cfg(unix)]
mod real;
mod resumption;
mod server;
