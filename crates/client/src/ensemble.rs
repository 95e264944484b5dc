//! The configuration of an ensemble: its members, as `/zookeeper/config` has them and as
//! reconfig wants them.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use thiserror::Error;
use zookit_proto::Stat;

/// What [`get_config`](crate::Client::get_config) answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnsembleConfig {
    /// The members. None for a standalone server.
    pub members: Vec<Member>,
    /// The version: the zxid of the change that made it. 0 where there is none.
    pub version: i64,
    /// All other lines, such as those of groups and weights, and any that cannot be read.
    pub other_lines: Vec<String>,
    /// The stat of `/zookeeper/config`.
    pub stat: Stat,
}

impl EnsembleConfig {
    /// Reads `server.ID=…` and `version=…` in hexadecimal, a line each. What is neither is kept.
    pub(crate) fn parse(data: Option<&Bytes>, stat: Stat) -> Self {
        let text = String::from_utf8_lossy(data.map_or(&[], |data| &data[..]));
        let mut config = Self { members: Vec::new(), version: 0, other_lines: Vec::new(), stat };
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let version = line.strip_prefix("version=");
            if let Some(version) = version.and_then(|hex| i64::from_str_radix(hex, 16).ok()) {
                config.version = version;
            } else if let Ok(member) = line.parse() {
                config.members.push(member);
            } else {
                config.other_lines.push(line.to_owned());
            }
        }
        config
    }
}

/// A member of an ensemble. It reads and prints as servers do:
///
/// ```
/// use zookit_client::{Member, MemberRole};
/// let text = "server.3=zoo3:2888:3888:observer;0.0.0.0:2181";
/// let member: Member = text.parse()?;
/// assert_eq!((member.id, member.role), (3, MemberRole::Observer));
/// assert_eq!(member.addresses[0].host, "zoo3");
/// assert_eq!(member.client_address.as_deref(), Some("0.0.0.0:2181"));
/// assert_eq!(member.to_string(), text);
/// # Ok::<(), zookit_client::MemberError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its id, as in its file `myid`.
    pub id: i64,
    /// Where the other members reach it; more than one only with multi-address, from 3.6.
    pub addresses: Vec<MemberAddress>,
    /// Whether it votes.
    pub role: MemberRole,
    /// Where clients reach it, as `HOST:PORT` or only a port.
    pub client_address: Option<String>,
}

/// An address of a [`Member`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberAddress {
    /// The host; an IPv6 address without brackets.
    pub host: String,
    /// The port to which followers connect.
    pub quorum_port: u16,
    /// The port for elections.
    pub election_port: u16,
}

/// Whether a member votes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum MemberRole {
    /// It votes.
    #[default]
    Participant,
    /// It does not.
    Observer,
}

/// What is wrong with the text of a member.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is not server.ID=HOST:PORT:PORT[:ROLE][;[HOST:]PORT]")]
pub struct MemberError(String);

impl FromStr for Member {
    type Err = MemberError;

    fn from_str(text: &str) -> Result<Self, MemberError> {
        parse_member(text).ok_or_else(|| MemberError(text.to_owned()))
    }
}

fn parse_member(text: &str) -> Option<Member> {
    let (id, rest) = text.trim().strip_prefix("server.")?.split_once('=')?;
    let (quorum, client_address) = match rest.split_once(';') {
        Some((quorum, client)) => (quorum, Some(client.trim().to_owned())),
        None => (rest, None),
    };
    let (addresses, role) = match quorum.trim().rsplit_once(':') {
        Some((rest, role)) if role.eq_ignore_ascii_case("participant") => {
            (rest, MemberRole::Participant)
        }
        Some((rest, role)) if role.eq_ignore_ascii_case("observer") => (rest, MemberRole::Observer),
        _ => (quorum.trim(), MemberRole::Participant),
    };
    let addresses = addresses.split('|').map(parse_address).collect::<Option<_>>()?;
    Some(Member { id: id.trim().parse().ok()?, addresses, role, client_address })
}

fn parse_address(text: &str) -> Option<MemberAddress> {
    let (rest, election) = text.rsplit_once(':')?;
    let (host, quorum) = rest.rsplit_once(':')?;
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    Some(MemberAddress {
        host: Some(bare).filter(|host| !host.is_empty())?.to_owned(),
        quorum_port: quorum.parse().ok()?,
        election_port: election.parse().ok()?,
    })
}

impl fmt::Display for MemberAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, quorum_port, election_port } = self;
        if host.contains(':') {
            write!(f, "[{host}]:{quorum_port}:{election_port}")
        } else {
            write!(f, "{host}:{quorum_port}:{election_port}")
        }
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "server.{}=", self.id)?;
        for (index, address) in self.addresses.iter().enumerate() {
            let before = if index > 0 { "|" } else { "" };
            write!(f, "{before}{address}")?;
        }
        f.write_str(match self.role {
            MemberRole::Participant => ":participant",
            MemberRole::Observer => ":observer",
        })?;
        match &self.client_address {
            Some(address) => write!(f, ";{address}"),
            None => Ok(()),
        }
    }
}

/// A change of the members: of some of them, or of all; see [`Client::reconfig`].
///
/// [`Client::reconfig`]: crate::Client::reconfig
///
/// ```
/// use zookit_client::Reconfig;
/// let member = "server.4=zoo4:2888:3888;2181".parse()?;
/// let replace = Reconfig::incremental().joining(member).leaving(3).from_version(0x1_0000_0000);
/// # Ok::<(), zookit_client::MemberError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a change does nothing until it is given to `reconfig`"]
pub struct Reconfig {
    pub(crate) change: Change,
    pub(crate) from_version: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    Incremental { joining: Vec<Member>, leaving: Vec<i64> },
    Members(Vec<Member>),
}

impl Reconfig {
    /// A change of some members, given by [`joining`](Self::joining) and
    /// [`leaving`](Self::leaving).
    pub const fn incremental() -> Self {
        let change = Change::Incremental { joining: Vec::new(), leaving: Vec::new() };
        Self { change, from_version: None }
    }

    /// These members from now on, and no others.
    pub fn members(members: impl IntoIterator<Item = Member>) -> Self {
        Self { change: Change::Members(members.into_iter().collect()), from_version: None }
    }

    /// This member joins, or is from now on as given here.
    pub fn joining(mut self, member: Member) -> Self {
        match &mut self.change {
            Change::Incremental { joining, .. } => joining.push(member),
            Change::Members(members) => members.push(member),
        }
        self
    }

    /// This member leaves.
    pub fn leaving(mut self, id: i64) -> Self {
        match &mut self.change {
            Change::Incremental { leaving, .. } => leaving.push(id),
            Change::Members(members) => members.retain(|member| member.id != id),
        }
        self
    }

    /// Only if this is the version of the configuration; otherwise the server answers
    /// `BadVersion`.
    pub const fn from_version(mut self, version: i64) -> Self {
        self.from_version = Some(version);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &'static str) -> EnsembleConfig {
        EnsembleConfig::parse(Some(&Bytes::from_static(text.as_bytes())), Stat::sample())
    }

    #[test]
    fn a_servers_own_text_is_read_and_printed_again() {
        let lines = [
            "server.1=10.0.0.1:2888:3888:participant;0.0.0.0:2181",
            "server.2=[2001:db8::1]:2888:3888:observer;[::]:2181",
            "server.3=a:1:2|b:3:4:participant",
        ];
        let config = parse(
            "server.1=10.0.0.1:2888:3888:participant;0.0.0.0:2181\n\
             server.2=[2001:db8::1]:2888:3888:observer;[::]:2181\n\
             server.3=a:1:2|b:3:4:participant\n\
             group.1=1:2\n\
             version=100000002",
        );
        assert_eq!(config.members.iter().map(Member::to_string).collect::<Vec<_>>(), lines);
        assert_eq!(config.members[1].addresses[0].host, "2001:db8::1");
        assert_eq!(config.members[2].addresses.len(), 2);
        assert_eq!(
            (config.version, &config.other_lines[..]),
            (0x1_0000_0002, &["group.1=1:2".to_owned()][..])
        );
    }

    #[test]
    fn a_standalone_server_has_no_members() {
        for config in [parse(""), EnsembleConfig::parse(None, Stat::sample())] {
            assert!(config.members.is_empty() && config.version == 0);
        }
    }

    #[test]
    fn what_is_no_member_is_refused_and_kept_as_a_line() {
        for text in ["", "server.1", "server.x=h:1:2", "server.1=h:1", "server.1=:1:2", "1=h:1:2"] {
            assert_eq!(text.parse::<Member>(), Err(MemberError(text.to_owned())), "{text}");
        }
        assert_eq!(parse("server.1=h:1\nversion=x").other_lines, ["server.1=h:1", "version=x"]);
    }

    #[test]
    fn a_whole_list_takes_members_and_gives_them_up() {
        let member = |id: i64| format!("server.{id}=h:1:2;3").parse::<Member>().unwrap();
        let change = Reconfig::members([member(1), member(2)]).joining(member(3)).leaving(1);
        assert_eq!(change.change, Change::Members(vec![member(2), member(3)]));
    }
}
