//! A server at an address.

use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use super::{Stream, Target};

/// A server that says nothing for so long will not say anything.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A server at `HOST:PORT`.
#[derive(Debug)]
pub struct Tcp {
    address: String,
}

impl Tcp {
    /// The server at `HOST:PORT`.
    #[must_use]
    pub const fn new(address: String) -> Self {
        Self { address }
    }
}

/// A new connection to an address.
///
/// # Errors
/// Nobody listens there.
pub fn dial(address: impl ToSocketAddrs) -> io::Result<Box<dyn Stream>> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(Box::new(stream))
}

impl Stream for TcpStream {
    fn set_patience(&mut self, time: Duration) -> io::Result<()> {
        self.set_read_timeout(Some(time))
    }
}

impl Target for Tcp {
    fn dial(&mut self) -> io::Result<Box<dyn Stream>> {
        dial(&self.address)
    }

    fn wait(&mut self, time: Duration) {
        std::thread::sleep(time);
    }
}
