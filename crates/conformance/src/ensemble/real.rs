//! Three processes, and proxies between them.

use std::collections::BTreeSet;
use std::io;
use std::time::{Duration, Instant};

use zookit_ensemble::blocking::Cluster;
use zookit_ensemble::{Mode, Release};

use super::{Members, Version, Way};
use crate::Outcome;
use crate::target::{Stream, dial};

/// So many ticks of half a second a leader waits for its followers: no longer than one who connects
/// a little too early should hold up an election.
const INIT_LIMIT: u32 = 4;

/// How long, in milliseconds, a connection may take for its handshake, and the buckets in which
/// silent ones are closed. The default is ten seconds, which no test wants to wait for.
const HANDSHAKE: &str = "-Dzookeeper.nio.sessionlessCnxnTimeout=1000";

/// A real ensemble of three.
#[derive(Debug)]
pub struct Real {
    cluster: Cluster,
    version: Version,
    begun: Instant,
    held: Vec<(usize, usize)>,
    killed: BTreeSet<usize>,
    /// The member that was made to give sessions to those who only read.
    alone: Option<usize>,
}

impl Real {
    /// Starts one.
    ///
    /// # Errors
    /// It does not come up.
    pub fn start(release: &Release) -> Outcome<Self> {
        let cluster = Cluster::builder()
            .voters(super::SIZE)
            .release(release)
            .partitionable(true)
            .read_only_mode(true)
            .java_flag(HANDSHAKE)
            .config(|config| config.init_limit = Some(INIT_LIMIT))
            .start_blocking()?;
        let (held, killed) = (Vec::new(), BTreeSet::new());
        let (version, begun) = (release.version, Instant::now());
        Ok(Self { cluster, version, begun, held, killed, alone: None })
    }

    /// Has a member give sessions that no transaction knows of, or none, from its next start on.
    fn local_sessions(&self, member: usize, enabled: bool) -> Outcome {
        let server = self.cluster.server(member);
        server.stop()?;
        server.configure(|config| config.local_sessions_enabled = Some(enabled))?;
        Ok(())
    }
}

impl Members for Real {
    fn version(&self) -> Version {
        self.version
    }

    fn dial(&mut self, member: usize) -> io::Result<Box<dyn Stream>> {
        if self.killed.contains(&member) {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        dial(self.cluster.server(member).address())
    }

    fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    fn wait(&mut self, time: Duration) {
        std::thread::sleep(time);
    }

    fn leader(&mut self) -> Outcome<usize> {
        self.cluster.wait_until_served()?;
        Ok(self.cluster.leader()?)
    }

    fn hold(&mut self, follower: usize, way: Way) -> Outcome {
        let leader = self.cluster.leader()?;
        let (from, to) = match way {
            Way::FromLeader => (leader, follower),
            Way::ToLeader => (follower, leader),
        };
        self.cluster.link(from, to).cut();
        self.held.push((from, to));
        Ok(())
    }

    fn release(&mut self) -> Outcome {
        for (from, to) in self.held.drain(..) {
            self.cluster.link(from, to).clear();
        }
        Ok(())
    }

    fn kill(&mut self, members: &[usize]) -> Outcome {
        for member in members {
            self.cluster.server(*member).kill()?;
            self.killed.insert(*member);
        }
        Ok(())
    }

    fn revive(&mut self) -> Outcome {
        if self.killed.is_empty() {
            return Ok(());
        }
        for member in std::mem::take(&mut self.killed) {
            self.cluster.server(member).launch()?;
        }
        Ok(self.cluster.wait_until_served()?)
    }

    fn restore(&mut self) -> Outcome {
        self.release()?;
        if let Some(member) = self.alone.take() {
            self.local_sessions(member, false)?;
            self.killed.insert(member);
        }
        self.revive()
    }

    fn leave_alone(&mut self, member: usize) -> Outcome {
        self.alone = Some(member);
        self.local_sessions(member, true)?;
        self.cluster.server(member).launch()?;
        self.cluster.wait_until_served()?;
        let others: Vec<usize> = (0..super::SIZE).filter(|other| *other != member).collect();
        self.kill(&others)?;
        Ok(self.cluster.wait_until(|modes| modes[member] == Mode::ReadOnly)?)
    }
}
