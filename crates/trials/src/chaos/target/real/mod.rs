//! An ensemble of real servers, with proxies between all members, and between them and clients.
//!
//! * here: the servers, and what they hold at the end;
//! * `accidents.rs`: what can be done to them and to the network;
//! * `left.rs`: what each of them says that it has.

mod accidents;
mod left;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};
use zookit_client::ConnectOptions;
use zookit_ensemble::{Cluster, Release, Wanted};
use zookit_proxy::Proxy;
use zookit_sim::check::MemberLeft;
use zookit_sim::observe::ClientId;

use super::{Begun, Boxed, Held, Target};
use crate::chaos::plan::Accident;
use crate::chaos::translog::{MemberLog, agree};

/// From how many sides clients come: each has proxies of its own.
const SIDES: usize = 3;

/// So many transactions each member keeps at hand for those that were away, so that nobody has to be
/// sent a snapshot only because of that: a snapshot is not in the log.
const COMMIT_LOG: u32 = 20_000;

/// Before this release there is neither multiRead nor addWatch.
const OLDEST: (u32, u32) = (3, 6);

/// Real servers as a target.
#[derive(Debug)]
pub struct Real {
    cluster: Cluster,
    release: Release,
    /// Of each side, before each member.
    sides: Vec<Vec<Proxy>>,
    /// Where the logs are copied to if something is wrong with them, and always if that is wanted.
    keep: Option<PathBuf>,
    remarks: Mutex<Vec<String>>,
}

impl Real {
    /// Starts so many members of this release, or of the newest there is. `keep` is a directory for
    /// their logs.
    ///
    /// # Errors
    /// There is no such release, or it does not start.
    pub async fn start(
        members: usize,
        release: Option<&str>,
        keep: Option<PathBuf>,
    ) -> Result<Self, String> {
        let wanted = Wanted::from_argument(release).map_err(|error| error.to_string())?;
        let release = Release::find(wanted).map_err(|error| error.to_string())?;
        let version = release.version;
        if (version.major, version.minor) < OLDEST {
            return Err(format!("{version} is before 3.6: it has neither multiRead nor addWatch"));
        }
        let cluster = Cluster::builder().voters(members).release(&release).partitionable(true);
        let cluster = cluster.config(|config| {
            // Nothing is purged, and logs are one file from one start to the next.
            config.snap_count = Some(100_000_000);
        });
        let cluster = cluster
            .java_flag(format!("-Dzookeeper.commitLogCount={COMMIT_LOG}"))
            .java_flag("-Xmx256m")
            .start();
        let cluster = cluster.await.map_err(|error| error.to_string())?;
        let sides = sides(&cluster).map_err(|error| format!("a proxy: {error}"))?;
        Ok(Self { cluster, release, sides, keep, remarks: Mutex::default() })
    }

    fn remark(&self, what: String) {
        self.remarks.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }

    fn addresses(&self) -> Vec<SocketAddr> {
        self.cluster.servers().iter().map(zookit_ensemble::Server::address).collect()
    }

    /// Whoever ended without being told to is started again, and a line says so.
    async fn tend(&self) {
        for (at, server) in self.cluster.servers().into_iter().enumerate() {
            if server.pid().is_some() && server.mode().await == zookit_ensemble::Mode::Down {
                let log = server.log();
                let last = log.lines().rev().find(|line| line.contains("ERROR")).unwrap_or("");
                self.remark(format!("member {at} ended by itself: {last}"));
                let again = async {
                    server.stop().await?;
                    server.launch().await
                };
                if let Err(error) = again.await {
                    self.remark(format!("member {at}: {error}"));
                }
            }
        }
    }

    /// The logs of all members, and what they agree on.
    fn read(&self) -> Result<Held, String> {
        let servers = self.cluster.servers();
        let data = servers.iter().map(|server| server.directory().join("data"));
        let logs = data.map(|data| MemberLog::read(&data)).collect::<Result<Vec<_>, _>>();
        let logs = logs.map_err(|error| error.to_string())?;
        let agreed = agree(&logs).map_err(|error| format!("the members' logs: {error}"))?;
        let mut remarks = self.remarks.lock().unwrap_or_else(PoisonError::into_inner).clone();
        remarks.extend(agreed.remarks);
        for (at, log) in logs.iter().enumerate() {
            let (entries, torn) = (log.entries.len(), log.torn);
            let snapshots = log.snapshots.len();
            remarks.push(format!(
                "member {at}: {entries} entries in its log, {torn} files torn, {snapshots} snapshots"
            ));
        }
        Ok(Held { transactions: agreed.transactions, remarks })
    }

    /// Copies what all members have logged to where it is kept.
    fn copy(&self) -> std::io::Result<()> {
        let Some(keep) = &self.keep else { return Ok(()) };
        for (at, server) in self.cluster.servers().iter().enumerate() {
            let to = keep.join(format!("member-{at}"));
            let log = server.log_file();
            copy_all(&server.directory().join("data/version-2"), &to.join("version-2"))?;
            std::fs::copy(&log, to.join("server.log"))?;
        }
        Ok(())
    }
}

/// A proxy before each member for each side, all on one thread.
fn sides(cluster: &Cluster) -> std::io::Result<Vec<Vec<Proxy>>> {
    let mut all: Vec<Vec<Proxy>> = Vec::new();
    for side in 0..SIDES {
        let mut proxies = Vec::new();
        for server in cluster.servers() {
            let seed = u64::try_from(side).unwrap_or(0);
            let builder = Proxy::builder(server.address()).seed(seed);
            let first = all.first().and_then(|side| side.first()).or_else(|| proxies.first());
            let builder = match first {
                Some(first) => builder.beside(first),
                None => builder,
            };
            proxies.push(builder.start()?);
        }
        all.push(proxies);
    }
    Ok(all)
}

fn copy_all(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for file in std::fs::read_dir(from)? {
        let file = file?;
        std::fs::copy(file.path(), to.join(file.file_name()))?;
    }
    Ok(())
}

impl Target for Real {
    fn members(&self) -> usize {
        self.cluster.servers().len()
    }

    fn release(&self) -> String {
        self.release.version.to_string()
    }

    fn sides(&self) -> usize {
        self.sides.len()
    }

    fn partitions(&self) -> bool {
        true
    }

    fn wall_ms(&self) -> Option<i64> {
        None
    }

    fn way(&self, client: ClientId) -> (String, ConnectOptions) {
        let side = usize::try_from(client.0).unwrap_or(0) % self.sides.len();
        let proxies = self.sides.get(side).map_or(&[][..], Vec::as_slice);
        let addresses = proxies.iter().map(|proxy| proxy.address().to_string());
        (addresses.collect::<Vec<_>>().join(","), ConnectOptions::default())
    }

    fn begin<'a>(&'a self, accident: &'a Accident) -> Boxed<'a, Begun> {
        Box::pin(async move {
            self.tend().await;
            self.happen(accident).await
        })
    }

    fn mend<'a>(&'a self, accident: &'a Accident, begun: Begun) -> Boxed<'a, ()> {
        Box::pin(async move {
            self.repair(accident, begun).await;
            Ok(())
        })
    }

    fn rest(&self, within: Duration) -> Boxed<'_, ()> {
        Box::pin(async move {
            self.heal();
            let until = Instant::now() + within;
            loop {
                for server in self.cluster.servers() {
                    // Who is not paused says so, and that is as well.
                    drop(server.resume().await);
                    server.launch().await.map_err(|error| error.to_string())?;
                }
                match self.cluster.wait_until_served().await {
                    Ok(()) => return Ok(()),
                    Err(error) if Instant::now() > until => return Err(error.to_string()),
                    Err(error) => self.remark(format!("at the end: {error}")),
                }
                self.tend().await;
            }
        })
    }

    fn left(&self, within: Duration) -> Boxed<'_, Vec<MemberLeft>> {
        Box::pin(async move {
            let until = Instant::now() + within;
            loop {
                match left::of_all(&self.addresses()).await {
                    Ok(left) => return Ok(left),
                    Err(why) if Instant::now() > until => return Err(why),
                    Err(_) => sleep(Duration::from_millis(500)).await,
                }
            }
        })
    }

    fn end(&self) -> Boxed<'_, Held> {
        Box::pin(async move {
            self.cluster.stop().await.map_err(|error| error.to_string())?;
            let copied = self.copy();
            let read = self.read();
            copied.map_err(|error| format!("the logs could not be kept: {error}"))?;
            read
        })
    }
}
