//! Watches set again on a new connection, against the mere transfer of the same bytes.

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use tokio::runtime::Builder;
use zookit_client::{Client, OneShotWatch, State, Version};

use crate::Res;
use crate::alloc;
use crate::load::Mark;
use crate::statistics::{interval, median};
use crate::stub::frames::{HANG_UP, connect_response, empty_reply, set_watches_request};

/// Reads in flight while the watches are armed.
const WINDOW: usize = 2000;

/// Bytes of the paths in one setWatches of the raw transfer, about; the client's are as large.
const BATCH_BYTES: usize = 128 * 1000;

/// How long a connection lasts before it is lost. One lost sooner counts against its server, and a
/// wait of a random length follows that has nothing to do with watches.
const LASTING: Duration = Duration::from_millis(1100);

/// Arms so many watches, then loses the connection, again and again.
///
/// # Errors
/// The client fails.
pub fn restore(address: SocketAddr, watches: usize, rounds: usize) -> Res<()> {
    let paths: Vec<String> = (0..watches).map(|number| format!("/bench/w-{number:08}")).collect();
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (mut ours, mut raws, mut ratios, mut cpus) = (vec![], vec![], vec![], vec![]);
    let heap = runtime.block_on(async {
        let client = Client::connect(&*address.to_string()).await?;
        alloc::count(true);
        let before = alloc::live_bytes();
        let armed = arm(&client, &paths).await?;
        let heap = alloc::live_bytes() - before;
        alloc::count(false);
        for _ in 0..rounds {
            tokio::time::sleep(LASTING).await;
            let raw = transfer(address, &paths)?;
            let (wall, cpu) = lose_and_restore(&client).await?;
            ours.push(wall);
            cpus.push(cpu);
            raws.push(raw);
            ratios.push(wall / raw);
        }
        drop(armed);
        Ok::<_, crate::Error>(heap)
    })?;
    runtime.shutdown_timeout(Duration::from_millis(100));
    let (low, high) = interval(&ratios);
    println!(
        "| watches | restored after ms | CPU ms | raw transfer ms | ratio (95 %) | heap bytes each |"
    );
    println!("|--:|--:|--:|--:|--:|--:|");
    println!(
        "| {watches} | {:.0} | {:.0} | {:.0} | {:.2} ({low:.2}-{high:.2}) | {} |",
        median(&ours) * 1e3,
        median(&cpus) * 1e3,
        median(&raws) * 1e3,
        median(&ratios),
        heap / i64::try_from(watches)?,
    );
    Ok(())
}

async fn arm(client: &Client, paths: &[String]) -> Res<Vec<OneShotWatch>> {
    let mut armed = Vec::with_capacity(paths.len());
    let mut answers = VecDeque::with_capacity(WINDOW);
    for path in paths {
        if answers.len() == WINDOW {
            if let Some(answer) = answers.pop_front() {
                armed.push(take(answer).await?);
            }
        }
        answers.push_back(client.exists_and_watch(path));
    }
    for answer in answers {
        armed.push(take(answer).await?);
    }
    Ok(armed)
}

async fn take(
    answer: zookit_client::Answer<(Option<zookit_client::Stat>, OneShotWatch)>,
) -> Res<OneShotWatch> {
    Ok(answer.await?.1)
}

/// Seconds, and seconds of CPU, from the loss being known to the session being there again, which
/// is when every watch has been set.
async fn lose_and_restore(client: &Client) -> Res<(f64, f64)> {
    let mut states = client.states();
    client.set_data(HANG_UP, "", Version::Any).await?;
    let mut mark = Mark::now();
    while let Some(update) = states.next().await {
        match update.change.state {
            State::Suspended => mark = Mark::now(),
            State::Connected => return Ok(mark.since()),
            _ => {}
        }
    }
    Err("the session ended".into())
}

/// Seconds from dialling until the last of the same requests is answered, by a client that has
/// them ready and sends them behind each other.
fn transfer(address: SocketAddr, paths: &[String]) -> Res<f64> {
    let each = BATCH_BYTES / (4 + paths.first().map_or(0, String::len));
    let requests: Vec<_> = paths.chunks(each.max(1)).map(set_watches_request).collect();
    let begun = Instant::now();
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.write_all(&handshake())?;
    let mut granted = connect_response(0, 0);
    stream.read_exact(&mut granted)?;
    for request in &requests {
        stream.write_all(request)?;
    }
    let mut replies = empty_reply().repeat(requests.len());
    stream.read_exact(&mut replies)?;
    Ok(begun.elapsed().as_secs_f64())
}

/// A ConnectRequest for a new session.
fn handshake() -> Vec<u8> {
    let mut body = vec![0; 12];
    body.extend(10_000_i32.to_be_bytes());
    body.extend(0_i64.to_be_bytes());
    body.extend(16_i32.to_be_bytes());
    body.extend([0; 17]);
    [&45_u32.to_be_bytes()[..], &body].concat()
}
