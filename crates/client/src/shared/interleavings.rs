//! What callers and the driver share, in every order in which threads can come to its locks.
//!
//! `cargo xtask loom` runs these. A wake-up that is lost leaves all threads asleep, which loom
//! reports as a deadlock. The driver here does with [`Shared`] what the real one does in each of its
//! turns, with a session that answers every request at once.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::AtomicUsize as Count;
use std::task::Wake;

use loom::sync::Notify;
use loom::thread;
use zookit_proto::Zxid;
use zookit_session::{Outcome, Tickets, WatchEnd, WatchKind, WatchRequest};

use super::*;
use crate::chroot::Chroot;

/// How often threads may be interrupted where they need not wait, in one execution. What there is to
/// explore grows much faster with it than what is found; most of all with two callers and a driver
/// that all go on at once.
const TWICE: usize = 2;
const ONCE: usize = 1;

fn explore(preemptions: usize, execution: impl Fn() + Send + Sync + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(preemptions);
    model.check(execution);
}

/// Counted as long as it lives.
struct Alive(Arc<Count>);

impl Alive {
    fn new(count: &Arc<Count>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The memory of one frame.
struct Payload {
    bytes: [u8; 1],
    _alive: Alive,
}

impl AsRef<[u8]> for Payload {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// What a waker wakes.
struct Task {
    notify: Notify,
    _alive: Alive,
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.notify.notify();
    }
}

/// One client's shared part, with a count of all payloads and wakers that are anywhere.
#[derive(Clone)]
struct World {
    shared: Arc<Shared>,
    alive: Arc<Count>,
}

impl World {
    fn new(max_requests: usize) -> Self {
        let limits = Limits { max_requests, ..Limits::default() };
        Self { shared: Shared::new(&limits, Duration::from_secs(10)), alive: Arc::default() }
    }

    fn task(&self) -> Arc<Task> {
        Arc::new(Task { notify: Notify::new(), _alive: Alive::new(&self.alive) })
    }

    /// To the end, asleep while it waits.
    fn run<T>(&self, future: impl Future<Output = T>) -> T {
        let task = self.task();
        let waker = Waker::from(Arc::clone(&task));
        let mut future = pin!(future);
        loop {
            match future.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(output) => return output,
                Poll::Pending => task.notify.wait(),
            }
        }
    }

    /// Polled once, by a task that goes away.
    fn glance<T>(&self, future: impl Future<Output = T>) -> Poll<T> {
        let task = self.task();
        pin!(future).poll(&mut Context::from_waker(&Waker::from(task)))
    }

    fn request(&self, number: u8) -> Request {
        let frame = Bytes::from_owner(Payload { bytes: [number], _alive: Alive::new(&self.alive) });
        let deadline = Deadline::Never;
        Request { opcode: OpCode::Exists, frame, deadline, watch: None, pinned: None }
    }

    fn submit(&self, number: u8) -> Result<Ticket, NotSent> {
        self.shared.submit(self.request(number), None)
    }

    fn completion(&self, ticket: Ticket) -> impl Future<Output = Completion> + '_ {
        poll_fn(move |context| self.shared.poll_completion(ticket, context))
    }

    /// Waits for the end of a request: its own payload, once; or the client had ended.
    fn outcome(&self, ticket: Ticket, number: u8) -> Result<(), NotSent> {
        let outcome = self.run(self.completion(ticket)).outcome;
        assert!(self.glance(self.completion(ticket)).is_pending(), "there is no second one");
        match outcome {
            Outcome::Answered { body, .. } => {
                assert_eq!(body[..], [number]);
                Ok(())
            }
            Outcome::NotSent(reason) => Err(reason),
            other => panic!("nobody said {other:?}"),
        }
    }

    fn close(&self) -> Ticket {
        self.shared.close().expect("it is closed once")
    }

    /// The driver's loop until the client is closed; which requests it found, in order.
    fn drive(&self) -> Vec<u8> {
        let (mut found, mut commands) = (Vec::new(), Vec::new());
        let mut endings = Endings::default();
        let mut is_closed = false;
        while !is_closed {
            self.run(poll_fn(|context| self.shared.poll_commands(context)));
            self.shared.take_commands(&mut commands);
            for command in commands.drain(..) {
                let (ticket, outcome) = match command {
                    Command::Submit(ticket, request) => {
                        found.push(request.frame[0]);
                        (ticket, Outcome::Answered { zxid: Zxid(1), body: request.frame })
                    }
                    Command::Close(ticket) => {
                        is_closed = true;
                        let body = Bytes::from_static(&[0]);
                        (ticket, Outcome::Answered { zxid: Zxid(1), body })
                    }
                    Command::SubmitRun(first, run) => {
                        found.extend(run.frames.iter().skip(4).step_by(5));
                        answer_run(&mut endings, first, &run);
                        continue;
                    }
                    // Too late: whatever was submitted is answered.
                    Command::Abandon(_) | Command::AbandonRun(..) => continue,
                    other => panic!("nobody submits {other:?}"),
                };
                endings.push(ticket, Completion { outcome, server: None });
            }
            self.shared.complete(&mut endings);
        }
        self.shared.end(NotSent::Closed);
        found
    }

    fn spawn_driver(&self) -> thread::JoinHandle<Vec<u8>> {
        let world = self.clone();
        thread::spawn(move || world.drive())
    }

    /// Closes the client, and looks at what is left of it.
    fn close_and_look(&self, driver: thread::JoinHandle<Vec<u8>>) -> Vec<u8> {
        let ticket = self.close();
        self.outcome(ticket, 0).unwrap();
        let found = driver.join().unwrap();
        self.look();
        found
    }

    /// With the driver gone and every answer taken or dropped: no ticket is out, no room promised,
    /// no command, payload or waker left.
    fn look(&self) {
        assert_eq!(self.alive.load(Ordering::Relaxed), 0, "payloads and wakers");
        self.shared.rest();
        let inner = self.shared.lock();
        assert_eq!((inner.slots.capacity(), inner.slots.unanswered()), (0, 0));
        assert!(inner.batches.is_empty());
        assert_eq!((inner.outbox.len(), inner.outbox_bytes), (0, 0));
        assert_eq!(inner.permits.unreserved(0, 1), 1);
    }
}

#[test]
fn each_caller_hears_of_its_own_request() {
    explore(ONCE, || {
        let world = World::new(8);
        let driver = world.spawn_driver();
        let other = world.clone();
        let other = thread::spawn(move || other.outcome(other.submit(1).unwrap(), 1));
        assert_eq!(world.outcome(world.submit(2).unwrap(), 2), Ok(()));
        assert_eq!(other.join().unwrap(), Ok(()));
        assert_eq!(world.close_and_look(driver).len(), 2);
    });
}

#[test]
fn an_answer_that_moves_wakes_the_task_that_polled_last() {
    explore(TWICE, || {
        let world = World::new(8);
        let driver = world.spawn_driver();
        let ticket = world.submit(1).unwrap();
        match world.glance(world.completion(ticket)) {
            Poll::Ready(completion) => {
                assert!(matches!(completion.outcome, Outcome::Answered { .. }));
            }
            Poll::Pending => {
                let other = world.clone();
                let other = thread::spawn(move || other.outcome(ticket, 1));
                assert_eq!(other.join().unwrap(), Ok(()));
            }
        }
        assert_eq!(world.close_and_look(driver), [1]);
    });
}

#[test]
fn what_is_dropped_is_gone_and_its_slot_is_the_next_ones() {
    explore(TWICE, || {
        let world = World::new(8);
        let driver = world.spawn_driver();
        let (first, second) = (world.submit(1).unwrap(), world.submit(2).unwrap());
        if world.glance(world.completion(first)).is_pending() {
            world.shared.abandon(first);
        }
        let third = world.submit(3).unwrap();
        assert!(first != third);
        assert_eq!(world.outcome(third, 3), Ok(()));
        assert_eq!(world.outcome(second, 2), Ok(()));
        assert_eq!(world.close_and_look(driver), [1, 2, 3]);
    });
}

#[test]
fn the_end_resolves_what_waits_and_what_comes() {
    explore(TWICE, || {
        let world = World::new(8);
        let driver = world.spawn_driver();
        let other = world.clone();
        let other = thread::spawn(move || {
            let kept = other.submit(1);
            if let Ok(dropped) = other.submit(2) {
                other.shared.abandon(dropped);
            }
            kept.and_then(|ticket| other.outcome(ticket, 1))
        });
        let ticket = world.close();
        world.outcome(ticket, 0).unwrap();
        let ended = other.join().unwrap();
        let found = driver.join().unwrap();
        assert_eq!(ended, if found.contains(&1) { Ok(()) } else { Err(NotSent::Closed) });
        assert_eq!(world.submit(3), Err(NotSent::Closed));
        world.look();
    });
}

/// The first of a run by itself, the rest of it together.
fn answer_run(endings: &mut Endings, first: Ticket, run: &Run) {
    let outcome = Outcome::Answered { zxid: Zxid(1), body: run.frames.slice(4..5) };
    endings.push(first, Completion { outcome, server: None });
    let numbers = run.frames.iter().skip(9).step_by(5);
    let frames: Vec<u8> = numbers.flat_map(|number| reply_frame(*number)).collect();
    let (tickets, count) = (Tickets::from(Ticket(first.0 + 1)), run.count - 1);
    if count > 0 {
        endings.push_replies(Replies { tickets, count, refused: 0, frames: frames.into() }, None);
    }
}

fn reply_frame(number: u8) -> [u8; 21] {
    let mut frame = [0; 21];
    frame[3] = 17;
    frame[20] = number;
    frame
}

impl World {
    /// A batch of two runs: of one request, and of two.
    fn submit_batch(&self) -> (Ticket, u64) {
        let run = |numbers: &[u8]| Run {
            opcode: OpCode::Exists,
            count: u32::try_from(numbers.len()).unwrap(),
            frames: numbers.iter().flat_map(|number| [0, 0, 0, 1, *number]).collect(),
            deadline: Deadline::Never,
            pinned: None,
        };
        let taken = self.shared.submit_batch([run(&[1]), run(&[2, 3])].into_iter(), None);
        assert_eq!((taken.count, taken.refused), (3, None));
        (taken.first, taken.count)
    }
}

#[test]
fn a_batch_stays_together() {
    explore(ONCE, || {
        let world = World::new(8);
        let driver = world.spawn_driver();
        let other = world.clone();
        let other = thread::spawn(move || other.outcome(other.submit(9).unwrap(), 9));
        let (first, _) = world.submit_batch();
        let waiting = poll_fn(|context| world.shared.poll_batch(first, context));
        let BatchEndings { endings, .. } = world.run(waiting);
        let tickets: Vec<_> = endings.iter().map(|ending| ending.first().0 - first.0).collect();
        assert_eq!(tickets, [0, 1, 2], "two alone, and one that is replied");
        assert_eq!(other.join().unwrap(), Ok(()));
        let found = world.close_and_look(driver);
        assert!([[1, 2, 3, 9], [9, 1, 2, 3]].contains(&found[..].try_into().unwrap()), "{found:?}");
    });
}

#[test]
fn a_batch_that_is_given_up_leaves_nothing() {
    explore(TWICE, || {
        let world = World::new(3);
        let driver = world.spawn_driver();
        let (first, count) = world.submit_batch();
        let _ = world.glance(poll_fn(|context| world.shared.poll_batch(first, context)));
        world.shared.abandon_batch(first, count);
        world.close_and_look(driver);
    });
}

/// Waits for room, and uses it.
fn with_room(world: &World, number: u8) {
    let reserving = Reserving::new(Arc::clone(&world.shared), 1);
    let reservation = world.run(reserving).unwrap();
    let ticket = world.shared.submit(world.request(number), Some(&reservation)).unwrap();
    assert_eq!(world.outcome(ticket, number), Ok(()));
}

#[test]
fn room_for_one_is_had_by_both() {
    explore(ONCE, || {
        let world = World::new(1);
        let driver = world.spawn_driver();
        let other = world.clone();
        let other = thread::spawn(move || with_room(&other, 1));
        with_room(&world, 2);
        other.join().unwrap();
        assert_eq!(world.close_and_look(driver).len(), 2);
    });
}

#[test]
fn a_place_that_is_given_up_goes_to_the_next() {
    explore(TWICE, || {
        let world = World::new(1);
        let held = world.run(Reserving::new(Arc::clone(&world.shared), 1)).unwrap();
        let (first, second) = (world.clone(), world.clone());
        let first = thread::spawn(move || {
            // It may get the room, and then gives that back.
            drop(first.glance(Reserving::new(Arc::clone(&first.shared), 1)));
        });
        let second = thread::spawn(move || {
            drop(second.run(Reserving::new(Arc::clone(&second.shared), 1)).unwrap());
        });
        drop(held);
        first.join().unwrap();
        second.join().unwrap();
        world.look();
    });
}

#[test]
fn a_reader_hears_of_every_event_and_of_the_end() {
    explore(TWICE, || {
        let world = World::new(1);
        let request = WatchRequest {
            watcher: WatcherId(1),
            kind: WatchKind::Persistent,
            path: Text::from("/a"),
        };
        let cell = Arc::new(WatchCell::new(request, Chroot::new(None), 1));
        let (reader, reads) = (world.clone(), Arc::clone(&cell));
        let reader = thread::spawn(move || {
            let mut told = Vec::new();
            while let Some(notice) = reader.run(poll_fn(|context| reads.poll(context))) {
                told.push(notice);
            }
            told
        });
        for zxid in [5, 6] {
            let event = zookit_session::WatchNotice::Event {
                event: zookit_proto::types::EventType::NodeDataChanged,
                path: Text::from("/a"),
                zxid: Some(Zxid(zxid)),
            };
            assert!(!cell.push(event, Seen { before: Zxid(zxid - 1), now: Zxid(zxid - 1) }));
        }
        assert!(cell.push(
            zookit_session::WatchNotice::Ended(WatchEnd::Closed),
            Seen { before: Zxid(6), now: Zxid(6) }
        ));
        let told = reader.join().unwrap();
        let until = |notice: &WatchNotice| match notice {
            WatchNotice::Event(event) => event.zxid,
            WatchNotice::Gap { until, .. } => Some(*until),
            WatchNotice::Ended(_) => None,
        };
        let zxids: Vec<_> = told.iter().map(until).collect();
        assert_eq!(zxids, [Some(Zxid(5)), Some(Zxid(6)), None]);
        world.look();
    });
}
