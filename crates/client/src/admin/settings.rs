//! The words that are answered with keys and values, `conf`, `envi`, `mntr`, `dirs`, and those with
//! a single word, `ruok` and `isro`.

use std::time::Duration;

use zookit_proto::four_letter::FourLetterWord;

use super::FourLetterAnswer;
use super::connections::milliseconds;
use super::fields::Fields;
use super::server_stats::{Mode, release};

/// The answer to `conf`: the configuration, under the keys of `zoo.cfg` with some more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configuration(Fields);

impl Configuration {
    /// All of it.
    #[must_use]
    pub const fn fields(&self) -> &Fields {
        &self.0
    }

    /// The port for clients; `None` if there is none.
    #[must_use]
    pub fn client_port(&self) -> Option<u16> {
        port(self.0.number("clientPort")?)
    }

    /// The port for clients over TLS; `None` if there is none.
    #[must_use]
    pub fn secure_client_port(&self) -> Option<u16> {
        port(self.0.number("secureClientPort")?)
    }

    /// ZooKeeper's unit of time.
    #[must_use]
    pub fn tick_time(&self) -> Option<Duration> {
        milliseconds(self.0.get("tickTime")?)
    }

    /// The shortest session timeout that is granted.
    #[must_use]
    pub fn min_session_timeout(&self) -> Option<Duration> {
        milliseconds(self.0.get("minSessionTimeout")?)
    }

    /// The longest session timeout that is granted.
    #[must_use]
    pub fn max_session_timeout(&self) -> Option<Duration> {
        milliseconds(self.0.get("maxSessionTimeout")?)
    }

    /// How many connections one address may have; 0 is any number.
    #[must_use]
    pub fn max_client_connections(&self) -> Option<i64> {
        self.0.number("maxClientCnxns")
    }

    /// The number of this server; 0 outside an ensemble.
    #[must_use]
    pub fn server_id(&self) -> Option<i64> {
        self.0.number("serverId")
    }

    /// The members of the ensemble, since 3.5: number, and address with ports and role.
    #[must_use]
    pub fn members(&self) -> Vec<(i64, &str)> {
        let number = |key: &str| key.strip_prefix("server.")?.parse().ok();
        self.0.iter().filter_map(|(key, value)| Some((number(key)?, value))).collect()
    }
}

fn port(number: i64) -> Option<u16> {
    u16::try_from(number).ok().filter(|port| *port > 0)
}

impl FourLetterAnswer for Configuration {
    const WORD: FourLetterWord = FourLetterWord::Conf;

    fn parse(text: &str) -> Option<Self> {
        let fields = Fields::parse(text, '=');
        fields.get("tickTime").is_some().then_some(Self(fields))
    }
}

/// The answer to `envi`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment(Fields);

impl Environment {
    /// All of it, under Java's names: `host.name`, `java.version`, `os.memory.max`.
    #[must_use]
    pub const fn fields(&self) -> &Fields {
        &self.0
    }

    /// Major, minor and patch of the release.
    #[must_use]
    pub fn release(&self) -> Option<[u32; 3]> {
        release(self.0.get("zookeeper.version")?)
    }
}

impl FourLetterAnswer for Environment {
    const WORD: FourLetterWord = FourLetterWord::Envi;

    fn parse(text: &str) -> Option<Self> {
        let body = text.strip_prefix("Environment:")?;
        let fields = Fields::parse(body, '=');
        (!fields.is_empty()).then_some(Self(fields))
    }
}

/// The answer to `mntr`: metrics, which differ from release to release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metrics(Fields);

impl Metrics {
    /// All of them, with the prefix `zk_`.
    #[must_use]
    pub const fn fields(&self) -> &Fields {
        &self.0
    }

    /// A metric that is a number, with or without the prefix `zk_`. Counts are numbers with a
    /// point in some releases, so this is one for all.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<f64> {
        let name = name.strip_prefix("zk_").unwrap_or(name);
        let found = self.0.iter().find(|(key, _)| key.strip_prefix("zk_") == Some(name));
        found.and_then(|(_, value)| value.parse().ok())
    }

    /// The release, its commit and its date, as one text.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.0.get("zk_version")
    }

    /// Major, minor and patch of the release.
    #[must_use]
    pub fn release(&self) -> Option<[u32; 3]> {
        release(self.version()?)
    }

    /// The role.
    #[must_use]
    pub fn mode(&self) -> Option<Mode> {
        self.0.get("zk_server_state").map(Mode::parse)
    }

    /// Of a leader: how many followers are in step with it.
    #[must_use]
    pub fn synced_followers(&self) -> Option<i64> {
        self.0.number("zk_synced_followers")
    }
}

impl FourLetterAnswer for Metrics {
    const WORD: FourLetterWord = FourLetterWord::Mntr;

    fn parse(text: &str) -> Option<Self> {
        let fields = Fields::parse(text, '\t');
        let is_one = fields.iter().any(|(key, _)| key.starts_with("zk_"));
        is_one.then_some(Self(fields))
    }
}

/// The answer to `dirs`, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Directories {
    /// Of snapshots; with one directory for both, of all.
    pub data: Option<u64>,
    /// Of transaction logs; with one directory for both, of all.
    pub log: Option<u64>,
    /// All of it.
    pub fields: Fields,
}

impl FourLetterAnswer for Directories {
    const WORD: FourLetterWord = FourLetterWord::Dirs;

    fn parse(text: &str) -> Option<Self> {
        let fields = Fields::parse(text, ':');
        let size = |key| fields.get(key).and_then(|value| value.parse().ok());
        let (data, log) = (size("datadir_size"), size("logdir_size"));
        (data.is_some() || log.is_some()).then_some(Self { data, log, fields })
    }
}

/// The answer to `ruok`: the process lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alive;

impl FourLetterAnswer for Alive {
    const WORD: FourLetterWord = FourLetterWord::Ruok;

    fn parse(text: &str) -> Option<Self> {
        (text.trim() == "imok").then_some(Self)
    }
}

/// The answer to `isro`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It takes writes.
    ReadWrite,
    /// It serves those who only read.
    ReadOnly,
}

impl FourLetterAnswer for Access {
    const WORD: FourLetterWord = FourLetterWord::Isro;

    fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "rw" => Some(Self::ReadWrite),
            "ro" => Some(Self::ReadOnly),
            _ => None,
        }
    }
}
