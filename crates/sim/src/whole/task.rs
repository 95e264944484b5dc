//! The one task that time drives: it makes the network's next thing happen, and sleeps until then.

use std::fmt;
use std::future::{Future, poll_fn};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::time::{Instant, Sleep, sleep_until};
use zookit_server::core::Time;

use super::network::Network;

/// The network with its clock, behind one lock. No waker that is woken under it runs anything.
pub(super) struct Shared {
    origin: Instant,
    network: Mutex<Network>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("origin", &self.origin).finish_non_exhaustive()
    }
}

impl Shared {
    pub(super) fn new(network: Network) -> Self {
        Self { origin: Instant::now(), network: Mutex::new(network) }
    }

    /// A panic elsewhere under the lock is a failed assertion of a test that looked on.
    pub(super) fn lock(&self) -> MutexGuard<'_, Network> {
        self.network.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Now, as the members count time.
    pub(super) fn now(&self) -> Time {
        Time::since_origin(Instant::now().saturating_duration_since(self.origin))
    }

    /// A moment of theirs as one of Tokio's.
    pub(super) fn instant(&self, time: Time) -> Instant {
        self.origin + time.as_duration()
    }
}

/// Runs until the ensemble is stopped.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut sleep = Box::pin(sleep_until(shared.origin));
    poll_fn(|context| poll(&shared, &mut sleep, context)).await;
}

/// One thing at a time, and then whoever hears of it: clients run between any two.
fn poll(
    shared: &Shared,
    sleep: &mut std::pin::Pin<Box<Sleep>>,
    context: &mut Context<'_>,
) -> Poll<()> {
    let now = shared.now();
    let mut network = shared.lock();
    network.task = None;
    if network.stopped {
        return Poll::Ready(());
    }
    if network.due().is_some_and(|due| due <= now) {
        network.step(now);
        context.waker().wake_by_ref();
        return Poll::Pending;
    }
    network.task = Some(context.waker().clone());
    if let Some(due) = network.due() {
        let at = shared.instant(due);
        if sleep.deadline() != at || sleep.is_elapsed() {
            sleep.as_mut().reset(at);
        }
        if sleep.as_mut().poll(context).is_ready() {
            // Tokio's clock is as late as it was asked to be.
            context.waker().wake_by_ref();
        }
    }
    Poll::Pending
}
