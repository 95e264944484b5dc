//! What may be there and is nobody's: it is looked for, and deleted.

use zookit_client::{Client, CreateMode, Version};

use super::wait::endless;

/// Looks for what a create may have made whose reply was lost, until it is known not to be there,
/// or is deleted, or has gone with its session.
pub(crate) async fn sweep(client: Client, path: String, mode: CreateMode) {
    let found = client.retry(endless(), |_| client.find_unique(&path, mode)).await;
    let outcome = match found {
        Ok(None) => return,
        Ok(Some(created)) => client.delete_guaranteed(&created.path, Version::Any).await,
        Err(error) => Err(error),
    };
    match outcome {
        // What is ephemeral went with the session.
        Err(error) if error.is_session_lost() || error.is_closed() || error.is_no_node() => {}
        Err(error) => {
            tracing::warn!(target: "zookit::recipes", %path, %error, "a znode may be left behind");
        }
        Ok(()) => {}
    }
}
