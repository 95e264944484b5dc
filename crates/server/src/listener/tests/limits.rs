//! What the network may take, and that those within the limits are served.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use super::{GUARD, Raw, create, exists, framed, header, string};
use crate::testing::Server;

#[test]
fn connections_above_the_limit_are_closed_without_a_byte() {
    let server = Server::builder().limits(|limits| limits.connections = 2).start().unwrap();
    let (first, ..) = Raw::session(server.address(), 10_000);
    let _second = Raw::session(server.address(), 10_000);
    assert_eq!(Raw::connect(server.address()).receive(), None);
    drop(first);
    assert!(server.wait(GUARD, |machine| machine.connections().len() == 1));
    Raw::session(server.address(), 10_000);
}

#[test]
fn connections_above_the_limit_of_their_address_are_closed_too() {
    let server =
        Server::builder().config(|config| config.max_client_connections = 1).start().unwrap();
    let _first = Raw::session(server.address(), 10_000);
    assert_eq!(Raw::connect(server.address()).receive(), None);
}

#[test]
fn a_connection_that_sends_nothing_is_closed_in_time() {
    let server = Server::builder()
        .config(|config| config.handshake_timeout = Duration::from_millis(20))
        .start()
        .unwrap();
    let mut silent = Raw::connect(server.address());
    let mut slow = Raw::connect(server.address());
    slow.0.write_all(&[0, 0, 0]).unwrap();
    assert_eq!((silent.receive(), slow.receive()), (None, None));
}

#[test]
fn clients_without_end_leave_a_good_one_served() {
    let server = Server::start();
    let hostile: Vec<Raw> = (0..400_usize)
        .map(|number| {
            let mut raw = Raw::connect(server.address());
            let begun: [&[u8]; 4] = [b"", &[0], &[0, 0, 0, 45, 0], &[0, 0x0f, 0xff, 0xff]];
            raw.0.write_all(begun[number % 4]).unwrap();
            raw
        })
        .collect();
    let (mut good, ..) = Raw::session(server.address(), 10_000);
    good.send(&create(1, "/a", b"x", 0));
    assert_eq!(good.code(), Some(0));
    assert_eq!(server.connections().len(), hostile.len() + 1);
}

#[test]
fn a_length_that_cannot_be_closes_the_connection() {
    let server = Server::start();
    for length in [[0x7f, 0xff, 0xff, 0xff], [0xff; 4], [0x00, 0x10, 0x00, 0x01]] {
        let mut raw = Raw::connect(server.address());
        raw.0.write_all(&length).unwrap();
        assert_eq!(raw.receive(), None);
    }
}

#[test]
fn requests_that_do_not_come_whole_have_a_limit_together() {
    let server =
        Server::builder().limits(|limits| limits.incomplete_bytes = 300_000).start().unwrap();
    let (mut first, ..) = Raw::session(server.address(), 60_000);
    let (mut second, ..) = Raw::session(server.address(), 60_000);
    let large = framed(&create(1, "/a", &[b'x'; 400_000], 0));
    first.0.write_all(&large[..200_000]).unwrap();
    // The system may refuse the rest of it once the connection is closed.
    let _ = second.0.write_all(&large[..200_000]);
    assert!(server.wait(GUARD, |machine| machine.connections().len() == 1));
    // One of the two is left, and what the other took is given back.
    let (mut third, ..) = Raw::session(server.address(), 60_000);
    third.send(&create(1, "/b", &[b'x'; 90_000], 0));
    assert_eq!(third.code(), Some(0));
}

/// Two that ask for twenty megabytes each and take nothing: more than the system holds back, and
/// of what the machine holds back there is room for one of them.
#[test]
fn what_clients_do_not_take_has_a_limit_together() {
    let server = Server::builder().limits(|limits| limits.unsent_bytes = 1_500_000).start();
    let server = server.unwrap();
    let (mut good, ..) = Raw::session(server.address(), 60_000);
    good.send(&create(1, "/a", &[b'x'; 100_000], 0));
    assert_eq!(good.code(), Some(0));
    let mut greedy: Vec<Raw> = (0..2).map(|_| Raw::session(server.address(), 60_000).0).collect();
    for raw in &mut greedy {
        for xid in 0..200 {
            // The system may refuse the rest once the connection is closed.
            let _ = raw.0.write_all(&framed(&[header(xid, 4), string("/a"), vec![0]].concat()));
        }
    }
    assert!(server.wait(GUARD, |machine| machine.connections().len() == 2));
    assert!(server.look(|machine| machine.unsent_bytes() <= 1_500_000));
    good.send(&exists(2, "/a"));
    assert_eq!(good.code(), Some(0), "who takes what it is sent is served");
    // One of them has all of its replies when it takes them, the other not.
    let ends: Vec<bool> = greedy.iter_mut().map(|raw| takes(raw, 200)).collect();
    assert_eq!(ends.iter().filter(|whole| **whole).count(), 1, "{ends:?}");
}

/// Whether so many replies come.
fn takes(raw: &mut Raw, replies: usize) -> bool {
    let mut length = [0; 4];
    (0..replies).all(|_| {
        raw.0.read_exact(&mut length).is_ok() && {
            let mut body = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap()];
            raw.0.read_exact(&mut body).is_ok()
        }
    })
}

#[test]
fn connections_that_are_refused_are_counted() {
    let server = Server::builder().limits(|limits| limits.connections = 1).start().unwrap();
    let held = Raw::session(server.address(), 10_000);
    assert_eq!(Raw::connect(server.address()).receive(), None);
    drop(held);
    // Until the one that was held is gone, these are refused as well.
    let metrics = loop {
        let mut raw = Raw::connect(server.address());
        let mut answer = String::new();
        let asked = raw.0.write_all(b"mntr").and_then(|()| raw.0.read_to_string(&mut answer));
        if asked.is_ok() && !answer.is_empty() {
            break answer;
        }
    };
    let mut rejected = metrics.lines().filter_map(|line| line.strip_prefix("zk_connection_reje"));
    assert_ne!(rejected.next(), Some("cted\t0"));
}
