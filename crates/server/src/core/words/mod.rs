//! Four-letter words: texts about the server.
//!
//! Facts: the classes of `org.apache.zookeeper.server.command`, and what a real server answers.

mod date;
mod dump;
mod metrics;
mod stat;

use std::collections::{BTreeMap, VecDeque};

use zookit_proto::Zxid;
use zookit_proto::four_letter::FourLetterWord;

use super::connection::{Connection, ConnectionId};
use super::server::Role;
use super::sessions::Sessions;
use super::statistics::Statistics;
use super::tree::Tree;
use super::watches::Watches;
use super::{Config, Time};

/// The trace mask of a server that was told none.
const TRACE_MASK: &str = "306";

/// What words can be asked about.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) config: &'a Config,
    pub(crate) client_port: Option<u16>,
    pub(crate) read_only: bool,
    /// What it is in its ensemble, and how many members that has.
    pub(crate) role: Option<(Role, usize)>,
    pub(crate) now: Time,
    /// Milliseconds since the Unix epoch.
    pub(crate) date_ms: i64,
    pub(crate) zxid: Zxid,
    pub(crate) tree: &'a Tree,
    pub(crate) sessions: &'a Sessions,
    pub(crate) watches: &'a Watches,
    pub(crate) connections: &'a BTreeMap<ConnectionId, Connection>,
    /// The connection that asks.
    pub(crate) asking: ConnectionId,
    pub(crate) received: u64,
    pub(crate) sent: u64,
    pub(crate) statistics: &'a Statistics,
    pub(crate) digested: &'a VecDeque<Zxid>,
}

impl Facts<'_> {
    /// As in the answers: the version, and what was built when.
    fn version(&self) -> String {
        let version = self.config.profile.version();
        format!("{version}-zookit, built on {} UTC", self.config.profile.released())
    }

    const fn state(&self) -> &'static str {
        match self.role {
            _ if self.read_only => "read-only",
            None => "standalone",
            Some((Role::Leader(_), _)) => "leader",
            Some((Role::Follower | Role::Looking, _)) => "follower",
        }
    }

    /// The requests that wait for their time.
    fn outstanding(&self) -> usize {
        self.connections.values().filter(|connection| connection.delayed.is_some()).count()
    }

    /// The connections that are not to be closed.
    fn open_connections(&self) -> impl Iterator<Item = (ConnectionId, &Connection)> {
        let all = self.connections.iter().map(|(id, connection)| (*id, connection));
        all.filter(|(_, connection)| connection.stage != super::connection::Stage::Closing)
    }
}

/// The answer to a word.
pub(crate) fn answer(word: FourLetterWord, facts: &Facts<'_>) -> String {
    match word {
        FourLetterWord::Ruok => "imok".to_owned(),
        FourLetterWord::Isro => if facts.read_only { "ro" } else { "rw" }.to_owned(),
        FourLetterWord::Srvr => stat::srvr(facts, false),
        FourLetterWord::Stat => stat::srvr(facts, true),
        FourLetterWord::Cons => stat::cons(facts),
        FourLetterWord::Conf => stat::conf(facts),
        FourLetterWord::Envi => stat::envi(facts),
        FourLetterWord::Dirs => "datadir_size: 0\nlogdir_size: 0\n".to_owned(),
        FourLetterWord::Dump => dump::dump(facts),
        FourLetterWord::Wchs => dump::wchs(facts),
        FourLetterWord::Wchc => dump::wchc(facts),
        FourLetterWord::Wchp => dump::wchp(facts),
        FourLetterWord::Mntr => metrics::mntr(facts),
        FourLetterWord::Gtmk => TRACE_MASK.to_owned(),
        FourLetterWord::Srst => "Server stats reset.\n".to_owned(),
        FourLetterWord::Crst => "Connection stats reset.\n".to_owned(),
        FourLetterWord::Hash => stat::hash(facts),
        // The mask is answered where it is read, and what telnet sends is only known not to be a
        // length.
        _ => String::new(),
    }
}

/// The answer of a member without a leader. `None`: as if it had one.
pub(crate) const fn not_serving(word: FourLetterWord) -> Option<&'static str> {
    match word {
        FourLetterWord::Ruok | FourLetterWord::Envi | FourLetterWord::Gtmk => None,
        FourLetterWord::Isro => Some("null"),
        _ => Some("This ZooKeeper instance is not currently serving requests\n"),
    }
}

/// The answer to a word that is not on the list.
pub(crate) fn not_enabled(word: FourLetterWord) -> String {
    format!("{word} is not executed because it is not in the whitelist.\n")
}
