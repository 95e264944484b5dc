//! The outbox and its bound, from the callers' side and from the driver's.

use std::sync::atomic::AtomicUsize;
use std::task::Wake;

use zookit_session::Outcome;

use super::*;

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Count {
    fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

fn shared(limits: Limits) -> Arc<Shared> {
    Shared::new(&limits, Duration::from_secs(10))
}

fn request(bytes: usize) -> Request {
    let frame = Bytes::from(vec![0; bytes]);
    let deadline = Deadline::Never;
    Request { opcode: OpCode::Exists, frame, deadline, watch: None, pinned: None }
}

fn completion(reason: NotSent) -> Completion {
    Completion { outcome: Outcome::NotSent(reason), server: None }
}

fn end<const N: usize>(shared: &Shared, completions: [(Ticket, Completion); N]) {
    let mut endings = Endings::default();
    for (ticket, completion) in completions {
        endings.push(ticket, completion);
    }
    shared.complete(&mut endings);
}

#[test]
fn a_rest_gives_memory_back_and_no_ticket_out_twice() {
    let shared = shared(Limits::default());
    let submit = || shared.submit(request(10), None).unwrap();
    let (first, second) = (submit(), submit());
    shared.rest();
    let done = || completion(NotSent::Closed);
    end(&shared, [(first, done()), (second, done())]);
    let mut context = Context::from_waker(Waker::noop());
    assert!(shared.poll_completion(first, &mut context).is_ready(), "kept while it is out");
    shared.abandon(second);
    shared.rest();
    assert_eq!(shared.lock().slots.capacity(), 0);
    let third = submit();
    assert!(third != first && third != second);
    assert!(shared.poll_completion(first, &mut context).is_pending());
}

#[test]
fn the_driver_is_woken_once_for_a_batch() {
    let shared = shared(Limits::default());
    let driver = Arc::new(Count::default());
    let waker = Waker::from(Arc::clone(&driver));
    let mut context = Context::from_waker(&waker);
    assert!(shared.poll_commands(&mut context).is_pending());
    for _ in 0..3 {
        shared.submit(request(8), None).unwrap();
    }
    assert_eq!(driver.get(), 1);
    assert!(shared.poll_commands(&mut context).is_ready());
    let mut commands = Vec::new();
    shared.take_commands(&mut commands);
    assert_eq!(commands.len(), 3);
    assert!(shared.poll_commands(&mut context).is_pending());
}

#[test]
fn what_is_over_a_bound_is_not_accepted() {
    let limits = Limits { max_requests: 2, max_request_bytes: 20, ..Limits::default() };
    let shared = shared(limits);
    assert_eq!(shared.submit(request(21), None), Err(NotSent::QueueFull));
    let first = shared.submit(request(10), None).unwrap();
    shared.submit(request(10), None).unwrap();
    assert_eq!(shared.submit(request(0), None), Err(NotSent::QueueFull));
    // An answer makes room even while nobody has looked at it.
    shared.take_commands(&mut Vec::new());
    end(&shared, [(first, completion(NotSent::Deadline))]);
    assert!(shared.submit(request(0), None).is_ok());
}

#[test]
fn the_last_task_that_polled_is_woken() {
    let shared = shared(Limits::default());
    let ticket = shared.submit(request(8), None).unwrap();
    let tasks = [Arc::new(Count::default()), Arc::new(Count::default())];
    for task in &tasks {
        let waker = Waker::from(Arc::clone(task));
        assert!(shared.poll_completion(ticket, &mut Context::from_waker(&waker)).is_pending());
    }
    end(&shared, [(ticket, completion(NotSent::Deadline))]);
    assert_eq!(tasks.map(|task| task.get()), [0, 1]);
}

#[test]
fn an_abandoned_ticket_takes_its_completion_with_it() {
    let shared = shared(Limits::default());
    let ticket = shared.submit(request(8), None).unwrap();
    shared.abandon(ticket);
    let mut commands = Vec::new();
    shared.take_commands(&mut commands);
    assert!(matches!(commands[..], [Command::Submit(..), Command::Abandon(gone)]
        if gone == ticket));
    end(&shared, [(ticket, completion(NotSent::Abandoned))]);
    let next = shared.submit(request(8), None).unwrap();
    assert_ne!(next, ticket, "a slot is used again under another number");
}

#[test]
fn the_end_resolves_what_waits_and_refuses_what_comes() {
    let shared = shared(Limits::default());
    let ticket = shared.submit(request(8), None).unwrap();
    shared.end(NotSent::Closed);
    let mut context = Context::from_waker(Waker::noop());
    assert!(matches!(
        shared.poll_completion(ticket, &mut context),
        Poll::Ready(Completion { outcome: Outcome::NotSent(NotSent::Closed), .. })
    ));
    assert_eq!(shared.submit(request(8), None), Err(NotSent::Closed));
    assert_eq!(shared.close(), Err(NotSent::Closed));
}
