//! Queues, and a set that members share.

use zookit_client::{Client, Transaction, Version};
use zookit_recipes::{LockingQueue, Partition, PriorityQueue, Queue, SetPartitioner, Taken};

use super::super::calls::{Call, MARK, Setting};
use super::{MOMENT, for_a_moment, meanwhile};

const PATH: &str = "/q/queue";
/// An item that is taken with a lock is written again: so it is none of the writes that are counted.
const ITEM: &str = "item";

fn plain(client: &Client) -> Queue {
    Queue::new(client, PATH)
}

fn urgent(client: &Client) -> PriorityQueue {
    PriorityQueue::new(client, PATH)
}

fn locking(client: &Client) -> LockingQueue {
    LockingQueue::new(client, PATH)
}

async fn taken(client: &Client) -> Option<Taken> {
    let _put = locking(client).put(ITEM).await;
    locking(client).try_take().await.ok().flatten()
}

fn write() -> Transaction {
    Transaction::new().set_data("/n", MARK, Version::Any)
}

async fn member(client: &Client) -> Option<Partition> {
    SetPartitioner::new(client, PATH, ["a", "b"]).join().await.ok()
}

calls! {
    "queue/plain::put" => |s| lazy!(async { plain(&s.client).put(MARK).await });
    "queue/plain::put_all" => |s| lazy!(async { plain(&s.client).put_all([MARK, ITEM]).await });
    "queue/plain::take" => |s| lazy!(async {
        meanwhile(plain(&s.client).take(), plain(&s.client).put(MARK)).await;
    });
    "queue/plain::take_within" => |s| lazy!(async { plain(&s.client).take_within(MOMENT).await });
    "queue/plain::try_take" => |s| lazy!(async {
        let _put = plain(&s.client).put(MARK).await;
        plain(&s.client).try_take().await
    });
    "queue/plain::peek" => |s| lazy!(async {
        let _put = plain(&s.client).put(MARK).await;
        plain(&s.client).peek().await
    });
    "queue/plain::len" => |s| lazy!(async { plain(&s.client).len().await });
    "queue/priority::put" => |s| lazy!(async { urgent(&s.client).put(MARK, 1).await });
    "queue/priority::put_all" => |s| lazy!(async {
        urgent(&s.client).put_all([MARK, ITEM], 1).await
    });
    "queue/priority::take" => |s| lazy!(async {
        meanwhile(urgent(&s.client).take(), urgent(&s.client).put(MARK, 1)).await;
    });
    "queue/priority::take_within" => |s| lazy!(async {
        urgent(&s.client).take_within(MOMENT).await
    });
    "queue/priority::try_take" => |s| lazy!(async {
        let _put = urgent(&s.client).put(MARK, 1).await;
        urgent(&s.client).try_take().await
    });
    "queue/priority::peek" => |s| lazy!(async {
        let _put = urgent(&s.client).put(MARK, 1).await;
        urgent(&s.client).peek().await
    });
    "queue/priority::len" => |s| lazy!(async { urgent(&s.client).len().await });
    "queue/locking::put" => |s| lazy!(async { locking(&s.client).put(MARK).await });
    "queue/locking::put_with_priority" => |s| lazy!(async {
        locking(&s.client).put_with_priority(MARK, 1).await
    });
    "queue/locking::put_all" => |s| lazy!(async {
        locking(&s.client).put_all([MARK, ITEM], None).await
    });
    "queue/locking::take" => |s| lazy!(async {
        meanwhile(locking(&s.client).take(), locking(&s.client).put(ITEM)).await;
    });
    "queue/locking::take_within" => |s| lazy!(async {
        locking(&s.client).take_within(MOMENT).await
    });
    "queue/locking::try_take" => |s| lazy!(async {
        let _put = locking(&s.client).put(ITEM).await;
        locking(&s.client).try_take().await
    });
    "queue/locking::len" => |s| lazy!(async { locking(&s.client).len().await });
    "queue/locking/taken::holds" => |s| lazy!(async {
        if let Some(taken) = taken(&s.client).await {
            let _holds = taken.holds().await;
        }
    });
    "queue/locking/taken::guarded_multi" => |s| lazy!(async {
        if let Some(taken) = taken(&s.client).await {
            let _written = taken.guarded_multi(write()).await;
        }
    });
    "queue/locking/taken::consume" => |s| lazy!(async {
        if let Some(taken) = taken(&s.client).await {
            let _consumed = taken.consume().await;
        }
    });
    "queue/locking/taken::consume_with" => |s| lazy!(async {
        if let Some(taken) = taken(&s.client).await {
            let _consumed = taken.consume_with(write()).await;
        }
    });
    "queue/locking/taken::requeue" => |s| lazy!(async {
        if let Some(taken) = taken(&s.client).await {
            let _requeued = taken.requeue().await;
        }
    });
    "queue/locking/taken::release" => |s| lazy!(async {
        if let Some(taken) = taken(&s.client).await {
            let _released = taken.release().await;
        }
    });
    "partition::join" => |s| lazy!(async { member(&s.client).await });
    "partition/member::acquire" => |s| lazy!(async {
        if let Some(mut member) = member(&s.client).await {
            for_a_moment(member.acquire()).await;
        }
    });
    "partition/member::acquire_within" => |s| lazy!(async {
        if let Some(mut member) = member(&s.client).await {
            let _acquired = member.acquire_within(MOMENT).await;
        }
    });
    "partition/member::changed" => |s| lazy!(async {
        if let Some(mut first) = member(&s.client).await {
            meanwhile(first.changed(), member(&s.client)).await;
        }
    });
    "partition/member::release" => |s| lazy!(async {
        if let Some(mut member) = member(&s.client).await {
            let _acquired = member.acquire_within(MOMENT).await;
            let _released = member.release().await;
        }
    });
    "partition/member::leave" => |s| lazy!(async {
        if let Some(member) = member(&s.client).await {
            let _left = member.leave().await;
        }
    });
}
