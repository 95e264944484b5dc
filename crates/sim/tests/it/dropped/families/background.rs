//! What goes on in the background: elections, kept-up znodes, groups, caches; and watches.

use std::ops::ControlFlow;
use std::time::Duration;

use zookit_client::{Client, Version};
use zookit_recipes::{
    ChildrenWatch, DataWatch, Group, Latch, Party, PartyKind, PatientChildrenWatch, PersistentNode,
    Selector, TreeCache, TtlNode,
};

use super::super::calls::{Call, MARK, Setting};
use super::{MOMENT, for_a_moment, meanwhile};

const QUIET: Duration = Duration::from_millis(50);

fn latch(client: &Client) -> Latch {
    Latch::start(client, "/q/latch", "me")
}

fn selector(client: &Client) -> Selector {
    Selector::new(client, "/q/latch", "me")
}

/// Of data that may be written again: in the next session they are.
fn node(client: &Client) -> PersistentNode {
    PersistentNode::start(client, "/q/deep/node", "kept")
}

fn group(client: &Client) -> Group {
    Group::new(client, "/q/group")
}

fn party(client: &Client) -> Party {
    Party::new(client, "/q/party", PartyKind::Full)
}

fn cache(client: &Client) -> TreeCache {
    TreeCache::start(client, "/t")
}

calls! {
    "election/latch::wait_leading" => |s| lazy!(async {
        let (first, next) = (latch(&s.client), latch(&s.client));
        // The next may stand before it.
        for_a_moment(first.wait_leading()).await;
        drop(first);
        for_a_moment(next.wait_leading()).await;
    });
    "election/latch::participants" => |s| lazy!(async {
        let latch = latch(&s.client);
        latch.participants().await
    });
    "election/latch::resign" => |s| lazy!(async {
        let latch = latch(&s.client);
        let _leads = latch.wait_leading().await;
        latch.resign().await
    });
    "election/latch::close" => |s| lazy!(async {
        let latch = latch(&s.client);
        let _leads = latch.wait_leading().await;
        latch.close().await
    });
    "changes::next" => |s| lazy!(async {
        let latch = latch(&s.client);
        let mut changes = latch.changes();
        for_a_moment(async { while changes.next().await.is_some() {} }).await;
    });
    "election/selector::run" => |s| lazy!(async {
        let client = s.client.clone();
        let lead = |_| async move { client.set_data("/n", MARK, Version::Any).await };
        selector(&s.client).run(lead).await
    });
    "election/selector::requeued" => |s| lazy!(async {
        let mut times = 0;
        let lead = |_| {
            times += 1;
            let again = times < 2;
            async move { if again { ControlFlow::Continue(()) } else { ControlFlow::Break(()) } }
        };
        selector(&s.client).requeued(lead).await
    });
    "election/selector::participants" => |s| lazy!(async {
        selector(&s.client).participants().await
    });
    "node/persistent::wait_there" => |s| lazy!(async { node(&s.client).wait_there().await });
    "node/persistent::set_data" => |s| lazy!(async { node(&s.client).set_data("new").await });
    "node/persistent::close" => |s| lazy!(async {
        let node = node(&s.client);
        let _there = node.wait_there().await;
        node.close().await
    });
    "node/ttl::close" => |s| lazy!(async {
        TtlNode::start(&s.client, "/q/ttl", MOMENT, "kept").close().await;
    });
    "group/member::members" => |s| lazy!(async {
        let _me = group(&s.client).join("me", "kept");
        group(&s.client).members().await
    });
    "group/member::next" => |s| lazy!(async {
        let group = group(&s.client);
        let mut members = group.changes();
        let _first = members.next().await;
        let me = group.join("me", "kept");
        for_a_moment(members.next()).await;
        drop(me);
    });
    "group/member::leave" => |s| lazy!(async {
        let me = group(&s.client).join("me", "kept");
        let _there = me.wait_there().await;
        me.leave().await
    });
    "group/party::count" => |s| lazy!(async {
        let _me = party(&s.client).join("me");
        party(&s.client).count().await
    });
    "group/party::ids" => |s| lazy!(async {
        let me = party(&s.client).join("me");
        let _there = me.wait_there().await;
        party(&s.client).ids().await
    });
    "group/party::leave" => |s| lazy!(async {
        let me = party(&s.client).join("me");
        let _there = me.wait_there().await;
        me.leave().await
    });
    "cache/core::initialized" => |s| lazy!(async { cache(&s.client).initialized().await });
    "cache/core::synchronized" => |s| lazy!(async {
        let cache = cache(&s.client);
        let _initialized = cache.initialized().await;
        cache.synchronized().await
    });
    "cache/listener::next" => |s| lazy!(async {
        let cache = cache(&s.client);
        let mut listener = cache.listen();
        let events = async { while listener.next().await.is_some() {} };
        meanwhile(events, s.client.set_data("/t/a", MARK, Version::Any)).await;
    });
    "watch/data::next" => |s| lazy!(async {
        let mut watch = DataWatch::new(&s.client, "/n");
        let _first = watch.next().await;
        meanwhile(watch.next(), s.client.set_data("/n", MARK, Version::Any)).await;
    });
    "watch/children::next" => |s| lazy!(async {
        let mut watch = ChildrenWatch::new(&s.client, "/absent");
        let _first = watch.next().await;
        for_a_moment(watch.next()).await;
    });
    "watch/patient::next" => |s| lazy!(async {
        PatientChildrenWatch::new(&s.client, "/t", QUIET).next().await
    });
    "watch/patient::changed" => |s| lazy!(async {
        let mut watch = PatientChildrenWatch::new(&s.client, "/t", QUIET);
        let _first = watch.next().await;
        meanwhile(watch.changed(), super::delete(&s.client, "/t/b")).await;
    });
}
