//! A call waits for its own answer, whatever the thread it is made from.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use zookit_client::blocking::{Client, TimedOut};
use zookit_client::{
    ConnectError, ConnectOptions, CreateMode, Deadline, Error, ErrorCode, RetryPolicy, State,
    Version, Zxid,
};
use zookit_proto::OpCode;
use zookit_proto::ops::create2::Create2;
use zookit_proto::ops::get_data::GetData;
use zookit_proto::ops::multi::{Multi, MultiReply};
use zookit_proto::ops::set_data::SetData;

use super::{closes, connected, scripted, told};
use crate::peer::{Line, Peer, SERVER, created, got, set};

#[test]
fn a_call_answers_what_the_server_does() {
    let (client, script) = connected(async |line: &mut Line| {
        let asked = line.asked().await;
        line.reply::<Create2>(&asked, 8, &created("/a")).await;
        let asked = line.asked().await;
        line.refuse(&asked, 9, ErrorCode::NoNode).await;
        let asked = line.asked().await;
        line.reply::<GetData>(&asked, 10, &got("x")).await;
        closes(line).await;
    });
    assert_eq!(client.create("/a", "x", CreateMode::Persistent).unwrap().path, "/a");
    let error = client.set_data("/b", "x", Version::Any).unwrap_err();
    assert!(error.is_no_node() && error.path() == Some("/b"), "{error}");
    assert_eq!(client.get_data("/a").unwrap().data.unwrap(), "x");
    assert_eq!((client.state(), client.zxid()), (State::Connected, Zxid(10)));
    client.close().unwrap();
    assert!(client.get_data("/a").unwrap_err().is_closed());
    client.close().unwrap();
    script.done();
}

#[test]
fn a_wrong_argument_is_not_sent() {
    let (client, script) = connected(closes);
    let error = client.get_data("no path").unwrap_err();
    assert!(matches!(error, Error::NotSent(_)), "{error}");
    drop(client);
    script.done();
}

#[test]
fn a_deadline_ends_the_waiting() {
    let (client, script) = connected(async |line: &mut Line| {
        let asked = line.asked().await;
        assert_eq!(asked.request.opcode(), OpCode::SetData);
        let late = asked;
        let asked = line.asked().await;
        line.reply::<SetData>(&late, 9, &set()).await;
        line.reply::<SetData>(&asked, 10, &set()).await;
        closes(line).await;
    });
    let hurried = client.with_deadline(Deadline::After(Duration::from_millis(20)));
    let error = hurried.set_data("/a", "x", Version::Any).unwrap_err();
    assert!(error.may_have_applied(), "{error}");
    client.set_data("/a", "y", Version::Any).unwrap();
    drop((hurried, client));
    script.done();
}

/// What many threads ask is in flight together: the peer answers nobody before it has heard all.
#[test]
fn threads_do_not_wait_for_each_other() {
    const THREADS: usize = 8;
    let (client, script) = connected(async |line: &mut Line| {
        let mut all = Vec::new();
        for _ in 0..THREADS {
            all.push(line.asked().await);
        }
        for asked in &all {
            line.reply::<GetData>(asked, 9, &got("x")).await;
        }
        closes(line).await;
    });
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let client = client.clone();
            scope.spawn(move || client.get_data(&format!("/{thread}")).unwrap());
        }
    });
    drop(client);
    script.done();
}

#[test]
fn a_retry_calls_a_closure_that_blocks() {
    let (client, script) = connected(async |line: &mut Line| {
        for code in [ErrorCode::ThrottledOp, ErrorCode::ThrottledOp] {
            let asked = line.asked().await;
            line.refuse(&asked, 9, code).await;
        }
        let asked = line.asked().await;
        line.reply::<GetData>(&asked, 10, &got("x")).await;
        closes(line).await;
    });
    let mut attempts = Vec::new();
    let node = client.retry(RetryPolicy::default(), |attempt| {
        attempts.push(attempt.number);
        client.get_data("/a")
    });
    assert_eq!(node.unwrap().data.unwrap(), "x");
    assert_eq!(attempts, [1, 2, 3]);
    drop(client);
    script.done();
}

#[test]
fn a_linearizable_read_is_a_fence_and_a_read_in_one_flight() {
    let (client, script) = connected(async |line: &mut Line| {
        let (fence, read) = (line.asked().await, line.asked().await);
        line.reply::<Multi>(&fence, 9, &MultiReply::default()).await;
        line.reply::<GetData>(&read, 9, &got("x")).await;
        closes(line).await;
    });
    let node = client.linearizable_read(|client| client.get_data("/a")).unwrap();
    assert_eq!(node.data.unwrap(), "x");
    drop(client);
    script.done();
}

#[test]
fn a_guaranteed_delete_is_sent_again() {
    let (client, script) = connected(async |line: &mut Line| {
        let asked = line.asked().await;
        line.refuse(&asked, 9, ErrorCode::ThrottledOp).await;
        let asked = line.asked().await;
        assert_eq!(asked.request.opcode(), OpCode::Delete);
        line.answer(asked.xid, Zxid(10), ErrorCode::Ok, &()).await;
        closes(line).await;
    });
    client.delete_guaranteed("/a", Version::Any).unwrap();
    drop(client);
    script.done();
}

/// A loss, told as a state; a request that waits for the next connection; and the session again.
#[test]
fn a_lazy_client_waits_for_its_session() {
    let (begin, begun) = mpsc::channel::<()>();
    let (options, script) = scripted(async move |mut peer: Peer| {
        told(begun).await;
        peer.accept().await.hang_up();
        let mut line = peer.accept().await;
        let asked = line.asked().await;
        line.reply::<GetData>(&asked, 9, &got("x")).await;
        closes(&mut line).await;
    });
    let client = Client::connect_lazy(SERVER, options).unwrap();
    let mut states = client.states();
    assert_eq!(states.next_timeout(Duration::ZERO), Err(TimedOut));
    assert_eq!(client.wait_connected_timeout(Duration::ZERO).map(drop), Err(TimedOut));
    begin.send(()).unwrap();
    client.wait_connected().unwrap();
    let mut next = || states.next().unwrap().change.state;
    assert_eq!([next(), next()], [State::Connected, State::Suspended]);
    assert_eq!(client.get_data("/a").unwrap().data.unwrap(), "x");
    assert_eq!(client.generation(), client.session().pinned_to().unwrap());
    drop(client);
    script.done();
    assert_eq!(states.last().unwrap().change.state, State::Closed);
}

#[test]
fn nobody_there_is_an_error_in_time() {
    let (options, peer) = crate::peer::options();
    peer.refuse(usize::MAX);
    let connect_timeout = Duration::from_millis(50);
    let options = ConnectOptions { connect_timeout, ..options };
    let error = Client::connect_with(SERVER, options).unwrap_err();
    let ConnectError::TimedOut { attempts, .. } = error else { panic!("{error}") };
    assert_eq!(attempts[0].server.to_string(), SERVER);
}

#[test]
fn a_connect_string_that_is_none_is_an_error() {
    let error = Client::connect("h1:port").unwrap_err();
    assert!(matches!(error, ConnectError::ConnectString(_)), "{error}");
}

/// In a runtime a call blocks the thread it is made on, and nothing else: the client needs neither
/// that thread nor that runtime.
#[tokio::test]
async fn a_call_in_a_runtime_does_not_deadlock() {
    let (client, script) = connected(async |line: &mut Line| {
        let asked = line.asked().await;
        line.reply::<GetData>(&asked, 9, &got("x")).await;
        closes(line).await;
    });
    assert_eq!(client.get_data("/a").unwrap().data.unwrap(), "x");
    drop(client);
    script.done();
}
