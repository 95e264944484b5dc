//! What runs the examples of the client's docs, each on an embedded server of its own.
//!
//! An example has its hidden lines around it: a function, and what runs it.
//!
//! ```
//! # use zookit_client::Client;
//! # async fn f(client: Client) -> Result<(), zookit_client::Error> {
//! let node = client.get_data("/config").await?;
//! # assert_eq!(node.stat.version, 0);
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```
//!
//! * [`with_client`] hands it a client. [`with_server`] is for what connects by itself: behind
//!   `use zookit_doctest::Client;` in the function, the hosts of the docs are the server
//!   ([`reach`]).
//! * The tree is `tree.json`: what the examples read is there, what they create is not.
//! * What an example watches is changed by others (`others.rs`). A loop without an end has a hidden
//!   `# break;` as its last line.
//! * It must end within [`LIMIT`], with `Ok` if it has a result.
//!
//! [`blocking`] is the same for examples without a runtime. What cannot run has `no_run`, and is in
//! the list of `xtask/src/tidy/no_run.rs`.

pub mod blocking;
mod others;
pub mod reach;

use std::fmt::Display;
use std::future::Future;
use std::panic::resume_unwind;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use zookit_server::testing::Server;

pub use reach::Client;

/// How long an example may take. It takes milliseconds, but the machine may be busy.
pub const LIMIT: Duration = Duration::from_secs(30);

const TREE: &str = include_str!("tree.json");

/// How an example may end.
pub trait Ending {
    /// # Panics
    /// It failed.
    fn check(self);
}

impl Ending for () {
    fn check(self) {}
}

impl<E: Display> Ending for Result<(), E> {
    #[track_caller]
    fn check(self) {
        if let Err(error) = self {
            panic!("the example failed: {error}");
        }
    }
}

/// Runs an example with a client that is connected.
///
/// # Panics
/// It failed, or did not end in time.
pub fn with_client<F, R>(example: F)
where
    F: FnOnce(zookit_client::Client) -> R + Send + 'static,
    R: Future<Output: Ending>,
{
    with_server(async move || match Client::connect("zookeeper").await {
        Ok(client) => example(client).await.check(),
        Err(error) => panic!("no client for the example: {error}"),
    });
}

/// Runs an example that connects by itself.
///
/// # Panics
/// It failed, or did not end in time.
pub fn with_server<F, E>(example: F)
where
    F: AsyncFnOnce() -> E + Send + 'static,
    E: Ending,
{
    on_a_server(LIMIT, || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        match runtime {
            Ok(runtime) => runtime.block_on(example()).check(),
            Err(error) => panic!("no runtime for the example: {error}"),
        }
    });
}

/// Runs it on a thread of its own, to which hosts are a server with the tree of the examples.
fn on_a_server(limit: Duration, example: impl FnOnce() + Send + 'static) {
    let (running, ended) = channel::<()>();
    let thread = thread::spawn(move || {
        // Dropped last, also by a panic: that is the end that is waited for.
        let _running = running;
        let server = match Server::builder().load(TREE).start() {
            Ok(server) => server,
            Err(error) => panic!("no server for the example: {error}"),
        };
        reach::set(server.address());
        others::follow(server.control());
        example();
    });
    if ended.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
        panic!("the example has not ended within {limit:?}");
    }
    if let Err(panic) = thread.join() {
        resume_unwind(panic);
    }
}

#[cfg(test)]
mod tests;
