//! The client on the embedded server: that the two understand each other, and that what a test can
//! do to the server is what the client then sees.

mod accidents;
mod blocking;
mod lives;
mod threads;

use std::time::Duration;

use zookit::{Client, ConnectOptions};
use zookit_server::testing::Server;

/// Nothing here takes a tenth of it.
const GUARD: Duration = Duration::from_secs(60);

/// A client whose session is lost soon after its server is.
async fn client(server: &Server) -> Client {
    let options = ConnectOptions { session_timeout: Duration::from_secs(20), ..Default::default() };
    Client::connect_with(server.address(), options).await.expect("the server is there")
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(GUARD, future).await.expect("it takes a tenth of the guard")
}
