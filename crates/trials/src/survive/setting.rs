//! Where a scenario takes place: a release, so many members, and the clients in it.

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use zookit_client::{Client, ConnectOptions, ServerFloor};
use zookit_ensemble::{Cluster, ClusterBuilder, Release, Server, Version, Wanted};

use super::network::CountingDialer;
use super::steady::{Counted, Steady};
use super::traffic::Kinds;
use super::verdict::Failure;

/// The servers' unit of time: short, so that what takes ticks does not take long.
pub(crate) const TICK: Duration = Duration::from_millis(400);

/// In so many ticks a follower that hears nothing of its leader leaves it, and the other way
/// round.
pub(crate) const SYNC_LIMIT: u32 = 5;

/// The session timeout where sessions are to live through what happens.
pub(crate) const LONG_SESSION: Duration = Duration::from_secs(15);

/// The session timeout where they are to end soon.
pub(crate) const SHORT_SESSION: Duration = Duration::from_secs(3);

/// How many clients there may be until one is connected to the member that it is to be at.
const MOST_DRAWS: u64 = 200;

/// How much of each log a failure shows.
const LOG_LINES: usize = 12;

/// Where a scenario takes place.
#[derive(Debug)]
pub(crate) struct Setting {
    pub(crate) release: Release,
    /// How many members vote.
    pub(crate) members: usize,
    /// This program, for scenarios in which a client is a process of its own.
    pub(crate) program: PathBuf,
    /// What was started, for what its logs say if something is wrong.
    started: RefCell<Vec<Cluster>>,
}

impl Setting {
    pub(crate) const fn new(release: Release, members: usize, program: PathBuf) -> Self {
        Self { release, members, program, started: RefCell::new(Vec::new()) }
    }

    /// The ensemble, with a change to how it is.
    ///
    /// # Errors
    /// It does not start.
    pub(crate) async fn cluster(
        &self,
        change: impl FnOnce(ClusterBuilder) -> ClusterBuilder,
    ) -> Result<Cluster, Failure> {
        let builder = Cluster::builder().voters(self.members).release(&self.release);
        let builder = builder.config(|config| {
            config.tick_time = Some(TICK);
            config.sync_limit = Some(SYNC_LIMIT);
        });
        let cluster = change(builder).start().await?;
        self.started.borrow_mut().push(cluster.clone());
        Ok(cluster)
    }

    /// Options with this session timeout.
    pub(crate) fn options(&self, session_timeout: Duration) -> ConnectOptions {
        let old = self.release.version < Version::new(3, 5, 0);
        let server_floor = if old { ServerFloor::V3_4 } else { ServerFloor::V3_5 };
        let connect_timeout = Duration::from_secs(30);
        ConnectOptions { session_timeout, connect_timeout, server_floor, ..Default::default() }
    }

    /// Another release.
    ///
    /// # Errors
    /// It cannot be had.
    pub(crate) fn other_release(&self, version: Version) -> Result<Release, Failure> {
        match Release::listed()?.into_iter().find(|release| release.version == version) {
            Some(release) => Ok(release),
            None => Ok(Release::find(Wanted::Exactly(version))?),
        }
    }

    /// What traffic there can be.
    pub(crate) fn kinds(&self) -> Kinds {
        Kinds { streams: self.release.version >= Version::new(3, 6, 0) }
    }

    /// A client that knows of all members and is connected to this one.
    ///
    /// # Errors
    /// It cannot connect.
    pub(crate) async fn client_at(
        &self,
        cluster: &Cluster,
        member: usize,
        session_timeout: Duration,
    ) -> Result<Counted, Failure> {
        let servers = cluster.connect_string();
        let wanted = cluster.blocking().client_address(member).to_string();
        for seed in 0..MOST_DRAWS {
            let dialer = CountingDialer::default();
            let options = ConnectOptions {
                seed: Some(seed),
                dialer: Arc::new(dialer.clone()),
                ..self.options(session_timeout)
            };
            let client = Client::connect_with(servers.as_str(), options).await?;
            if client.server().is_some_and(|server| server.to_string() == wanted) {
                return Ok((client, dialer));
            }
            client.close().await?;
        }
        Err(format!("no client finds its way to member {member}").into())
    }

    /// A client at each member.
    ///
    /// # Errors
    /// One cannot connect.
    pub(crate) async fn clients(
        &self,
        cluster: &Cluster,
        session_timeout: Duration,
    ) -> Result<Vec<Counted>, Failure> {
        let mut clients = Vec::new();
        for member in 0..cluster.servers().len() {
            clients.push(self.client_at(cluster, member, session_timeout).await?);
        }
        Ok(clients)
    }

    /// Steady traffic of a client at each member.
    ///
    /// # Errors
    /// It does not get going.
    pub(crate) async fn steady(
        &self,
        cluster: &Cluster,
        session_timeout: Duration,
    ) -> Result<Steady, Failure> {
        let clients = self.clients(cluster, session_timeout).await?;
        self.steady_of(clients, cluster, session_timeout).await
    }

    /// Steady traffic of these clients.
    ///
    /// # Errors
    /// It does not get going.
    pub(crate) async fn steady_of(
        &self,
        clients: Vec<Counted>,
        cluster: &Cluster,
        session_timeout: Duration,
    ) -> Result<Steady, Failure> {
        let changer = cluster.connect_all_with(self.options(session_timeout)).await?;
        let addresses = cluster.servers().iter().map(Server::address).collect();
        Steady::begin(clients, changer, addresses, self.kinds()).await
    }

    /// The ends of the servers' logs.
    pub(crate) fn logs(&self) -> String {
        let mut logs = String::new();
        for cluster in self.started.borrow().iter() {
            for (member, server) in cluster.servers().iter().enumerate() {
                let log = server.log();
                let lines: Vec<_> = log.lines().collect();
                let end = lines[lines.len().saturating_sub(LOG_LINES)..].join("\n    ");
                logs.push_str(&format!("  member {member}, its log's end:\n    {end}\n"));
            }
        }
        logs
    }
}
