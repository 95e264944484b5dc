//! Sessions that do nothing: their heap, their threads, their CPU; and one whose server is gone.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio::task::yield_now;
use tokio::time::{sleep, timeout};
use zookit_client::{Client, ConnectOptions, State, Version};

use crate::Res;
use crate::alloc;
use crate::load::Mark;
use crate::peers::{Peer, TokioZookeeper, ZookeeperAsync, ZookeeperClient, Zookit};
use crate::stub::frames::{FALL_SILENT, PATH};

fn ct() -> Res<Runtime> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

/// Opens so many sessions of each client whose name contains `only`, and watches them for a while.
///
/// # Errors
/// Not all of them can be opened.
pub fn idle(address: SocketAddr, sessions: usize, watch: Duration, only: &str) -> Res<()> {
    println!("| client | sessions | heap bytes each | threads more | CPU µs/s each |");
    println!("|:--|--:|--:|--:|--:|");
    idle_as::<Zookit>(address, sessions, watch, only)?;
    idle_as::<ZookeeperClient>(address, sessions, watch, only)?;
    idle_as::<TokioZookeeper>(address, sessions, watch, only)?;
    idle_as::<ZookeeperAsync>(address, sessions, watch, only)
}

fn idle_as<P: Peer>(address: SocketAddr, sessions: usize, watch: Duration, only: &str) -> Res<()> {
    if !P::NAME.contains(only) {
        return Ok(());
    }
    let runtime = ct()?;
    let threads = threads()?;
    // What the first session alone sets up for the process is not the sessions'.
    let first = runtime.block_on(P::connect(address))?;
    alloc::count(true);
    let before = alloc::live_bytes();
    let clients = runtime.block_on(async {
        let mut clients = Vec::with_capacity(sessions);
        for _ in 0..sessions {
            let client = P::connect(address).await?;
            // A session that has been used, and is idle again.
            client.get().await;
            clients.push(client);
        }
        Ok::<_, crate::Error>(clients)
    })?;
    let mark = Mark::now();
    runtime.block_on(async { sleep(watch).await });
    let (wall, cpu) = mark.since();
    let own = clients.capacity() * size_of::<P>();
    let heap = alloc::live_bytes() - before - i64::try_from(own)?;
    alloc::count(false);
    println!(
        "| {} | {sessions} | {} | {} | {:.1} |",
        P::NAME,
        heap / i64::try_from(sessions)?,
        self::threads()? - threads,
        cpu * 1e6 / wall / sessions as f64,
    );
    drop((clients, first));
    runtime.shutdown_timeout(Duration::from_millis(100));
    Ok(())
}

/// How many threads this process has.
fn threads() -> Res<usize> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let count = status.lines().find_map(|line| line.strip_prefix("Threads:"));
    Ok(count.ok_or("no count of threads")?.trim().parse()?)
}

/// A server that takes everything and answers nothing: how long until the client says so.
///
/// # Errors
/// The client does not see it within ten times the session timeout.
pub fn dead_peer(address: SocketAddr) -> Res<()> {
    let session_timeout = Duration::from_secs(2);
    let noticed = ct()?.block_on(async {
        let options = ConnectOptions { session_timeout, ..ConnectOptions::default() };
        let client = Client::connect_with(&*address.to_string(), options).await?;
        let mut states = client.states();
        let begun = Instant::now();
        let last = client.set_data(FALL_SILENT, "", Version::Any);
        let state = timeout(10 * session_timeout, states.next()).await?;
        drop(last);
        match state.map(|update| update.change.state) {
            Some(State::Suspended) => Ok(begun.elapsed()),
            other => Err(crate::Error::from(format!("not suspended but {other:?}"))),
        }
    })?;
    println!(
        "A server that falls silent under a session timeout of {} ms is noticed after {} ms.",
        session_timeout.as_millis(),
        noticed.as_millis()
    );
    Ok(())
}

/// Two requests in two writes: what Nagle and delayed acknowledgement would make 40 ms of.
///
/// # Errors
/// The client fails.
pub fn second_request(address: SocketAddr) -> Res<()> {
    const TURNS: usize = 1000;
    let slowest = ct()?.block_on(async {
        let client = Client::connect(&*address.to_string()).await?;
        let mut slowest = Duration::ZERO;
        for _ in 0..TURNS {
            let first = client.get_data(PATH);
            // The driver writes the first one meanwhile.
            yield_now().await;
            let begun = Instant::now();
            let second = client.get_data(PATH);
            second.await?;
            slowest = slowest.max(begun.elapsed());
            first.await?;
        }
        Ok::<_, crate::Error>(slowest)
    })?;
    println!(
        "A second request behind one that is in flight: the slowest of {TURNS} took {:.2} ms.",
        slowest.as_secs_f64() * 1e3
    );
    Ok(())
}
