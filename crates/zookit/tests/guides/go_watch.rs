//! The first example of docs/coming-from/go.md.

use std::time::Duration;
use zookit::{Client, ConnectOptions, CreateMode, Version};

// servers: "h1,h2,h3"
pub(crate) async fn run(servers: &str) -> Result<(), Box<dyn std::error::Error>> {
    let session_timeout = Duration::from_secs(10);
    let options = ConnectOptions { session_timeout, ..Default::default() };
    let client = Client::connect_with(servers, options).await?;
    let me = client.create("/m-", "h1:80", CreateMode::EphemeralSequential).await?;
    println!("joined as {}", me.path);

    let (node, changed) = client.get_data_and_watch("/config").await?;
    let event = changed.await?;
    println!("{} of {}", event.event_type, event.path);
    match client.set_data("/config", "new", Version::Exactly(node.stat.version)).await {
        Ok(stat) => println!("version {}", stat.version),
        Err(error) if error.is_bad_version() => println!("it has changed, as the watch said"),
        Err(error) if error.may_have_applied() => println!("look before you try again: {error}"),
        Err(error) => return Err(error.into()),
    }
    client.close().await?;
    Ok(())
}
