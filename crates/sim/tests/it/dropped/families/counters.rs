//! Values, counts, ids and barriers.

use zookit_client::Client;
use zookit_recipes::{
    AtomicLong, Barrier, DoubleBarrier, Entered, IdGenerator, SharedCount, SharedValue,
};

use super::super::calls::{Call, MARK, Setting};
use super::{MOMENT, for_a_moment, meanwhile};

const PATH: &str = "/q/count";

fn long(client: &Client) -> AtomicLong {
    AtomicLong::new(client, PATH)
}

fn ids(client: &Client) -> IdGenerator {
    IdGenerator::new(long(client), 3)
}

fn count(client: &Client) -> SharedCount {
    SharedCount::new(client, PATH, 1)
}

fn value(client: &Client) -> SharedValue {
    SharedValue::new(client, PATH, "seed")
}

fn barrier(client: &Client) -> Barrier {
    Barrier::new(client, "/q/barrier")
}

fn double(client: &Client, members: usize) -> DoubleBarrier {
    DoubleBarrier::new(client, "/q/double", members)
}

async fn entered(client: &Client) -> Option<Entered> {
    double(client, 1).enter_within(MOMENT).await.ok().flatten()
}

calls! {
    "counter/atomic_long::get" => |s| lazy!(async { long(&s.client).get().await });
    "counter/atomic_long::initialize" => |s| lazy!(async { long(&s.client).initialize(7).await });
    "counter/atomic_long::add" => |s| lazy!(async { long(&s.client).add(3).await });
    "counter/atomic_long::increment" => |s| lazy!(async { long(&s.client).increment().await });
    "counter/atomic_long::decrement" => |s| lazy!(async { long(&s.client).decrement().await });
    "counter/atomic_long::update" => |s| lazy!(async {
        long(&s.client).update(|count| count * 2 + 1).await
    });
    "counter/atomic_long::compare_and_set" => |s| lazy!(async {
        long(&s.client).compare_and_set(0, 5).await
    });
    "counter/atomic_long::set" => |s| lazy!(async { long(&s.client).set(5).await });
    "counter/ids::next" => |s| lazy!(async { ids(&s.client).next().await });
    "counter/ids::reserve" => |s| lazy!(async { ids(&s.client).reserve(2).await });
    "counter/shared_count::get" => |s| lazy!(async { count(&s.client).get().await });
    "counter/shared_count::set" => |s| lazy!(async { count(&s.client).set(2).await });
    "counter/shared_count::try_set" => |s| lazy!(async {
        let count = count(&s.client);
        if let Ok(seen) = count.get().await {
            let _set = count.try_set(&seen, 2).await;
        }
    });
    "counter/shared_value::get" => |s| lazy!(async { value(&s.client).get().await });
    "counter/shared_value::set" => |s| lazy!(async { value(&s.client).set(MARK).await });
    "counter/shared_value::try_set" => |s| lazy!(async {
        let value = value(&s.client);
        if let Ok(seen) = value.get().await {
            let _set = value.try_set(&seen, MARK).await;
        }
    });
    "counter/shared_value/follow::next" => |s| lazy!(async {
        let value = value(&s.client);
        let mut follow = value.follow();
        let _absent = follow.next().await;
        meanwhile(follow.next(), value.get()).await;
    });
    "barrier/single::raise" => |s| lazy!(async { barrier(&s.client).raise().await });
    "barrier/single::lift" => |s| lazy!(async {
        let _raised = barrier(&s.client).raise().await;
        barrier(&s.client).lift().await
    });
    "barrier/single::wait" => |s| lazy!(async {
        let _raised = barrier(&s.client).raise().await;
        meanwhile(barrier(&s.client).wait(), barrier(&s.client).lift()).await;
    });
    "barrier/single::wait_within" => |s| lazy!(async {
        let _raised = barrier(&s.client).raise().await;
        barrier(&s.client).wait_within(MOMENT).await
    });
    "barrier/double::enter" => |s| lazy!(async {
        let (one, other) = (double(&s.client, 2), double(&s.client, 2));
        meanwhile(one.enter(), for_a_moment(other.enter())).await;
    });
    "barrier/double::enter_within" => |s| lazy!(async {
        double(&s.client, 2).enter_within(MOMENT).await
    });
    "barrier/double/leave::leave" => |s| lazy!(async {
        if let Some(entered) = entered(&s.client).await {
            for_a_moment(entered.leave()).await;
        }
    });
    "barrier/double/leave::leave_within" => |s| lazy!(async {
        if let Some(entered) = entered(&s.client).await {
            let _left = entered.leave_within(MOMENT).await;
        }
    });
}
