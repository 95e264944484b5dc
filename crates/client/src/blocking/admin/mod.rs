//! Asking a server about itself, for programs without a runtime: the twin of
//! [`zookit_client::admin`](crate::admin), whose options, answers and errors these are.
//!
//! ```
//! use zookit_client::Endpoint;
//! use zookit_client::admin::{AdminError, AskOptions};
//! use zookit_client::blocking::admin;
//!
//! # fn f() -> Result<(), AdminError> {
//! let (server, options) = (Endpoint::new("zk1", 2181), AskOptions::default());
//! # let options = zookit_doctest::reach::asking(options);
//! let stats = admin::srvr(&server, &options)?;
//! println!("{} is {:?} at {:?}", stats.version, stats.mode, stats.zxid);
//! # Ok(()) }
//! # zookit_doctest::blocking::with_server(f);
//! ```
//!
//! No client is needed, and none is disturbed. A call waits for the answer, at most
//! [`within`](AskOptions::within) and, where the operating system still looks for a name by then,
//! a fifth of a second. It works on a thread of its own, which ends with it, so it may be made
//! anywhere, also on the thread of an async runtime: which it blocks. To ask many servers at a time,
//! call from as many threads.

#[cfg(feature = "admin-http")]
pub mod http;

use std::io;
use std::panic::resume_unwind;
use std::thread::{self, Builder};

use bytes::Bytes;
use tokio::runtime;
use zookit_session::Endpoint;

use super::home::LINGER;
use super::wait::is_a_clients_own;
use crate::admin::{
    self, Access, AdminError, AdminErrorKind, Alive, AskOptions, Configuration, Connections,
    Directories, Dump, Environment, FourLetterAnswer, FourLetterWord, FullStats, Metrics,
    ServerStats, WatchSummary, WatchesByPath, WatchesBySession, for_each_word,
};

/// The answer to a word, as it came.
///
/// # Errors
/// As [the async one](admin::text); or there is no thread to be had.
///
/// # Panics
/// On the own thread of a [`Client`](super::Client).
pub fn text(
    server: &Endpoint,
    word: FourLetterWord,
    options: &AskOptions,
) -> Result<Bytes, AdminError> {
    run(|| admin::text(server, word, options))
        .unwrap_or_else(|error| Err(no_thread(server, word.to_string(), error)))
}

/// The answer to a word, read: `ask::<ServerStats>(…)` is [`srvr`].
///
/// # Errors
/// As [the async one](admin::ask); or there is no thread to be had.
///
/// # Panics
/// On the own thread of a [`Client`](super::Client).
pub fn ask<A: FourLetterAnswer>(server: &Endpoint, options: &AskOptions) -> Result<A, AdminError> {
    let answer = text(server, A::WORD, options)?;
    admin::read(server, &answer)
}

macro_rules! words {
    ($( $(#[$doc:meta])* $name:ident -> $answer:ty; )*) => {
        $(
            $(#[$doc])*
            ///
            /// # Errors
            /// Nobody answered, or the server refused: see [`AdminErrorKind`]; or there is no
            /// thread to be had.
            ///
            /// # Panics
            /// On the own thread of a [`Client`](super::Client).
            pub fn $name(server: &Endpoint, options: &AskOptions) -> Result<$answer, AdminError> {
                ask(server, options)
            }
        )*
    };
}

for_each_word!(words);

/// What the future that is made on a thread and a runtime of their own answers: of a thread's own,
/// since the caller's may belong to a runtime, where no other can be run.
///
/// # Panics
/// If the future does: a dialer or resolver of the caller's own. On the thread of a client, which
/// would send no heartbeats meanwhile.
fn run<T, F>(make: impl FnOnce() -> F + Send) -> io::Result<T>
where
    T: Send,
    F: Future<Output = T>,
{
    assert!(
        !is_a_clients_own(),
        "a blocking call on the thread of a blocking client would hold up its heartbeats"
    );
    thread::scope(|scope| {
        let asking = Builder::new().name("zookit-admin".to_owned()).spawn_scoped(scope, || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
            let answer = runtime.block_on(make());
            runtime.shutdown_timeout(LINGER);
            Ok(answer)
        })?;
        asking.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}

fn no_thread(server: &Endpoint, asked: String, error: io::Error) -> AdminError {
    AdminError::new(server, asked, AdminErrorKind::NoThread(error))
}
