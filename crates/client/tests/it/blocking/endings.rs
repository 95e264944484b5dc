//! How a client ends, and what its last handle waits for.

use std::io;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use zookit_client::blocking::Client;
use zookit_client::{
    BoxFuture, ConnectOptions, Dialer, Endpoint, Limits, OnExpiry, SessionId, State, Transport,
};
use zookit_proto::OpCode;
use zookit_proto::ops::close_session::CloseSession;
use zookit_proto::ops::get_data::GetData;

use super::{PATIENCE, closes, connected, scripted, told};
use crate::peer::{Line, Peer, SERVER, got};

#[test]
fn the_last_handle_closes_the_session_and_waits_for_that() {
    let (closed, is_closed) = mpsc::channel();
    let (client, script) = connected(async move |line: &mut Line| {
        let asked = line.asked().await;
        line.reply::<GetData>(&asked, 8, &got("x")).await;
        let asked = line.asked().await;
        assert_eq!(asked.request.opcode(), OpCode::CloseSession);
        closed.send(()).unwrap();
        line.reply::<CloseSession>(&asked, 9, &()).await;
        assert!(line.next_asked().await.is_none());
    });
    let clone = client.clone();
    drop(client);
    assert!(is_closed.try_recv().is_err());
    clone.get_data("/a").unwrap();
    drop(clone);
    is_closed.try_recv().expect("the drop has waited for the server");
    script.done();
}

#[test]
fn the_last_handle_waits_within_a_bound() {
    let close_timeout = Duration::from_millis(50);
    let (go, go_on) = mpsc::channel::<()>();
    let (options, script) = scripted(async move |mut peer: Peer| {
        let mut line = peer.accept().await;
        assert_eq!(line.asked().await.request.opcode(), OpCode::CloseSession);
        // Says nothing more, and keeps the connection until the test is over.
        told(go_on).await;
        assert!(line.next_asked().await.is_none(), "the client has closed it all the same");
    });
    let limits = Limits { close_timeout, ..Limits::default() };
    let client = Client::connect_with(SERVER, ConnectOptions { limits, ..options }).unwrap();
    let mut states = client.states();
    let begun = Instant::now();
    drop(client);
    assert!(begun.elapsed() >= close_timeout, "{:?}", begun.elapsed());
    // The thread has ended: all is told, and nothing is waited for.
    let last = states.by_ref().last().unwrap();
    assert_eq!(last.change.state, State::Closed);
    go.send(()).unwrap();
    script.done();
}

#[test]
fn a_session_may_end_before_its_handles() {
    let (go, go_on) = mpsc::channel::<()>();
    let (options, script) = scripted(async move |mut peer: Peer| {
        told(go_on).await;
        peer.accept().await.hang_up();
        let mut line = peer.dialed().await;
        line.handshake().await;
        line.answer_handshake(0, SessionId::NONE).await;
        assert!(peer.is_forsaken().await);
    });
    let options = ConnectOptions { on_expiry: OnExpiry::End, ..options };
    let client = Client::connect_lazy(SERVER, options).unwrap();
    let states = client.states();
    go.send(()).unwrap();
    assert_eq!(states.last().unwrap().change.state, State::Closed);
    assert!(client.get_data("/a").unwrap_err().is_closed());
    assert!(client.wait_connected().unwrap_err().is_closed());
    assert!(client.wait_connected_timeout(PATIENCE).unwrap().unwrap_err().is_closed());
    drop(client);
    script.done();
}

/// Handed over from one client to the next: its session is not closed in between.
#[test]
fn an_exported_session_is_taken_up_again() {
    let (client, script) = connected(async |line: &mut Line| {
        assert!(line.next_asked().await.is_none(), "the session is left open");
    });
    let id = client.session_id();
    let identity = client.export().unwrap();
    script.done();

    let (options, script) = scripted(async move |mut peer: Peer| {
        let mut line = peer.dialed().await;
        assert_eq!(line.grant().await.session_id, id);
        closes(&mut line).await;
    });
    let options = ConnectOptions { resume: Some(identity), ..options };
    let client = Client::connect_with(SERVER, options).unwrap();
    assert_eq!(client.session_id(), id);
    drop(client);
    script.done();
}

/// Uses the client whose connection it is to open: on the client's own thread.
#[derive(Debug)]
struct Inside {
    given: Mutex<mpsc::Receiver<Client>>,
    said: mpsc::Sender<String>,
}

impl Dialer for Inside {
    fn dial<'a>(
        &'a self,
        _: SocketAddr,
        _: &'a Endpoint,
    ) -> BoxFuture<'a, io::Result<Box<dyn Transport>>> {
        Box::pin(async move {
            if let Ok(client) = self.given.lock().unwrap().recv_timeout(PATIENCE) {
                let call = AssertUnwindSafe(|| client.get_data("/a"));
                let panic = catch_unwind(call).unwrap_err().downcast::<&str>().unwrap();
                // The last handle.
                drop(client);
                self.said.send(panic.to_string()).unwrap();
            }
            Err(io::ErrorKind::ConnectionRefused.into())
        })
    }
}

#[test]
fn on_the_clients_own_thread_a_call_panics_and_the_last_handle_does_not_wait() {
    let (give, given) = mpsc::channel();
    let (said, says) = mpsc::channel();
    let dialer = Arc::new(Inside { given: Mutex::new(given), said });
    let options = ConnectOptions { dialer, ..ConnectOptions::default() };
    let client = Client::connect_lazy(SERVER, options).unwrap();
    let states = client.states();
    give.send(client).unwrap();
    drop(give);
    let message = says.recv_timeout(PATIENCE).unwrap();
    assert!(message.contains("would wait for itself"), "{message}");
    assert_eq!(states.last().unwrap().change.state, State::Closed);
}
