//! Time passes: the machine is told when it wants to be.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::time::{Instant, Sleep, sleep_until};

use super::shared::Shared;

pub(super) async fn keep(shared: Arc<Shared>) {
    let mut alarm = pin!(sleep_until(shared.instant(shared.now()).into()));
    std::future::poll_fn(|context| poll(&shared, alarm.as_mut(), context)).await;
}

fn poll(shared: &Shared, mut alarm: Pin<&mut Sleep>, context: &mut Context<'_>) -> Poll<()> {
    loop {
        let mut state = shared.lock();
        let now = shared.now();
        let next = state.server.poll_timeout();
        state.sleep_until(next, context);
        let Some(at) = next else { return Poll::Pending };
        if at <= now {
            state.server.handle_timeout(now);
            shared.follow(&mut state, None);
            // Connections have their turn before the time is looked at again.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        drop(state);
        alarm.as_mut().reset(Instant::from_std(shared.instant(at)));
        if alarm.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
    }
}
