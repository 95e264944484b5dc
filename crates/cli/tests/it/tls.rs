//! The options of TLS: what they refuse, and what `zk` says when one side speaks TLS and the other
//! does not. What TLS itself checks is tested with the client.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::thread;

use crate::front::File;
use crate::zk::run;

/// A server that reads something, answers this, and closes.
fn answering(answer: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    // It ends with the process: there is nobody to tell it earlier.
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            thread::spawn(move || {
                let mut connection = connection;
                let _ = connection.read(&mut [0; 4096]);
                let _ = connection.write_all(answer);
            });
        }
    });
    address
}

#[test]
fn files_that_do_not_do_are_refused_before_anything_is_sent() {
    let none = File::new("empty.pem", "");
    let all: [(&[&str], &str); 4] = [
        (&["--tls-ca", "/no/such.pem"], "error: cannot read /no/such.pem: "),
        (&["--tls-ca", none.path()], "has no certificate; it must be PEM"),
        (&["--tls-cert", none.path()], "has no certificate; it must be PEM"),
        (&["--tls-server-name", "a b"], "the server name \"a b\" is neither a DNS name nor an"),
    ];
    for (options, words) in all {
        // Nobody is there, which would be exit code 7.
        run(&[&["-s", "127.0.0.1:1", "get", "/a"], options].concat()).exits(2).says(words);
    }
    run(&["-s", "127.0.0.1:1", "--tls-key", none.path(), "get", "/a"])
        .exits(2)
        .says("--tls-key without --tls-cert");
}

/// An attempt may be under way when the time is over, and then there is no answer to tell of: that
/// is asked again.
#[test]
fn a_port_without_tls_is_said_to_be_none() {
    let servers = answering(b"").to_string();
    let run = || run(&["-s", &servers, "--tls", "--timeout", "500ms", "get", "/a"]).exits(7);
    (0..10)
        .map(|_| run())
        .find(|ran| !ran.stderr.contains("no answer yet"))
        .expect("an answer")
        .says("TLS: the server closed the connection instead of a handshake")
        .says("the secureClientPort is another one")
        .says("hint: --tls-ca, --tls-server-name, ");
}

/// It answers what does not begin with TLS as Netty does, by an alert or not at all.
#[test]
fn a_port_with_tls_is_said_to_be_one() {
    let servers = answering(&[0x15, 3, 3, 0, 2, 2, 40]).to_string();
    run(&["-s", &servers, "--timeout", "500ms", "get", "/a"])
        .exits(7)
        .says(&format!("hint: {servers} speaks TLS: add --tls"));
}
