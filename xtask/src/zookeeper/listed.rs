//! `ZOOKIT_REAL_SERVERS`: how tests are told of the real servers that run.
//!
//! The value is `VERSION=HOST:PORT`, several of them apart by commas:
//! `3.9.5=127.0.0.1:2181,3.8.6=127.0.0.1:2182`. A test that needs a real server takes one from
//! there; without any it says in one line that it was skipped, unless `ZOOKIT_REQUIRE_REAL` (a list
//! of versions) names the version it wanted.

use super::Version;
use crate::Outcome;

/// The variable that lists the servers.
pub(crate) const SERVERS: &str = "ZOOKIT_REAL_SERVERS";

/// The variable that lists the versions that must run.
pub(crate) const REQUIRED: &str = "ZOOKIT_REQUIRE_REAL";

/// A server that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) version: Version,
    pub(crate) connect: String,
}

/// The servers that the environment lists already.
pub(crate) fn from_environment() -> Outcome<Vec<Listed>> {
    parse(&std::env::var(SERVERS).unwrap_or_default())
}

/// The versions that the environment requires.
pub(crate) fn required() -> Outcome<Vec<Version>> {
    parse_versions(&std::env::var(REQUIRED).unwrap_or_default())
}

fn parse(value: &str) -> Outcome<Vec<Listed>> {
    entries(value).map(parse_one).collect()
}

fn parse_one(entry: &str) -> Outcome<Listed> {
    let wrong = || format!("{SERVERS}: {entry:?} is not VERSION=HOST:PORT");
    let (version, connect) = entry.split_once('=').ok_or_else(wrong)?;
    let (host, port) = connect.rsplit_once(':').ok_or_else(wrong)?;
    if host.is_empty() || port.parse::<u16>().is_err() {
        return Err(wrong());
    }
    let version = version.parse().map_err(|error| format!("{SERVERS}: {error}"))?;
    Ok(Listed { version, connect: connect.to_owned() })
}

fn parse_versions(value: &str) -> Outcome<Vec<Version>> {
    let version = |entry: &str| entry.parse().map_err(|error| format!("{REQUIRED}: {error}"));
    entries(value).map(version).collect()
}

fn entries(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim).filter(|entry| !entry.is_empty())
}

/// The value of the variable for these servers.
pub(crate) fn format(servers: &[Listed]) -> String {
    let entry = |server: &Listed| format!("{}={}", server.version, server.connect);
    servers.iter().map(entry).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let value = "3.9.5=127.0.0.1:2181,3.8.6=[::1]:2182";
        let servers = parse(value).unwrap();
        assert_eq!(servers[1].version.to_string(), "3.8.6");
        assert_eq!(servers[1].connect, "[::1]:2182");
        assert_eq!(format(&servers), value);
    }

    #[test]
    fn blanks_and_empty_entries_are_no_servers() {
        assert_eq!(parse("").unwrap(), []);
        assert_eq!(parse(" , 3.9.5=localhost:1 ,").unwrap().len(), 1);
    }

    #[test]
    fn a_wrong_entry_is_named() {
        for wrong in ["3.9.5", "3.9.5=", "3.9.5=host", "3.9.5=:1", "3.9.5=host:70000", "x=host:1"] {
            let error = parse(wrong).unwrap_err();
            assert!(error.starts_with("ZOOKIT_REAL_SERVERS: "), "{error}");
        }
    }

    #[test]
    fn required_versions_are_a_list() {
        let versions = parse_versions("3.8.0, 3.9.5").unwrap();
        assert_eq!(
            versions.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["3.8.0", "3.9.5"]
        );
        assert!(parse_versions("3.8.0;3.9.5").is_err());
    }
}
