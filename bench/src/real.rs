//! The znode of the workload on a real server.

use std::net::SocketAddr;

use tokio::runtime::Builder;
use zookit_client::{Client, CreateMode, Error};

use crate::Res;
use crate::stub::frames::{DATA_BYTES, PATH};

/// Puts it there, with its data.
///
/// # Errors
/// There is no server, or it refuses.
pub fn prepare(address: SocketAddr) -> Res<()> {
    once(address, async |client| {
        for (path, data) in [("/bench", vec![]), (PATH, vec![b'x'; DATA_BYTES])] {
            match client.create(path, data, CreateMode::Persistent).await {
                Err(error) if !error.is_node_exists() => return Err(error),
                _ => {}
            }
        }
        Ok(())
    })
}

/// Takes it away again.
///
/// # Errors
/// There is no server, or it refuses.
pub fn clear(address: SocketAddr) -> Res<()> {
    once(address, async |client| {
        client.delete_recursive("/bench").await?;
        Ok(())
    })
}

fn once(address: SocketAddr, work: impl AsyncFnOnce(&Client) -> Result<(), Error>) -> Res<()> {
    Builder::new_current_thread().enable_all().build()?.block_on(async {
        let client = Client::connect(&*address.to_string()).await?;
        work(&client).await?;
        Ok(client.close().await?)
    })
}
