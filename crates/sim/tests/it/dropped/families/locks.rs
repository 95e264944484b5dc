//! Locks of all kinds.

use zookit_client::{Client, Transaction, Version};
use zookit_recipes::{
    MultiGuard, MultiLock, Mutex, ReadWriteLock, Semaphore, TimedLease, TimedLeaseGuard,
    TimedLeases, revoke,
};

use super::super::calls::{Call, MARK, Setting};
use super::{MOMENT, delete, for_a_moment, meanwhile};

/// Below a znode that is there, and below one that is not.
const PATH: &str = "/q/lock";

fn read_write(client: &Client) -> ReadWriteLock {
    ReadWriteLock::new(client, PATH)
}

fn two(client: &Client) -> Semaphore {
    Semaphore::new(client, PATH, 2)
}

fn several(client: &Client) -> MultiLock {
    MultiLock::new(client, ["/q/one", "/q/two"])
}

async fn all_held(client: &Client) -> Option<MultiGuard> {
    several(client).acquire().await.ok()
}

fn lease(client: &Client) -> TimedLease {
    TimedLease::new(client, PATH, "me")
}

async fn leased(client: &Client) -> Option<TimedLeaseGuard> {
    lease(client).try_acquire(MOMENT).await.ok().flatten()
}

fn write() -> Transaction {
    Transaction::new().set_data("/n", MARK, Version::Any)
}

calls! {
    "lock/read_write::read" => |s| lazy!(async {
        let writer = async {
            if let Ok(guard) = read_write(&s.client).write().await {
                let _released = guard.release().await;
            }
        };
        meanwhile(read_write(&s.client).read(), writer).await;
    });
    "lock/read_write::read_within" => |s| lazy!(async {
        read_write(&s.client).read_within(MOMENT).await
    });
    "lock/read_write::try_read" => |s| lazy!(async { read_write(&s.client).try_read().await });
    "lock/read_write::write" => |s| lazy!(async {
        let reader = async {
            if let Ok(guard) = read_write(&s.client).read().await {
                let _released = guard.release().await;
            }
        };
        meanwhile(read_write(&s.client).write(), reader).await;
    });
    "lock/read_write::write_within" => |s| lazy!(async {
        read_write(&s.client).write_within(MOMENT).await
    });
    "lock/read_write::try_write" => |s| lazy!(async { read_write(&s.client).try_write().await });
    "lock/read_write::participants" => |s| lazy!(async {
        let _held = read_write(&s.client).read().await;
        read_write(&s.client).participants().await
    });
    "lock/read_write::readers" => |s| lazy!(async {
        let _held = read_write(&s.client).read().await;
        read_write(&s.client).readers().await
    });
    "lock/read_write::writers" => |s| lazy!(async {
        let _held = read_write(&s.client).write().await;
        read_write(&s.client).writers().await
    });
    "lock/read_write::release" => |s| lazy!(async {
        if let Ok(guard) = read_write(&s.client).read().await {
            let _released = guard.release().await;
        }
        if let Ok(guard) = read_write(&s.client).write().await {
            let _released = guard.release().await;
        }
    });
    "lock/read_write::downgrade" => |s| lazy!(async {
        if let Ok(guard) = read_write(&s.client).write().await {
            let _reader = guard.downgrade().await;
        }
    });
    "lock/revocation::revocation" => |s| lazy!(async {
        if let Ok(guard) = Mutex::new(&s.client, PATH).acquire().await {
            meanwhile(guard.revocation(), revoke(&s.client, guard.path())).await;
        }
    });
    "lock/revocation::revoke" => |s| lazy!(async {
        if let Ok(guard) = Mutex::new(&s.client, PATH).acquire().await {
            let _asked = revoke(&s.client, guard.path()).await;
        }
    });
    "lock/semaphore::acquire" => |s| lazy!(async {
        let held = two(&s.client).acquire_many(2).await;
        meanwhile(two(&s.client).acquire(), async { drop(held) }).await;
    });
    "lock/semaphore::acquire_many" => |s| lazy!(async { two(&s.client).acquire_many(2).await });
    "lock/semaphore::acquire_within" => |s| lazy!(async {
        two(&s.client).acquire_within(MOMENT).await
    });
    "lock/semaphore::acquire_many_within" => |s| lazy!(async {
        let _held = two(&s.client).acquire().await;
        two(&s.client).acquire_many_within(2, MOMENT).await
    });
    "lock/semaphore::try_acquire" => |s| lazy!(async { two(&s.client).try_acquire().await });
    "lock/semaphore::try_acquire_many" => |s| lazy!(async {
        let _held = two(&s.client).acquire().await;
        two(&s.client).try_acquire_many(2).await
    });
    "lock/semaphore::holders" => |s| lazy!(async {
        let _held = two(&s.client).acquire().await;
        two(&s.client).holders().await
    });
    "lock/semaphore::waiting" => |s| lazy!(async { two(&s.client).waiting().await });
    "lock/semaphore::release" => |s| lazy!(async {
        if let Ok(lease) = two(&s.client).acquire().await {
            let _released = lease.release().await;
        }
    });
    "lock/multi::acquire" => |s| lazy!(async { several(&s.client).acquire().await });
    "lock/multi::acquire_within" => |s| lazy!(async {
        let _held = Mutex::new(&s.client, "/q/two").acquire().await;
        several(&s.client).acquire_within(MOMENT).await
    });
    "lock/multi::try_acquire" => |s| lazy!(async { several(&s.client).try_acquire().await });
    "lock/multi::doubted" => |s| lazy!(async {
        if let Some(guard) = all_held(&s.client).await {
            for_a_moment(guard.doubted()).await;
        }
    });
    "lock/multi::lost" => |s| lazy!(async {
        if let Some(guard) = all_held(&s.client).await {
            let path = guard.claims().last().unwrap().path();
            meanwhile(guard.lost(), delete(&s.client, path)).await;
        }
    });
    "lock/multi::revocation" => |s| lazy!(async {
        if let Some(guard) = all_held(&s.client).await {
            let path = guard.claims().last().unwrap().path();
            meanwhile(guard.revocation(), revoke(&s.client, path)).await;
        }
    });
    "lock/multi::guarded_multi" => |s| lazy!(async {
        if let Some(guard) = all_held(&s.client).await {
            let _written = guard.guarded_multi(write()).await;
        }
    });
    "lock/multi::release" => |s| lazy!(async {
        if let Some(guard) = all_held(&s.client).await {
            let _released = guard.release().await;
        }
    });
    "lock/lease::try_acquire" => |s| lazy!(async { lease(&s.client).try_acquire(MOMENT).await });
    "lock/lease::term" => |s| lazy!(async {
        let _held = leased(&s.client).await;
        lease(&s.client).term().await
    });
    "lock/lease/several::try_acquire" => |s| lazy!(async {
        TimedLeases::new(&s.client, PATH, 2, "me").try_acquire(MOMENT).await
    });
    "lock/lease/guard::doubted" => |s| lazy!(async {
        if let Some(guard) = leased(&s.client).await {
            for_a_moment(guard.doubted()).await;
        }
    });
    "lock/lease/guard::lost" => |s| lazy!(async {
        if let Some(guard) = leased(&s.client).await {
            meanwhile(guard.lost(), delete(&s.client, guard.path())).await;
        }
    });
    "lock/lease/guard::guarded_multi" => |s| lazy!(async {
        if let Some(guard) = leased(&s.client).await {
            let _written = guard.guarded_multi(write()).await;
        }
    });
    "lock/lease/guard::renew" => |s| lazy!(async {
        if let Some(mut guard) = leased(&s.client).await {
            let _renewed = guard.renew(MOMENT).await;
        }
    });
    "lock/lease/guard::release" => |s| lazy!(async {
        if let Some(guard) = leased(&s.client).await {
            let _released = guard.release().await;
        }
    });
}
