//! `zk` by TLS, to the `secureClientPort` of Apache ZooKeeper from 3.5.5 on, which is the first that
//! reads PEM. What TLS itself checks is tested with the client.

use std::fs;
use std::path::Path;

use super::own::{Kind, Server, on_each_own};
use crate::front::{File, Issued};
use crate::zk::run;

struct Secure {
    issued: Issued,
    root: File,
}

impl Secure {
    fn new() -> Self {
        let issued = Issued::new();
        let root = File::new("root.pem", &issued.root);
        Self { issued, root }
    }
}

fn address(server: &Server) -> String {
    format!("localhost:{}", server.port)
}

impl Kind for Secure {
    fn prepare(&self, directory: &Path, port: &str) -> Vec<String> {
        let Issued { root, certificate, key } = &self.issued;
        fs::write(directory.join("server.pem"), key.serialize_pem() + &certificate.pem()).unwrap();
        fs::write(directory.join("root.pem"), root).unwrap();
        let at = directory.display();
        vec![
            format!("secureClientPort={port}\nsecureClientPortAddress=127.0.0.1"),
            // The other one, NIO, has no TLS.
            "serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory".to_owned(),
            format!("ssl.keyStore.location={at}/server.pem\nssl.keyStore.type=PEM"),
            format!("ssl.trustStore.location={at}/root.pem\nssl.trustStore.type=PEM"),
            "ssl.clientAuth=none\nadmin.enableServer=false\n4lw.commands.whitelist=*".to_owned(),
        ]
    }

    /// It shows the certificate that was made for it: so it is no other server.
    fn answers(&self, server: &Server) -> Option<bool> {
        let ran = run(&["-s", &address(server), "--tls-ca", self.root.path(), "srvr"]);
        (ran.code == Some(0)).then_some(true)
    }
}

#[test]
fn the_doctor_goes_by_tls_and_knows_a_port_that_wants_it() {
    let what = "zk doctor on a real secureClientPort";
    on_each_own(what, [3, 5, 5], Secure::new, |version, server, secure| {
        let (address, ca) = (address(server), secure.root.path());
        let ran = run(&["-s", &address, "--tls-ca", ca, "doctor"]).exits(0).quietly();
        for part in ["tls      the handshake succeeds", version, "grants a session", "all is well"]
        {
            assert!(ran.text().contains(part), "{part}: {}", ran.text());
        }
        // The port says nothing to a word without TLS, and the time is longer than a test has.
        let ran = run(&["-s", &address, "--timeout", "1h", "doctor"]).exits(1);
        assert!(ran.text().contains("speaks TLS, and was asked without"), "{version}: {ran:#?}");
        assert!(ran.text().contains("ask with --tls"), "{version}: {ran:#?}");
        // And the other way round.
        let plain = format!("localhost:{}", server.client_port);
        let ran = run(&["-s", &plain, "--timeout", "5s", "--tls-ca", ca, "doctor"]).exits(1);
        assert!(ran.text().contains("the handshake fails: "), "{version}: {ran:#?}");
    });
}
