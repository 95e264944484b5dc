//! The changes of the state, and until when the session is trusted.

use std::time::Duration;

use tokio::time::Instant;

use super::{Going, Subject};

/// How often trust is looked at.
const PACE: Duration = Duration::from_millis(5);

/// Notes them until the traffic has come to its end.
pub(super) async fn listen(subject: Subject, mut watching: Going) {
    let mut states = subject.client.states();
    while watching.on() {
        let next = tokio::time::timeout(PACE, states.next());
        if let Ok(Some(update)) = next.await {
            subject.notes.lock().states.push((Instant::now(), update));
        }
        if let Some(until) = subject.client.trusted_until() {
            let session = subject.client.session_id();
            let mut noted = subject.notes.lock();
            let newest = noted.trusted.entry(session).or_insert(until);
            *newest = until.max(*newest);
        }
    }
    watching.over().await;
}
