//! Other sides that speak no TLS, or one from long ago.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use zookit_client::tls::{TlsError, TlsFailure, speaks_tls};
use zookit_client::{ConnectOptions, Endpoint};

use crate::issue::{HOST, root, server};
use crate::server::{Shows, dial, raw, says, tls_error, trusting};

/// A server that reads something and answers this, then closes.
async fn answering(answer: &'static [u8]) -> SocketAddr {
    raw(move |mut stream: TcpStream| async move {
        let mut hello = [0; 4096];
        let _ = stream.read(&mut hello).await?;
        stream.write_all(answer).await
    })
    .await
}

async fn refusal(address: SocketAddr) -> TlsError {
    tls_error(dial(address, &trusting(&root("root"))).await)
}

#[tokio::test]
async fn one_that_closes_as_a_client_port_does() {
    for address in [answering(b"").await, raw(|_| async { Ok(()) }).await] {
        let error = refusal(address).await;
        assert_eq!(error.failure(), &TlsFailure::ClosedInHandshake);
        let what = "closed the connection instead of a handshake";
        says(&error, what, "a clientPort does that, and the secureClientPort is another one");
    }
}

#[tokio::test]
async fn one_that_answers_something_else() {
    let reply: &[u8] = &[0, 0, 0, 37, 0, 0, 0, 0];
    for answer in [b"HTTP/1.1 400 Bad Request\r\n\r\n", reply, b"imok\n"] {
        let error = refusal(answering(answer).await).await;
        assert_eq!(error.failure(), &TlsFailure::NotTls, "{answer:?}");
        says(&error, "does not speak TLS", "is it the server's clientPort?");
    }
}

#[tokio::test]
async fn one_of_tls_1_1_says_so_by_an_alert() {
    let error = refusal(answering(&[0x15, 3, 2, 0, 2, 2, 70]).await).await;
    assert_eq!(error.failure(), &TlsFailure::NoCommonVersion);
    says(&error, "no version of TLS that is wanted here", "ssl.enabledProtocols");
}

#[tokio::test]
async fn one_of_tls_1_1_that_goes_on_with_it() {
    const HELLO: &[u8] = &{
        let mut hello = [7; 47];
        // A handshake record of TLS 1.1, in it a ServerHello of TLS 1.1 with a random of sevens, no
        // session, TLS_RSA_WITH_AES_128_CBC_SHA, no compression.
        let head = [0x16, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2];
        let tail = [0, 0, 0x2f, 0];
        let mut at = 0;
        while at < head.len() {
            hello[at] = head[at];
            at += 1;
        }
        at = 0;
        while at < tail.len() {
            hello[43 + at] = tail[at];
            at += 1;
        }
        hello
    };
    let error = refusal(answering(HELLO).await).await;
    assert_eq!(error.failure(), &TlsFailure::NoCommonVersion);
    says(&error, "no version of TLS that is wanted here", "ssl.enabledProtocols");
}

#[tokio::test]
async fn one_that_ends_it_by_another_alert() {
    let error = refusal(answering(&[0x15, 3, 3, 0, 2, 2, 40]).await).await;
    assert_eq!(error.failure(), &TlsFailure::Alert("HandshakeFailure".into()));
    says(&error, "the server ended the handshake (alert HandshakeFailure)", "its log says why");
}

#[tokio::test]
async fn a_host_that_can_be_no_name() {
    let address = answering(b"").await;
    let tls = trusting(&root("root"));
    let dialer = ConnectOptions::default().with_tls(&tls).unwrap().dialer;
    let server = Endpoint::new("fe80::1%eth0", address.port());
    let error = tls_error(dialer.dial(address, &server).await);
    assert_eq!(error.failure(), &TlsFailure::UnusableName);
    says(&error, r#""fe80::1%eth0" can be no name in a certificate"#, "set a server name for it");
}

#[tokio::test]
async fn who_speaks_tls_is_told_from_who_does_not() {
    let root = root("root");
    let pair = root.issue(server(&[HOST]));
    let plain = Shows::chain(&[&pair]).start().await;
    let demanding = Shows::chain(&[&pair]).demanding(&root).start().await;
    let alert = answering(&[0x15, 3, 3, 0, 2, 2, 40]).await;
    for address in [plain, demanding, alert] {
        assert!(speaks_tls(address).await.unwrap());
    }
    for address in [answering(b"").await, answering(b"HTTP/1.1 400\r\n").await] {
        assert!(!speaks_tls(address).await.unwrap());
    }
}
