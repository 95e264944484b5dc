//! The first example of docs/coming-from/java-and-curator.md.

use zookit::{AddWatchMode, Client, WatchNotice};

pub(crate) async fn follow(client: &Client) -> Result<(), zookit::Error> {
    let mut watch = client.add_watch("/app", AddWatchMode::PersistentRecursive).await?;
    while let Some(notice) = watch.next().await {
        match notice {
            WatchNotice::Event(event) => println!("{} {}", event.event_type, event.path),
            WatchNotice::Gap { .. } => println!("read it all again"),
            WatchNotice::Ended(why) => println!("over: {why}"),
        }
    }
    Ok(())
}
