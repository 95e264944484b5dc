//! How a client ends: closed, dropped, expired, or with its runtime.

use std::time::Duration;

use tokio::time::{Instant, timeout};
use zookit_client::{Client, ConnectOptions, Error, ErrorCode, OnExpiry, State, Version, Zxid};
use zookit_proto::OpCode;
use zookit_proto::ops::close_session::CloseSession;
use zookit_proto::ops::exists::{Exists, ExistsReply};
use zookit_proto::ops::set_data::SetData;

use crate::peer::{SERVER, connected, lazy, options, set};

#[tokio::test(start_paused = true)]
async fn a_close_stands_behind_what_was_submitted_and_before_what_comes() {
    let (client, _peer, mut line) = connected().await;
    let before = client.set_data("/a", "x", Version::Any);
    let closed = client.close();
    let after = client.set_data("/b", "x", Version::Any);

    let asked = line.asked().await;
    line.reply::<SetData>(&asked, 8, &set()).await;
    let asked = line.asked().await;
    line.reply::<CloseSession>(&asked, 9, &()).await;
    before.await.unwrap();
    closed.await.unwrap();
    assert_eq!(client.state(), State::Closed);
    assert!(line.next_asked().await.is_none(), "the connection is closed");

    let error = after.await.unwrap_err();
    assert!(error.is_closed(), "{error}");
    let error = client.exists("/c").await.unwrap_err();
    assert!(matches!(error, Error::NotSent(_)) && error.is_closed(), "{error}");
    client.close().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn dropping_the_last_handle_closes_the_session() {
    let (client, _peer, mut line) = connected().await;
    let answer = client.exists("/a");
    let clone = client.clone();
    drop(client);
    let asked = line.asked().await;
    drop(clone);
    line.reply::<Exists>(&asked, 8, &ExistsReply { stat: zookit_client::Stat::sample() }).await;
    assert!(answer.await.unwrap().is_some(), "an answer outlives its client");
    let asked = line.asked().await;
    assert_eq!(asked.request.opcode(), OpCode::CloseSession);
    line.reply::<CloseSession>(&asked, 9, &()).await;
    assert!(line.next_asked().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn closing_has_a_bound_even_when_nobody_answers() {
    let (client, mut peer, mut line) = connected().await;
    let begun = Instant::now();
    let mut states = client.states();
    drop(client);
    let asked = line.asked().await;
    assert_eq!(asked.request.opcode(), OpCode::CloseSession);
    while let Some(update) = states.next().await {
        assert_ne!(update.change.state, State::Connected);
    }
    assert!(begun.elapsed() <= Duration::from_secs(6), "{:?}", begun.elapsed());
    assert!(line.next_asked().await.is_none());
    drop(states);
    // The driver has ended and dropped the dialer with it: no connection will ever come.
    assert!(peer.is_forsaken().await);
}

#[tokio::test(start_paused = true)]
async fn the_states_are_told_in_order() {
    let (client, mut peer) = lazy();
    let mut states = client.states();
    peer.accept().await.hang_up();
    let mut line = peer.accept().await;
    client.wait_connected().await.unwrap();
    let closed = client.close();
    let asked = line.asked().await;
    line.reply::<CloseSession>(&asked, 9, &()).await;
    closed.await.unwrap();
    let mut told = Vec::new();
    while let Some(update) = states.next().await {
        assert_eq!(update.missed, 0);
        told.push(update.change.state);
    }
    assert_eq!(told, [State::Connected, State::Suspended, State::Connected, State::Closed]);
}

#[tokio::test(start_paused = true)]
async fn a_write_does_not_cross_into_the_next_session_and_a_read_does() {
    let (client, mut peer, line) = connected().await;
    peer.refuse(1);
    line.hang_up();
    let mut states = client.states();
    while client.state() != State::Suspended {
        states.next().await.unwrap();
    }
    let write = client.set_data("/a", "x", Version::Any);
    let read = client.exists("/a");
    let mut line = peer.dialed().await;
    line.handshake().await;
    line.answer_handshake(0, zookit_client::SessionId::NONE).await;
    let error = write.await.unwrap_err();
    assert!(error.is_session_lost(), "{error}");

    let mut line = peer.accept().await;
    let asked = line.asked().await;
    line.refuse(&asked, 9, ErrorCode::NoNode).await;
    assert_eq!(read.await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_handle_may_end_with_its_session() {
    let (options, mut peer) = options();
    let options = ConnectOptions { on_expiry: OnExpiry::End, ..options };
    let client = Client::connect_lazy(SERVER, options).unwrap();
    peer.accept().await.hang_up();
    let mut line = peer.dialed().await;
    line.handshake().await;
    line.answer_handshake(0, zookit_client::SessionId::NONE).await;
    let mut states = client.states();
    while states.next().await.is_some() {}
    assert_eq!(client.state(), State::Closed);
    assert!(client.exists("/a").await.unwrap_err().is_closed());
    assert!(client.wait_connected().await.unwrap_err().is_closed());
}

#[tokio::test(start_paused = true)]
async fn a_deadline_ends_the_waiting_and_not_the_connection() {
    let (client, _peer, mut line) = connected().await;
    let hurried = client.with_deadline(zookit_client::Deadline::After(Duration::from_millis(50)));
    let late = hurried.set_data("/a", "x", Version::Any);
    let asked = line.asked().await;
    let error = late.await.unwrap_err();
    assert!(error.may_have_applied(), "{error}");
    line.reply::<SetData>(&asked, 9, &set()).await;
    let next = client.set_data("/a", "y", Version::Any);
    let asked = line.asked().await;
    line.reply::<SetData>(&asked, 10, &set()).await;
    next.await.unwrap();
    assert_eq!((client.state(), client.zxid()), (State::Connected, Zxid(10)));
}

/// A runtime of its own, which is dropped under the client.
#[test]
fn a_runtime_that_goes_away_resolves_everything() {
    let current_thread = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().start_paused(true).build().unwrap()
    };
    let doomed = current_thread();
    let (client, sent, watch, _peer, _line) = doomed.block_on(async {
        let (client, peer, mut line) = connected().await;
        let watched = client.exists_and_watch("/w");
        let asked = line.asked().await;
        line.refuse(&asked, 4, ErrorCode::NoNode).await;
        let (_, watch) = watched.await.unwrap();
        let sent = client.set_data("/a", "x", Version::Any);
        line.asked().await;
        (client, sent, watch, peer, line)
    });
    let unsent = client.set_data("/b", "x", Version::Any);
    drop(doomed);
    current_thread().block_on(async {
        let bound = Duration::from_secs(1);
        let sent = timeout(bound, sent).await.unwrap().unwrap_err();
        assert!(sent.may_have_applied(), "{sent}");
        let unsent = timeout(bound, unsent).await.unwrap().unwrap_err();
        assert!(matches!(unsent, Error::NotSent(_)), "{unsent}");
        timeout(bound, watch).await.unwrap().unwrap_err();
        assert!(timeout(bound, client.exists("/c")).await.unwrap().unwrap_err().is_closed());
    });
    assert_eq!(client.state(), State::Closed);
}
