//! Asking a server about itself, over real sockets: as a program without a runtime does, and where
//! there is one.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use zookit_client::admin::{Access, AdminErrorKind, AskOptions, FourLetterWord, ServerStats};
use zookit_client::blocking::{Client, admin};
use zookit_client::{BoxFuture, ConnectOptions, Dialer, Endpoint, Transport};

/// A server that answers each connection like this, behind a question of at least four bytes.
fn server(answer: &'static str) -> Endpoint {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = Endpoint::new("127.0.0.1", listener.local_addr().unwrap().port());
    thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            let mut question = [0; 1000];
            let _ = connection.read(&mut question);
            let _ = connection.write_all(answer.as_bytes());
        }
    });
    endpoint
}

const SRVR: &str = "Zookeeper version: 3.9.5-0, built on 2026-02-11 20:18 UTC\n\
    Latency min/avg/max: 0/0.0/0\nReceived: 1\nSent: 0\nConnections: 1\nOutstanding: 0\n\
    Zxid: 0x7\nMode: standalone\nNode count: 5\n";

#[test]
fn a_word_is_answered_without_a_runtime_and_on_one() {
    let (endpoint, options) = (server(SRVR), AskOptions::default());
    let ask = || admin::srvr(&endpoint, &options).unwrap();
    assert_eq!(ask().release(), Some([3, 9, 5]));
    assert_eq!(admin::ask::<ServerStats>(&endpoint, &options).unwrap(), ask());
    assert_eq!(admin::text(&endpoint, FourLetterWord::Srvr, &options).unwrap(), SRVR);
    // On the thread of an async runtime it blocks like any other call, and does not panic.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    assert_eq!(runtime.block_on(async { ask() }), ask());
}

#[test]
fn many_servers_are_asked_by_as_many_threads() {
    let servers = [server("rw"), server("ro"), server("rw")];
    let options = &AskOptions::default();
    let answers = thread::scope(|scope| {
        let ask = |server| scope.spawn(move || admin::isro(server, options).unwrap());
        servers.each_ref().map(ask).map(|asking| asking.join().unwrap())
    });
    assert_eq!(answers, [Access::ReadWrite, Access::ReadOnly, Access::ReadWrite]);
}

#[test]
fn the_errors_are_those_of_the_async_twin() {
    let refusal = "isro is not executed because it is not in the whitelist.\n";
    let error = admin::isro(&server(refusal), &AskOptions::default()).unwrap_err();
    assert!(matches!(error.kind(), AdminErrorKind::NotWhitelisted), "{error}");
    // One that takes connections and says nothing.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = Endpoint::new("127.0.0.1", listener.local_addr().unwrap().port());
    let within = Duration::from_millis(50);
    let begun = Instant::now();
    let error = admin::isro(&silent, &AskOptions { within, ..AskOptions::default() }).unwrap_err();
    assert!(matches!(error.kind(), AdminErrorKind::TimedOut { .. }), "{error}");
    assert!(begun.elapsed() >= within);
}

#[cfg(feature = "admin-http")]
#[test]
fn the_admin_server_is_asked_too() {
    use zookit_client::blocking::admin::http::AdminServer;

    let said = "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n{\"command\":\"a\",\"error\":null }\n";
    let server = AdminServer::new(server(said), AskOptions::default());
    assert_eq!(server.command("a").unwrap()["command"], "a");
    let nobody = AdminServer::new(Endpoint::new("127.0.0.1", 1), AskOptions::default());
    let error = nobody.with_command_url("/x/").command("a b").unwrap_err();
    assert!(matches!(error.kind(), AdminErrorKind::Connect { .. }), "{error}");
    assert_eq!(error.asked(), "GET /x/a%20b");
}

/// Asks, as one that wants to know a server before it connects to it might: on the thread of the
/// client, whose heartbeats wait for it.
#[derive(Debug)]
struct Asks(Mutex<Option<String>>);

impl Dialer for Asks {
    fn dial<'a>(
        &'a self,
        _: SocketAddr,
        server: &'a Endpoint,
    ) -> BoxFuture<'a, io::Result<Box<dyn Transport>>> {
        Box::pin(async {
            let ask = || admin::ruok(server, &AskOptions::default());
            let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(ask)).unwrap_err();
            *self.0.lock().unwrap() = panic.downcast_ref::<&str>().map(|said| (*said).to_owned());
            Err(io::ErrorKind::ConnectionRefused.into())
        })
    }
}

#[test]
fn a_clients_own_thread_must_not_ask() {
    let asks = Arc::new(Asks(Mutex::new(None)));
    let dialer: Arc<dyn Dialer> = Arc::<Asks>::clone(&asks);
    let connect_timeout = Duration::from_millis(200);
    let options = ConnectOptions { dialer, connect_timeout, ..ConnectOptions::default() };
    Client::connect_with("127.0.0.1:7001", options).unwrap_err();
    let said = asks.0.lock().unwrap().take().unwrap();
    assert!(said.contains("would hold up its heartbeats"), "{said}");
}
