//! Proxies before every port of an ensemble: between any two members, and between clients and each
//! member.
//!
//! Every member has a configuration of its own, in which the others are at the addresses of proxies
//! and it itself where it is bound. So from each member to each other one there are two proxies, for
//! the two ports that members have for each other, which see who connects.
//!
//! ```text
//!             member 0                       proxies                      member 1
//!   server.2=127.0.0.1:P:E   ── connects ──>  P, E  ──> its own ports   server.2 is itself
//!   server.1 is itself       own ports <──  P', E'  <── connects ──     server.1=127.0.0.1:P':E'
//! ```
//! What a member says to another one goes through the proxies to it if it has connected, and back
//! through those from it if the other one has: [`Link`] is all of it.
//!
//! `election.rs` keeps elections on the proxies. Members that reconfigure themselves would tell each
//! other addresses as well, and do not go together with this.

mod cluster;
mod election;
mod link;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use zookit_proxy::Proxy;

pub use self::link::Link;
use crate::cluster::routes::{Addresses, PeerPort, Routes};
use crate::config::{ConfigError, ServerConfig};

/// How long, in milliseconds, a member that elects waits at most until it looks for others again.
pub(crate) const ELECT_OFTEN: &str = "-Dzookeeper.fastleader.maxNotificationInterval=1600";

/// A follower may connect before the leader that it has voted for listens. It would be refused, and
/// try again after a second; one that is hung up on begins a new election, for which the leader has
/// to give up first.
const UNTIL_IT_LEADS: Duration = Duration::from_secs(1);

/// The proxies of an ensemble, all on one thread.
#[derive(Debug)]
pub(crate) struct Network {
    /// Before the client port of each member.
    clients: Vec<Proxy>,
    /// From each member to each other one; to itself there is none.
    ways: Vec<Vec<Option<Way>>>,
}

/// From one member to another.
#[derive(Debug)]
pub(crate) struct Way {
    peer: Proxy,
    election: Proxy,
    /// What the one says to the other does not arrive, whoever of the two connects.
    cut: AtomicBool,
}

impl Way {
    pub(crate) const fn proxies(&self) -> [&Proxy; 2] {
        [&self.peer, &self.election]
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.cut.load(Ordering::SeqCst)
    }

    pub(crate) fn set_cut(&self, cut: bool) {
        self.cut.store(cut, Ordering::SeqCst);
    }
}

impl Network {
    /// As [`MakeRoutes`](crate::cluster::routes::MakeRoutes).
    pub(crate) fn make(members: &[Addresses]) -> io::Result<Arc<dyn Routes>> {
        let mut clients: Vec<Proxy> = Vec::new();
        for member in members {
            let builder = Proxy::builder(member.client);
            clients.push(match clients.first() {
                Some(first) => builder.beside(first).start()?,
                None => builder.start()?,
            });
        }
        let mut ways = Vec::new();
        for (from, beside) in clients.iter().enumerate() {
            let way = |(to, member)| way(from, to, member, beside);
            let all = members.iter().enumerate().map(way);
            ways.push(all.collect::<io::Result<Vec<_>>>()?);
        }
        Ok(Arc::new(Self { clients, ways }))
    }

    pub(crate) fn size(&self) -> usize {
        self.clients.len()
    }

    pub(crate) fn client(&self, to: usize) -> &Proxy {
        &self.clients[to]
    }

    /// The way from one member to another.
    ///
    /// # Panics
    ///
    /// If it is the same, or there is none of this number.
    pub(crate) fn way(&self, from: usize, to: usize) -> &Way {
        let way = self.ways[from][to].as_ref();
        way.unwrap_or_else(|| panic!("member {from} needs no network to hear itself"))
    }

    pub(crate) fn heal(&self) {
        for way in self.ways.iter().flatten().flatten() {
            way.set_cut(false);
            way.proxies().into_iter().for_each(Proxy::heal);
        }
        self.clients.iter().for_each(Proxy::heal);
    }

    /// What is set in a configuration and does not go together with proxies.
    pub(crate) fn check(config: &ServerConfig) -> Result<(), ConfigError> {
        let bad = |key: &str, why: &str| {
            Err(ConfigError::BadField { key: key.to_owned(), why: why.to_owned() })
        };
        if config.reconfig_enabled == Some(true) {
            return bad("reconfigEnabled", "members would tell each other ways past the proxies");
        }
        let ssl = |(key, value): &(String, String)| {
            ["sslQuorum", "portUnification"].contains(&key.as_str()) && value != "false"
        };
        match config.other.iter().find(|other| ssl(other)) {
            Some((key, _)) => bad(key, "the proxies do not see what is said at an election"),
            None => Ok(()),
        }
    }
}

fn way(from: usize, to: usize, member: &Addresses, beside: &Proxy) -> io::Result<Option<Way>> {
    if from == to {
        return Ok(None);
    }
    let peer = Proxy::builder(member.peer).beside(beside);
    let peer = peer.wait_for_server(UNTIL_IT_LEADS).start()?;
    let election = Proxy::builder(member.election).beside(beside);
    let election = election.opening(election::without_address).start()?;
    Ok(Some(Way { peer, election, cut: AtomicBool::new(false) }))
}

impl Routes for Network {
    fn peer(&self, from: usize, to: usize, port: PeerPort, bound: SocketAddr) -> SocketAddr {
        match (&self.ways[from][to], port) {
            (None, _) => bound,
            (Some(way), PeerPort::Peer) => way.peer.address(),
            (Some(way), PeerPort::Election) => way.election.address(),
        }
    }

    fn client(&self, to: usize, _bound: SocketAddr) -> SocketAddr {
        self.clients[to].address()
    }

    fn network(&self) -> Option<&Network> {
        Some(self)
    }
}
