//! What a cache of many znodes costs.
//!
//! In a process of its own, since its allocator counts: this thread alone, on which the client, the
//! cache and its task are; the server has others.

use allocation_counter::measure;
use tokio::runtime::{Builder, Runtime};
use zookit_client::{Client, CreateMode, Created};
use zookit_recipes::cache::TreeCache;
use zookit_server::testing::Server;

const ROOT: &str = "/cache";
const IN_ONE: usize = 100;
const DATA: &[u8] = &[b'x'; 30];

fn path(number: usize) -> String {
    match number % IN_ONE {
        0 => format!("{ROOT}/{:04}", number / IN_ONE),
        _ => format!("{ROOT}/{:04}/znode-{number:06}", number / IN_ONE),
    }
}

async fn fill(client: &Client, znodes: usize) {
    client.create(ROOT, "", CreateMode::Persistent).await.unwrap();
    let mut batch = client.batch::<Created>();
    for number in 0..znodes {
        batch.create(&path(number), DATA, CreateMode::Persistent);
    }
    for created in batch.submit().await {
        created.unwrap();
    }
}

async fn cached(client: &Client) -> TreeCache {
    let cache = TreeCache::start(client, ROOT);
    cache.initialized().await.unwrap();
    cache
}

/// What a cache of so many znodes takes, with what it is followed by, beyond their paths and data.
fn heap(runtime: &Runtime, znodes: usize) -> i64 {
    let server = Server::start();
    let address = server.address().to_string();
    let client = runtime.block_on(async {
        let client = Client::connect(address.as_str()).await.unwrap();
        fill(&client, znodes).await;
        // What the first of anything leaves for the next.
        drop(cached(&client).await);
        client.sync(ROOT).await.unwrap();
        client
    });
    let mut cache = None;
    let counted = measure(|| {
        cache = Some(runtime.block_on(async {
            let cache = cached(&client).await;
            client.sync(ROOT).await.unwrap();
            cache
        }));
    });
    assert_eq!(cache.map(|cache| cache.len()), Some(znodes + 1));
    let own: usize = (0..znodes).map(|number| path(number).len() + DATA.len()).sum();
    counted.bytes_current - i64::try_from(own).unwrap()
}

#[test]
fn a_znode_takes_less_than_250_bytes_beyond_path_and_data() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    // Just behind where tables grow, so at their worst: for 25,000 znodes there is a table of 2^16.
    let (few, many) = (1_000, 26_000);
    let each = (heap(&runtime, many) - heap(&runtime, few)) / i64::try_from(many - few).unwrap();
    assert!(each < 250, "{each} bytes");
    assert!(each > 50, "{each} bytes: is it there?");
}

#[test]
fn lookups_allocate_nothing() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let server = Server::start();
    let address = server.address().to_string();
    let cache = runtime.block_on(async {
        let client = Client::connect(address.as_str()).await.unwrap();
        fill(&client, 1_000).await;
        cached(&client).await
    });
    let paths: Vec<_> = (0..1_000).map(path).collect();
    let mut found = 0;
    let counted = measure(|| {
        for path in &paths {
            found += usize::from(cache.get(path).is_some_and(|node| node.stat.version == 0));
            found +=
                cache.with(|tree| tree.get(path).map_or(0, |node| node.data().map_or(0, |_| 1)));
        }
        found += usize::from(cache.get("/cache/0000/absent").is_some());
    });
    assert_eq!(found, 2_000);
    assert_eq!(counted.count_total, 0);
}
