//! Servers that show what they are told to, and a client's way to them.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{
    ClientHello, ResolvesServerCert, ServerConfig, WebPkiClientVerifier,
};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{RootCertStore, SupportedProtocolVersion};
use zookit_client::tls::{Pem, Roots, TlsDialer, TlsError, TlsOptions};
use zookit_client::{Dialer as _, Endpoint, Transport};

use crate::guard::Guard;
use crate::issue::{HOST, Pair};

/// Ten times what a handshake takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// What a server speaks.
pub(crate) type Versions = &'static [&'static SupportedProtocolVersion];

pub(crate) const USUAL: Versions = &[&TLS13, &TLS12];
pub(crate) const ONLY_12: Versions = &[&TLS12];
pub(crate) const ONLY_13: Versions = &[&TLS13];

/// What a server shows and demands.
pub(crate) struct Shows<'a> {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: PrivateKeyDer<'static>,
    /// Whose certificates clients must show; `None` asks for nothing.
    pub(crate) demands: Option<&'a Pair>,
    pub(crate) versions: Versions,
}

impl<'a> Shows<'a> {
    /// The chain of these, the first of which is the server's own.
    pub(crate) fn chain(pairs: &[&Pair]) -> Self {
        let chain = pairs.iter().map(|pair| pair.der()).collect();
        Self { chain, key: pairs[0].key_der(), demands: None, versions: USUAL }
    }

    pub(crate) fn demanding(mut self, root: &'a Pair) -> Self {
        self.demands = Some(root);
        self
    }

    pub(crate) fn only(mut self, versions: Versions) -> Self {
        self.versions = versions;
        self
    }

    /// Starts a server that sends back what it receives.
    pub(crate) async fn start(self) -> SocketAddr {
        let acceptor = TlsAcceptor::from(self.configuration());
        raw(move |stream| send_back(acceptor.clone(), stream)).await
    }

    pub(crate) fn configuration(self) -> Arc<ServerConfig> {
        let provider = Arc::new(ring::default_provider());
        let key = provider.key_provider.load_private_key(self.key).unwrap();
        let shown = Shown(Arc::new(CertifiedKey::new(self.chain, key)));
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(self.versions)
            .unwrap();
        let builder = match self.demands {
            None => builder.with_no_client_auth(),
            Some(root) => {
                let roots = Arc::new(store(root));
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider);
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        Arc::new(builder.with_cert_resolver(Arc::new(shown)))
    }
}

async fn send_back(acceptor: TlsAcceptor, stream: TcpStream) -> io::Result<()> {
    let mut stream = acceptor.accept(stream).await?;
    let mut buffer = [0; 1024];
    loop {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..count]).await?;
        stream.flush().await?;
    }
}

/// A server of any kind, until the test ends. How a connection ends there is for the client to tell.
pub(crate) async fn raw<S, F>(serve: S) -> SocketAddr
where
    S: Fn(TcpStream) -> F + Send + 'static,
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let guard = Guard::new();
    tokio::spawn(async move {
        let _guard = guard;
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(serve(stream));
        }
    });
    address
}

/// Whatever rustls itself would not show.
#[derive(Debug)]
struct Shown(Arc<CertifiedKey>);

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

fn store(root: &Pair) -> RootCertStore {
    let mut store = RootCertStore::empty();
    store.add(root.der()).unwrap();
    store
}

/// The options of a client that trusts this root and nothing else.
pub(crate) fn trusting(root: &Pair) -> TlsOptions {
    TlsOptions { roots: Roots::pem(Pem::bytes(root.pem())), ..TlsOptions::default() }
}

/// Dials by the usual host name.
pub(crate) async fn dial(
    address: SocketAddr,
    options: &TlsOptions,
) -> io::Result<Box<dyn Transport>> {
    dial_as(HOST, address, options).await
}

/// Dials an address as if `host` stood in the connect string.
pub(crate) async fn dial_as(
    host: &str,
    address: SocketAddr,
    options: &TlsOptions,
) -> io::Result<Box<dyn Transport>> {
    let dialer = TlsDialer::new(options).unwrap();
    let server = Endpoint::new(host, address.port());
    timeout(PATIENCE, dialer.dial(address, &server)).await.expect("the handshake ends")
}

/// Sends a few bytes and reads them back.
pub(crate) async fn echo(transport: &mut Box<dyn Transport>) -> io::Result<()> {
    let talk = async {
        transport.write_all(b"ruok").await?;
        transport.flush().await?;
        let mut answer = [0; 4];
        transport.read_exact(&mut answer).await?;
        assert_eq!(&answer, b"ruok");
        Ok(())
    };
    timeout(PATIENCE, talk).await.expect("the echo comes")
}

/// Reads until the other side has ended it, properly.
pub(crate) async fn read_to_end<T: AsyncRead + Unpin>(transport: &mut T) -> io::Result<()> {
    let mut rest = Vec::new();
    transport.read_to_end(&mut rest).await.map(|_| ())
}

/// What a connection that must not come about ends with.
#[track_caller]
pub(crate) fn tls_error<T>(result: io::Result<T>) -> TlsError {
    let Err(error) = result else { panic!("it was accepted") };
    TlsError::of(&error).unwrap_or_else(|| panic!("no error of TLS: {error:?}")).clone()
}

/// Asserts that the error says `what`, and behind a semicolon what to do.
#[track_caller]
pub(crate) fn says(error: &TlsError, what: &str, to_do: &str) {
    let text = error.to_string();
    assert!(text.starts_with("TLS: "), "{text}");
    let (before, behind) = text.split_once("; ").unwrap_or_else(|| panic!("no advice: {text}"));
    assert!(before.contains(what), "no {what:?} in {text:?}");
    assert!(behind.contains(to_do), "no {to_do:?} in {text:?}");
}
