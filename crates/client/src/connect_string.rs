//! The connect string: `host:port,host:port/chroot`.

use std::convert::Infallible;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use thiserror::Error;
use zookit_proto::path::{PathError, validate_chroot};
use zookit_session::Endpoint;

use crate::chroot::Chroot;

/// The servers of an ensemble, and the znode under which a client lives.
///
/// The form is ZooKeeper's: hosts apart by commas, each a name, an IPv4 address or an IPv6 address
/// in brackets, with `:port` unless it is 2181; then, from the first `/` on, the chroot.
/// Blanks around a host are ignored.
///
/// ```
/// use zookit_client::ConnectString;
/// let parsed: ConnectString = "h1:2181,[::1]:2182,h3/app".parse()?;
/// assert_eq!(parsed.servers().len(), 3);
/// assert_eq!(parsed.chroot(), Some("/app"));
/// assert_eq!(parsed.to_string(), "h1:2181,[::1]:2182,h3:2181/app");
/// # Ok::<(), zookit_client::ConnectStringError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectString {
    servers: Vec<Endpoint>,
    chroot: Chroot,
}

/// What is wrong with a connect string, and where. Offsets are in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConnectStringError {
    /// There is no server in it.
    #[error("the connect string names no server")]
    Empty,
    /// Nothing between two commas, before a port, or at the end.
    #[error("the connect string has an empty host at byte {at}")]
    EmptyHost {
        /// Where the host would be.
        at: usize,
    },
    /// A port that is no number from 1 to 65535.
    #[error("the connect string has {port:?} at byte {at}, which is no port from 1 to 65535")]
    BadPort {
        /// Where it begins.
        at: usize,
        /// What stands there.
        port: String,
    },
    /// A bracket without its counterpart, or something else than a port behind it.
    #[error("the connect string has an unmatched bracket in the host at byte {at}")]
    UnmatchedBracket {
        /// Where the host begins.
        at: usize,
    },
    /// In brackets, but no IPv6 address.
    #[error("the connect string has {address:?} at byte {at}, which is no IPv6 address")]
    BadIpv6 {
        /// Where it begins.
        at: usize,
        /// What stands there.
        address: String,
    },
    /// Several colons outside brackets: an IPv6 address, whose port could not be told from it.
    #[error("the connect string has {host:?} at byte {at}; an IPv6 address stands in brackets")]
    Ipv6WithoutBrackets {
        /// Where it begins.
        at: usize,
        /// What stands there.
        host: String,
    },
    /// A blank inside a host.
    #[error("the connect string has a blank inside the host {host:?} at byte {at}")]
    Blank {
        /// Where the host begins.
        at: usize,
        /// What stands there.
        host: String,
    },
    /// A chroot that is no path. Offsets within it count from its first `/`.
    #[error("the connect string's chroot, at byte {at}, is no path: {error}")]
    Chroot {
        /// Where it begins.
        at: usize,
        /// What is wrong with it.
        error: PathError,
    },
}

impl ConnectString {
    /// The servers, in the order of the string.
    #[must_use]
    pub fn servers(&self) -> &[Endpoint] {
        &self.servers
    }

    /// The chroot; `None` is the root.
    #[must_use]
    pub fn chroot(&self) -> Option<&str> {
        self.chroot.as_str()
    }

    pub(crate) fn into_parts(self) -> (Vec<Endpoint>, Chroot) {
        (self.servers, self.chroot)
    }
}

impl FromStr for ConnectString {
    type Err = ConnectStringError;

    fn from_str(text: &str) -> Result<Self, ConnectStringError> {
        let (hosts, chroot) = match text.find('/') {
            Some(at) => {
                let (hosts, chroot) = text.split_at(at);
                let chroot = validate_chroot(chroot)
                    .map_err(|error| ConnectStringError::Chroot { at, error })?;
                (hosts, chroot)
            }
            None => (text, None),
        };
        if hosts.trim().is_empty() {
            return Err(ConnectStringError::Empty);
        }
        let mut servers = Vec::new();
        let mut at = 0;
        for host in hosts.split(',') {
            let blanks = host.len() - host.trim_start().len();
            servers.push(parse_server(host.trim(), at + blanks)?);
            at += host.len() + 1;
        }
        Ok(Self { servers, chroot: Chroot::new(chroot) })
    }
}

impl TryFrom<&str> for ConnectString {
    type Error = ConnectStringError;

    fn try_from(text: &str) -> Result<Self, ConnectStringError> {
        text.parse()
    }
}

impl TryFrom<&String> for ConnectString {
    type Error = ConnectStringError;

    fn try_from(text: &String) -> Result<Self, ConnectStringError> {
        text.parse()
    }
}

impl TryFrom<String> for ConnectString {
    type Error = ConnectStringError;

    fn try_from(text: String) -> Result<Self, ConnectStringError> {
        text.parse()
    }
}

/// What cannot fail has no error.
impl From<Infallible> for ConnectStringError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl From<SocketAddr> for ConnectString {
    fn from(server: SocketAddr) -> Self {
        Self::from(vec![Endpoint::new(server.ip().to_string(), server.port())])
    }
}

impl From<Vec<Endpoint>> for ConnectString {
    fn from(servers: Vec<Endpoint>) -> Self {
        Self { servers, chroot: Chroot::default() }
    }
}

fn parse_server(text: &str, at: usize) -> Result<Endpoint, ConnectStringError> {
    if let Some(inside) = text.strip_prefix('[') {
        let (address, rest) =
            inside.split_once(']').ok_or(ConnectStringError::UnmatchedBracket { at })?;
        if address.parse::<Ipv6Addr>().is_err() {
            let address = address.to_owned();
            return Err(ConnectStringError::BadIpv6 { at: at + 1, address });
        }
        let port = match rest.strip_prefix(':') {
            Some(port) => parse_port(port, at + address.len() + 3)?,
            None if rest.is_empty() => Endpoint::DEFAULT_PORT,
            None => return Err(ConnectStringError::UnmatchedBracket { at }),
        };
        return Ok(Endpoint::new(address, port));
    }
    if text.contains(['[', ']']) {
        return Err(ConnectStringError::UnmatchedBracket { at });
    }
    if text.matches(':').count() > 1 {
        return Err(ConnectStringError::Ipv6WithoutBrackets { at, host: text.to_owned() });
    }
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, parse_port(port, at + host.len() + 1)?),
        None => (text, Endpoint::DEFAULT_PORT),
    };
    if host.is_empty() {
        return Err(ConnectStringError::EmptyHost { at });
    }
    if host.contains(char::is_whitespace) {
        return Err(ConnectStringError::Blank { at, host: host.to_owned() });
    }
    Ok(Endpoint::new(host, port))
}

fn parse_port(text: &str, at: usize) -> Result<u16, ConnectStringError> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(port) if digits && port > 0 => Ok(port),
        _ => Err(ConnectStringError::BadPort { at, port: text.to_owned() }),
    }
}

/// With every port, and IPv6 addresses in brackets: parsing it gives the same value.
impl fmt::Display for ConnectString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, server) in self.servers.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{server}")?;
        }
        f.write_str(self.chroot().unwrap_or_default())
    }
}

/// Whether the host needs no resolver.
pub(crate) fn literal_address(host: &str) -> Option<IpAddr> {
    host.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<ConnectString, ConnectStringError> {
        text.parse()
    }

    #[test]
    fn hosts_ports_and_chroot_are_found() {
        for (text, servers, chroot) in [
            ("h", vec![("h", 2181)], None),
            ("h:1", vec![("h", 1)], None),
            ("h:1,h2:65535/", vec![("h", 1), ("h2", 65535)], None),
            (" h , 127.0.0.1:7 ", vec![("h", 2181), ("127.0.0.1", 7)], None),
            ("[::1],[fe80::2]:9/a/b", vec![("::1", 2181), ("fe80::2", 9)], Some("/a/b")),
        ] {
            let parsed = parse(text).unwrap();
            let servers: Vec<_> =
                servers.into_iter().map(|(host, port)| Endpoint::new(host, port)).collect();
            assert_eq!(parsed.servers(), servers, "{text}");
            assert_eq!(parsed.chroot(), chroot, "{text}");
            assert_eq!(parse(&parsed.to_string()).unwrap(), parsed, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_and_where() {
        use ConnectStringError as E;
        for (text, error) in [
            ("", E::Empty),
            ("  ", E::Empty),
            ("/app", E::Empty),
            ("h,,i", E::EmptyHost { at: 2 }),
            ("h,", E::EmptyHost { at: 2 }),
            ("h, :7", E::EmptyHost { at: 3 }),
            ("h:", E::BadPort { at: 2, port: String::new() }),
            ("h:0", E::BadPort { at: 2, port: "0".into() }),
            ("a,h:65536", E::BadPort { at: 4, port: "65536".into() }),
            ("h:+7", E::BadPort { at: 2, port: "+7".into() }),
            ("[::1]:x", E::BadPort { at: 6, port: "x".into() }),
            ("[::1", E::UnmatchedBracket { at: 0 }),
            ("[::1]7", E::UnmatchedBracket { at: 0 }),
            ("::1]", E::UnmatchedBracket { at: 0 }),
            ("a,[h]:1", E::BadIpv6 { at: 3, address: "h".into() }),
            ("::1", E::Ipv6WithoutBrackets { at: 0, host: "::1".into() }),
            ("a b:1", E::Blank { at: 0, host: "a b".into() }),
            ("h:1/a/", E::Chroot { at: 3, error: PathError::TrailingSlash }),
            ("h/a//b", E::Chroot { at: 1, error: PathError::EmptyComponent { at: 3 } }),
        ] {
            assert_eq!(parse(text), Err(error), "{text:?}");
        }
    }
}
