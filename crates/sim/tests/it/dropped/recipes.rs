//! A call of each public async function of the recipes.
//!
//! Each comes by what it needs, so that the drop may meet it there too. What others would do (hold
//! before, release, delete) is done by the call itself, at the same time.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::timeout;
use zookit_client::{Transaction, Version};
use zookit_recipes::{Mutex, MutexGuard};

use super::calls::{Call, MARK, Setting};

/// Below a znode that is there, and below one that is not.
const LOCK: &str = "/q/lock";
/// Longer than a session lasts.
const MOMENT: Duration = Duration::from_secs(4);

/// Two things at once.
async fn both(one: impl Future<Output = ()>, other: impl Future<Output = ()>) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    let (mut one_ended, mut other_ended) = (false, false);
    poll_fn(|context| {
        one_ended = one_ended || one.as_mut().poll(context).is_ready();
        other_ended = other_ended || other.as_mut().poll(context).is_ready();
        if one_ended && other_ended { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// Holds, and lets go.
async fn hold(lock: &Mutex) {
    if let Ok(guard) = lock.acquire().await {
        let _released = guard.release().await;
    }
}

/// Somebody's else doing: the znode of the guard goes.
async fn deleted(guard: &MutexGuard) {
    let client = guard.client();
    let _deleted = client.delete(guard.path(), Version::Any).await;
}

calls! {
    "claim::guarded_multi" => |s| lazy!(async {
        if let Ok(guard) = Mutex::new(&s.client, LOCK).acquire().await {
            let write = Transaction::new().set_data("/n", MARK, Version::Any);
            let _written = guard.guarded_multi(write).await;
        }
    });
    "claim/lost::doubted" => |s| lazy!(async {
        if let Ok(guard) = Mutex::new(&s.client, LOCK).acquire().await {
            let _doubted = timeout(MOMENT, guard.doubted()).await;
        }
    });
    "claim/lost::lost" => |s| lazy!(async {
        if let Ok(guard) = Mutex::new(&s.client, LOCK).acquire().await {
            let lost = async { drop(timeout(MOMENT, guard.lost()).await) };
            both(lost, deleted(&guard)).await;
        }
    });
    "lock/mutex::acquire" => |s| lazy!(async {
        let lock = Mutex::new(&s.client, LOCK);
        both(hold(&lock), hold(&lock)).await;
    });
    "lock/mutex::acquire_within" => |s| lazy!(async {
        let lock = Mutex::new(&s.client, LOCK);
        let _first = lock.acquire_within(MOMENT).await;
        let _second = lock.acquire_within(Duration::from_millis(30)).await;
    });
    "lock/mutex::try_acquire" => |s| lazy!(async {
        let lock = Mutex::new(&s.client, LOCK);
        let _first = lock.try_acquire().await;
        let _second = lock.try_acquire().await;
    });
    "lock/mutex::participants" => |s| lazy!(async {
        let lock = Mutex::new(&s.client, LOCK);
        let _first = lock.acquire().await;
        let _both = lock.participants().await;
    });
    "lock/mutex::release" => |s| lazy!(async {
        if let Ok(guard) = Mutex::new(&s.client, "/absent/lock").acquire().await {
            let _released = guard.release().await;
        }
    });
}
