//! A user's lock, and a test that it excludes, in a simulated ensemble over many seeds.
//!
//! The lock is the well-known one: an ephemeral sequential znode each, and whoever has the smallest
//! number holds the lock. A holder whose session expires, or who cannot know that it did, may still
//! be at work when the next one begins; what is locked tells them apart by the *fencing token*, the
//! czxid of the holder's znode, which grows from holder to holder.
//!
//! `cargo run -p zookit --features testing --example simulated_lock` prints what came of each seed;
//! the tests below are run with all others.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::{sleep, timeout};
use zookit::testing::{SimulatedEnsemble, Trouble, run};
use zookit::{Client, CreateMode, Error, RetryPolicy, Version, Zxid};

/// The lock, held until it is [released](Held::release), or until the session expires.
struct Held {
    client: Client,
    path: String,
    /// The fencing token.
    token: Zxid,
}

impl Held {
    async fn acquire(client: &Client) -> Result<Self, Error> {
        // All of it in one session: the znode is gone with that.
        let client = client.session();
        let mode = CreateMode::EphemeralSequential;
        let mine = client.create_protected("/lock/lock-", (), mode).await?;
        match Self::wait(&client, &mine.path).await {
            Ok(token) => Ok(Self { client, path: mine.path, token }),
            Err(error) => {
                // Nobody is to wait for who does not come.
                drop(client.delete_guaranteed(&mine.path, Version::Any));
                Err(error)
            }
        }
    }

    /// Until the znode has the smallest number; then that is who it is.
    async fn wait(client: &Client, path: &str) -> Result<Zxid, Error> {
        let number = |name: &str| name.rsplit('-').next().map(str::to_owned);
        loop {
            let mut names = client.get_child_names("/lock").await?;
            names.sort_by_key(|name| number(name));
            let before = names.iter().rfind(|name| number(name) < number(path));
            let Some(before) = before else {
                // `NoNode` if it is gone: then nothing is held.
                return Ok(client.get_data(path).await?.stat.czxid);
            };
            let (there, gone) = client.exists_and_watch(&format!("/lock/{before}")).await?;
            if there.is_some() {
                // Whatever it says: look again.
                let _ = gone.await;
            }
        }
    }

    fn release(self) {
        drop(self.client.delete_guaranteed(&self.path, Version::Any));
    }
}

/// What the lock is for: work that takes a while and that two must not do at once.
#[derive(Debug, Default)]
struct Resource {
    /// The greatest token that was seen, and whether its holder is at work.
    newest: Zxid,
    at_work: bool,
    done: usize,
    /// Who came with a token that was not the newest any more.
    too_late: usize,
}

impl Resource {
    /// False: a later holder was here.
    fn begin(&mut self, token: Zxid) -> bool {
        if token <= self.newest {
            self.too_late += 1;
            return false;
        }
        // The last holder may still believe to be at work: from now on it is refused.
        (self.newest, self.at_work) = (token, true);
        true
    }

    fn end(&mut self, token: Zxid) {
        if token < self.newest {
            self.too_late += 1;
            return;
        }
        assert!(token == self.newest && self.at_work, "the work of another was ended");
        self.at_work = false;
        self.done += 1;
    }
}

/// What came of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Outcome {
    /// Works that were done.
    done: usize,
    /// Holders that were refused, since there was a later one.
    too_late: usize,
}

/// Works again and again, for so long.
async fn work(client: Client, resource: Arc<Mutex<Resource>>, lasting: Duration) {
    let work = async {
        loop {
            if let Ok(held) = Held::acquire(&client).await {
                if resource.lock().unwrap().begin(held.token) {
                    sleep(Duration::from_millis(300)).await;
                    resource.lock().unwrap().end(held.token);
                }
                held.release();
            }
            sleep(Duration::from_millis(100)).await;
        }
    };
    let _ = timeout(lasting, work).await;
}

/// Three clients, a minute of storm, and then nobody holds the lock.
async fn simulate(seed: u64) -> Result<Outcome, Box<dyn std::error::Error>> {
    let ensemble = SimulatedEnsemble::start(3, seed);
    let first = ensemble.connect().await?;
    first.create("/lock", (), CreateMode::Persistent).await?;
    let resource = Arc::new(Mutex::new(Resource::default()));
    let lasting = Duration::from_secs(60);
    let mut workers = Vec::new();
    for _ in 0..3 {
        let client = Client::connect_lazy(ensemble.connect_string().as_str(), ensemble.options())?;
        workers.push(tokio::spawn(work(client, Arc::clone(&resource), lasting)));
    }
    ensemble.storm(Trouble::default(), lasting);
    for worker in workers {
        worker.await?;
    }
    ensemble.calm();
    // In calm the lock works, whatever was left of the storm.
    let policy = RetryPolicy { lost_writes: true, ..RetryPolicy::default() };
    let held = first.retry(policy, |_| Held::acquire(&first));
    let held = timeout(Duration::from_secs(120), held).await??;
    assert!(resource.lock().unwrap().begin(held.token), "an old token behind newer ones");
    held.release();
    let resource = resource.lock().unwrap();
    Ok(Outcome { done: resource.done, too_late: resource.too_late })
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for seed in 0..20 {
        println!("seed {seed}: {:?}", run(simulate(seed))?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_excludes_in_every_storm() {
        let mut all = Outcome { done: 0, too_late: 0 };
        for seed in 0..15 {
            let outcome = run(simulate(seed)).unwrap_or_else(|error| panic!("{seed}: {error}"));
            all.done += outcome.done;
            all.too_late += outcome.too_late;
        }
        assert!(all.done > 100, "they hardly get to work: {all:?}");
        assert!(all.too_late > 0, "the token was never needed: the storms do no harm");
    }

    #[test]
    fn the_same_seed_tells_the_same_story() {
        let [one, other] = [3, 3].map(|seed| run(simulate(seed)).unwrap());
        assert_eq!(one, other);
    }
}
