//! The raw prober: how soon anybody could have been served.
//!
//! A thread with a session of its own that dials the members in turn, without back-off, by nothing
//! but TCP, the handshake and one read, and then hangs up and dials again. What it needs until it
//! is served is what the ensemble needs; what a client needs beyond that is the client's own.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;
use zookit_proto::connect::{ConnectRequest, decode_response};
use zookit_proto::ops::exists::{Exists, ExistsRequest};
use zookit_proto::types::Password;
use zookit_proto::{Operation as _, SessionId, Xid, Zxid, frame};

/// A member that does not get on within this is left for the next.
const STEP: Duration = Duration::from_millis(300);

/// Between two times of being served.
const PACE: Duration = Duration::from_millis(8);

/// No answer to these questions is longer.
const MOST_BYTES: usize = 1 << 16;

/// The thread; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Prober {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    over: AtomicBool,
    members: Mutex<Vec<SocketAddr>>,
    served: Mutex<Vec<Instant>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Prober {
    /// Begins to dial these members.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(crate) fn start(members: Vec<SocketAddr>) -> io::Result<Self> {
        let members = Mutex::new(members);
        let shared = Shared { over: AtomicBool::new(false), members, served: Mutex::default() };
        let shared = Arc::new(shared);
        let of_thread = Arc::clone(&shared);
        let thread =
            thread::Builder::new().name("prober".into()).spawn(move || probe(&of_thread))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Other members from now on.
    pub(crate) fn set_members(&self, members: Vec<SocketAddr>) {
        *lock(&self.shared.members) = members;
    }

    /// When it was served, so far.
    pub(crate) fn served(&self) -> Vec<Instant> {
        lock(&self.shared.served).clone()
    }
}

impl Drop for Prober {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It has not panicked, and if it had, its notes would be what is missing.
            drop(thread.join());
        }
    }
}

/// A session, as it is taken up again and again.
struct Raw {
    session: SessionId,
    password: Password,
}

fn probe(shared: &Shared) {
    let mut raw = Raw { session: SessionId::NONE, password: Password::zeros() };
    let mut turn = 0;
    let mut in_vain = 0;
    while !shared.over.load(Ordering::Relaxed) {
        let member = {
            let members = lock(&shared.members);
            (members.get(turn % members.len().max(1)).copied(), members.len())
        };
        turn += 1;
        let served = member.0.is_some_and(|member| raw.ask(member).is_ok());
        if served {
            lock(&shared.served).push(Instant::now());
            in_vain = 0;
            thread::sleep(PACE);
        } else {
            in_vain += 1;
            if in_vain % member.1.max(1) == 0 {
                thread::yield_now();
            }
        }
    }
}

impl Raw {
    /// Connects, takes the session up, or opens one, and reads.
    fn ask(&mut self, member: SocketAddr) -> io::Result<()> {
        let mut stream = TcpStream::connect_timeout(&member, STEP)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(STEP))?;
        stream.set_write_timeout(Some(STEP))?;
        let request = ConnectRequest {
            protocol_version: 0,
            last_zxid_seen: Zxid(0),
            timeout_ms: 30_000,
            session_id: self.session,
            password: Some(self.password.clone()),
            read_only: Some(false),
        };
        stream.write_all(&frame::around(&request))?;
        let response = decode_response(read_frame(&mut stream)?).map_err(io::Error::other)?;
        if !response.is_accepted() {
            *self = Self { session: SessionId::NONE, password: Password::zeros() };
            return Err(io::Error::other("the session is gone"));
        }
        self.session = response.session_id;
        self.password = response.password.unwrap_or_else(Password::zeros);
        let body = ExistsRequest { path: "/".into(), watch: false };
        let asked = frame::request(Xid(1), Exists::NUMBER, &body, MOST_BYTES);
        stream.write_all(&asked.map_err(io::Error::other)?)?;
        read_frame(&mut stream).map(drop)
    }
}

fn read_frame(stream: &mut TcpStream) -> io::Result<Bytes> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = usize::try_from(i32::from_be_bytes(length)).ok();
    let length = length.filter(|length| *length <= MOST_BYTES);
    let length = length.ok_or_else(|| io::Error::other("a length that cannot be"))?;
    let mut payload = vec![0; length];
    stream.read_exact(&mut payload)?;
    Ok(Bytes::from(payload))
}

/// The longest time between two of these moments within the window; its ends count too.
///
/// A window in which there is none of them is as long as it is.
pub(crate) fn longest_wait(moments: &[Instant], from: Instant, until: Instant) -> Duration {
    // The last moment before the window is when the waiting may have begun.
    let before = moments.iter().rev().find(|moment| **moment <= from).copied().unwrap_or(from);
    let within = moments.iter().copied().filter(|moment| *moment > from && *moment < until);
    let mut last = before;
    let mut longest = Duration::ZERO;
    for moment in within.chain([until]) {
        longest = longest.max(moment.saturating_duration_since(last));
        last = moment;
    }
    longest
}

#[cfg(test)]
mod tests {
    use zookit_server::testing::Server;

    use super::*;

    #[test]
    fn the_longest_wait_is_found_wherever_it_is() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let moments = [at(0), at(10), at(100), at(110)];
        let wait = |from, until| longest_wait(&moments, at(from), at(until)).as_millis();
        assert_eq!(wait(5, 120), 90);
        assert_eq!(wait(50, 120), 90);
        assert_eq!(wait(105, 500), 390);
        assert_eq!(wait(200, 300), 190);
        assert_eq!(longest_wait(&[], at(0), at(70)).as_millis(), 70);
    }

    #[test]
    fn a_prober_is_served_while_there_is_a_server_and_only_then() {
        let mut server = Server::start();
        let prober = Prober::start(vec![server.address()]).unwrap();
        let served = |more_than| {
            let begun = Instant::now();
            while prober.served().len() <= more_than {
                assert!(begun.elapsed() < Duration::from_secs(30), "nobody is served");
                thread::yield_now();
            }
        };
        served(5);
        let mut raw = Raw { session: SessionId::NONE, password: Password::zeros() };
        raw.ask(server.address()).unwrap();
        let session = raw.session;
        server.stop().unwrap();
        assert!(raw.ask(server.address()).is_err());
        let before = prober.served().len();
        server.resume().unwrap();
        served(before + 5);
        raw.ask(server.address()).unwrap();
        assert_eq!(raw.session, session, "it was taken up again");
    }
}
