//! Recipes on the embedded server: what it takes to hand a lock over, however many wait.
//!
//! Times are of CPU, of the client and the server together: one hand-off follows the other, so that
//! on an idle machine the clock says little more, and on a busy one much that is not ours.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use tokio::runtime::Builder;
use tokio::task::JoinSet;
use zookit_client::{Client, CreateMode, Version};
use zookit_proxy::Proxy;
use zookit_recipes::Mutex;
use zookit_server::testing::Server;

use crate::Res;
use crate::load::Mark;
use crate::statistics::{interval, median};

/// Sessions among which the waiters are shared out.
const SESSIONS: usize = 4;

/// All of it, or what has `only` in its name.
///
/// # Errors
/// The server cannot be started, or a recipe fails.
pub fn recipes(rounds: usize, quick: bool, only: &str) -> Res<()> {
    if "locks".contains(only) {
        locks(if quick { 3 } else { rounds })?;
    }
    Ok(())
}

/// How many wait.
const LENGTHS: [usize; 3] = [10, 100, 1000];

/// The place of the length that the others are compared with.
const MIDDLE: usize = 1;

/// Of one length, a figure a round.
type Rounds = [Vec<f64>; LENGTHS.len()];

/// What one hand-off takes of each.
#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    requests: f64,
    events: f64,
    bytes: f64,
}

/// Queues of three lengths, each drained once a round; and their bare requests.
fn locks(rounds: usize) -> Res<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let server = Server::builder().start()?;
    let mut took = LENGTHS.map(|_| Vec::new());
    let mut bare = LENGTHS.map(|_| Vec::new());
    let mut counted = LENGTHS.map(|_| Counts::default());
    runtime.block_on(async {
        for (counted, waiters) in counted.iter_mut().zip(LENGTHS) {
            *counted = count(&server, waiters).await?;
        }
        let clients = connected(server.address()).await?;
        for _ in 0..rounds {
            for (place, waiters) in LENGTHS.into_iter().enumerate() {
                let lengths = waiters as f64;
                bare[place].push(requests_alone(&clients[0], waiters).await? / lengths * 1e6);
                took[place].push(drain(&server, &clients, waiters).await? / lengths * 1e6);
            }
        }
        Ok::<_, crate::Error>(())
    })?;
    runtime.shutdown_background();
    print(&took, &bare, &counted);
    Ok(())
}

fn print(took: &Rounds, bare: &Rounds, counted: &[Counts]) {
    println!(
        "| waiters | CPU µs a hand-off | to {0} waiters (95 %) | of its requests alone | to {0} \
         waiters (95 %) | requests | events | bytes |",
        LENGTHS[MIDDLE],
    );
    println!("|--:|--:|--:|--:|--:|--:|--:|--:|");
    for (place, waiters) in LENGTHS.into_iter().enumerate() {
        let Counts { requests, events, bytes } = counted[place];
        println!(
            "| {waiters} | {:.0} | {} | {:.0} | {} | {requests:.2} | {events:.2} | {bytes:.0} |",
            median(&took[place]),
            ratio(&took[place], &took[MIDDLE]),
            median(&bare[place]),
            ratio(&bare[place], &bare[MIDDLE]),
        );
    }
    println!(
        "\nA queue is drained in linear time as far as a hand-off takes the same whatever its \
         length: 1.00 to {} waiters.",
        LENGTHS[MIDDLE],
    );
}

/// The clients among which the waiters are shared out.
async fn connected(address: SocketAddr) -> Res<Vec<Client>> {
    let mut clients = Vec::new();
    for _ in 0..SESSIONS {
        clients.push(Client::connect(&*address.to_string()).await?);
    }
    Ok(clients)
}

/// The median of the ratios within a round, and its interval.
fn ratio(above: &[f64], below: &[f64]) -> String {
    let ratios: Vec<f64> = above.iter().zip(below).map(|(above, below)| above / below).collect();
    let (low, high) = interval(&ratios);
    format!("{:.2} ({low:.2}-{high:.2})", median(&ratios))
}

/// What a hand-off takes, by a drain whose bytes go through a proxy that counts them.
async fn count(server: &Server, waiters: usize) -> Res<Counts> {
    let proxy = Proxy::start(server.address())?;
    let clients = connected(proxy.address()).await?;
    let passed = || {
        let so_far = proxy.statistics();
        so_far.to_server + so_far.to_client
    };
    server.log_requests(0);
    let (events, mut bytes) = (told(server)?, 0);
    let begun = || {
        server.log_requests(4 * waiters);
        bytes = passed();
    };
    let asked = drain_with(server, &clients, waiters, begun).await?.1.saturating_sub(1);
    let a_hand_off = |all: u64| all as f64 / waiters as f64;
    Ok(Counts {
        requests: a_hand_off(asked as u64),
        events: a_hand_off(told(server)? - events),
        bytes: a_hand_off(passed() - bytes),
    })
}

/// How many events about deleted znodes the server has told.
fn told(server: &Server) -> Res<u64> {
    let mut stream = TcpStream::connect(server.address())?;
    stream.write_all(b"mntr")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let key = "zk_sum_node_deleted_watch_count\t";
    let value = answer.lines().find_map(|line| line.strip_prefix(key));
    Ok(value.ok_or("the server does not count events")?.parse()?)
}

/// Seconds of CPU, the server's with it, from the first release to the last one of so many who waited.
async fn drain(server: &Server, clients: &[Client], waiters: usize) -> Res<f64> {
    Ok(drain_with(server, clients, waiters, || ()).await?.0)
}

/// The same, and how many requests were kept of those behind `begun`; the last release is one more
/// than there are hand-offs.
async fn drain_with(
    server: &Server,
    clients: &[Client],
    waiters: usize,
    begun: impl FnOnce(),
) -> Res<(f64, usize)> {
    let path = format!("/bench-lock/{}", clients[0].unique_id());
    let first = Mutex::new(&clients[0], &path).acquire().await?;
    let mut waiting = JoinSet::new();
    for number in 0..waiters {
        let lock = Mutex::new(&clients[number % clients.len()], &path);
        waiting.spawn(async move { lock.acquire().await?.release().await });
    }
    // Each is in the queue, and watches the one before it: there are no other watches. It looks once
    // in a round trip; to look whenever the server has done anything would take longer.
    while server.look(|server| server.watches().len()) < waiters {
        clients[0].exists("/").await?;
    }
    begun();
    let mark = Mark::now();
    first.release().await?;
    while let Some(released) = waiting.join_next().await {
        released??;
    }
    Ok((mark.since().1, server.request_log().len()))
}

/// Seconds of CPU for the deletes and the listings alone, one after the other, of as many znodes.
async fn requests_alone(client: &Client, znodes: usize) -> Res<f64> {
    let path = format!("/bench-lock/{}", client.unique_id());
    client.create_with_parents(&path, (), CreateMode::Persistent).await?;
    // As long as the names of a lock's.
    let prefix = format!("{path}/_c_{}-lock-", client.unique_id());
    let mode = CreateMode::PersistentSequential;
    let mut made = Vec::with_capacity(znodes);
    for _ in 0..znodes {
        made.push(client.create(&prefix, (), mode).await?.path);
    }
    let mark = Mark::now();
    for znode in &made {
        client.delete(znode, Version::Any).await?;
        client.get_child_list(&path).await?;
    }
    Ok(mark.since().1)
}
