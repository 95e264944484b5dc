//! The second example of docs/coming-from/go.md.

use zookit::{Client, CreateMode, RetryPolicy, Version};

pub(crate) async fn run(client: &Client) -> Result<(), zookit::Error> {
    let mine = client.create_protected("/lock/n-", (), CreateMode::EphemeralSequential).await?;
    // Until it is gone, also when nobody waits for it any more.
    drop(client.delete_guaranteed(&mine.path, Version::Any));
    // Tries again what is safe: a read, and a write that was not sent.
    let node = client.retry(RetryPolicy::default(), |_| client.get_data("/config")).await?;
    println!("{:?}", node.data);
    Ok(())
}
