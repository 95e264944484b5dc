//! Nothing left behind: tasks and file descriptors are counted before and after clients come and
//! go, in every way in which they can.
//!
//! In a process of its own, with a single test, since both counts are of the whole process: against
//! a server that is a thread here, and against every server listed in `ZOOKIT_REAL_SERVERS`.

#[path = "../guard/mod.rs"]
mod guard;
mod server;

use std::future::{Future, poll_fn};
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle};
use zookit_client::{AddWatchMode, Client, ConnectOptions, CreateMode, Limits, Version};

/// How often each way is gone.
const ROUNDS: usize = 30;

/// How long what is left behind may take to go: ten times what it is expected to take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Tasks of the runtime and descriptors of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Counts {
    tasks: usize,
    /// `None` where the system does not list them.
    descriptors: Option<usize>,
}

fn counts() -> Counts {
    let tasks = Handle::current().metrics().num_alive_tasks();
    Counts { tasks, descriptors: std::fs::read_dir("/proc/self/fd").ok().map(Iterator::count) }
}

/// Goes a way many times, and demands that afterwards all is as it was.
async fn leaves_nothing<F: Future<Output = ()>>(way: &str, go: impl Fn() -> F) {
    // The first time may make what stays on purpose, as the pool of threads that resolves names.
    go().await;
    let before = settled(way, None).await;
    for _ in 0..ROUNDS {
        go().await;
    }
    settled(way, Some(before)).await;
}

/// The counts when no task is left, and, if given, when they are as before.
async fn settled(way: &str, before: Option<Counts>) -> Counts {
    let begun = Instant::now();
    loop {
        let now = counts();
        let as_before = before.is_none_or(|before| now.descriptors <= before.descriptors);
        if now.tasks == 0 && as_before {
            return now;
        }
        assert!(begun.elapsed() < PATIENCE, "{way}: {before:?} before, and {now:?} after");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A port on which nobody listens.
fn dead_end() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

async fn every_way(server: &str) {
    let connect = || async { Client::connect(server).await.unwrap() };
    leaves_nothing("closed", || async { connect().await.close().await.unwrap() }).await;
    leaves_nothing("dropped", || async { drop(connect().await) }).await;
    leaves_nothing("dropped before it was connected", || async {
        drop(Client::connect_lazy(server, ConnectOptions::default()).unwrap());
    })
    .await;
    leaves_nothing("the connect given up", || async {
        let mut connecting = Box::pin(Client::connect(server));
        let once = poll_fn(|context| Poll::Ready(connecting.as_mut().poll(context).is_pending()));
        assert!(once.await, "it takes more than one look to connect");
    })
    .await;
    leaves_nothing("dropped with requests in flight and watches", || async {
        let client = connect().await;
        let answers: Vec<_> = (0..100).map(|_| client.exists("/none")).collect();
        let (_, once) = client.exists_and_watch("/none").await.unwrap();
        let persistent = client.add_watch("/none", AddWatchMode::Persistent);
        drop((client, answers));
        drop((once, persistent));
    })
    .await;
    leaves_nothing("closed with a guaranteed delete and room reserved", || async {
        let client = connect().await;
        let _room = client.reserve(10).await.unwrap();
        drop(client.delete_guaranteed("/none", Version::Any));
        drop(client.create("/none/none", (), CreateMode::Ephemeral));
        client.close().await.unwrap();
    })
    .await;
    leaves_nothing("exported and taken up again", || async {
        let identity = connect().await.export().await.unwrap();
        let options = ConnectOptions { resume: Some(identity), ..ConnectOptions::default() };
        let client = Client::connect_with(server, options).await.unwrap();
        client.close().await.unwrap();
    })
    .await;
}

#[test]
fn clients_that_come_and_go_leave_nothing_behind() {
    let _guard = guard::Guard::new();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        every_way(&server::start()).await;
        let nobody = dead_end();
        leaves_nothing("never connected", || async {
            let connect_timeout = Duration::from_millis(20);
            let limits = Limits { close_timeout: Duration::from_millis(20), ..Limits::default() };
            let options = ConnectOptions { connect_timeout, limits, ..ConnectOptions::default() };
            assert!(Client::connect_with(&nobody, options).await.is_err());
        })
        .await;
        let listed = std::env::var("ZOOKIT_REAL_SERVERS").unwrap_or_default();
        for entry in listed.split(',').filter(|entry| !entry.is_empty()) {
            let (_, server) = entry.split_once('=').expect("VERSION=HOST:PORT");
            every_way(server).await;
        }
    });
}
