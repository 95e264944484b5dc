//! Asking over connections in memory, on a paused clock.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::time::Instant;
use zookit_session::Endpoint;

use crate::admin::*;
use crate::network::{BoxFuture, Dialer, Resolver, Transport};

/// What becomes of a connection to one address.
#[derive(Debug, Clone, Copy)]
enum Server {
    /// Reads the word and answers, in pieces of this size.
    Answers(&'static str, usize),
    /// Answers, and neither closes nor says more.
    Hangs(&'static str),
    /// Never ends.
    Endless,
    /// Takes no connection.
    Refuses,
    /// Takes the time of whoever waits for it.
    Silent,
}

/// Addresses by their port.
#[derive(Debug)]
struct Servers {
    servers: Vec<(u16, Server)>,
    asked: Mutex<Vec<(u16, Vec<u8>)>>,
}

impl Servers {
    fn options(servers: &[(u16, Server)]) -> (Arc<Self>, AskOptions) {
        let this = Arc::new(Self { servers: servers.to_vec(), asked: Mutex::default() });
        let resolver: Arc<dyn Resolver> = Arc::new(Names(Arc::clone(&this)));
        let dialer: Arc<dyn Dialer> = Arc::new(Dials(Arc::clone(&this)));
        let options = AskOptions { max_answer: 1000, resolver, dialer, ..AskOptions::default() };
        (this, options)
    }
}

#[derive(Debug)]
struct Names(Arc<Servers>);

impl Resolver for Names {
    fn resolve<'a>(&'a self, _: &'a str, _: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        let address = |(port, _): &(u16, Server)| SocketAddr::from(([127, 0, 0, 1], *port));
        Box::pin(async move { Ok(self.0.servers.iter().map(address).collect()) })
    }
}

#[derive(Debug)]
struct Dials(Arc<Servers>);

impl Dialer for Dials {
    fn dial<'a>(
        &'a self,
        address: SocketAddr,
        _: &'a Endpoint,
    ) -> BoxFuture<'a, io::Result<Box<dyn Transport>>> {
        let (port, servers) = (address.port(), Arc::clone(&self.0));
        let server = servers.servers.iter().find(|(known, _)| *known == port).unwrap().1;
        Box::pin(async move {
            match server {
                Server::Refuses => return Err(io::ErrorKind::ConnectionRefused.into()),
                Server::Silent => std::future::pending().await,
                _ => {}
            }
            let (ours, theirs) = duplex(64);
            tokio::spawn(serve(theirs, port, server, servers));
            Ok(Box::new(ours) as Box<dyn Transport>)
        })
    }
}

async fn serve(mut stream: DuplexStream, port: u16, server: Server, servers: Arc<Servers>) {
    let mut word = vec![0; 4];
    stream.read_exact(&mut word).await.unwrap();
    servers.asked.lock().unwrap().push((port, word));
    match server {
        Server::Answers(text, piece) => {
            for piece in text.as_bytes().chunks(piece) {
                stream.write_all(piece).await.unwrap();
            }
        }
        Server::Hangs(text) => {
            stream.write_all(text.as_bytes()).await.unwrap();
            std::future::pending::<()>().await;
        }
        // Until nobody reads any more.
        _ => while stream.write_all(b"more ").await.is_ok() {},
    }
}

async fn ask_one(server: Server) -> Result<Access, AdminError> {
    let (_servers, options) = Servers::options(&[(1, server)]);
    isro(&Endpoint::new("zk1", 2181), &options).await
}

#[tokio::test(start_paused = true)]
async fn the_word_goes_out_and_the_answer_comes_in_pieces() {
    let (servers, options) = Servers::options(&[(7, Server::Answers("ro", 1))]);
    let server = Endpoint::new("zk1", 2181);
    assert_eq!(isro(&server, &options).await.unwrap(), Access::ReadOnly);
    assert_eq!(*servers.asked.lock().unwrap(), [(7, b"isro".to_vec())]);
}

#[tokio::test(start_paused = true)]
async fn each_trouble_has_its_name() {
    use AdminErrorKind as K;
    type Is = fn(&K) -> bool;
    let kinds: [(Server, Is, &str); 8] = [
        (Server::Refuses, |kind| matches!(kind, K::Connect { .. }), "no connection to 127.0.0.1:1"),
        (Server::Silent, |kind| matches!(kind, K::Connect { .. } | K::TimedOut { .. }), ""),
        (Server::Answers("", 1), |kind| matches!(kind, K::NoAnswer), "without an answer"),
        (
            Server::Answers("isro is not executed because it is not in the whitelist.\n", 9),
            |kind| matches!(kind, K::NotWhitelisted),
            "isro of zk1:2181: it is not in the server's 4lw.commands.whitelist",
        ),
        (Server::Answers("null", 4), |kind| matches!(kind, K::NotServing), "not serving"),
        (Server::Endless, |kind| matches!(kind, K::TooLarge { limit: 1000 }), "over 1000 bytes"),
        (
            Server::Hangs("rw"),
            |kind| matches!(kind, K::TimedOut { received: 2, .. }),
            "no end of the answer within 5s, behind 2 bytes",
        ),
        (
            Server::Answers("HTTP/1.1 400 Bad Request\r\n\r\n", 100),
            |kind| matches!(kind, K::Unexpected { .. }),
            "a web server answered",
        ),
    ];
    for (server, is_expected, message) in kinds {
        let begun = Instant::now();
        let error = ask_one(server).await.unwrap_err();
        assert!(is_expected(error.kind()), "{server:?}: {error:?}");
        assert!(error.to_string().contains(message), "{error}");
        assert!(begun.elapsed() <= Duration::from_secs(5), "{server:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_address_of_a_name_does_not_hide_the_next() {
    let others = [(1, Server::Silent), (2, Server::Refuses), (3, Server::Answers("rw", 2))];
    let (_servers, options) = Servers::options(&others);
    let answer = isro(&Endpoint::new("zk", 2181), &options).await;
    assert_eq!(answer.unwrap(), Access::ReadWrite);
}

#[tokio::test(start_paused = true)]
async fn a_name_without_addresses_is_unreachable() {
    let (_servers, options) = Servers::options(&[]);
    let error = ruok(&Endpoint::new("zk", 2181), &options).await.unwrap_err();
    assert!(matches!(error.kind(), AdminErrorKind::Resolve(_)));
    assert!(error.is_unreachable());
}

/// They can be spawned, on any runtime.
#[test]
fn questions_are_send() {
    fn is_send(_: impl Send) {}
    let (server, options) = (Endpoint::new("zk", 2181), AskOptions::default());
    is_send(text(&server, FourLetterWord::Ruok, &options));
    is_send(mntr(&server, &options));
}
