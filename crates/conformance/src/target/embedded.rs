//! Our server as a value: bytes go in and come out without a socket, and time passes when told to.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use bytes::BytesMut;
use zookit_server::core::{Config, ConnectionId, Profile, Server, Time};

use super::{Stream, Target};

/// The super user of the tests: `super:test`.
const SUPER_DIGEST: &str = "super:D/InIHSb7yEEbrWz8b9l71RjZJU=";

/// Our server, and its clock.
#[derive(Debug)]
pub struct Embedded {
    machine: Rc<RefCell<Machine>>,
    next_port: u16,
}

#[derive(Debug)]
struct Machine {
    server: Server,
    now: Time,
    /// Connections that the server wants closed once all is sent.
    closing: BTreeSet<ConnectionId>,
}

impl Embedded {
    /// A new server that behaves as this version, configured as `cargo xtask` configures the real
    /// ones that it is compared with.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        Self::reaping(profile, Duration::from_secs(1))
    }

    /// As [`new`](Self::new), and nothing happens by itself: a znode that is reaped in the middle of
    /// a script would be a difference.
    #[must_use]
    pub fn quiet(profile: Profile) -> Self {
        Self::reaping(profile, Duration::from_secs(86_400))
    }

    fn reaping(profile: Profile, every: Duration) -> Self {
        let mut config = Config::default();
        config.profile = profile;
        config.tick = Duration::from_millis(500);
        config.min_session_timeout = Some(Duration::from_secs(1));
        config.max_session_timeout = Some(Duration::from_secs(60));
        config.max_client_connections = 0;
        config.four_letter_words = ["*".to_owned()].into();
        config.super_digest = Some(SUPER_DIGEST.to_owned());
        config.enforce_quota = true;
        config.extended_types = true;
        config.container_check_interval = every;
        config.origin_ms = 1_700_000_000_000;
        let server = Server::new(config, 1);
        let machine = Machine { server, now: Time::ZERO, closing: BTreeSet::new() };
        Self { machine: Rc::new(RefCell::new(machine)), next_port: 40_000 }
    }
}

impl Target for Embedded {
    fn dial(&mut self) -> io::Result<Box<dyn Stream>> {
        self.next_port = self.next_port.checked_add(1).unwrap_or(40_000);
        let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, self.next_port));
        let mut machine = self.machine.borrow_mut();
        let now = machine.now;
        let id = machine.server.connect(now, peer);
        let machine = Rc::clone(&self.machine);
        Ok(Box::new(Pipe { machine, id, incoming: BytesMut::new() }))
    }

    fn wait(&mut self, time: Duration) {
        let mut machine = self.machine.borrow_mut();
        let end = machine.now.after(time);
        // Each timer at its own time, as a transport would.
        while let Some(next) = machine.server.poll_timeout().filter(|next| *next <= end) {
            machine.now = machine.now.max(next);
            let now = machine.now;
            machine.server.handle_timeout(now);
            if machine.server.poll_timeout().is_some_and(|again| again <= next) {
                break;
            }
        }
        machine.now = end;
        machine.server.handle_timeout(end);
    }
}

impl Machine {
    /// Takes note of what the server wants done.
    fn settle(&mut self) {
        while self.server.poll_transmit().is_some() {}
        while let Some(id) = self.server.poll_close() {
            self.closing.insert(id);
        }
    }
}

/// A connection to our server.
struct Pipe {
    machine: Rc<RefCell<Machine>>,
    id: ConnectionId,
    /// What was sent and not taken yet: the beginning of a frame.
    incoming: BytesMut,
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut machine = self.machine.borrow_mut();
        // Every request gets a millisecond of its own, so that times tell transactions apart.
        machine.now = machine.now.after(Duration::from_millis(1));
        let now = machine.now;
        self.incoming.extend_from_slice(bytes);
        machine.server.receive(now, self.id, &mut self.incoming);
        machine.settle();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream for Pipe {
    fn set_patience(&mut self, _: Duration) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut machine = self.machine.borrow_mut();
        machine.settle();
        let chunk = machine.server.transmit(self.id).find(|chunk| !chunk.is_empty());
        if let Some(chunk) = chunk {
            let count = chunk.len().min(buffer.len());
            buffer[..count].copy_from_slice(&chunk[..count]);
            machine.server.written(self.id, count);
            return Ok(count);
        }
        if machine.closing.contains(&self.id) {
            return Ok(0);
        }
        Err(io::Error::new(io::ErrorKind::TimedOut, "the server has nothing to say"))
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        let mut machine = self.machine.borrow_mut();
        let now = machine.now;
        machine.server.disconnected(now, self.id);
        machine.closing.remove(&self.id);
        machine.settle();
    }
}
