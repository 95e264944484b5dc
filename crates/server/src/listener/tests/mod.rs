//! The network, as a client with a socket of its own sees it.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use zookit_proto::{SessionId, Zxid};

use crate::core::{Effect, Fault};
use crate::testing::Server;

mod limits;

/// Nothing here takes a tenth of it.
const GUARD: Duration = Duration::from_secs(30);

#[expect(clippy::disallowed_methods, reason = "this is the other end")]
fn connect(address: SocketAddr) -> std::io::Result<TcpStream> {
    TcpStream::connect(address)
}

/// A client that knows frames, and of what is in them only what these tests need.
struct Raw(TcpStream);

impl Raw {
    fn connect(address: SocketAddr) -> Self {
        let stream = connect(address).unwrap();
        stream.set_read_timeout(Some(GUARD)).unwrap();
        Self(stream)
    }

    fn send(&mut self, body: &[u8]) {
        self.0.write_all(&framed(body)).unwrap();
    }

    /// A frame, or `None` if the connection is closed.
    fn receive(&mut self) -> Option<Vec<u8>> {
        let mut length = [0; 4];
        match self.0.read_exact(&mut length) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return None,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return None,
            Err(error) => panic!("neither a frame nor an end: {error}"),
        }
        let mut body = vec![0; usize::try_from(i32::from_be_bytes(length)).unwrap()];
        self.0.read_exact(&mut body).unwrap();
        Some(body)
    }

    /// The handshake of a new session, with this timeout.
    fn session(address: SocketAddr, timeout_ms: i32) -> (Self, SessionId, Vec<u8>) {
        let mut raw = Self::connect(address);
        raw.send(&connect_request(timeout_ms, SessionId::NONE, &[0; 16]));
        let answer = raw.receive().expect("a session");
        let id = i64::from_be_bytes(answer[8..16].try_into().unwrap());
        (raw, SessionId(id), answer[20..36].to_vec())
    }

    /// The error code of the next reply.
    fn code(&mut self) -> Option<i32> {
        self.receive().map(|reply| i32::from_be_bytes(reply[12..16].try_into().unwrap()))
    }
}

fn framed(body: &[u8]) -> Vec<u8> {
    let mut frame = u32::try_from(body.len()).unwrap().to_be_bytes().to_vec();
    frame.extend_from_slice(body);
    frame
}

fn connect_request(timeout_ms: i32, id: SessionId, password: &[u8]) -> Vec<u8> {
    let mut body = vec![0; 12];
    body.extend_from_slice(&timeout_ms.to_be_bytes());
    body.extend_from_slice(&id.0.to_be_bytes());
    body.extend_from_slice(&16_u32.to_be_bytes());
    body.extend_from_slice(password);
    body.push(0);
    body
}

fn string(text: &str) -> Vec<u8> {
    framed(text.as_bytes())
}

fn header(xid: i32, opcode: i32) -> Vec<u8> {
    [xid.to_be_bytes(), opcode.to_be_bytes()].concat()
}

fn create(xid: i32, path: &str, data: &[u8], flags: i32) -> Vec<u8> {
    let acl = [&1_u32.to_be_bytes()[..], &31_u32.to_be_bytes(), &string("world")].concat();
    let acl = [acl, string("anyone")].concat();
    [header(xid, 1), string(path), framed(data), acl, flags.to_be_bytes().to_vec()].concat()
}

fn exists(xid: i32, path: &str) -> Vec<u8> {
    [header(xid, 3), string(path), vec![0]].concat()
}

#[test]
fn a_server_takes_connections_as_soon_as_it_says_where() {
    let server = Server::start();
    assert!(server.address().port() > 0);
    let (mut raw, id, _) = Raw::session(server.address(), 10_000);
    raw.send(&create(1, "/a", b"x", 0));
    assert_eq!(raw.code(), Some(0));
    assert_eq!(server.sessions()[0].id, id);
    assert_eq!(server.last_zxid(), Zxid(2));
}

#[test]
fn requests_come_in_whatever_pieces() {
    let server = Server::start();
    let (mut raw, ..) = Raw::session(server.address(), 10_000);
    let large = vec![b'x'; 300_000];
    let frames: Vec<u8> = [
        framed(&create(1, "/large", &large, 0)),
        framed(&exists(2, "/large")),
        framed(&exists(3, "/not-there")),
        framed(&create(4, "/small", b"", 0)),
    ]
    .concat();
    let (first, rest) = frames.split_at(7);
    for byte in first {
        raw.0.write_all(&[*byte]).unwrap();
    }
    for piece in rest.chunks(9_973) {
        raw.0.write_all(piece).unwrap();
    }
    let codes: Vec<_> = (0..4).map(|_| raw.code()).collect();
    assert_eq!(codes, [Some(0), Some(0), Some(-101), Some(0)]);
    assert_eq!(server.look(|machine| machine.tree().data("/large")), Some(Some(large.into())));
}

#[test]
fn a_client_that_does_not_read_is_served_when_it_does() {
    let server = Server::start();
    let (mut raw, ..) = Raw::session(server.address(), 60_000);
    raw.send(&create(1, "/a", &[b'x'; 100_000], 0));
    assert_eq!(raw.code(), Some(0));
    // Twenty megabytes: more than the system and the machine hold back together.
    for xid in 0..200 {
        raw.send(&[header(xid, 4), string("/a"), vec![0]].concat());
    }
    let (mut other, ..) = Raw::session(server.address(), 60_000);
    other.send(&exists(1, "/a"));
    assert_eq!(other.code(), Some(0), "others are served meanwhile");
    for xid in 0..200 {
        let reply = raw.receive().unwrap();
        assert_eq!(reply[..4], i32::to_be_bytes(xid));
        assert!(reply.len() > 100_000);
    }
}

/// The answer to a four-letter word: all until the connection is closed.
fn word(server: &Server, word: &str) -> String {
    let mut raw = Raw::connect(server.address());
    raw.0.write_all(word.as_bytes()).unwrap();
    let mut answer = String::new();
    raw.0.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_four_letter_word_is_answered_and_the_connection_closed() {
    let mut server = Server::start();
    assert_eq!(word(&server, "ruok"), "imok");
    let port = format!("clientPort={}\n", server.address().port());
    assert!(word(&server, "conf").starts_with(&port), "{}", word(&server, "conf"));
    server.restart().unwrap();
    assert!(word(&server, "conf").starts_with(&port));
}

#[test]
fn a_delay_shows_in_the_latencies() {
    let server = Server::start();
    let fault = Fault::new(Effect::Delay(GUARD), |asked| asked.is_about("/slow"));
    let fault = server.add_fault(fault);
    let (mut raw, ..) = Raw::session(server.address(), 600_000);
    raw.send(&exists(1, "/slow"));
    assert!(server.wait(GUARD, |machine| machine.fault_struck(fault) == Some(1)));
    assert!(word(&server, "srvr").contains("\nOutstanding: 1\n"));
    server.advance_clock(GUARD);
    assert_eq!(raw.code(), Some(-101));
    let most = word(&server, "mntr").lines().find_map(|line| {
        line.strip_prefix("zk_max_latency\t").map(|value| value.parse::<u64>().unwrap())
    });
    assert!(most.unwrap() >= 30_000, "{most:?}");
}

#[test]
fn a_session_whose_client_went_away_expires_by_itself() {
    let server = Server::start();
    let (mut raw, ..) = Raw::session(server.address(), 100);
    raw.send(&create(1, "/e", b"", 1));
    assert_eq!(raw.code(), Some(0));
    drop(raw);
    assert!(server.wait(GUARD, |machine| machine.sessions().is_empty()));
    assert!(server.look(|machine| !machine.tree().contains("/e")));
}

#[test]
fn an_expired_session_loses_its_connection() {
    let server = Server::start();
    let (mut raw, id, _) = Raw::session(server.address(), 60_000);
    assert!(server.expire(id));
    assert!(!server.expire(id));
    assert_eq!(raw.receive(), None);
}

#[test]
fn the_clock_can_be_moved() {
    let server = Server::start();
    let (mut raw, ..) = Raw::session(server.address(), 60_000);
    server.advance_clock(Duration::from_secs(61));
    assert_eq!(raw.receive(), None);
    assert_eq!(server.sessions(), []);
}

#[test]
fn a_lost_reply_is_of_a_write_that_took_place() {
    let server = Server::start();
    let (mut raw, ..) = Raw::session(server.address(), 60_000);
    let fault = server.lose_next_reply("/a");
    raw.send(&exists(1, "/a"));
    assert_eq!(raw.code(), Some(-101), "a read is no write");
    raw.send(&create(2, "/a", b"x", 0));
    assert_eq!(raw.receive(), None);
    assert_eq!(server.fault_struck(fault), Some(1));
    assert!(server.look(|machine| machine.tree().contains("/a")));
}

#[test]
fn a_delayed_request_is_carried_out_when_its_time_has_come() {
    let server = Server::start();
    server.add_fault(
        Fault::new(Effect::Delay(Duration::from_millis(20)), |asked| asked.is_about("/a")).times(1),
    );
    let (mut raw, ..) = Raw::session(server.address(), 60_000);
    raw.send(&create(1, "/a", b"x", 0));
    raw.send(&create(2, "/b", b"x", 0));
    assert_eq!((raw.code(), raw.code()), (Some(0), Some(0)));
}

#[test]
fn a_frozen_connection_goes_on_where_it_was() {
    let server = Server::start();
    let (mut raw, id, _) = Raw::session(server.address(), 60_000);
    let connection = server.connection_of(id).unwrap();
    assert!(server.freeze(connection));
    raw.send(&create(1, "/a", b"x", 0));
    let (mut other, ..) = Raw::session(server.address(), 60_000);
    other.send(&exists(1, "/a"));
    assert_eq!(other.code(), Some(-101));
    assert!(server.thaw(connection));
    assert_eq!(raw.code(), Some(0));
}

#[test]
fn a_stopped_server_refuses_and_comes_back_with_tree_and_sessions() {
    let mut server = Server::start();
    let (mut raw, id, password) = Raw::session(server.address(), 60_000);
    raw.send(&create(1, "/e", b"", 1));
    assert_eq!(raw.code(), Some(0));

    server.stop().unwrap();
    assert_eq!(raw.receive(), None);
    let refused = connect(server.address()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    assert_eq!(server.sessions().len(), 1);

    server.resume().unwrap();
    let mut raw = Raw::connect(server.address());
    raw.send(&connect_request(60_000, id, &password));
    let answer = raw.receive().unwrap();
    assert_eq!(answer[8..16], id.0.to_be_bytes(), "it is the same session");
    raw.send(&exists(1, "/e"));
    assert_eq!(raw.code(), Some(0));
    server.restart().unwrap();
    assert_eq!(raw.receive(), None);
}

#[test]
fn a_dropped_server_is_gone() {
    let server = Server::start();
    let address = server.address();
    let (mut raw, ..) = Raw::session(address, 60_000);
    let control = server.control();
    drop(server);
    assert_eq!(raw.receive(), None);
    assert_eq!(connect(address).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    assert!(!control.look(|machine| machine.tree().contains("/a")), "a handle outlives it");
}

#[test]
fn many_servers_run_side_by_side() {
    let servers: Vec<Server> = (0..20).map(|_| Server::start()).collect();
    for (number, server) in servers.iter().enumerate() {
        let (mut raw, ..) = Raw::session(server.address(), 60_000);
        raw.send(&create(1, &format!("/{number}"), b"", 0));
        assert_eq!(raw.code(), Some(0));
    }
    for (number, server) in servers.iter().enumerate() {
        assert!(server.look(|machine| machine.tree().contains(&format!("/{number}"))));
        assert_eq!(server.look(|machine| machine.tree().stat("/").unwrap().num_children), 2);
    }
}

#[test]
fn an_address_that_is_taken_is_an_error_that_says_so() {
    let server = Server::start();
    let error = Server::builder().listen(server.address()).start().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
}

#[test]
fn what_cannot_be_loaded_is_an_error_before_anything_listens() {
    let error = Server::builder().load("{").start().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData);
    let server = Server::builder().load(r#"{"znodes": {"/a": "x"}}"#).start().unwrap();
    let again = Server::builder().load(server.dump()).start().unwrap();
    assert_eq!(again.dump(), server.dump());
}

#[tokio::test]
async fn a_task_can_wait_for_what_a_client_does() {
    let server = Server::start();
    let address = server.address();
    let client = tokio::task::spawn_blocking(move || {
        let (mut raw, ..) = Raw::session(address, 60_000);
        raw.send(&create(1, "/a", b"x", 0));
        assert_eq!(raw.code(), Some(0));
    });
    let there = server.until(|machine| machine.tree().contains("/a"));
    tokio::time::timeout(GUARD, there).await.unwrap();
    client.await.unwrap();
}

#[test]
fn a_closure_that_asks_its_own_server_is_told_instead_of_waiting_for_ever() {
    let server = Server::start();
    let control = server.control();
    let asks: [&dyn Fn(); 3] = [
        &|| control.look(|_| drop(control.sessions())),
        &|| assert!(control.wait(GUARD, |_| control.sessions().is_empty())),
        &|| {
            let until = std::pin::pin!(control.until(|_| control.sessions().is_empty()));
            assert!(
                until
                    .poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
                    .is_ready()
            );
        },
    ];
    for ask in asks {
        let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(ask)).unwrap_err();
        let told = told.downcast_ref::<&str>().unwrap();
        assert!(told.contains("use the `&Server` that it is given"), "{told}");
    }
    // Nothing is held any more, and another server may be asked.
    let other = Server::start();
    assert!(control.look(|_| other.sessions().is_empty()));
    assert!(control.sessions().is_empty());
}
