//! Servers that are not there, or are no servers: exit code 7, in bounded time, with the addresses.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
#[cfg(unix)]
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::nobody::Nobody;
#[cfg(unix)]
use crate::running::Running;
use crate::zk::run;
#[cfg(unix)]
use crate::zk::{GUARD, command};

/// `--timeout 500ms`, and as much again for the machine, tenfold.
const BOUND: Duration = Duration::from_secs(10);

fn fails_with_connection(servers: &str) -> crate::zk::Ran {
    let start = Instant::now();
    let ran = run(&["-s", servers, "--timeout", "500ms", "get", "/a"]).exits(7).says("error: ");
    assert!(start.elapsed() < BOUND, "took {:?}", start.elapsed());
    assert!(ran.stdout.is_empty());
    ran
}

fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

#[test]
fn addresses_where_nobody_listens_are_each_named() {
    let nobody = [Nobody::listens(), Nobody::listens()];
    let addresses = [nobody[0].address, nobody[1].address];
    let ran = fails_with_connection(&format!("{},{}", addresses[0], addresses[1]));
    for address in addresses {
        assert!(ran.stderr.contains(&address.to_string()), "{ran:#?}");
    }
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    let (_listener, address) = listener();
    fails_with_connection(&address.to_string()).says(&address.to_string());
}

#[test]
fn a_server_that_closes_or_talks_something_else_is_given_up() {
    for answer in [&b""[..], b"HTTP/1.1 400 Bad Request\r\n\r\n", &[0xff; 64], &[0; 4]] {
        let (listener, address) = listener();
        // It ends with the process: there is nobody to tell it earlier.
        thread::spawn(move || {
            for connection in listener.incoming() {
                let _ = connection.and_then(|mut connection| connection.write_all(answer));
            }
        });
        fails_with_connection(&address.to_string()).says(&address.to_string());
    }
}

#[test]
fn a_name_that_does_not_resolve_is_named() {
    fails_with_connection("zk.invalid:2181").says("zk.invalid");
}

#[test]
fn every_verb_fails_alike() {
    let nobody = Nobody::listens();
    let servers = nobody.address.to_string();
    let verbs: &[&[&str]] = &[
        &["set", "/a", "x"],
        &["create", "/a", "x"],
        &["create", "/a", "--ephemeral"],
        &["rm", "/a"],
        &["rm", "-r", "/a"],
        &["ls", "/a"],
        &["ls", "-r", "/a"],
        &["stat", "/a"],
        &["exists", "/a"],
        &["watch", "/a"],
        &["stat"],
        &["ruok"],
        &["mntr"],
    ];
    for verb in verbs {
        let all = [&["-s", &servers, "--timeout", "200ms", "-o", "json"], *verb].concat();
        let ran = run(&all).exits(7).says("error: ").says(&servers);
        assert!(ran.stdout.is_empty(), "{ran:#?}");
    }
}

/// Signals are caught before the first connection is made, so one that was accepted is the sign.
#[cfg(unix)]
#[test]
fn an_interrupt_ends_the_wait_for_a_server_at_once() {
    for verb in [&["get", "/a"][..], &["create", "/a", "--ephemeral"], &["watch", "/a"]] {
        let (listener, address) = listener();
        let servers = address.to_string();
        let arguments = [&["-s", &servers, "--timeout", "1h"], verb].concat();
        let waiting = Running::start(&mut command(&arguments));
        let (accepted, connection) = mpsc::channel();
        thread::spawn(move || accepted.send(listener.accept()));
        let _connection = connection.recv_timeout(GUARD).expect("zk connects").unwrap();
        waiting.signal("INT");
        assert_eq!(waiting.end(), (Some(130), vec![]));
    }
}
