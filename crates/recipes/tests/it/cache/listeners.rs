//! Who hears what.

use zookit_client::Version;
use zookit_recipes::cache::{CacheOptions, Event, TreeCache};

use super::{ROOT, Replayed, cached};
use crate::place::{Place, bounded};

#[tokio::test]
async fn a_slow_listener_is_told_that_it_missed_something_and_resumes() {
    let place = Place::new();
    let client = place.client().await;
    for number in 0..20 {
        place.make(&client, &[&format!("/app/{number}")]).await;
    }
    let options = CacheOptions { listener_buffer: 4, ..CacheOptions::default() };
    let cache = TreeCache::with_options(&client, ROOT, options);
    let mut events = cache.listen();
    bounded(cache.initialized()).await.unwrap();
    assert_eq!(bounded(events.next()).await, Some(Event::Missed));
    // That it began is not lost with the rest.
    let next = bounded(events.next()).await;
    assert_eq!(next, Some(Event::Initialized));
    let mut replayed = Replayed {
        tree: events.resume(|tree| {
            let nodes = tree.iter();
            nodes.map(|node| (node.path().to_string(), super::summary(&node.to_cached()))).collect()
        }),
        ..Replayed::default()
    };
    assert_eq!(replayed.tree, place.tree(ROOT));
    for number in 0..20 {
        client.set_data(&format!("/app/{number}"), "x", Version::Any).await.unwrap();
        replayed
            .until(&mut events, |replayed| replayed.tree[&format!("/app/{number}")].2 == 1)
            .await;
    }
    assert_eq!(replayed.tree, cached(&cache));
}

#[tokio::test]
async fn who_begins_late_begins_with_what_there_is() {
    let place = Place::new();
    let client = place.client().await;
    place.make(&client, &["/app/a"]).await;
    let cache = TreeCache::start(&client, ROOT);
    bounded(cache.initialized()).await.unwrap();
    let (mut one, mut other) = (cache.listen(), cache.listen());
    assert_eq!(one.resume(|tree| tree.len()), 2);
    client.set_data("/app/a", "x", Version::Any).await.unwrap();
    for events in [&mut one, &mut other] {
        assert!(matches!(bounded(events.next()).await, Some(Event::Changed { .. })));
    }
    drop(one);
    client.delete("/app/a", Version::Any).await.unwrap();
    assert!(matches!(bounded(other.next()).await, Some(Event::Deleted { .. })));
}
