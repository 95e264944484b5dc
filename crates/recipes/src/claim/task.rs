//! What is brought to its end, whether anybody waits for it or not.

use std::future::{Future, pending};

/// Runs a future in a task of its own, so that it ends also if this one is dropped: a claim that
/// nobody takes then is dropped there, and deletes its znode.
///
/// # Panics
/// As the future does.
///
/// # Cancel safety
/// Dropping it leaves the task alone.
pub(super) async fn to_its_end<T: Send + 'static>(
    future: impl Future<Output = T> + Send + 'static,
) -> T {
    match tokio::spawn(future).await {
        Ok(value) => value,
        Err(panicked) if panicked.is_panic() => std::panic::resume_unwind(panicked.into_panic()),
        // The runtime goes away, and this task with it.
        Err(_) => pending().await,
    }
}
