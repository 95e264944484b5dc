//! Callers, the driver and a server take turns in thousands of random orders, each of which follows
//! from its seed. A future is polled only if it was woken, so that a lost wake-up shows as a
//! schedule that never ends.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use zookit_client::{Client, ConnectOptions, Error, ErrorCode, Version, Zxid};
use zookit_proto::Request;

use crate::peer::{Peer, SERVER, options_with_pipes_of, reply_frame, set};

const SCHEDULES: u64 = 2_000;
const WRITES: usize = 12;
const MOST_STEPS: usize = 20_000;

/// Splitmix.
#[derive(Clone)]
struct Random(Rc<Cell<u64>>);

impl Random {
    fn below(&self, limit: usize) -> usize {
        self.0.set(self.0.get().wrapping_add(0x9e37_79b9_7f4a_7c15));
        let mut z = self.0.get();
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit as u64) as usize
    }
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A future, and whether it was woken since it was polled.
struct Task<T> {
    future: Option<Pin<Box<dyn Future<Output = T>>>>,
    woken: Arc<Woken>,
}

impl<T> Task<T> {
    fn new(future: impl Future<Output = T> + 'static) -> Self {
        Self { future: Some(Box::pin(future)), woken: Arc::new(Woken(AtomicBool::new(true))) }
    }

    /// Polls it if it was woken. Gives back its output, once.
    fn step(&mut self) -> Option<T> {
        let future = self.future.as_mut()?;
        if !self.woken.0.swap(false, Ordering::Relaxed) {
            return None;
        }
        let waker = Waker::from(Arc::clone(&self.woken));
        let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) else {
            return None;
        };
        self.future = None;
        Some(output)
    }
}

/// What the server and the test know of each other.
#[derive(Default)]
struct Seen {
    applied: RefCell<Vec<usize>>,
    connected: Cell<bool>,
    closing: Cell<bool>,
}

/// Grants one connection after the other; applies writes; hangs up now and then, with or without
/// an answer to the last.
async fn serve(mut peer: Peer, seen: Rc<Seen>, random: Random) {
    while !seen.closing.get() {
        let mut line = peer.accept().await;
        seen.connected.set(true);
        while let Some(asked) = line.next_asked().await {
            let lost = !seen.closing.get() && random.below(8) == 0;
            let mut frame = reply_frame(asked.xid, Zxid(1), ErrorCode::Ok, &());
            if let Request::SetData(write) = &asked.request {
                let data = write.data.as_ref().expect("a number");
                let number = std::str::from_utf8(data).unwrap().parse().unwrap();
                seen.applied.borrow_mut().push(number);
                frame = reply_frame(asked.xid, Zxid(1), ErrorCode::Ok, &set());
            }
            if !lost || random.below(2) == 0 {
                // The client may have closed the connection.
                let _ = line.stream.write_all(&frame).await;
            }
            if lost {
                break;
            }
        }
        seen.connected.set(false);
    }
    drop(peer);
}

/// One client from its first write to its end.
async fn schedule(seed: u64) -> [usize; 4] {
    let random = Random(Rc::new(Cell::new(seed)));
    let (options, peer) = options_with_pipes_of(64 + random.below(256));
    let options = ConnectOptions { seed: Some(seed), ..options };
    let client = Client::connect_lazy(SERVER, options).unwrap();
    let seen = Rc::new(Seen::default());
    let mut server = Task::new(serve(peer, Rc::clone(&seen), random.clone()));
    let mut server_ended = false;
    let mut writes: Vec<Task<Result<(), Error>>> = Vec::new();
    let mut results: Vec<Option<Result<(), Error>>> = Vec::new();
    let mut close: Option<Task<Result<(), Error>>> = None;
    let last_write = 1 + random.below(WRITES);
    for step in 0.. {
        assert!(step < MOST_STEPS, "seed {seed}: {results:?}");
        match random.below(8) {
            0 if writes.len() < last_write => {
                let number = writes.len().to_string();
                let answer = client.set_data("/a", number, Version::Any);
                writes.push(Task::new(async { answer.await.map(drop) }));
                results.push(None);
            }
            1 | 2 if !writes.is_empty() => {
                let index = random.below(writes.len());
                if let Some(result) = writes[index].step() {
                    results[index] = Some(result);
                }
            }
            3 if !writes.is_empty() && random.below(8) == 0 => {
                let index = random.below(writes.len());
                writes[index].future = None;
            }
            4 if close.is_none() && writes.len() == last_write && seen.connected.get() => {
                seen.closing.set(true);
                let answer = client.close();
                close = Some(Task::new(answer));
            }
            5 => server_ended |= server.step().is_some(),
            6 => {
                if let Some(close) = &mut close {
                    close.step();
                }
            }
            7 if random.below(8) == 0 => tokio::time::sleep(Duration::from_millis(50)).await,
            // The driver's turn.
            _ => tokio::task::yield_now().await,
        }
        let is_over = |task: &Task<_>| task.future.is_none();
        if server_ended && close.as_ref().is_some_and(is_over) && writes.iter().all(is_over) {
            break;
        }
    }
    drop(client);
    for task in writes.iter().chain(&close) {
        assert_eq!(Arc::strong_count(&task.woken), 1, "seed {seed}: a waker is kept");
    }
    check(seed, &seen.applied.borrow(), &results)
}

/// Effects are in the order of submission, and results say what happened. How many there are of
/// answers, of each error, and of none because the future was dropped.
fn check(seed: u64, applied: &[usize], results: &[Option<Result<(), Error>>]) -> [usize; 4] {
    let mut ends = [0; 4];
    assert!(applied.is_sorted_by(|a, b| a < b), "seed {seed}: {applied:?}");
    for (number, result) in results.iter().enumerate() {
        let is_applied = applied.contains(&number);
        let end = match result {
            Some(Ok(())) => {
                assert!(is_applied, "seed {seed}: {number}");
                0
            }
            Some(Err(Error::NotSent(_))) => {
                assert!(!is_applied, "seed {seed}: {number}");
                1
            }
            Some(Err(Error::NoReply(_))) => 2,
            Some(Err(error)) => panic!("seed {seed}: {error}"),
            None => 3,
        };
        ends[end] += 1;
    }
    ends
}

#[test]
fn in_every_order_each_answer_resolves_and_effects_keep_theirs() {
    let mut totals = [0; 4];
    for seed in 0..SCHEDULES {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build().unwrap();
        let ends = runtime.block_on(schedule(seed));
        totals = std::array::from_fn(|end| totals[end] + ends[end]);
    }
    assert!(totals.iter().all(|total| *total > 100), "each end is met: {totals:?}");
}
