//! Without faults nobody can tell the proxy from the server.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::thread;

use socket2::{Domain, Socket, Type};
use zookit_proxy::Proxy;

use crate::peers::{Link, Pair, Peer};

/// More than all buffers on the way together.
const MUCH: usize = 32 << 20;

fn noise(seed: u64) -> Vec<u8> {
    let mut chance = fastrand::Rng::with_seed(seed);
    let mut bytes = vec![0; MUCH];
    chance.fill(&mut bytes);
    bytes
}

#[test]
fn bytes_pass_both_ways_at_once_in_their_order() {
    let pair = Pair::new();
    let Link { client, server, .. } = pair.link();
    let talk = |peer: Peer, seed: u64, other: u64| {
        let mut writer = peer.0.try_clone().unwrap();
        let said = thread::spawn(move || writer.write_all(&noise(seed)).unwrap());
        let mut heard = vec![0; MUCH];
        (&peer.0).read_exact(&mut heard).unwrap();
        said.join().unwrap();
        assert!(heard == noise(other), "what was said by {other} did not come to {seed}");
    };
    let client = thread::spawn(move || talk(client, 1, 2));
    talk(server, 2, 1);
    client.join().unwrap();
    let statistics = pair.proxy.statistics();
    assert_eq!((statistics.to_server, statistics.to_client), (MUCH as u64, MUCH as u64));
}

#[test]
fn a_half_closed_connection_goes_on_the_other_way() {
    let pair = Pair::new();
    let Link { mut client, mut server, .. } = pair.link();
    client.say(b"last");
    client.end();
    assert_eq!(server.rest(), (b"last".to_vec(), Ok(())));
    server.say(b"long after");
    client.hear(b"long after");
    server.end();
    client.hears_the_end();
    pair.wait(|statistics| statistics.open == 0);

    let Link { mut client, mut server, .. } = pair.link();
    server.end();
    client.hears_the_end();
    client.say(b"still there");
    server.hear(b"still there");
    drop(client);
    server.hears_the_end();
    pair.wait(|statistics| statistics.open == 0);
}

#[test]
fn a_reset_is_passed_on() {
    let pair = Pair::new();
    let Link { client, mut server, .. } = pair.link();
    client.reset();
    server.hears_a_reset();

    let Link { mut client, mut server, .. } = pair.link();
    server.say(b"behind this");
    client.hear(b"behind this");
    server.reset();
    client.hears_a_reset();
    pair.wait(|statistics| statistics.open == 0);
}

#[test]
fn what_was_said_before_an_end_arrives_though_the_other_side_takes_nothing_more() {
    let pair = Pair::new();
    let Link { mut client, mut server, .. } = pair.link();
    server.say(b"goodbye");
    drop(server);
    pair.wait(|statistics| statistics.to_client == 7);
    // The server's system answers this with a reset.
    client.say(b"are you there?");
    pair.wait(|statistics| statistics.open == 0);
    assert_eq!(client.rest().0, b"goodbye");
}

#[test]
fn what_one_side_does_not_take_is_not_taken_from_the_other() {
    let pair = Pair::new();
    let Link { id, client: mut sender, server: mut receiver } = pair.link();
    let mut other = pair.link();
    let block = noise(3);
    let mut sent = 0;
    let passed = || pair.proxy.connections().into_iter().find(|info| info.id == id);
    let mut before = None;
    sender.0.set_nonblocking(true).unwrap();
    // When nothing moves any more, all buffers on the way are full.
    while before != passed() {
        before = passed();
        while let Ok(count) = sender.0.write(&block[sent..]) {
            sent += count;
        }
        pair.beat(&mut other);
    }
    assert!(sent < MUCH, "all of it was taken");
    sender.0.set_nonblocking(false).unwrap();
    let mut heard = vec![0; sent];
    receiver.0.read_exact(&mut heard).unwrap();
    assert!(heard == block[..sent]);
    sender.say(b"goes on");
    receiver.hear(b"goes on");
}

#[test]
fn without_a_server_connections_are_reset() {
    // A port that nobody listens on, nor will.
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
    let nobody = socket.local_addr().unwrap().as_socket().unwrap();
    let proxy = Proxy::start(nobody).unwrap();
    Peer::connect(proxy.address()).hears_a_reset();
    assert_eq!(proxy.statistics().unreached, 1);
}

#[test]
fn new_connections_go_to_the_server_that_was_set_last() {
    let pair = Pair::new();
    let mut old = pair.link();
    let other = Pair::new();
    pair.proxy.set_upstream(other.listener.local_addr().unwrap());
    assert_eq!(pair.proxy.upstream(), other.listener.local_addr().unwrap());
    let mut client = pair.client();
    let mut server = other.accept();
    client.say(b"to the new one");
    server.hear(b"to the new one");
    pair.beat(&mut old);
}

#[test]
fn there_are_numbers_of_all_connections_and_of_each() {
    let pair = Pair::new();
    let mut one = pair.link();
    let mut other = pair.link();
    one.client.say(b"four");
    one.server.hear(b"four");
    other.server.say(b"fifty");
    other.client.hear(b"fifty");
    pair.wait(|statistics| statistics.to_server == 4 && statistics.to_client == 5);
    let infos = pair.proxy.connections();
    let numbers: Vec<_> =
        infos.iter().map(|info| (info.id, info.to_server, info.to_client)).collect();
    assert_eq!(numbers, [(one.id, 4, 0), (other.id, 0, 5)]);
    assert!(infos.iter().all(|info| info.server == Some(pair.proxy.upstream())));
    let statistics = pair.proxy.statistics();
    assert_eq!((statistics.made, statistics.open), (2, 2));
}

#[test]
fn when_the_last_clone_is_dropped_all_is_closed() {
    let Pair { listener, proxy } = Pair::new();
    let pair = Pair { listener, proxy: proxy.clone() };
    let mut link = pair.link();
    drop(proxy);
    pair.beat(&mut link);
    let address = pair.proxy.address();
    drop(pair);
    link.client.hears_the_end();
    link.server.hears_the_end();
    assert_eq!(TcpStream::connect(address).unwrap_err().kind(), ErrorKind::ConnectionRefused);
}

#[test]
fn proxies_on_one_thread_end_one_by_one() {
    let first = Pair::new();
    let second = Pair::with(|builder| builder.beside(&first.proxy));
    let mut one = first.link();
    let mut other = second.link();
    let address = first.proxy.address();
    drop(first);
    one.client.hears_the_end();
    one.server.hears_the_end();
    assert_eq!(TcpStream::connect(address).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    second.beat(&mut other);
}

#[tokio::test]
async fn it_is_used_in_async_code_as_elsewhere() {
    let pair = Pair::new();
    let mut link = pair.link();
    link.client.say(b"x");
    pair.proxy.until(|statistics| statistics.to_server == 1).await;
    assert_eq!(pair.proxy.statistics().to_server, 1);
}
