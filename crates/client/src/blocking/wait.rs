//! How a thread without a runtime waits for a future: it polls, and sleeps until it is woken.

use std::cell::Cell;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

thread_local! {
    /// Whether this thread is a client's own.
    static CLIENTS_OWN: Cell<bool> = const { Cell::new(false) };
}

/// Nothing came within the time it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nothing came in time")]
pub struct TimedOut;

/// Wakes the thread that waits.
struct Sleeper {
    thread: Thread,
    /// Kept beside the thread's own token, which anybody on this thread may consume: a closure that
    /// is called while polling may wait itself.
    woken: AtomicBool,
}

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.woken.swap(true, Ordering::Release) {
            self.thread.unpark();
        }
    }
}

/// This thread drives a client: it must never wait for one.
pub(super) fn this_thread_is_a_clients_own() {
    CLIENTS_OWN.set(true);
}

pub(super) fn is_a_clients_own() -> bool {
    CLIENTS_OWN.get()
}

/// The future's value, however long it takes.
///
/// # Panics
/// On the thread of a client, if the value is not there.
pub(super) fn wait<F: Future>(future: F) -> F::Output {
    match wait_until(pin!(future), None) {
        Some(value) => value,
        None => unreachable!("nothing ends a wait without a bound"),
    }
}

/// The future's value, if it comes in this time; the future loses nothing by the wait.
///
/// # Panics
/// On the thread of a client, if the value is not there.
pub(super) fn wait_for<F: Future>(future: F, timeout: Duration) -> Result<F::Output, TimedOut> {
    match Instant::now().checked_add(timeout) {
        Some(deadline) => wait_until(pin!(future), Some(deadline)).ok_or(TimedOut),
        None => Ok(wait(future)),
    }
}

fn wait_until<F: Future>(mut future: Pin<&mut F>, deadline: Option<Instant>) -> Option<F::Output> {
    let sleeper = Arc::new(Sleeper { thread: thread::current(), woken: AtomicBool::new(false) });
    let waker = Waker::from(Arc::clone(&sleeper));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return Some(value);
        }
        assert!(
            !is_a_clients_own(),
            "a blocking call on the thread of a blocking client would wait for itself"
        );
        while !sleeper.woken.swap(false, Ordering::Acquire) {
            match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
                None => thread::park(),
                Some(Duration::ZERO) => return None,
                Some(left) => thread::park_timeout(left),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, poll_fn, ready};
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn what_is_there_needs_no_wait() {
        assert_eq!(wait(ready(7)), 7);
        assert_eq!(wait_for(ready(7), Duration::ZERO), Ok(7));
    }

    #[test]
    fn a_wait_ends_with_its_time() {
        assert_eq!(wait_for(pending::<()>(), Duration::ZERO), Err(TimedOut));
        let (begun, time) = (Instant::now(), Duration::from_millis(20));
        assert_eq!(wait_for(pending::<()>(), time), Err(TimedOut));
        assert!(begun.elapsed() >= time);
    }

    /// Sleeps between wakes: it polls once for each of them, and never for a token that is stale.
    #[test]
    fn it_polls_when_it_is_woken_and_not_else() {
        let (wakers, woken) = mpsc::channel::<Waker>();
        let waking = thread::spawn(move || woken.iter().for_each(Waker::wake));
        thread::current().unpark();
        let mut polls = 0;
        let count = wait(poll_fn(move |context| {
            polls += 1;
            if polls == 5 {
                return Poll::Ready(polls);
            }
            thread::current().unpark();
            wakers.send(context.waker().clone()).unwrap();
            Poll::Pending
        }));
        assert_eq!(count, 5);
        waking.join().unwrap();
    }

    /// A future whose poll waits for another one, as the closure of a retry does.
    #[test]
    fn a_wait_within_a_wait_takes_no_wake_from_it() {
        let mut polls = 0;
        let value = wait(poll_fn(|context| {
            polls += 1;
            if polls == 2 {
                return Poll::Ready(polls);
            }
            // The wake comes before the inner wait, which sleeps and is woken on its own account.
            context.waker().wake_by_ref();
            assert_eq!(wait_for(pending::<()>(), Duration::from_millis(1)), Err(TimedOut));
            Poll::Pending
        }));
        assert_eq!(value, 2);
    }

    #[test]
    fn a_clients_own_thread_must_not_wait() {
        let own = thread::spawn(|| {
            this_thread_is_a_clients_own();
            assert_eq!(wait(ready(7)), 7);
            wait(pending::<()>());
        });
        let message = *own.join().unwrap_err().downcast::<&str>().unwrap();
        assert!(message.contains("would wait for itself"), "{message}");
    }
}
