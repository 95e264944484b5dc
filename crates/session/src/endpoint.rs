//! A server's address, before anyone resolved it.

use std::fmt;

/// Host and port. The host is a name or an address; it is resolved anew for each attempt.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    /// A name, an IPv4 address, or an IPv6 address without brackets.
    pub host: String,
    /// The client port.
    pub port: u16,
}

impl Endpoint {
    /// The client port of a server that says nothing else.
    pub const DEFAULT_PORT: u16 = 2181;

    /// An endpoint.
    #[must_use]
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self { host: host.into(), port }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}
