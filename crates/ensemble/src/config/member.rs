//! The line of a member: `server.1=host:2888:3888:participant;0.0.0.0:2181`.

use std::fmt;
use std::str::FromStr;

use super::{DEFAULT_LEADER_ELECTION_PORT, DEFAULT_PEER_PORT};

/// A member of an ensemble, as every member's configuration names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its number, which it finds in its file `myid`: 1 to 255, or up to 2⁶³ - 1 with 3.5.
    pub id: u64,
    /// Where the others reach it. More than one only with `multiAddress.enabled` (3.6).
    pub addresses: Vec<MemberAddress>,
    /// Whether it votes. `None` is not written, and means that it does.
    pub role: Option<Role>,
    /// Where clients reach it; the form of 3.5, which dynamic reconfiguration needs. With it there
    /// need be no `clientPort`.
    pub client: Option<ClientAddress>,
}

/// Where the other members reach a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberAddress {
    /// A name or an IP address.
    pub host: String,
    /// The port at which it awaits followers when it leads.
    pub peer_port: u16,
    /// The port for elections.
    pub election_port: u16,
}

/// Where clients reach a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientAddress {
    /// Where the port is bound; `None`: at all addresses of the machine.
    pub host: Option<String>,
    /// The port.
    pub port: u16,
}

/// Whether a member votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// It votes.
    Participant,
    /// It follows without a vote.
    Observer,
}

impl Member {
    /// A member that votes, at the ports that are custom.
    #[must_use]
    pub fn new(id: u64, host: impl Into<String>) -> Self {
        Self::at(id, host, DEFAULT_PEER_PORT, DEFAULT_LEADER_ELECTION_PORT)
    }

    /// A member that votes, at these ports.
    #[must_use]
    pub fn at(id: u64, host: impl Into<String>, peer_port: u16, election_port: u16) -> Self {
        let addresses = vec![MemberAddress { host: host.into(), peer_port, election_port }];
        Self { id, addresses, role: None, client: None }
    }

    /// Reads what stands behind `server.ID=`.
    pub(super) fn read(id: u64, text: &str) -> Result<Self, String> {
        let (members, client) = match text.split_once(';') {
            Some((members, client)) => (members, Some(client.trim().parse()?)),
            None => (text, None),
        };
        let mut role = None;
        let mut addresses = Vec::new();
        for address in members.split('|') {
            let (address, its_role) = MemberAddress::read(address.trim())?;
            if its_role.is_some() && role.replace(its_role) == Some(its_role) {
                return Err("more than one role".to_owned());
            }
            addresses.push(address);
        }
        Ok(Self { id, addresses, role: role.flatten(), client })
    }

    /// What is wrong with it, before it is written.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.addresses.is_empty() {
            return Err("no address".to_owned());
        }
        let hosts = self.addresses.iter().map(|address| Some(&address.host));
        let hosts = hosts.chain(self.client.iter().map(|client| client.host.as_ref())).flatten();
        for host in hosts {
            if host.is_empty() || host.contains([' ', ';', '|', '[', ']', '\n']) {
                return Err(format!("{host:?} is no host"));
            }
        }
        Ok(())
    }
}

/// As a line of a configuration, and as `reconfig` takes it.
impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "server.{}={}", self.id, self.value())
    }
}

impl Member {
    /// What stands behind `server.ID=`.
    pub(super) fn value(&self) -> impl fmt::Display {
        Value(self)
    }
}

struct Value<'a>(&'a Member);

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, MemberAddress { host, peer_port, election_port }) in
            self.0.addresses.iter().enumerate()
        {
            let apart = if at > 0 { "|" } else { "" };
            write!(f, "{apart}{}:{peer_port}:{election_port}", Host(host))?;
        }
        if let Some(role) = self.0.role {
            write!(f, ":{role}")?;
        }
        match &self.0.client {
            Some(client) => write!(f, ";{client}"),
            None => Ok(()),
        }
    }
}

impl MemberAddress {
    /// `host:peer:election`, and the role if one follows.
    fn read(text: &str) -> Result<(Self, Option<Role>), String> {
        let wrong = || format!("{text:?} is not HOST:PEERPORT:ELECTIONPORT, with or without :ROLE");
        let (host, rest) = host(text).ok_or_else(wrong)?;
        let mut parts = rest.split(':');
        let mut port = || parts.next()?.parse().ok();
        let peer_port = port().ok_or_else(wrong)?;
        let election_port = port().ok_or_else(wrong)?;
        let role = parts.next().map(str::parse).transpose()?;
        if parts.next().is_some() {
            return Err(wrong());
        }
        Ok((Self { host: host.to_owned(), peer_port, election_port }, role))
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Some(host) => write!(f, "{}:{}", Host(host), self.port),
            None => write!(f, "{}", self.port),
        }
    }
}

impl FromStr for ClientAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not PORT or HOST:PORT of clients");
        if let Ok(port) = text.parse() {
            return Ok(Self { host: None, port });
        }
        let (host, port) = host(text).ok_or_else(wrong)?;
        let port = port.parse().map_err(|_| wrong())?;
        Ok(Self { host: Some(host.to_owned()), port })
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Participant => "participant",
            Self::Observer => "observer",
        })
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "participant" => Ok(Self::Participant),
            "observer" => Ok(Self::Observer),
            _ => Err(format!("{text:?} is neither participant nor observer")),
        }
    }
}

/// A host as it stands before a port: an IPv6 address in brackets.
struct Host<'a>(&'a str);

impl fmt::Display for Host<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.contains(':') { write!(f, "[{}]", self.0) } else { f.write_str(self.0) }
    }
}

/// The host in front of the first port, and what is behind the colon between them.
fn host(text: &str) -> Option<(&str, &str)> {
    let (host, rest) = match text.strip_prefix('[') {
        Some(bracketed) => {
            let (host, rest) = bracketed.split_once(']')?;
            (host, rest.strip_prefix(':')?)
        }
        None => text.split_once(':')?,
    };
    (!host.is_empty()).then_some((host, rest))
}
