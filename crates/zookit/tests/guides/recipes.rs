//! The example of docs/RECIPES.md.

use std::time::Duration;
use zookit::recipes::Mutex;
use zookit::{Client, Transaction, Version};

pub(crate) async fn run(client: &Client) -> Result<(), zookit::recipes::Error> {
    let lock = Mutex::new(client, "/locks/report");
    let Some(guard) = lock.acquire_within(Duration::from_secs(5)).await? else {
        return Ok(());
    };
    // Applied only while the lock is held, whatever has stood still meanwhile.
    let report = Transaction::new().set_data("/report", "done", Version::Any);
    guard.guarded_multi(report).await?;
    // For whatever is not in ZooKeeper: it compares this with the greatest that it has seen.
    println!("written by the holder {}", guard.token());
    guard.release().await
}
