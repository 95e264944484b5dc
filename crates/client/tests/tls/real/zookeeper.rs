//! A standalone server with a port with TLS and one without; it ends with its value.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use zookit_client::tls::{ClientCertificate, Pem, Roots, TlsOptions};
use zookit_client::{Client, ConnectOptions};
use zookit_ensemble::config::{ServerConfig, TlsConfig};
use zookit_ensemble::{Release, Server};

use crate::issue::{Pair, client, root, server};

/// A server that was started again is reached after about two seconds on an idle machine.
const CONNECT_LIMIT: Duration = Duration::from_secs(90);

/// How a server differs from others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    /// `ssl.clientAuth`: `need` or `none`.
    pub(crate) client_auth: &'static str,
}

/// Who issues what around one server.
pub(crate) struct Authorities {
    root: Pair,
    server: Pair,
    clients: Pair,
}

impl Authorities {
    pub(crate) fn new() -> Self {
        let root = root("root of servers");
        let server = root.issue(server(&["localhost", "127.0.0.1"]));
        Self { root, server, clients: crate::issue::root("root of clients") }
    }
}

/// A server that runs.
pub(crate) struct Zookeeper {
    pub(crate) secure: SocketAddr,
    pub(crate) plain: SocketAddr,
    pub(crate) authorities: Authorities,
    server: Server,
    /// What it shows and trusts; it is read again at each start.
    _stores: Stores,
}

impl Zookeeper {
    pub(crate) async fn start(
        release: &Release,
        settings: Settings,
        authorities: Authorities,
    ) -> Self {
        let stores = Stores::of(&authorities);
        let tls = stores.config(settings);
        let change = move |config: &mut ServerConfig| config.tls = tls.clone();
        let server = Server::builder().release(release).config(change).start().await;
        let server = server.unwrap_or_else(|error| panic!("{error}"));
        let (secure, plain) = (server.secure_address().unwrap(), server.address());
        Self { secure, plain, authorities, server, _stores: stores }
    }

    /// Ends the server as a crash would, and starts it again on its data.
    pub(crate) async fn restart(&mut self) {
        self.server.kill().await.unwrap();
        self.server.start().await.unwrap();
    }

    /// Trusts the server, and shows nothing.
    pub(crate) fn trusting(&self) -> TlsOptions {
        let roots = Roots::pem(Pem::bytes(self.authorities.root.pem()));
        TlsOptions { roots, ..TlsOptions::default() }
    }

    /// Shows a certificate, of this common name, that the server trusts.
    pub(crate) fn showing(&self, name: &str) -> TlsOptions {
        self.showing_of(&self.authorities.clients, name)
    }

    /// Shows one of this issuer.
    pub(crate) fn showing_of(&self, issuer: &Pair, name: &str) -> TlsOptions {
        let pair = issuer.issue(client(name));
        let chain = Pem::bytes(pair.pem());
        let key = Pem::bytes(pair.key_pem());
        let client_certificate = Some(ClientCertificate { chain, key });
        TlsOptions { client_certificate, ..self.trusting() }
    }

    pub(crate) async fn connect(&self, tls: &TlsOptions) -> Client {
        let options = ConnectOptions {
            connect_timeout: CONNECT_LIMIT,
            ..ConnectOptions::default().with_tls(tls).unwrap()
        };
        let connected = Client::connect_with(self.secure.to_string(), options).await;
        connected.unwrap_or_else(|error| panic!("{error}\n{}", self.server.log()))
    }
}

/// The files that a server reads, in a directory that goes with this value.
struct Stores(PathBuf);

impl Stores {
    fn of(authorities: &Authorities) -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("zookeeper-tls-{}-{number}", std::process::id());
        let this = Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name));
        fs::create_dir_all(&this.0).unwrap();
        let Authorities { server, clients, .. } = authorities;
        fs::write(this.0.join("server.pem"), server.key_pem() + &server.pem()).unwrap();
        fs::write(this.0.join("clients.pem"), clients.pem()).unwrap();
        this
    }

    fn config(&self, settings: Settings) -> TlsConfig {
        let pem = Some("PEM".to_owned());
        TlsConfig {
            key_store: Some(self.0.join("server.pem")),
            key_store_type: pem.clone(),
            trust_store: Some(self.0.join("clients.pem")),
            trust_store_type: pem,
            client_auth: Some(settings.client_auth.to_owned()),
            ..TlsConfig::default()
        }
    }
}

impl Drop for Stores {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
