//! The third example of docs/coming-from/java-and-curator.md.

use zookit::{Attempt, Client, CreateMode, RetryPolicy};

pub(crate) async fn run(client: &Client) -> Result<(), zookit::Error> {
    // withMode(EPHEMERAL_SEQUENTIAL).withProtection()
    let mine = client.create_protected("/lock/lock-", (), CreateMode::EphemeralSequential).await?;
    println!("in the queue as {}", mine.path);

    // A retry that includes lost writes is asked for, and told of them.
    let policy = RetryPolicy { lost_writes: true, ..Default::default() };
    let submit = |attempt: Attempt| async move {
        if attempt.may_have_applied {
            client.fence().await?;
            if client.exists("/jobs/17").await?.is_some() {
                return Ok(());
            }
        }
        client.create("/jobs/17", "payload", CreateMode::Persistent).await.map(drop)
    };
    client.retry(policy, submit).await
}
