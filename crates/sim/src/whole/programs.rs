//! Programs of users in a storm, each with what must hold for it when the storm is over: what only
//! the whole client promises, since its session knows nothing of it.
//!
//! * `queue`, `leader`, `deletes`: writes that find out what became of them;
//! * `dropped_writes`, `dropping`: futures dropped while their requests are under way;
//! * `secret`, `impatient`, `attempts`: credentials, deadlines, attempts to connect;
//! * `stream`: a persistent watch that is read too slowly.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use fastrand::Rng;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use zookit_client::{
    Acl, AddWatchMode, BoxFuture, Client, ConnectOptions, CreateMode, CreateOptions, Deadline,
    Dialer, Endpoint, Error, ErrorCode, Owned, Perms, RetryPolicy, SessionId, Transport, Version,
    WatchNotice, Zxid,
};
use zookit_server::core::{Change, Transaction};

use super::{SimulatedEnsemble, Trouble, run};

/// How long the storm lasts, and how long the programs go on.
const STORM: Duration = Duration::from_secs(20);

/// How long everything may take that is still under way behind it.
const CALM: Duration = Duration::from_secs(60);

/// Notices that a reader of the stream has room for.
const ROOM: usize = 4;

/// What was not as promised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Which program found it.
    pub program: &'static str,
    /// A sentence.
    pub what: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.program, self.what)
    }
}

impl std::error::Error for Broken {}

type Held = Result<(), Broken>;

fn broken<T>(program: &'static str, what: String) -> Result<T, Broken> {
    Err(Broken { program, what })
}

/// Runs all programs with one seed, on a runtime of its own.
///
/// # Errors
/// The first promise found broken.
///
/// # Panics
/// If there is a runtime already on this thread.
pub fn storm(seed: u64) -> Result<(), Broken> {
    run(all(seed))
}

async fn all(seed: u64) -> Held {
    let mut rng = Rng::with_seed(seed);
    let ensemble = Arc::new(SimulatedEnsemble::start(3, rng.u64(..)));
    let dials = Arc::new(AtomicU64::new(0));
    let mut clients = Vec::new();
    for _ in 0..2 {
        let options = ensemble.options();
        let dialer = Counting { inner: options.dialer, dials: Arc::clone(&dials) };
        let options = ConnectOptions {
            watch_buffer: ROOM,
            dialer: Arc::new(dialer),
            resolver: options.resolver,
            seed: options.seed,
            ..ConnectOptions::default()
        };
        let servers = ensemble.connect_string();
        match Client::connect_with(servers.as_str(), options).await {
            Ok(client) => clients.push(client),
            Err(error) => return broken("connecting", error.to_string()),
        }
    }
    let [one, other] = [&clients[0], &clients[1]].map(Client::clone);
    for path in ["/queue", "/passing", "/own", "/stream", "/stream/x"] {
        make(&one, path, "").await?;
    }
    for number in 0..OWN {
        make(&one, &format!("/own/{number}"), &number.to_string()).await?;
    }
    kept_private(&one).await?;
    let late = tokio::spawn(dropped_writes(Arc::clone(&ensemble), one.clone()));
    late.await.unwrap_or_else(|error| broken("panic", error.to_string()))?;
    ensemble.storm(Trouble { every: Duration::from_millis(800), ..Trouble::default() }, STORM);
    let tasks: Vec<JoinHandle<Held>> = vec![
        tokio::spawn(queue(Arc::clone(&ensemble), one.clone(), "one")),
        tokio::spawn(queue(Arc::clone(&ensemble), other.clone(), "other")),
        tokio::spawn(leader(one.clone(), Rng::with_seed(rng.u64(..)))),
        tokio::spawn(leader(other.clone(), Rng::with_seed(rng.u64(..)))),
        tokio::spawn(deletes(Arc::clone(&ensemble), one.clone())),
        tokio::spawn(dropping(one.clone(), Rng::with_seed(rng.u64(..)))),
        tokio::spawn(secret(one.clone())),
        tokio::spawn(impatient(other.clone())),
        tokio::spawn(writer(other, Rng::with_seed(rng.u64(..)))),
        tokio::spawn(stream(Arc::clone(&ensemble), one)),
    ];
    for task in tasks {
        match task.await {
            Ok(held) => held?,
            Err(error) => return broken("panic", error.to_string()),
        }
    }
    attempts(&ensemble, &dials).await
}

/// A dialer that counts.
#[derive(Debug)]
struct Counting {
    inner: Arc<dyn Dialer>,
    dials: Arc<AtomicU64>,
}

impl Dialer for Counting {
    fn dial<'a>(
        &'a self,
        address: SocketAddr,
        server: &'a Endpoint,
    ) -> BoxFuture<'a, io::Result<Box<dyn Transport>>> {
        self.dials.fetch_add(1, Ordering::Relaxed);
        self.inner.dial(address, server)
    }
}

/// No attempts in a tight loop, while nobody serves: a few in a second, by either client.
async fn attempts(ensemble: &SimulatedEnsemble, dials: &AtomicU64) -> Held {
    for member in 0..ensemble.size() {
        ensemble.cut(member);
    }
    let before = dials.load(Ordering::Relaxed);
    let time = Duration::from_secs(10);
    sleep(time).await;
    let count = dials.load(Ordering::Relaxed) - before;
    if count > 20 * time.as_secs() {
        return broken("attempts", format!("{count} attempts in {time:?} while nobody serves"));
    }
    Ok(())
}

/// Dropping the futures of writes takes nothing back.
async fn dropped_writes(ensemble: Arc<SimulatedEnsemble>, client: Client) -> Held {
    let wanted: BTreeSet<_> = (0..16).map(|number| format!("/passing/dropped-{number}")).collect();
    for path in &wanted {
        drop(client.create(path, (), CreateMode::Persistent));
    }
    // Behind them.
    if client.sync("/").await.is_err() {
        return Ok(());
    }
    let made = created_below("/passing/dropped-", &ensemble.history());
    let made: BTreeSet<_> = made.into_values().flatten().collect();
    match wanted.difference(&made).next() {
        Some(path) => broken("dropped_writes", format!("the create of {path} was not sent")),
        None => Ok(()),
    }
}

/// A znode that only its maker may read.
async fn kept_private(client: &Client) -> Held {
    if let Err(error) = client.add_auth("digest", "user:word").await {
        return broken("secret", error.to_string());
    }
    let acl = vec![Acl::new(Perms::ALL, "auth", "")];
    let options = CreateOptions { acl, ..CreateMode::Persistent.into() };
    match client.create("/own/secret", "", options).await {
        Ok(_) => Ok(()),
        Err(error) => broken("secret", error.to_string()),
    }
}

/// Whatever the connection, credentials are in place before a request is.
async fn secret(client: Client) -> Held {
    while_stormy(|_| {
        let client = client.clone();
        async move {
            let read = client.get_data("/own/secret").await;
            if let Err(error) = read {
                if error.code() == Some(ErrorCode::NoAuth) {
                    return broken("secret", error.to_string());
                }
            }
            sleep(Duration::from_millis(20)).await;
            Ok(())
        }
    })
    .await
}

/// No call waits longer than its deadline.
async fn impatient(client: Client) -> Held {
    let patience = Duration::from_millis(150);
    let client = client.with_deadline(Deadline::After(patience));
    while_stormy(|_| {
        let client = client.clone();
        async move {
            let limit = patience + Duration::from_millis(50);
            if timeout(limit, client.get_data("/own/0")).await.is_err() {
                return broken("impatient", format!("a deadline of {patience:?} passed unheard"));
            }
            sleep(Duration::from_millis(30)).await;
            Ok(())
        }
    })
    .await
}

/// Makes a znode before the storm, or finds that it is there.
async fn make(client: &Client, path: &str, data: &str) -> Held {
    let policy = RetryPolicy { lost_writes: true, ..RetryPolicy::default() };
    let create = |_| client.create(path, data.to_owned(), CreateMode::Persistent);
    match client.retry(policy, create).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_node_exists() => Ok(()),
        Err(error) => broken("making", error.to_string()),
    }
}

/// Calls until the storm is over.
async fn while_stormy<F: Future<Output = Held>>(mut each: impl FnMut(u32) -> F) -> Held {
    let begun = tokio::time::Instant::now();
    for number in 0.. {
        if begun.elapsed() > STORM {
            break;
        }
        each(number).await?;
    }
    Ok(())
}

/// A queue of a lock: no call leaves two znodes in it, or one that it does not know of.
async fn queue(ensemble: Arc<SimulatedEnsemble>, client: Client, who: &'static str) -> Held {
    let mut asked = Vec::new();
    let begun = tokio::time::Instant::now();
    while begun.elapsed() < STORM {
        let data = format!("{who}-{}", asked.len());
        let mode = CreateMode::EphemeralSequential;
        let made = client.create_protected("/queue/n-", data.clone(), mode).await;
        asked.push((data, made.ok().map(|created| created.path)));
        sleep(Duration::from_millis(50)).await;
    }
    sleep(CALM).await;
    let made = created_below("/queue/", &ensemble.history());
    for (data, told) in asked {
        let made = made.get(data.as_bytes()).map_or(&[][..], Vec::as_slice);
        let right = match &told {
            Some(path) => made == [path.clone()],
            None => made.len() <= 1,
        };
        if !right {
            let what = format!("create_protected of {data:?} told {told:?}, and made {made:?}");
            return broken("queue", what);
        }
    }
    Ok(())
}

/// The paths of the znodes created below a path, by their data.
fn created_below(below: &str, history: &[Transaction]) -> BTreeMap<Vec<u8>, Vec<String>> {
    let mut made: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for transaction in history {
        if let Change::Create { path, data, .. } = &transaction.change {
            if path.to_string().starts_with(below) {
                let data = data.as_deref().unwrap_or_default().to_vec();
                made.entry(data).or_default().push(path.to_string());
            }
        }
    }
    made
}

/// A leader: who is told so by a call has the znode.
async fn leader(client: Client, mut rng: Rng) -> Held {
    while_stormy(|_| {
        let (client, wait) = (client.clone(), Duration::from_millis(rng.u64(1..300)));
        async move {
            let before = client.session_id();
            let owned = client.create_owned("/leader", (), CreateMode::Ephemeral).await;
            let mine = [before, client.session_id()];
            if let Ok(Owned::Ours(created)) = owned {
                let owner = created.stat.map(|stat| stat.ephemeral_owner);
                let wrong = owner.filter(|owner| !mine.contains(owner));
                if let Some(owner) = wrong.filter(|_| before != SessionId::NONE) {
                    let what = format!("create_owned in {before} told that it owns {owner}'s");
                    return broken("leader", what);
                }
                sleep(wait).await;
                let _ = client.delete("/leader", Version::Any).await;
            }
            sleep(wait).await;
            Ok(())
        }
    })
    .await
}

/// Guaranteed deletes: each is done when all is calm, whether anybody waits for it or not.
async fn deletes(ensemble: Arc<SimulatedEnsemble>, client: Client) -> Held {
    let mut gone = BTreeSet::new();
    let begun = tokio::time::Instant::now();
    while begun.elapsed() < STORM {
        let path = format!("/passing/{}", gone.len());
        if make(&client, &path, "").await.is_err() {
            sleep(Duration::from_millis(100)).await;
            continue;
        }
        let deleting = client.delete_guaranteed(&path, Version::Any);
        gone.insert(path);
        if gone.len() % 2 == 0 {
            if let Err(error) = deleting.await {
                return broken("deletes", format!("delete_guaranteed gave up: {error}"));
            }
        }
        sleep(Duration::from_millis(100)).await;
    }
    sleep(CALM).await;
    let mut left = gone;
    for transaction in ensemble.history() {
        // Each path is made once.
        if let Change::Delete { path } = &transaction.change {
            left.remove(&path.to_string());
        }
    }
    match left.first() {
        Some(path) => broken("deletes", format!("{path} is still there")),
        None => Ok(()),
    }
}

/// Znodes that hold their own number.
const OWN: u32 = 8;

/// Dropped futures: no other one gets their answers.
async fn dropping(client: Client, mut rng: Rng) -> Held {
    while_stormy(|_| {
        let client = client.clone();
        let asked: Vec<_> = (0..4).map(|_| (rng.u32(..OWN), rng.u64(0..12))).collect();
        async move {
            for (number, patience) in asked {
                let read = client.get_data(&format!("/own/{number}"));
                let read = timeout(Duration::from_millis(patience), read).await;
                let Ok(Ok(node)) = read else { continue };
                let data = node.data.as_deref().unwrap_or_default();
                if data != number.to_string().as_bytes() {
                    let data = String::from_utf8_lossy(data).into_owned();
                    return broken("dropping", format!("/own/{number} is read as {data:?}"));
                }
            }
            Ok(())
        }
    })
    .await
}

/// Sets a znode, many times at once.
async fn writer(client: Client, mut rng: Rng) -> Held {
    while_stormy(|number| {
        let (client, burst) = (client.clone(), rng.usize(1..12));
        async move {
            let data = number.to_string();
            let set = |_| client.set_data("/stream/x", data.clone(), Version::Any);
            let sets: Vec<_> = (0..burst).map(set).collect();
            for set in sets {
                let _: Result<_, Error> = set.await;
            }
            sleep(Duration::from_millis(200)).await;
            Ok(())
        }
    })
    .await
}

/// A persistent watch, read slowly: every change is told, or lies in a gap.
async fn stream(ensemble: Arc<SimulatedEnsemble>, client: Client) -> Held {
    let mode = AddWatchMode::PersistentRecursive;
    let adding = |_| client.add_watch("/stream", mode);
    let Ok(mut watch) = client.retry(RetryPolicy::default(), adding).await else { return Ok(()) };
    let begin = client.zxid();
    let (mut told, mut gaps) = (BTreeSet::new(), Vec::new());
    let begun = tokio::time::Instant::now();
    loop {
        let last = begun.elapsed() > STORM + CALM;
        while let Ok(notice) = timeout(Duration::from_millis(1), watch.next()).await {
            match notice {
                Some(WatchNotice::Event(event)) => told.extend(event.zxid),
                Some(WatchNotice::Gap { after, until }) => gaps.push((after, until)),
                Some(WatchNotice::Ended(_)) | None => return Ok(()),
            }
        }
        if last {
            break;
        }
        sleep(Duration::from_millis(700)).await;
    }
    let in_gap = |zxid: Zxid| gaps.iter().any(|(after, until)| *after < zxid && zxid <= *until);
    for transaction in ensemble.history() {
        let zxid = transaction.zxid;
        let set = matches!(&transaction.change,
            Change::SetData { path, .. } if *path == *"/stream/x");
        if set && zxid > begin && !told.contains(&zxid) && !in_gap(zxid) {
            let what =
                format!("/stream/x was set by {zxid}, and its watch told neither it nor a gap");
            return broken("stream", what);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_the_weather_every_promise_holds() {
        for seed in 0..4 {
            assert_eq!(storm(seed), Ok(()), "seed {seed}");
        }
    }
}
