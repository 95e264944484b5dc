//! No session of TLS is resumed: each connection looks at the certificates again.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, HandshakeKind, RootCertStore};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::issue::{HOST, Pair, root, server};
use crate::server::{ONLY_12, ONLY_13, PATIENCE, Shows, Versions, dial, read_to_end, trusting};

/// What the second of two connections to one server is, as the server sees it.
async fn second<C, F>(pair: &Pair, versions: Versions, connect: C) -> Option<HandshakeKind>
where
    C: Fn(SocketAddr) -> F + Send + 'static,
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let acceptor = TlsAcceptor::from(Shows::chain(&[pair]).only(versions).configuration());
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let client = tokio::spawn(async move {
        connect(address).await.unwrap();
        connect(address).await.unwrap();
    });
    let mut kind = None;
    for _ in 0..2 {
        let serve = async {
            let (stream, _) = listener.accept().await?;
            let mut stream = acceptor.accept(stream).await?;
            kind = stream.get_ref().1.handshake_kind();
            // The client reads to here, and so what comes before it: the ticket.
            stream.shutdown().await
        };
        timeout(PATIENCE, serve).await.expect("it connects").unwrap();
    }
    client.await.unwrap();
    kind
}

#[tokio::test]
async fn no_session_is_resumed() {
    let root = root("root");
    let pair = root.issue(server(&[HOST]));
    for versions in [ONLY_12, ONLY_13] {
        let options = trusting(&root);
        let connect = move |address| {
            let options = options.clone();
            async move { read_to_end(&mut dial(address, &options).await?).await }
        };
        assert_eq!(second(&pair, versions, connect).await, Some(HandshakeKind::Full));
    }
}

/// The control: the same server resumes the sessions of a client that wants it.
#[tokio::test]
async fn a_client_that_wants_it_would_get_it() {
    let root = root("root");
    let pair = root.issue(server(&[HOST]));
    let mut roots = RootCertStore::empty();
    roots.add(root.der()).unwrap();
    let configuration = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(configuration));
    for versions in [ONLY_12, ONLY_13] {
        let connector = connector.clone();
        let connect = move |address| {
            let connector = connector.clone();
            async move {
                let stream = TcpStream::connect::<SocketAddr>(address).await?;
                read_to_end(&mut connector.connect(HOST.try_into().unwrap(), stream).await?).await
            }
        };
        assert_eq!(second(&pair, versions, connect).await, Some(HandshakeKind::Resumed));
    }
}
