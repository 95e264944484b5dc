//! Who listens sees the bytes that pass.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use zookit_proxy::{ConnectionId, Direction, WireTap};

use crate::peers::{Link, Pair};

#[derive(Debug, Clone, PartialEq, Eq)]
enum Seen {
    Opened(SocketAddr, SocketAddr),
    Passed(Direction, Vec<u8>),
    Closed,
}

#[derive(Default)]
struct Tap(Mutex<Vec<(ConnectionId, Seen)>>);

impl Tap {
    /// What was seen of a connection, what passed one way without a pause as one.
    fn of(&self, id: ConnectionId) -> Vec<Seen> {
        let mut all: Vec<Seen> = Vec::new();
        for (_, seen) in self.0.lock().unwrap().iter().filter(|(other, _)| *other == id) {
            match (all.last_mut(), seen) {
                (Some(Seen::Passed(way, bytes)), Seen::Passed(other, more)) if way == other => {
                    bytes.extend_from_slice(more);
                }
                _ => all.push(seen.clone()),
            }
        }
        all
    }

    fn note(&self, id: ConnectionId, seen: Seen) {
        self.0.lock().unwrap().push((id, seen));
    }
}

impl WireTap for Tap {
    fn opened(&self, connection: ConnectionId, client: SocketAddr, server: SocketAddr) {
        self.note(connection, Seen::Opened(client, server));
    }

    fn passed(&self, connection: ConnectionId, direction: Direction, bytes: &[u8]) {
        self.note(connection, Seen::Passed(direction, bytes.to_vec()));
    }

    fn closed(&self, connection: ConnectionId) {
        self.note(connection, Seen::Closed);
    }
}

#[test]
fn a_tap_sees_what_passes_and_nothing_else() {
    let tap = Arc::new(Tap::default());
    let pair = Pair::with(|builder| builder.tap(tap.clone()));
    let Link { id, mut client, mut server } = pair.link();
    let question = vec![1; 300_000];
    client.say(&question);
    server.hear(&question);
    server.say(b"answer");
    client.hear(b"answer");
    pair.proxy.to_client().swallow();
    server.say(b"lost");
    pair.wait(|statistics| statistics.swallowed == 4);
    pair.proxy.to_client().clear();
    server.say(b", and done");
    client.hear(b", and done");
    let (own, upstream) = (client.0.local_addr().unwrap(), pair.proxy.upstream());
    drop((client, server));
    pair.wait(|statistics| statistics.open == 0);
    let expected = [
        Seen::Opened(own, upstream),
        Seen::Passed(Direction::ToServer, question),
        Seen::Passed(Direction::ToClient, b"answer, and done".to_vec()),
        Seen::Closed,
    ];
    assert_eq!(tap.of(id), expected);
}

#[test]
fn a_connection_that_never_reached_a_server_was_never_open() {
    let tap = Arc::new(Tap::default());
    let pair = Pair::with(|builder| builder.tap(tap.clone()));
    pair.proxy.ignore_connections(true);
    let _client = pair.client();
    pair.wait(|statistics| statistics.made == 1);
    drop(pair);
    assert!(tap.0.lock().unwrap().is_empty());
}
