//! How much is asked for.

use zookit_client::Version;
use zookit_proto::OpCode;
use zookit_recipes::cache::{CacheOptions, Event, TreeCache};

use super::{ROOT, Replayed, cached};
use crate::place::{Place, bounded};

/// One watch, one read a znode, 32 of them a request, and a listing for who has children.
#[tokio::test]
async fn a_tree_is_read_in_few_requests() {
    let place = Place::new();
    let client = place.client().await;
    for number in 0..64 {
        place.make(&client, &[&format!("/app/{number}")]).await;
    }
    place.server.log_requests(1000);
    let cache = TreeCache::start(&client, ROOT);
    bounded(cache.initialized()).await.unwrap();
    let expected = [
        OpCode::AddWatch,
        OpCode::MultiRead,
        OpCode::GetChildren,
        OpCode::MultiRead,
        OpCode::MultiRead,
    ];
    assert_eq!(place.asked(), expected);
    // A change is one read.
    let mut events = cache.listen();
    client.set_data("/app/7", "x", Version::Any).await.unwrap();
    assert!(matches!(bounded(events.next()).await, Some(Event::Changed { .. })));
    assert_eq!(place.asked()[5..], [OpCode::SetData, OpCode::MultiRead]);
}

#[tokio::test]
async fn no_more_reads_are_under_way_than_may_be() {
    for (in_flight, most) in [(1, 1), (8, 8), (40, 32)] {
        let place = Place::new();
        let client = place.client().await;
        for number in 0..100 {
            place.make(&client, &[&format!("/app/{number}")]).await;
        }
        place.server.log_requests(10_000);
        let options = CacheOptions { in_flight, ..CacheOptions::default() };
        let cache = TreeCache::with_options(&client, ROOT, options);
        let (mut events, mut replayed) = (cache.listen(), Replayed::default());
        replayed.until(&mut events, |replayed| replayed.told.contains(&Event::Initialized)).await;
        assert_eq!(cached(&cache), place.tree(ROOT));
        let requests = place.count(OpCode::MultiRead) + place.count(OpCode::GetData);
        assert!(requests >= 101 / most, "{requests}");
    }
}
