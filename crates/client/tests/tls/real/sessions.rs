//! Sessions by TLS: what a client does all day, over a restart, with and without certificates.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;
use zookit_client::tls::{TlsDialer, TlsFailure, TlsOptions, speaks_tls};
use zookit_client::{
    Acl, Client, ConnectOptions, CreateMode, CreateOptions, Dialer as _, Endpoint, EventType,
    Perms, State, Transport, Version,
};

use super::on_each_server;
use super::zookeeper::{Settings, Zookeeper};
use crate::issue::root;
use crate::server::{PATIENCE, says, tls_error};

const MUTUAL: Settings = Settings { client_auth: "need" };
const ONE_WAY: Settings = Settings { client_auth: "none" };

#[test]
fn a_session_with_a_client_certificate_works_and_has_its_acl() {
    on_each_server(MUTUAL, |server| async move {
        let amy = server.connect(&server.showing("amy")).await;
        let acl = vec![Acl::x509(Perms::ALL, "CN=amy")];
        let options = CreateOptions { acl, ..CreateMode::Persistent.into() };
        amy.create("/hers", "secret", options).await.unwrap();
        assert_eq!(amy.get_data("/hers").await.unwrap().data.as_deref(), Some(&b"secret"[..]));

        let bob = server.connect(&server.showing("bob")).await;
        assert!(bob.get_data("/hers").await.unwrap_err().is_no_auth());
        bob.close().await.unwrap();

        // More than one record of TLS, and more than its buffer, at once.
        let large = vec![7; 1_000_000];
        let set = [0; 3].map(|_| amy.set_data("/hers", large.clone(), Version::Any));
        for set in set {
            set.await.unwrap();
        }
        assert_eq!(amy.get_data("/hers").await.unwrap().data.as_deref(), Some(&large[..]));
        amy.close().await.unwrap();
    });
}

#[test]
fn a_session_its_ephemerals_and_watches_outlive_a_restart_of_the_server() {
    on_each_server(ONE_WAY, |mut server| async move {
        let client = server.connect(&server.trusting()).await;
        let session = client.session_id();
        client.create("/e", "0", CreateMode::Ephemeral).await.unwrap();
        let (_, changed) = client.get_data_and_watch("/e").await.unwrap();
        let mut states = client.states();
        server.restart().await;
        assert_eq!(states.next().await.unwrap().change.state, State::Suspended);
        let change = states.next().await.unwrap().change;
        assert_eq!((change.state, change.session), (State::Connected, session));
        let stat = client.exists("/e").await.unwrap().unwrap();
        assert_eq!(stat.ephemeral_owner, session);
        client.set_data("/e", "1", Version::Any).await.unwrap();
        assert_eq!(changed.await.unwrap().event_type, EventType::NodeDataChanged);
        client.close().await.unwrap();
    });
}

/// Dials, and asks for `srvr`, so that also what TLS 1.3 says late has been said.
async fn srvr(server: &Zookeeper, tls: &TlsOptions) -> io::Result<String> {
    let dialer = TlsDialer::new(tls).unwrap();
    let name = Endpoint::new("localhost", server.secure.port());
    let ask = async {
        let mut transport: Box<dyn Transport> = dialer.dial(server.secure, &name).await?;
        transport.write_all(b"srvr").await?;
        transport.flush().await?;
        let mut answer = String::new();
        transport.read_to_string(&mut answer).await?;
        Ok(answer)
    };
    timeout(PATIENCE, ask).await.expect("an answer or an end")
}

#[test]
fn a_server_that_demands_a_certificate_says_what_is_wrong_with_it() {
    on_each_server(MUTUAL, |server| async move {
        let answer = srvr(&server, &server.showing("amy")).await.unwrap();
        assert!(answer.contains("Mode: standalone"), "{answer}");

        let none = tls_error(srvr(&server, &server.trusting()).await);
        assert_eq!(none.failure(), &TlsFailure::ClientCertificateRequired);
        let stranger = server.showing_of(&root("somebody"), "amy");
        let refused = tls_error(srvr(&server, &stranger).await);
        let is_refused = matches!(refused.failure(), TlsFailure::ClientCertificateRefused(_));
        assert!(is_refused, "{refused:?}");
        says(&refused, "does not accept this client's certificate", "ssl.trustStore");
    });
}

/// Connects until the error says this: an attempt may be under way when the time is over, and then
/// the newest answer is none.
async fn fails_with(address: SocketAddr, tls: Option<&TlsOptions>, words: &str) {
    let told = async {
        loop {
            let mut options = ConnectOptions::default();
            if let Some(tls) = tls {
                options = options.with_tls(tls).unwrap();
            }
            options.connect_timeout = Duration::from_millis(500);
            let error = Client::connect_with(address.to_string(), options).await.unwrap_err();
            if error.to_string().contains(&format!("tried {address}: {words}")) {
                return;
            }
        }
    };
    timeout(PATIENCE, told).await.expect(words);
}

#[test]
fn the_wrong_port_is_said_to_be_the_wrong_port() {
    on_each_server(ONE_WAY, |server| async move {
        let words = "TLS: the server closed the connection instead of a handshake; a clientPort \
                     does that, and the secureClientPort is another one";
        fails_with(server.plain, Some(&server.trusting()), words).await;
        assert!(!speaks_tls(server.plain).await.unwrap());

        fails_with(server.secure, None, "took the connection and closed it").await;
        assert!(speaks_tls(server.secure).await.unwrap());
    });
}
