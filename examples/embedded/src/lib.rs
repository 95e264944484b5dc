//! The code under test: a queue of jobs, as a user might write it.

use zookit::{Client, CreateMode, Error};

/// Hands in a job under a name that must be new, and says whether it is there.
///
/// # Errors
///
/// If the job may or may not be there.
pub async fn hand_in(client: &Client, name: &str, job: &str) -> Result<(), Error> {
    let path = format!("/{name}");
    match client.create(&path, job.to_owned(), CreateMode::Persistent).await {
        Err(lost) if lost.may_have_applied() => {
            client.wait_connected().await?;
            client.fence().await?;
            if client.exists(&path).await?.is_some() { Ok(()) } else { Err(lost) }
        }
        other => other.map(|_| ()),
    }
}
