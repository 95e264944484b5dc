//! What happens to connections, and to new ones.

use std::io::{ErrorKind, Write};
use std::net::TcpStream;
use std::thread;

use zookit_proxy::{ConnectionId, Cut};

use crate::peers::{Link, Pair};

#[test]
fn all_connections_are_closed_behind_what_has_passed() {
    let pair = Pair::new();
    let mut links = [pair.link(), pair.link()];
    for link in &mut links {
        link.server.say(b"before");
    }
    pair.wait(|statistics| statistics.to_client == 12);
    pair.proxy.cut(Cut::Close);
    assert_eq!(pair.proxy.statistics().open, 0);
    for Link { client, server, .. } in &mut links {
        assert_eq!(client.rest(), (b"before".to_vec(), Ok(())));
        server.hears_the_end();
    }
    pair.beat(&mut pair.link());
}

#[test]
fn a_closed_side_may_go_on_talking_and_loses_nothing_by_it() {
    let pair = Pair::new();
    let Link { mut client, mut server, .. } = pair.link();
    server.say(b"unread");
    pair.wait(|statistics| statistics.to_client == 6);
    pair.proxy.to_server().hold();
    client.say(b"never read");
    pair.proxy.cut(Cut::Close);
    client.say(b"more of it");
    assert_eq!(client.rest(), (b"unread".to_vec(), Ok(())));
}

#[test]
fn all_connections_are_reset() {
    let pair = Pair::new();
    let mut links = [pair.link(), pair.link()];
    pair.proxy.cut(Cut::Reset);
    for Link { client, server, .. } in &mut links {
        client.hears_a_reset();
        server.hears_a_reset();
    }
}

#[test]
fn one_connection_is_cut_and_the_others_stay() {
    let pair = Pair::new();
    let mut link = pair.link();
    let mut other = pair.link();
    assert!(pair.proxy.cut_connection(link.id, Cut::Reset));
    link.client.hears_a_reset();
    pair.beat(&mut other);
    assert!(!pair.proxy.cut_connection(link.id, Cut::Reset));
    assert!(!pair.proxy.cut_connection(ConnectionId(99), Cut::Close));
}

#[test]
fn a_half_open_connection_is_told_to_one_side_alone() {
    let pair = Pair::new();
    let mut link = pair.link();
    pair.proxy.cut(Cut::CloseToServer);
    link.server.hears_the_end();
    link.client.say(b"nobody hears this");
    pair.beat(&mut pair.link());
    assert!(link.client.hears_nothing());
    assert!(pair.proxy.connections().iter().any(|info| info.id == link.id));
    pair.proxy.heal();
    link.client.hears_a_reset();

    let mut link = pair.link();
    pair.proxy.cut(Cut::CloseToClient);
    link.client.hears_the_end();
    pair.beat(&mut pair.link());
    assert!(link.server.hears_nothing());
    assert!(pair.proxy.cut_connection(link.id, Cut::Close));
    link.server.hears_the_end();
}

#[test]
fn new_connections_are_refused_and_old_ones_stay() {
    let pair = Pair::new();
    let mut old = pair.link();
    for _ in 0..20 {
        pair.proxy.refuse_connections(true);
        let refused = TcpStream::connect(pair.proxy.address()).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        pair.beat(&mut old);
        pair.proxy.refuse_connections(false);
        pair.beat(&mut pair.link());
    }
    pair.proxy.refuse_connections(true);
    pair.proxy.heal();
    pair.beat(&mut pair.link());
}

#[test]
fn new_connections_are_taken_and_never_answered_until_that_is_over() {
    let pair = Pair::new();
    let mut old = pair.link();
    pair.proxy.ignore_connections(true);
    let mut client = pair.client();
    client.say(b"hello?");
    pair.wait(|statistics| statistics.made == 2);
    pair.beat(&mut old);
    pair.listener.set_nonblocking(true).unwrap();
    assert_eq!(pair.listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    pair.listener.set_nonblocking(false).unwrap();
    assert!(client.hears_nothing());
    assert_eq!(pair.proxy.connections()[1].server, None);
    pair.proxy.ignore_connections(false);
    pair.accept().hear(b"hello?");
}

#[test]
fn an_ignored_connection_can_be_cut() {
    let pair = Pair::new();
    pair.proxy.ignore_connections(true);
    let mut client = pair.client();
    pair.wait(|statistics| statistics.made == 1);
    pair.proxy.cut(Cut::Close);
    client.hears_the_end();
    assert_eq!(pair.proxy.statistics().unreached, 0);
}

#[test]
fn faults_can_be_set_while_everything_moves() {
    let pair = Pair::new();
    let mut other = pair.link();
    let Link { id, mut client, mut server } = pair.link();
    let flood = thread::spawn(move || {
        let block = [1; 1 << 16];
        while client.0.write_all(&block).is_ok() {}
    });
    let drain = thread::spawn(move || server.rest().0.len());
    pair.wait(|statistics| statistics.to_server > 1 << 24);
    pair.proxy.to_server().of(id).hold();
    let passed = || pair.proxy.connections()[1].to_server;
    let held = passed();
    pair.beat(&mut other);
    assert_eq!(passed(), held);
    pair.proxy.to_server().of(id).clear();
    pair.wait(|statistics| statistics.to_server > held + (1 << 24));
    pair.proxy.cut(Cut::Reset);
    flood.join().unwrap();
    assert!(drain.join().unwrap() as u64 <= pair.proxy.statistics().to_server);
}
