//! A server for a test: one line starts it, and it stops when it is dropped.
//!
//! ```
//! let server = zookit_server::testing::Server::start();
//! // … connect a client to server.address() …
//! # assert!(server.address().port() > 0);
//! ```
//!
//! It has a thread of its own, so it needs no runtime and disturbs none, and nothing here is async:
//! tests with a runtime and without use it alike. Everything of [`Control`], to which it derefs, can
//! be done to it. Many can run in one process.

mod builder;

use std::io;
use std::net::SocketAddr;
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpSocket;

pub use self::builder::Builder;
use crate::control::Control;
use crate::core as machine;
use crate::listener::Listening;

/// A server that runs, until it is stopped or dropped.
#[derive(Debug)]
pub struct Server {
    control: Control,
    address: SocketAddr,
    listening: Option<Listening>,
    /// While it is stopped: what keeps its port.
    kept: Option<TcpSocket>,
}

impl Server {
    /// Starts a server on a free port of 127.0.0.1, with an empty tree and settings
    /// [made for tests](Builder::new).
    ///
    /// # Panics
    ///
    /// If there is no free port, or the system gives no thread. [`Builder::start`] returns that as
    /// an error.
    #[must_use]
    #[expect(clippy::panic, reason = "this is for tests, and fails them where it stands")]
    pub fn start() -> Self {
        Self::builder().start().unwrap_or_else(|error| panic!("no server for this test: {error}"))
    }

    /// Starts one that is otherwise.
    pub fn builder() -> Builder {
        Builder::new()
    }

    fn new(control: Control, listening: Listening) -> Self {
        let address = listening.address();
        Self { control, address, listening: Some(listening), kept: None }
    }

    /// Where it listens, or listened before it was stopped. Print it, and it is what a client
    /// connects to.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// A handle that can be given to other threads and tasks.
    #[must_use]
    pub fn control(&self) -> Control {
        self.control.clone()
    }

    /// Stops it: every connection is closed, and none is taken. Its tree, its sessions and its port
    /// are kept, and no session's time passes.
    ///
    /// # Errors
    ///
    /// If the port cannot be kept; the server is stopped all the same.
    pub fn stop(&mut self) -> io::Result<()> {
        let Some(listening) = self.listening.take() else { return Ok(()) };
        self.control.shared().with(machine::Server::halt);
        self.kept = Some(listening.stop()?);
        Ok(())
    }

    /// Starts it again where it listened, with its tree and its sessions, which have their full
    /// timeouts. Nothing, if it runs.
    ///
    /// # Errors
    ///
    /// If it cannot listen there any more.
    pub fn resume(&mut self) -> io::Result<()> {
        if self.listening.is_some() {
            return Ok(());
        }
        let shared = Arc::clone(self.control.shared());
        shared.with(machine::Server::resume);
        self.listening = Some(match self.kept.take() {
            Some(socket) => Listening::on(shared, socket)?,
            None => Listening::start(shared, self.address)?,
        });
        Ok(())
    }

    /// Stops it and starts it again, with its tree and its sessions.
    ///
    /// # Errors
    ///
    /// As those of [`stop`](Self::stop) and [`resume`](Self::resume).
    pub fn restart(&mut self) -> io::Result<()> {
        self.stop()?;
        self.resume()
    }

    /// Writes the [dump](Control::dump) of it to a file.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn dump_to(&self, file: impl AsRef<Path>) -> io::Result<()> {
        std::fs::write(file, self.dump())
    }
}

impl Deref for Server {
    type Target = Control;

    fn deref(&self) -> &Control {
        &self.control
    }
}
