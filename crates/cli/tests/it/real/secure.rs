//! `zk` by TLS, to the `secureClientPort` of Apache ZooKeeper from 3.5.5 on, which is the first that
//! reads PEM. What TLS itself checks is tested with the client.

use zookit_ensemble::config::TlsConfig;
use zookit_ensemble::{ServerConfig, Version};

use super::own::on_each_own;
use crate::front::{File, Issued};
use crate::zk::run;

#[test]
fn the_doctor_goes_by_tls_and_knows_a_port_that_wants_it() {
    let what = "zk doctor on a real secureClientPort";
    let issued = Issued::new();
    let ca = File::new("root.pem", &issued.root);
    let own = issued.key.serialize_pem() + &issued.certificate.pem();
    let own = File::new("server.pem", &own);
    let pem = Some("PEM".to_owned());
    let tls = TlsConfig {
        key_store: Some(own.path().into()),
        key_store_type: pem.clone(),
        trust_store: Some(ca.path().into()),
        trust_store_type: pem,
        client_auth: Some("none".to_owned()),
        ..TlsConfig::default()
    };
    let change = move |config: &mut ServerConfig| config.tls = tls.clone();
    on_each_own(what, Version::new(3, 5, 5), change, |version, server| {
        let secure = format!("localhost:{}", server.secure_address().unwrap().port());
        let ran = run(&["-s", &secure, "--tls-ca", ca.path(), "doctor"]).exits(0).quietly();
        for part in ["tls      the handshake succeeds", version, "grants a session", "all is well"]
        {
            assert!(ran.text().contains(part), "{part}: {}", ran.text());
        }
        // The port says nothing to a word without TLS, and the time is longer than a test has.
        let ran = run(&["-s", &secure, "--timeout", "1h", "doctor"]).exits(1);
        assert!(ran.text().contains("speaks TLS, and was asked without"), "{version}: {ran:#?}");
        assert!(ran.text().contains("ask with --tls"), "{version}: {ran:#?}");
        // And the other way round.
        let plain = format!("localhost:{}", server.address().port());
        let ran = run(&["-s", &plain, "--timeout", "5s", "--tls-ca", ca.path(), "doctor"]).exits(1);
        assert!(ran.text().contains("the handshake fails: "), "{version}: {ran:#?}");
    });
}
