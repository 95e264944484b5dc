//! What a server is told by its `zoo.cfg`: [`ServerConfig`].
//!
//! `keys.rs` is the table of the keys, each in a line with its field; `forms.rs` says how the
//! values are written; `member.rs` is the line of a member, `write.rs` and `read.rs` the file as a
//! whole, and `properties.rs` the syntax that Java gave it.

mod error;
mod forms;
mod keys;
mod member;
mod properties;
mod read;
#[cfg(test)]
mod tests;
mod write;

use std::path::PathBuf;
use std::time::Duration;

pub use self::error::ConfigError;
pub use self::member::{ClientAddress, Member, MemberAddress, Role};

/// The length of a tick that is written if none is set.
pub const DEFAULT_TICK_TIME: Duration = Duration::from_millis(2000);
/// The `initLimit` that is written if none is set, in ticks.
pub const DEFAULT_INIT_LIMIT: u32 = 10;
/// The `syncLimit` that is written if none is set, in ticks.
pub const DEFAULT_SYNC_LIMIT: u32 = 5;
/// The snapshots that are kept if there is an interval of purging and no number.
pub const DEFAULT_AUTO_PURGE_SNAP_RETAIN_COUNT: u32 = 3;
/// The port that clients expect.
pub const DEFAULT_CLIENT_PORT: u16 = 2181;
/// The port at which, by custom, a leader awaits its followers.
pub const DEFAULT_PEER_PORT: u16 = 2888;
/// The port at which, by custom, members elect their leader.
pub const DEFAULT_LEADER_ELECTION_PORT: u16 = 3888;

/// A server's configuration: written as `zoo.cfg`, and read back from one.
///
/// What is `None` is not written, and the server has its own default, except for what it needs:
/// the tick, the two limits and the client port are written with the constants of this module.
///
/// ```
/// use std::time::Duration;
/// use zookit_ensemble::config::{Member, ServerConfig};
///
/// let config = ServerConfig {
///     data_dir: Some("/var/lib/zookeeper".into()),
///     max_session_timeout: Some(Duration::from_secs(60)),
///     members: vec![Member::new(1, "zk1"), Member::new(2, "zk2"), Member::new(3, "zk3")],
///     ..ServerConfig::default()
/// };
/// let text = config.to_zoo_cfg()?;
/// assert!(text.contains("\nserver.1=zk1:2888:3888\n"));
/// assert_eq!(ServerConfig::parse(&text)?.max_session_timeout, config.max_session_timeout);
/// # Ok::<(), zookit_ensemble::config::ConfigError>(())
/// ```
///
/// What is no key of `zoo.cfg` is not here: a server's own number ([`my_id`]), which it reads from
/// the file `myid` in its data directory, and what Java is told ([`java_flag`]), such as read-only
/// mode ([`read_only_mode`]).
///
/// [`my_id`]: crate::ServerBuilder::my_id
/// [`java_flag`]: crate::ServerBuilder::java_flag
/// [`read_only_mode`]: crate::ServerBuilder::read_only_mode
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerConfig {
    /// `tickTime`: ZooKeeper's unit of time, in whole milliseconds.
    pub tick_time: Option<Duration>,
    /// `initLimit`: in how many ticks a follower must have connected and caught up.
    pub init_limit: Option<u32>,
    /// `syncLimit`: by how many ticks a follower may lag behind.
    pub sync_limit: Option<u32>,
    /// `connectToLearnerMasterLimit`: in how many ticks a follower must have connected (3.6).
    pub connect_to_learner_master_limit: Option<u32>,

    /// `dataDir`: where snapshots are, and `myid`. It must be there.
    pub data_dir: Option<PathBuf>,
    /// `dataLogDir`: where the transaction log is, if elsewhere.
    pub data_log_dir: Option<PathBuf>,

    /// `clientPort`. 2181 is written if there is no other way in: neither this nor a secure port,
    /// nor a member with a [`client`](Member::client) address.
    pub client_port: Option<u16>,
    /// `clientPortAddress`: where the client port is bound; by default all of the machine's.
    pub client_port_address: Option<String>,
    /// `secureClientPort`: the port with TLS (3.5). It needs Netty as the
    /// [`server_cnxn_factory`](Self::server_cnxn_factory), and the stores of [`tls`](Self::tls).
    pub secure_client_port: Option<u16>,
    /// `secureClientPortAddress`.
    pub secure_client_port_address: Option<String>,
    /// `maxClientCnxns`: how many connections one address may have; 0 is any number.
    pub max_client_cnxns: Option<u32>,
    /// `minSessionTimeout`, in whole milliseconds; by default two ticks.
    pub min_session_timeout: Option<Duration>,
    /// `maxSessionTimeout`, in whole milliseconds; by default 20 ticks.
    pub max_session_timeout: Option<Duration>,
    /// `serverCnxnFactory`: which class serves the client ports; `None` is NIO.
    pub server_cnxn_factory: Option<ServerCnxnFactory>,

    /// `server.N`: the members of the ensemble, this one among them. None: a server by itself.
    pub members: Vec<Member>,
    /// `peerType`: whether this server votes. An observer says so here and in its member line.
    pub peer_type: Option<Role>,
    /// `dynamicConfigFile`: the file that names the members, in their place (3.5).
    pub dynamic_config_file: Option<PathBuf>,
    /// `reconfigEnabled`: whether members can be changed at work (3.5.3).
    pub reconfig_enabled: Option<bool>,
    /// `standaloneEnabled`: whether a server that is the only member is one by itself, as by
    /// default, or an ensemble of one (3.5).
    pub standalone_enabled: Option<bool>,
    /// `quorumListenOnAllIPs`: whether the ports for members are bound at all addresses.
    pub quorum_listen_on_all_ips: Option<bool>,

    /// `localSessionsEnabled`: sessions that only their server knows (3.5).
    pub local_sessions_enabled: Option<bool>,
    /// `localSessionsUpgradingEnabled`: whether those become global when they need to (3.5).
    pub local_sessions_upgrading_enabled: Option<bool>,
    /// `extendedTypesEnabled`: whether there are znodes with a time to live (3.5.4).
    pub extended_types_enabled: Option<bool>,

    /// `DigestAuthenticationProvider.superDigest`: who may do everything, as `NAME:DIGEST`.
    pub super_digest: Option<String>,
    /// `4lw.commands.whitelist`: the four-letter words that are answered; `*` is all of them.
    pub four_letter_words: Option<Vec<String>>,
    /// `ssl.…`: the certificates of the secure port.
    pub tls: TlsConfig,
    /// `admin.…`: the AdminServer.
    pub admin: AdminConfig,

    /// `autopurge.snapRetainCount`: how many snapshots purging leaves; at least 3.
    pub auto_purge_snap_retain_count: Option<u32>,
    /// `autopurge.purgeInterval`, in hours; 0 is never.
    pub auto_purge_interval_hours: Option<u32>,
    /// `forceSync`: whether each transaction is forced to disk before it is acknowledged.
    pub force_sync: Option<bool>,
    /// `preAllocSize`: by how much the log's file grows, in KiB.
    pub pre_alloc_size_kib: Option<u32>,
    /// `snapCount`: about how many transactions are between two snapshots.
    pub snap_count: Option<u32>,

    /// Every other key as it is. One that ZooKeeper does not know becomes the system property
    /// `zookeeper.KEY`.
    pub other: Vec<(String, String)>,
}

/// Which class serves the client ports.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerCnxnFactory {
    /// Java's own channels; without TLS.
    Nio,
    /// Netty, which TLS needs.
    Netty,
    /// A class of this name.
    Class(String),
}

/// The certificates of the secure port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsConfig {
    /// `ssl.keyStore.location`: the server's own certificate and key.
    pub key_store: Option<PathBuf>,
    /// `ssl.keyStore.password`.
    pub key_store_password: Option<String>,
    /// `ssl.keyStore.type`: `PEM`, `JKS`, `PKCS12`; by default what the file's name says.
    pub key_store_type: Option<String>,
    /// `ssl.trustStore.location`: who issues the certificates of clients.
    pub trust_store: Option<PathBuf>,
    /// `ssl.trustStore.password`.
    pub trust_store_password: Option<String>,
    /// `ssl.trustStore.type`.
    pub trust_store_type: Option<String>,
    /// `ssl.clientAuth`: `need`, which is the default, `want` or `none`.
    pub client_auth: Option<String>,
}

/// The AdminServer (3.5), which answers by HTTP.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdminConfig {
    /// `admin.enableServer`; by default it runs.
    pub enabled: Option<bool>,
    /// `admin.serverAddress`.
    pub address: Option<String>,
    /// `admin.serverPort`; 8080 by default.
    pub port: Option<u16>,
}
