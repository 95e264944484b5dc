//! Several servers that are one ensemble.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::Server;
use crate::Error;
use crate::cluster::ClusterBuilder;
use crate::cluster::builder::id_of;
use crate::cluster::routes::{Addresses, PeerPort, Routes};
use crate::config::{Member, MemberAddress, Role};
use crate::release::Release;
use crate::server::Mode;
use crate::server::ports::Port;

/// How often members are asked what they are.
const POLL: Duration = Duration::from_millis(50);

/// A real ensemble. A handle: clones are the same ensemble, which ends, and leaves nothing behind,
/// when the last of them and of its servers is dropped.
///
/// Members are counted from 0; ZooKeeper's own number of a member is one more.
#[derive(Clone, Debug)]
pub struct Cluster {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    builder: ClusterBuilder,
    routes: Arc<dyn Routes>,
    members: Mutex<Vec<Place>>,
}

/// A member: its server, and where it is bound.
#[derive(Clone, Debug)]
struct Place {
    server: Server,
    addresses: Addresses,
}

impl Cluster {
    /// Starts this many voters that are [made for tests](ClusterBuilder::new).
    ///
    /// # Errors
    ///
    /// As those of [`ClusterBuilder::start`].
    pub fn start(size: usize) -> Result<Self, Error> {
        Self::builder().voters(size).start_blocking()
    }

    /// Starts one that is otherwise.
    pub fn builder() -> ClusterBuilder {
        ClusterBuilder::new()
    }

    pub(crate) fn start_as(builder: &ClusterBuilder) -> Result<Self, Error> {
        let mut builder = builder.clone();
        // Looked for once.
        let (java, release) = builder.server(0).found()?;
        builder.each = builder.each.java(&java);
        if builder.releases.is_empty() {
            builder.releases.push(release);
        }
        let size = builder.voters + builder.observers;
        let mut kept = (0..size).map(|_| keep_ports()).collect::<Result<Vec<_>, Error>>()?;
        let addresses: Vec<Addresses> = kept.iter().map(|(addresses, _)| *addresses).collect();
        let routes = (builder.routes)(&addresses).map_err(Error::io("start proxies"))?;
        let mut members = Vec::new();
        for (at, (addresses_here, ports)) in kept.drain(..).enumerate() {
            let mut config = builder.each.config_of(at);
            config.client_port = Some(addresses_here.client.port());
            if builder.role(at) == Role::Observer {
                config.peer_type = Some(Role::Observer);
            }
            config.members = member_lines(&builder, &*routes, at, &addresses);
            if config.members.len() == 1 {
                config.members.clear();
            }
            let server = Server::create_at(&builder.server(at), config, ports)?;
            members.push(Place { server, addresses: addresses_here });
        }
        let cluster =
            Self { inner: Arc::new(Inner { builder, routes, members: Mutex::new(members) }) };
        for server in cluster.servers() {
            server.launch()?;
        }
        cluster.wait_until_served()?;
        Ok(cluster)
    }

    /// Its servers, in their order.
    #[must_use]
    pub fn servers(&self) -> Vec<Server> {
        self.places().iter().map(|place| place.server.clone()).collect()
    }

    /// One of them.
    ///
    /// # Panics
    ///
    /// If there is none of this number.
    #[must_use]
    pub fn server(&self, at: usize) -> Server {
        self.places()[at].server.clone()
    }

    /// Where clients find a member.
    ///
    /// # Panics
    ///
    /// If there is none of this number.
    #[must_use]
    pub fn client_address(&self, at: usize) -> SocketAddr {
        let bound = self.places()[at].addresses.client;
        self.inner.routes.client(at, bound)
    }

    /// Where clients find the members: `127.0.0.1:PORT,…`.
    #[must_use]
    pub fn connect_string(&self) -> String {
        let size = self.places().len();
        let addresses: Vec<_> = (0..size).map(|at| self.client_address(at).to_string()).collect();
        addresses.join(",")
    }

    /// What each member is now. They are asked at the same time.
    #[must_use]
    pub fn modes(&self) -> Vec<Mode> {
        let asked: Vec<_> =
            self.servers().into_iter().map(|server| thread::spawn(move || server.mode())).collect();
        asked.into_iter().map(|mode| mode.join().unwrap_or(Mode::NotServing)).collect()
    }

    /// Which member leads. Waits until there is one, and one alone: a leader that was paused may
    /// take itself for it for a while. A standalone server leads itself.
    ///
    /// # Errors
    ///
    /// [`Error::NoQuorum`] if there is none within the limit of a start.
    pub fn leader(&self) -> Result<usize, Error> {
        self.wait(|modes| {
            let leads = |mode: &Mode| matches!(mode, Mode::Leader | Mode::Standalone);
            let mut leaders = modes.iter().enumerate().filter(|(_, mode)| leads(mode));
            let (at, _) = leaders.next()?;
            leaders.next().is_none().then_some(at)
        })
    }

    /// Which members follow now, without the observers.
    #[must_use]
    pub fn followers(&self) -> Vec<usize> {
        self.of_mode(Mode::Follower)
    }

    /// Which members follow without a vote now.
    #[must_use]
    pub fn observers(&self) -> Vec<usize> {
        self.of_mode(Mode::Observer)
    }

    /// [Kills](Server::kill) the leader, and says which it was.
    ///
    /// # Errors
    ///
    /// As those of [`leader`](Self::leader) and [`Server::kill`].
    pub fn kill_leader(&self) -> Result<usize, Error> {
        let leader = self.leader()?;
        self.server(leader).kill()?;
        Ok(leader)
    }

    /// [Pauses](Server::pause) the leader, and says which it was.
    ///
    /// # Errors
    ///
    /// As those of [`leader`](Self::leader) and [`Server::pause`].
    pub fn pause_leader(&self) -> Result<usize, Error> {
        let leader = self.leader()?;
        self.server(leader).pause()?;
        Ok(leader)
    }

    /// Waits until one member leads, and every other one whose process runs is behind it.
    ///
    /// # Errors
    ///
    /// [`Error::Ended`] if one that ran has ended; [`Error::NoQuorum`].
    pub fn wait_until_served(&self) -> Result<(), Error> {
        let running: Vec<usize> = self.running();
        self.wait_on(
            |modes| {
                let leads = |mode: &&Mode| matches!(mode, Mode::Leader | Mode::Standalone);
                let follows = |mode: &Mode| matches!(mode, Mode::Follower | Mode::Observer);
                let one = modes.iter().filter(leads).count() == 1;
                let all = running.iter().all(|at| leads(&&modes[*at]) || follows(&modes[*at]));
                (one && all).then_some(())
            },
            &running,
        )
    }

    /// Restarts one member after the other, the leader last, and waits each time until it is back in
    /// the ensemble.
    ///
    /// # Errors
    ///
    /// As those of [`Server::restart`] and [`wait_until_served`](Self::wait_until_served).
    pub fn rolling_restart(&self) -> Result<(), Error> {
        self.roll(|_| ())
    }

    /// The same, and each member comes back as this release.
    ///
    /// # Errors
    ///
    /// As those of [`rolling_restart`](Self::rolling_restart).
    pub fn rolling_upgrade(&self, release: &Release) -> Result<(), Error> {
        self.roll(|server| server.set_release(release))
    }

    /// Stops all members, starts them again on their data, and waits until they are an ensemble.
    ///
    /// # Errors
    ///
    /// As those of [`Server::stop`], [`Server::launch`] and
    /// [`wait_until_served`](Self::wait_until_served).
    pub fn restart_all(&self) -> Result<(), Error> {
        self.stop()?;
        for server in self.servers() {
            server.launch()?;
        }
        self.wait_until_served()
    }

    /// [Stops](Server::stop) all members. Their data and ports are kept.
    ///
    /// # Errors
    ///
    /// As those of [`Server::stop`].
    pub fn stop(&self) -> Result<(), Error> {
        self.servers().iter().try_for_each(Server::stop)
    }

    fn roll(&self, change: impl Fn(&Server)) -> Result<(), Error> {
        let leader = self.leader()?;
        let size = self.places().len();
        for at in (0..size).filter(|at| *at != leader).chain([leader]) {
            let server = self.server(at);
            server.stop()?;
            change(&server);
            server.launch()?;
            self.wait_until_served()?;
        }
        Ok(())
    }

    fn running(&self) -> Vec<usize> {
        let servers = self.servers();
        (0..servers.len()).filter(|at| servers[*at].pid().is_some()).collect()
    }

    fn of_mode(&self, wanted: Mode) -> Vec<usize> {
        let modes = self.modes();
        (0..modes.len()).filter(|at| modes[*at] == wanted).collect()
    }

    fn wait<T>(&self, is_so: impl Fn(&[Mode]) -> Option<T>) -> Result<T, Error> {
        self.wait_on(is_so, &[])
    }

    /// Waits until the members are so, while none of `alive` has ended.
    fn wait_on<T>(
        &self,
        is_so: impl Fn(&[Mode]) -> Option<T>,
        alive: &[usize],
    ) -> Result<T, Error> {
        let limit = self.inner.builder.each.start_limit;
        let begun = Instant::now();
        loop {
            let modes = self.modes();
            if let Some(value) = is_so(&modes) {
                return Ok(value);
            }
            for at in alive {
                self.server(*at).check_alive()?;
            }
            if begun.elapsed() >= limit {
                return Err(Error::NoQuorum { waited: limit, members: format!("{modes:?}") });
            }
            thread::sleep(POLL);
        }
    }

    fn places(&self) -> MutexGuard<'_, Vec<Place>> {
        self.inner.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The ports of a member, and what keeps them.
fn keep_ports() -> Result<(Addresses, Vec<Port>), Error> {
    let any = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
    let keep = || Port::keep(any).map_err(Error::io("keep a port of 127.0.0.1"));
    let ports = [keep()?, keep()?, keep()?];
    let [client, peer, election] = ports.each_ref().map(Port::address);
    Ok((Addresses { client, peer, election }, ports.into()))
}

/// The members as the one at `from` is to see them.
fn member_lines(
    builder: &ClusterBuilder,
    routes: &dyn Routes,
    from: usize,
    addresses: &[Addresses],
) -> Vec<Member> {
    let member = |to: usize, bound: &Addresses| {
        let port = |port| routes.peer(from, to, port, bound.of(port));
        let (peer, election) = (port(PeerPort::Peer), port(PeerPort::Election));
        let (peer_port, election_port) = (peer.port(), election.port());
        let address = MemberAddress { host: peer.ip().to_string(), peer_port, election_port };
        let role = Some(builder.role(to)).filter(|role| *role == Role::Observer);
        Member { id: id_of(to), addresses: vec![address], role, client: None }
    };
    addresses.iter().enumerate().map(|(to, bound)| member(to, bound)).collect()
}
