//! The first session, or why there is none.

use std::io;
use std::net::SocketAddr;

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout};
use zookit_client::{
    BoxFuture, Client, ConnectError, ConnectOptions, Error, Resolver, SessionId, SilentClose, Stat,
    State, Version, Zxid,
};
use zookit_proto::ops::set_data::{SetData, SetDataReply};

use crate::peer::{SERVER, SESSION, TIMEOUT_MS, connected, lazy, options};

#[tokio::test(start_paused = true)]
async fn connect_gives_a_client_with_a_session() {
    let (options, mut peer) = options();
    let connecting = tokio::spawn(Client::connect_with(SERVER, options));
    let _line = peer.accept().await;
    let client = connecting.await.unwrap().unwrap();
    assert!(client.state().is_connected());
}

#[tokio::test(start_paused = true)]
async fn a_connect_in_vain_tells_what_each_address_answered() {
    let (options, mut peer) = options();
    peer.refuse(usize::MAX);
    let begun = Instant::now();
    let error = Client::connect_with("127.0.0.1:1,127.0.0.2:2", options).await.unwrap_err();
    assert_eq!(begun.elapsed(), Duration::from_secs(10));
    assert!(matches!(error, ConnectError::TimedOut { .. }));
    let mut tried: Vec<_> = error.attempts().iter().map(ToString::to_string).collect();
    tried.sort();
    assert_eq!(tried, ["127.0.0.1:1: connection refused", "127.0.0.2:2: connection refused"]);
    // Nothing is left behind.
    assert!(peer.is_forsaken().await);
}

/// Both changes of the state stand there before whoever waits is polled again.
#[tokio::test(start_paused = true)]
async fn a_connection_that_is_made_and_lost_at_once_is_not_missed() {
    let (client, mut peer) = lazy();
    let waiting = tokio::spawn({
        let client = client.clone();
        async move { client.wait_connected().await }
    });
    let mut line = peer.dialed().await;
    line.handshake().await;
    // There will be no other.
    peer.refuse(usize::MAX);
    line.answer_handshake(TIMEOUT_MS, SESSION).await;
    line.hang_up();
    timeout(Duration::from_secs(3), waiting).await.unwrap().unwrap().unwrap();
    assert_eq!((client.state(), client.session_id()), (State::Suspended, SESSION));
    // That was then; who asks now waits for the next.
    timeout(Duration::from_secs(3), client.wait_connected()).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_connect_is_done_with_the_session_even_if_the_connection_is_lost_at_once() {
    let (options, mut peer) = options();
    let connecting = tokio::spawn(Client::connect_with(SERVER, options));
    let mut line = peer.dialed().await;
    line.handshake().await;
    peer.refuse(usize::MAX);
    line.answer_handshake(TIMEOUT_MS, SESSION).await;
    line.hang_up();
    let client = connecting.await.unwrap().unwrap();
    assert_eq!((client.state(), client.session_id()), (State::Suspended, SESSION));
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_a_connection_hears_of_the_end() {
    let (client, mut peer) = lazy();
    let waiting = tokio::spawn({
        let client = client.clone();
        async move { client.wait_connected().await }
    });
    let mut line = peer.dialed().await;
    line.handshake().await;
    peer.refuse(usize::MAX);
    let _ = client.close().await;
    assert!(waiting.await.unwrap().unwrap_err().is_closed());
    assert!(client.wait_connected().await.unwrap_err().is_closed());
}

#[tokio::test(start_paused = true)]
async fn a_pinned_handle_waits_for_no_other_session() {
    let (client, mut peer, line) = connected().await;
    let session = client.session();
    session.wait_connected().await.unwrap();
    let before = session.clone();
    line.hang_up();
    let waiting = tokio::spawn(async move { before.wait_connected().await });
    let mut line = peer.dialed().await;
    line.handshake().await;
    // Expired.
    line.answer_handshake(0, SessionId(0)).await;
    assert!(waiting.await.unwrap().unwrap_err().is_session_lost());
    let _line = peer.accept().await;
    client.wait_connected().await.unwrap();
    assert!(session.wait_connected().await.unwrap_err().is_session_lost());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_closes_without_a_word_is_asked_why() {
    let (options, mut peer) = options();
    let options = ConnectOptions { connect_timeout: Duration::from_secs(60), ..options };
    let serving = tokio::spawn(async move {
        loop {
            let mut line = peer.dialed().await;
            let mut head = [0; 4];
            line.stream.read_exact(&mut head).await.unwrap();
            if &head == b"srvr" {
                let answer = b"This ZooKeeper instance is not currently serving requests\n";
                line.stream.write_all(answer).await.unwrap();
            }
            line.hang_up();
        }
    });
    let error = Client::connect_with(SERVER, options).await.unwrap_err();
    serving.abort();
    let told = error.to_string();
    assert!(told.contains("not part of a quorum"), "{told}");
    assert!(told.contains("took the connection and closed it without a session"), "{told}");
}

/// An ensemble that was restored from older data takes nobody who has seen more.
#[tokio::test(start_paused = true)]
async fn a_client_that_has_seen_more_than_the_servers_says_so() {
    let (client, mut peer, mut line) = connected().await;
    let written = client.set_data("/x", "y", Version::Any);
    let asked = line.asked().await;
    line.reply::<SetData>(&asked, 0x7, &SetDataReply { stat: Stat::sample() }).await;
    written.await.unwrap();
    assert_eq!(client.diagnosis(), None);
    line.hang_up();
    let serving = tokio::spawn(async move {
        loop {
            let mut line = peer.dialed().await;
            let mut head = [0; 4];
            line.stream.read_exact(&mut head).await.unwrap();
            if &head == b"srvr" {
                line.stream.write_all(b"Latency min/avg/max: 0/0.0/0\nZxid: 0x5\n").await.unwrap();
            }
            line.hang_up();
        }
    });
    let error = client.get_data("/x").await.unwrap_err();
    let told = "getData of /x was not sent: its deadline passed while it waited to be sent; \
                127.0.0.1:7001 takes no session: this client has seen 0x7, the server only 0x5: \
                it lags, or was restored from older data and takes only new clients";
    assert_eq!(error.to_string(), told);
    let diagnosis = client.diagnosis().unwrap();
    let (ours, theirs) = (Zxid(7), Zxid(5));
    assert_eq!(diagnosis.cause, SilentClose::BehindClient { ours, theirs });
    let Error::NotSent(not_sent) = error else { panic!("{error}") };
    assert_eq!(not_sent.diagnosis(), Some(&diagnosis));
    serving.abort();
}

#[tokio::test(start_paused = true)]
async fn a_diagnosis_is_forgotten_with_the_next_connection() {
    let (client, mut peer) = lazy();
    while client.diagnosis().is_none() {
        let mut line = peer.dialed().await;
        let mut head = [0; 4];
        line.stream.read_exact(&mut head).await.unwrap();
        if &head == b"srvr" {
            let answer = b"This ZooKeeper instance is not currently serving requests\n";
            line.stream.write_all(answer).await.unwrap();
        }
        line.hang_up();
        tokio::task::yield_now().await;
    }
    assert_eq!(client.diagnosis().unwrap().cause, SilentClose::NotServing);
    let _line = peer.accept().await;
    client.wait_connected().await.unwrap();
    assert_eq!(client.diagnosis(), None);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing_is_told_as_that() {
    let (options, mut peer) = options();
    let connecting = tokio::spawn(Client::connect_with(SERVER, options));
    let _mute = peer.dialed().await;
    peer.refuse(usize::MAX);
    let error = connecting.await.unwrap().unwrap_err();
    assert!(matches!(error, ConnectError::TimedOut { .. }), "{error}");
    assert_eq!(
        error.to_string(),
        "no session within 10s; tried 127.0.0.1:7001: took the connection and says nothing"
    );
}

#[tokio::test(start_paused = true)]
async fn a_bad_connect_string_is_told_at_once() {
    let error = Client::connect("h1:2181,:7").await.unwrap_err();
    assert_eq!(error.to_string(), "the connect string has an empty host at byte 8");
    assert!(error.attempts().is_empty());
}

#[derive(Debug)]
struct TwoAddresses;

impl Resolver for TwoAddresses {
    fn resolve<'a>(
        &'a self,
        host: &'a str,
        port: u16,
    ) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move {
            match host {
                "two" => Ok(vec![([10, 0, 0, 1], port).into(), ([10, 0, 0, 2], port).into()]),
                _ => Err(io::Error::new(io::ErrorKind::NotFound, "no such name")),
            }
        })
    }
}

#[tokio::test(start_paused = true)]
async fn several_addresses_of_a_name_are_tried_in_turn() {
    let (options, mut peer) = options();
    let options = ConnectOptions { resolver: Arc::new(TwoAddresses), ..options };
    peer.refuse(1);
    let begun = Instant::now();
    let client = Client::connect_lazy("two:7", options).unwrap();
    let _line = peer.accept().await;
    client.wait_connected().await.unwrap();
    assert_eq!(begun.elapsed(), Duration::ZERO, "within one attempt, without a wait");
}

#[tokio::test(start_paused = true)]
async fn a_name_that_does_not_resolve_is_told() {
    let (options, _peer) = options();
    let options = ConnectOptions { resolver: Arc::new(TwoAddresses), ..options };
    let error = Client::connect_with("nobody:7", options).await.unwrap_err();
    assert_eq!(error.to_string(), "no session within 10s; tried nobody:7: no such name");
}
