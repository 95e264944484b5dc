//! A server at an address.

use std::io;
use std::net::TcpStream;
use std::time::Duration;

use super::{Stream, Target};

/// A server that says nothing for so long will not say anything.
const PATIENCE: Duration = Duration::from_secs(20);

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

impl Target for Tcp {
    fn dial(&mut self) -> io::Result<Box<dyn Stream>> {
        let stream = TcpStream::connect(&self.address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Box::new(stream))
    }

    fn wait(&mut self, time: Duration) {
        std::thread::sleep(time);
    }
}
