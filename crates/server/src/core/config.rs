//! How a server behaves. The names are those of Apache ZooKeeper's keys.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Profile;

/// How a server behaves; the defaults are those of Apache ZooKeeper's standalone server.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// Which version it behaves as.
    pub profile: Profile,
    /// The unit of session timeouts, and of the buckets in which sessions expire (`tickTime`).
    pub tick: Duration,
    /// The shortest session timeout granted (`minSessionTimeout`); `None`: twice the tick.
    pub min_session_timeout: Option<Duration>,
    /// The longest session timeout granted (`maxSessionTimeout`); `None`: twenty times the tick.
    pub max_session_timeout: Option<Duration>,
    /// The longest request (`jute.maxbuffer`).
    pub max_buffer: usize,
    /// Connections from one address (`maxClientCnxns`); zero: any number.
    pub max_client_connections: usize,
    /// The four-letter words that are answered (`4lw.commands.whitelist`); `*` is all of them.
    pub four_letter_words: BTreeSet<String>,
    /// The id of the super user, `super:` and a digest
    /// (`zookeeper.DigestAuthenticationProvider.superDigest`).
    pub super_digest: Option<String>,
    /// Whether hard quotas refuse what exceeds them (`enforceQuota`).
    pub enforce_quota: bool,
    /// Whether there are TTL znodes (`extendedTypesEnabled`).
    pub extended_types: bool,
    /// Whether ACLs are not looked at (`skipACL`).
    pub skip_acl: bool,
    /// How often containers and TTL znodes are looked at (`znode.container.checkIntervalMs`).
    pub container_check_interval: Duration,
    /// The most that are deleted in a minute (`znode.container.maxPerMinute`).
    pub container_max_per_minute: u32,
    /// When a container that never had a child is deleted
    /// (`znode.container.maxNeverUsedIntervalMs`); `None`: never.
    pub container_max_never_used: Option<Duration>,
    /// How long a connection may take to send its handshake
    /// (`zookeeper.nio.sessionlessCnxnTimeout`).
    pub handshake_timeout: Duration,
    /// The server's number, in the ids of its sessions (`myid`; 1 standalone).
    pub server_id: u8,
    /// The date of the origin: milliseconds since the Unix epoch.
    pub origin_ms: i64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            profile: Profile::default(),
            tick: Duration::from_millis(2000),
            min_session_timeout: None,
            max_session_timeout: None,
            max_buffer: 0xf_ffff,
            max_client_connections: 60,
            four_letter_words: BTreeSet::from(["srvr".to_owned()]),
            super_digest: None,
            enforce_quota: false,
            extended_types: false,
            skip_acl: false,
            container_check_interval: Duration::from_secs(60),
            container_max_per_minute: 10_000,
            container_max_never_used: None,
            handshake_timeout: Duration::from_secs(10),
            server_id: 1,
            origin_ms: 0,
        }
    }
}

impl Config {
    /// The timeout granted to a session that asks for this many milliseconds.
    #[must_use]
    pub fn negotiate(&self, asked_ms: i32) -> Duration {
        let asked = Duration::from_millis(u64::try_from(asked_ms).unwrap_or(0));
        let min = self.min_session_timeout.unwrap_or_else(|| self.tick.saturating_mul(2));
        let max = self.max_session_timeout.unwrap_or_else(|| self.tick.saturating_mul(20));
        asked.min(max).max(min)
    }
}
