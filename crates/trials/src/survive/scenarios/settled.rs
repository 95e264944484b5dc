//! What finds out by itself what became of a lost write: protected, owned and guarded writes, and
//! guaranteed deletes, while replies and requests are lost and a leader falls.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use zookit_client::{Client, CreateMode, Deadline, Error, Owned, SessionId, Version};
use zookit_ensemble::Cluster;
use zookit_proto::Class;
use zookit_proxy::{Cut, Effect, Fault, Proxy};

use super::prelude::*;
use crate::survive::lines::Lines;
use crate::survive::traffic::PATIENCE;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "settled",
    about: "lost writes are looked into: protected, owned, guarded, and guaranteed deletes",
    since: Since::Always,
    declared: None,
    run: |setting| Box::pin(run(setting)),
};

/// How long it goes on, before the leader is killed and behind that.
const HALF: Duration = Duration::from_secs(12);

/// Between two losses on one line: a connection that lasts is no failure of its server.
const BETWEEN: Duration = Duration::from_millis(1100);

/// Between two calls.
const PACE: Duration = Duration::from_millis(5);

/// What the calls of all clients were told.
#[derive(Debug, Default)]
struct Told {
    /// By its data: the path of a protected znode, or none if the call ended in doubt.
    protected: BTreeMap<String, Option<String>>,
    /// By path: the sessions that were told that the znode is theirs.
    owned: BTreeMap<String, Vec<SessionId>>,
    /// By path: guarded sets that were done, and that are in doubt.
    guarded: BTreeMap<String, (i32, i32)>,
    /// Paths that are to be gone.
    deleted: Vec<String>,
    /// Calls that ended without knowing.
    in_doubt: usize,
    faults: Vec<String>,
}

type Shared = Rc<RefCell<Told>>;

async fn run(setting: &Setting) -> Result<Verdict, Failure> {
    let cluster = setting.cluster(|builder| builder).await?;
    let admin = cluster.connect_all_with(setting.options(LONG_SESSION)).await?;
    for path in ["/protected", "/owned", "/guarded", "/deleted"] {
        admin.create(path, (), CreateMode::Persistent).await?;
    }
    let told = Shared::default();
    let going = watch::Sender::new(true);
    let mut calling = JoinSet::new();
    let mut all_lines = Vec::new();
    for number in 0..setting.members {
        admin.create(&format!("/guarded/{number}"), (), CreateMode::Persistent).await?;
        let lines = Lines::to(&cluster)?;
        let (client, _) = lines.client(setting, LONG_SESSION).await?;
        lose_now_and_then(&lines, number);
        all_lines.push(lines);
        let client = client.with_deadline(Deadline::After(PATIENCE));
        calling.spawn_local(call(client, number, going.subscribe(), Rc::clone(&told)));
    }
    sleep(HALF).await;
    let killed = cluster.kill_leader().await?;
    cluster.leader().await?;
    cluster.server(killed).launch().await?;
    cluster.wait_until_served().await?;
    sleep(HALF).await;
    all_lines.iter().flat_map(Lines::each).for_each(Proxy::clear_faults);
    going.send_replace(false);
    let mut clients = Vec::new();
    while let Some(called) = calling.join_next().await {
        clients.push(called??);
    }
    let struck: u64 = all_lines.iter().flat_map(Lines::each).map(|l| l.statistics().struck).sum();
    let mut verdict = judge(&admin, &told.take(), &cluster).await?;
    verdict.hold(struck > 5, || format!("only {struck} requests were struck"));
    verdict.seen.push(format!("{struck} replies and requests of writes were lost"));
    Ok(verdict)
}

/// On each line now a reply to a write, now a write.
fn lose_now_and_then(lines: &Lines, number: usize) {
    for (line, proxy) in lines.each().iter().enumerate() {
        for (kind, effect) in [Effect::LoseReply, Effect::LoseRequest].into_iter().enumerate() {
            let seed = [number, line, kind].into_iter().fold(7, |sum, one| sum * 31 + one as u64);
            let mut random = fastrand::Rng::with_seed(seed);
            let mut last = Instant::now();
            let fault = Fault::new(effect, move |asked| {
                let is_due = last.elapsed() > BETWEEN && asked.opcode().class() == Class::Write;
                let strikes = is_due && random.u8(..) < 16;
                if strikes {
                    last = Instant::now();
                }
                strikes
            });
            proxy.add_fault(fault.by([Cut::Close, Cut::Reset][kind]));
        }
    }
}

/// Calls all of them in turn, until that is over.
async fn call(
    client: Client,
    number: usize,
    going: watch::Receiver<bool>,
    told: Shared,
) -> Result<Client, Error> {
    let register = format!("/guarded/{number}");
    let mut version = 0;
    let mut round = 0_usize;
    while *going.borrow() {
        protect(&client, &format!("{number}-{round}"), &told).await?;
        own(&client, &format!("/owned/{round:06}"), &told).await?;
        version = guard(&client, &register, version, &told).await?;
        delete(&client, &format!("/deleted/{number}-{round}"), &told).await?;
        round += 1;
        sleep(PACE).await;
    }
    Ok(client)
}

/// An error that leaves it open is counted; one that does not is none that may come here.
fn doubt(error: Error, told: &Shared) -> Result<(), Error> {
    if !error.may_have_applied() && !error.is_transient() {
        return Err(error);
    }
    told.borrow_mut().in_doubt += 1;
    Ok(())
}

async fn protect(client: &Client, data: &str, told: &Shared) -> Result<(), Error> {
    let mode = CreateMode::PersistentSequential;
    let path = match client.create_protected("/protected/n-", data, mode).await {
        Ok(created) => Some(created.path),
        Err(error) => {
            doubt(error, told)?;
            None
        }
    };
    told.borrow_mut().protected.insert(data.to_owned(), path);
    Ok(())
}

async fn own(client: &Client, path: &str, told: &Shared) -> Result<(), Error> {
    let session = client.session_id();
    match client.create_owned(path, (), CreateMode::Ephemeral).await {
        Ok(Owned::Ours(_)) => {
            told.borrow_mut().owned.entry(path.to_owned()).or_default().push(session);
        }
        Ok(Owned::Theirs(stat)) if stat.ephemeral_owner == session => {
            let fault = format!("{path} is its own session's, and was told as another's");
            told.borrow_mut().faults.push(fault);
        }
        Ok(Owned::Theirs(_)) => {}
        Err(error) => doubt(error, told)?,
    }
    Ok(())
}

/// The version that the register has then.
async fn guard(client: &Client, path: &str, version: i32, told: &Shared) -> Result<i32, Error> {
    match client.set_data_guarded(path, version.to_string(), version).await {
        Ok(stat) => {
            told.borrow_mut().guarded.entry(path.to_owned()).or_default().0 += 1;
            if stat.version != version + 1 {
                let fault = format!("a guarded set of version {version} made {}", stat.version);
                told.borrow_mut().faults.push(fault);
            }
            Ok(stat.version)
        }
        Err(error) => {
            doubt(error, told)?;
            told.borrow_mut().guarded.entry(path.to_owned()).or_default().1 += 1;
            let read = client.linearizable_read(|client| client.get_data(path)).await?;
            Ok(read.stat.version)
        }
    }
}

/// A delete that nobody waits for.
async fn delete(client: &Client, path: &str, told: &Shared) -> Result<(), Error> {
    match client.create(path, (), CreateMode::Persistent).await {
        Ok(_) => {
            drop(client.delete_guaranteed(path, Version::Any));
            told.borrow_mut().deleted.push(path.to_owned());
            Ok(())
        }
        // It is nobody's business then whether it is there.
        Err(error) => doubt(error, told),
    }
}

async fn judge(admin: &Client, told: &Told, cluster: &Cluster) -> Result<Verdict, Failure> {
    admin.fence().await?;
    let mut verdict = Verdict { faults: told.faults.clone(), ..Verdict::default() };
    let mut there: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for name in admin.get_children("/protected").await?.names {
        let path = format!("/protected/{name}");
        let data = admin.get_data(&path).await?.data.unwrap_or_default();
        there.entry(String::from_utf8_lossy(&data).into_owned()).or_default().push(path);
    }
    for (data, path) in &told.protected {
        let found = there.remove(data).unwrap_or_default();
        let right = match path {
            Some(path) => found == [path.clone()],
            None => found.len() <= 1,
        };
        verdict.hold(right, || format!("protected {data}: told {path:?}, there {found:?}"));
    }
    verdict.hold(there.is_empty(), || format!("protected znodes of nobody: {there:?}"));
    for (path, sessions) in &told.owned {
        let owner = admin.exists(path).await?.map(|stat| stat.ephemeral_owner);
        let right = sessions.len() == 1 && owner == sessions.first().copied();
        verdict.hold(right, || format!("{path} is {owner:?}'s, and was told to {sessions:?}"));
    }
    for (path, (done, in_doubt)) in &told.guarded {
        let version = admin.get_data(path).await?.stat.version;
        let right = (*done..=done + in_doubt).contains(&version);
        verdict.hold(right, || {
            format!("{path} has version {version}; {done} were done and {in_doubt} in doubt")
        });
    }
    let left = gone(admin, told).await?;
    verdict.hold(left.is_empty(), || format!("not deleted: {left:?} of {cluster:?}"));
    let done: i32 = told.guarded.values().map(|(done, _)| done).sum();
    verdict.seen.push(format!(
        "{} protected, {} owned, {done} guarded, {} deleted; {} calls left in doubt",
        told.protected.len(),
        told.owned.len(),
        told.deleted.len(),
        told.in_doubt
    ));
    Ok(verdict)
}

/// Waits until all that is to be deleted is; what is left when patience ends.
async fn gone(admin: &Client, told: &Told) -> Result<Vec<String>, Failure> {
    let begun = Instant::now();
    loop {
        let names = admin.get_children("/deleted").await?.names;
        let paths = names.into_iter().map(|name| format!("/deleted/{name}"));
        let left: Vec<_> = paths.filter(|path| told.deleted.contains(path)).collect();
        if left.is_empty() || begun.elapsed() > PATIENCE {
            return Ok(left);
        }
        sleep(Duration::from_millis(50)).await;
    }
}
