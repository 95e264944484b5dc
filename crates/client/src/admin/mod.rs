//! Asking a server about itself, aside from any session: four-letter words, and the AdminServer.
//!
//! ```
//! use zookit_client::admin::{self, AskOptions};
//! use zookit_client::Endpoint;
//!
//! # async fn f() -> Result<(), admin::AdminError> {
//! let (server, options) = (Endpoint::new("zk1", 2181), AskOptions::default());
//! # let options = zookit_doctest::reach::asking(options);
//! let stats = admin::srvr(&server, &options).await?;
//! println!("{} is {:?} at {:?}", stats.version, stats.mode, stats.zxid);
//! # Ok(()) }
//! # zookit_doctest::with_server(f);
//! ```
//!
//! Each function opens a connection of its own through the [`Dialer`] and [`Resolver`] of the
//! [`AskOptions`], asks one thing, and reads the answer to its end, bounded in bytes and time.
//! Nothing is asked twice, and no session is opened or disturbed.
//!
//! Answers are those of ZooKeeper 3.4 to 3.9. What a release does not tell is `None`; what this
//! version of the client does not know is kept, in a field `other` or under its own key.
//! [`text`] gives the bytes as they came, [`FourLetterAnswer::parse`] reads saved ones.
//!
//! A server answers only what its `4lw.commands.whitelist` has: since 3.5.3 that is `srvr` alone,
//! unless it is configured otherwise. What changes a server (`crst`, `srst`, `stmk`) is not here.
//!
//! [`blocking::admin`](crate::blocking::admin) is the same for programs without a runtime.
//!
//! Facts: `FourLetterCommands` and `server.command` of Apache ZooKeeper, and the recorded answers in
//! `tests/fixtures/four_letter`.
//!
//! [`Dialer`]: crate::Dialer
//! [`Resolver`]: crate::Resolver

mod connections;
mod dump;
mod error;
mod exchange;
mod fields;
#[cfg(feature = "admin-http")]
pub mod http;
mod server_stats;
mod settings;
#[cfg(test)]
mod tests;
mod watches;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
pub use zookit_proto::four_letter::FourLetterWord;
use zookit_session::Endpoint;

pub use self::connections::{Connection, Connections};
pub use self::dump::{Dump, DumpedConnection, DumpedSession, Ephemerals};
pub use self::error::{AdminError, AdminErrorKind};
pub use self::fields::Fields;
pub use self::server_stats::{FullStats, Latency, Mode, ProposalSizes, ServerStats};
pub use self::settings::{Access, Alive, Configuration, Directories, Environment, Metrics};
pub use self::watches::{
    SessionWatches, WatchSummary, WatchedPath, WatchesByPath, WatchesBySession,
};
use crate::network::{Dialer, Resolver, SystemResolver, TcpDialer};

/// How to ask.
#[derive(Debug, Clone)]
pub struct AskOptions {
    /// How long all of it may take: name, connection, answer. 5 s by default.
    pub within: Duration,
    /// The longest answer, in bytes; 16 MiB by default. `dump`, `cons` and `wchc` of a busy server
    /// are long.
    pub max_answer: usize,
    /// Who turns names into addresses; by default the system's resolver.
    pub resolver: Arc<dyn Resolver>,
    /// Who opens connections; by default TCP.
    pub dialer: Arc<dyn Dialer>,
}

impl Default for AskOptions {
    fn default() -> Self {
        Self {
            within: Duration::from_secs(5),
            max_answer: 16 << 20,
            resolver: Arc::new(SystemResolver),
            dialer: Arc::new(TcpDialer),
        }
    }
}

/// What a four-letter word is answered with, read.
pub trait FourLetterAnswer: Sized {
    /// The word.
    const WORD: FourLetterWord;

    /// Reads an answer; `None` if it is not one to this word. Nothing in it causes a panic.
    fn parse(text: &str) -> Option<Self>;
}

/// The answer to a word, as it came.
///
/// # Errors
/// Nobody answered, or the server refused: see [`AdminErrorKind`]. A refusal is an error and not a
/// text, since it comes in place of every answer.
///
/// # Cancel safety
/// Dropping the future closes the connection.
pub async fn text(
    server: &Endpoint,
    word: FourLetterWord,
    options: &AskOptions,
) -> Result<Bytes, AdminError> {
    let refused = |kind| AdminError::new(server, word.to_string(), kind);
    let answer = exchange::exchange(server, &word.bytes(), options).await.map_err(refused)?;
    match refusal(word, &answer) {
        Some(kind) => Err(refused(kind)),
        None => Ok(answer),
    }
}

/// The answer to a word, read: `ask::<ServerStats>(…)` is [`srvr`].
///
/// # Errors
/// As [`text`]; and [`AdminErrorKind::Unexpected`] if something else came.
///
/// # Cancel safety
/// Dropping the future closes the connection.
pub async fn ask<A: FourLetterAnswer>(
    server: &Endpoint,
    options: &AskOptions,
) -> Result<A, AdminError> {
    let answer = text(server, A::WORD, options).await?;
    read(server, &answer)
}

/// Reads the answer that [`text`] gave.
///
/// # Errors
/// [`AdminErrorKind::Unexpected`] if it is something else, [`AdminErrorKind::NotServing`] where only
/// this word's own answer says so.
pub fn read<A: FourLetterAnswer>(server: &Endpoint, answer: &[u8]) -> Result<A, AdminError> {
    A::parse(&String::from_utf8_lossy(answer)).ok_or_else(|| {
        // `isro` has its own way to say it.
        let kind = match (A::WORD, answer.trim_ascii()) {
            (FourLetterWord::Isro, b"null") => AdminErrorKind::NotServing,
            _ => AdminErrorKind::unexpected(answer),
        };
        AdminError::new(server, A::WORD.to_string(), kind)
    })
}

/// What comes in place of an answer.
fn refusal(word: FourLetterWord, answer: &[u8]) -> Option<AdminErrorKind> {
    let answer = answer.trim_ascii_end();
    if answer == b"This ZooKeeper instance is not currently serving requests" {
        return Some(AdminErrorKind::NotServing);
    }
    let not_listed = answer.strip_prefix(&word.bytes())?;
    (not_listed == b" is not executed because it is not in the whitelist.")
        .then_some(AdminErrorKind::NotWhitelisted)
}

/// A function for each word: the list that the async functions and their blocking twins are made
/// from.
macro_rules! for_each_word {
    ($then:ident) => {
        $then! {
            /// Whether the process lives. It says nothing about whether it serves.
            ruok -> Alive;
            /// The server and its role.
            srvr -> ServerStats;
            /// The server, its role, and its connections in short.
            stat -> FullStats;
            /// Metrics: about 15 before 3.6, about 500 since.
            mntr -> Metrics;
            /// The connections, in full.
            cons -> Connections;
            /// The configuration.
            conf -> Configuration;
            /// Sessions and their ephemeral znodes. Only a leader or a standalone server knows them all.
            dump -> Dump;
            /// The server's environment: release, host, Java, operating system.
            envi -> Environment;
            /// How many watches there are: those of data only, where the server counts apart.
            wchs -> WatchSummary;
            /// Watched paths by session. Expensive where there are many.
            wchc -> WatchesBySession;
            /// Watching sessions by path. Expensive where there are many.
            wchp -> WatchesByPath;
            /// The sizes of snapshots and logs. ZooKeeper 3.5.1 or later.
            dirs -> Directories;
            /// Whether the server takes writes.
            isro -> Access;
        }
    };
}
pub(crate) use for_each_word;

macro_rules! words {
    ($( $(#[$doc:meta])* $name:ident -> $answer:ty; )*) => {
        $(
            $(#[$doc])*
            ///
            /// # Errors
            /// Nobody answered, or the server refused: see [`AdminErrorKind`].
            ///
            /// # Cancel safety
            /// Dropping the future closes the connection.
            pub async fn $name(
                server: &Endpoint,
                options: &AskOptions,
            ) -> Result<$answer, AdminError> {
                ask(server, options).await
            }
        )*
    };
}

for_each_word!(words);
