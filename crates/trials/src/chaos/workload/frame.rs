//! What has to be there before, and the last reads of everything.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use zookit_proto::ErrorCode;

use super::{ROOT, ephemeral, ids, queue, watch};
use crate::chaos::client::{Operation, Subject};
use crate::chaos::history::{Answer, Ask, Function, Outcome, Told, Workload};

/// How many reads are under way at once.
const AT_ONCE: usize = 64;

/// How long to wait before an operation that failed is tried again.
const AGAIN: Duration = Duration::from_millis(200);

/// Makes the znodes that all workloads need.
///
/// # Errors
/// It was not done within this time; the last thing that was told.
pub async fn prepare(subject: &Subject, clients: u32, within: Duration) -> Result<(), String> {
    let mut paths = vec![ROOT.to_owned()];
    for name in ["register", "counter", "set", "ids", "queue", "ephemeral", "watch"] {
        paths.push(format!("{ROOT}/{name}"));
    }
    paths.push(ids::counter());
    paths.extend((0..watch::NODES).map(watch::node));
    paths.extend((1..=clients).map(ephemeral::parent));
    make(subject, paths, within).await
}

/// Makes these znodes, in this order.
///
/// # Errors
/// As [`prepare`].
pub async fn make(
    subject: &Subject,
    paths: impl IntoIterator<Item = String>,
    within: Duration,
) -> Result<(), String> {
    let until = Instant::now() + within;
    for path in paths {
        let (data, ephemeral, sequential) = (String::from("0"), false, false);
        let ask = Ask::Create { path, data, ephemeral, sequential };
        loop {
            let told = once(subject, Function::Create, vec![ask.clone()]).await;
            match told.last() {
                Some(Told::Answered(..) | Told::Refused(ErrorCode::NodeExists, _)) => break,
                told if Instant::now() > until => return Err(format!("{ask:?}: {told:?}")),
                _ => sleep(AGAIN).await,
            }
        }
    }
    Ok(())
}

/// Submits it, now.
fn once(
    subject: &Subject,
    function: Function,
    asks: Vec<Ask>,
) -> impl Future<Output = Vec<Told>> + use<> {
    let (workload, key) = (Workload::Frame, String::new());
    let operation = Operation { workload, function, key, asks, pinned: false, within: None };
    let ended = subject.submit(subject.recorder().process(), operation);
    async move { ended.await.told }
}

/// Reads the queue as its readers do, and then everything there is, behind fences. Answers how many
/// znodes there are.
///
/// # Errors
/// Something could not be read within this time.
pub async fn read_all(subject: &Subject, within: Duration) -> Result<usize, String> {
    let until = Instant::now() + within;
    let queue = || Operation::fenced(Workload::Queue, "", queue::listing());
    while subject.submit(subject.recorder().process(), queue()).await.outcome != Outcome::Ok {
        if Instant::now() > until {
            return Err("the queue could not be read".into());
        }
        sleep(AGAIN).await;
    }
    let mut left = VecDeque::from([ROOT.to_owned()]);
    let mut count = 0;
    while !left.is_empty() {
        let batch: Vec<String> = left.drain(..left.len().min(AT_ONCE)).collect();
        let reads = |path: &String| {
            let (data, names) = (path.clone(), path.clone());
            let get = Ask::Get { path: data, watch: false };
            let list = Ask::Children { path: names, watch: false };
            [vec![Ask::Fence, get], vec![Ask::Fence, list]]
                .map(|asks| once(subject, Function::Read, asks))
        };
        let submitted: Vec<_> = batch.iter().map(reads).collect();
        for (path, [data, names]) in batch.into_iter().zip(submitted) {
            match (data.await.pop(), names.await.pop()) {
                (Some(Told::Answered(..)), Some(Told::Answered(Answer::Children(names, _), _))) => {
                    count += 1;
                    left.extend(names.into_iter().map(|name| format!("{path}/{name}")));
                }
                // It was an ephemeral znode of a session that has ended since its parent was read.
                (Some(Told::Refused(ErrorCode::NoNode, _)), _) => {}
                (data, names) if Instant::now() > until => {
                    return Err(format!("{path}: {data:?}, {names:?}"));
                }
                _ => {
                    left.push_back(path);
                    sleep(AGAIN).await;
                }
            }
        }
    }
    Ok(count)
}
