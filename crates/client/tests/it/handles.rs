//! What a handle can be besides itself: pinned, with room reserved, a batch, handed over.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use zookit_client::{
    BatchValue, Client, ConnectOptions, CreateMode, Error, ErrorCode, Generation, Limits, NodeData,
    SessionId, State, Version, WatchEnded, WatchNotice,
};
use zookit_proto::Request;
use zookit_proto::ops::close_session::CloseSession;
use zookit_proto::ops::create2::Create2;
use zookit_proto::ops::get_data::GetData;
use zookit_proto::ops::set_data::SetData;

use crate::peer::{Line, Peer, SERVER, SESSION, connected, created, got, options, set};

/// A client that takes this many requests, and the connection.
async fn bounded(max_requests: usize) -> (Client, Peer, Line) {
    let (options, mut peer) = options();
    let limits = Limits { max_requests, ..Limits::default() };
    let client = Client::connect_lazy(SERVER, ConnectOptions { limits, ..options }).unwrap();
    let line = peer.accept().await;
    client.wait_connected().await.unwrap();
    (client, peer, line)
}

fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

async fn answer_data(line: &mut Line, data: &'static str) {
    let asked = line.asked().await;
    line.reply::<GetData>(&asked, 9, &got(data)).await;
}

#[tokio::test(start_paused = true)]
async fn a_pinned_handle_ends_with_its_session_and_the_other_goes_on() {
    let (client, mut peer, line) = connected().await;
    assert_eq!((client.generation(), client.pinned_to()), (Generation(1), None));
    let session = client.session();
    assert_eq!(session.pinned_to(), Some(Generation(1)));
    peer.refuse(1);
    line.hang_up();
    let mut states = client.states();
    while client.state() != State::Suspended {
        states.next().await.unwrap();
    }
    // Neither has left: reads cross sessions, pinned ones do not.
    let (unpinned, pinned) = (client.get_data("/a"), session.get_data("/a"));
    let clone = session.with_deadline(zookit_client::Deadline::Never);
    let write = clone.set_data("/a", "x", Version::Any);
    let mut line = peer.dialed().await;
    line.handshake().await;
    line.answer_handshake(0, SessionId::NONE).await;
    assert!(pinned.await.unwrap_err().is_session_lost());
    assert!(write.await.unwrap_err().is_session_lost());

    let mut line = peer.accept().await;
    answer_data(&mut line, "hi").await;
    assert_eq!(unpinned.await.unwrap().data.unwrap(), "hi");
    assert_eq!(client.generation(), Generation(2));
    // Also what is submitted only now; and pinning a pinned handle does not move it.
    assert!(session.get_data("/a").await.unwrap_err().is_session_lost());
    assert_eq!(session.session().pinned_to(), Some(Generation(1)));
    let next = client.session();
    assert_eq!(next.pinned_to(), Some(Generation(2)));
    let read = next.get_data("/a");
    answer_data(&mut line, "new").await;
    assert_eq!(read.await.unwrap().data.unwrap(), "new");
}

#[tokio::test(start_paused = true)]
async fn a_batch_of_one_kind_answers_a_result_for_each() {
    let (client, _peer, mut line) = connected().await;
    let mut batch = client.batch::<NodeData>();
    for path in ["/a", "/b", "no path", "/c"] {
        batch.get_data(path);
    }
    assert_eq!(batch.len(), 4);
    let answer = batch.submit();
    assert!(batch.is_empty());
    let asked = [line.asked().await, line.asked().await, line.asked().await];
    line.reply::<GetData>(&asked[0], 9, &got("1")).await;
    line.refuse(&asked[1], 9, ErrorCode::NoNode).await;
    line.reply::<GetData>(&asked[2], 9, &got("3")).await;
    let results = answer.await;
    let [Ok(a), Err(b), Err(argument), Ok(c)] = &results[..] else { panic!("{results:?}") };
    assert_eq!((a.data.as_ref().unwrap(), c.data.as_ref().unwrap()), (&"1".into(), &"3".into()));
    assert!(b.is_no_node() && b.path() == Some("/b"));
    assert!(matches!(argument, Error::NotSent(_)) && argument.path() == Some("no path"));
    assert!(client.batch::<NodeData>().submit().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_batch_of_several_kinds_leaves_in_its_order_and_wakes_once() {
    let (client, _peer, mut line) = connected().await;
    let mut batch = client.batch::<BatchValue>();
    batch.create("/a", "x", CreateMode::Persistent).set_data("/a", "y", Version::Any);
    batch.exists("/b").get_data("/a");
    let mut answer = batch.submit();
    let task = tokio::spawn(async move {
        let mut polls = 0;
        let results = poll_fn(|context| {
            polls += 1;
            Pin::new(&mut answer).poll(context)
        });
        (results.await, polls)
    });
    let asked = [line.asked().await, line.asked().await, line.asked().await, line.asked().await];
    line.reply::<Create2>(&asked[0], 7, &created("/a")).await;
    line.reply::<SetData>(&asked[1], 8, &set()).await;
    line.refuse(&asked[2], 8, ErrorCode::NoNode).await;
    // Time for all that came so far to be told.
    tokio::time::sleep(Duration::from_millis(1)).await;
    line.reply::<GetData>(&asked[3], 8, &got("y")).await;
    let (results, polls) = task.await.unwrap();
    let values: Vec<_> = results.into_iter().map(Result::unwrap).collect();
    assert!(
        matches!(
            &values[..],
            [
                BatchValue::Created(_),
                BatchValue::Stat(_),
                BatchValue::Exists(None),
                BatchValue::Data(_)
            ]
        ),
        "{values:?}"
    );
    assert_eq!(polls, 2, "once to begin with, and once when the last was there");
}

#[tokio::test(start_paused = true)]
async fn a_batch_takes_as_much_as_there_is_room_for() {
    let (client, _peer, mut line) = bounded(3).await;
    let mut batch = client.batch::<NodeData>();
    for _ in 0..5 {
        batch.get_data("/a");
    }
    let answer = batch.submit();
    for _ in 0..3 {
        answer_data(&mut line, "hi").await;
    }
    let results = answer.await;
    let sent: Vec<bool> = results.iter().map(Result::is_ok).collect();
    assert_eq!(sent, [true, true, true, false, false]);
    assert!(results[4].as_ref().unwrap_err().is_transient());
}

#[tokio::test(start_paused = true)]
async fn past_the_bound_requests_are_not_sent_and_reserved_ones_are() {
    let (client, _peer, mut line) = bounded(2).await;
    let room = client.reserve(2).await.unwrap();
    assert_eq!(room.left(), 2);
    let error = client.get_data("/a").await.unwrap_err();
    assert!(matches!(error, Error::NotSent(_)) && error.is_transient(), "{error}");
    // A clone of it shares its room.
    let clone = room.clone();
    let answers = [room.get_data("/a"), clone.get_data("/b")];
    assert_eq!((room.left(), clone.left()), (0, 0));
    assert!(room.get_data("/c").await.is_err(), "used up, it is a handle like any other");
    for answer in answers {
        answer_data(&mut line, "hi").await;
        answer.await.unwrap();
    }
    // The room is free again, though the handles are still there.
    let free = client.get_data("/a");
    answer_data(&mut line, "hi").await;
    free.await.unwrap();
    let never = client.reserve(3).await.unwrap_err();
    assert!(never.to_string().contains("too many requests"), "{never}");
}

#[tokio::test(start_paused = true)]
async fn room_is_given_in_the_order_of_arrival() {
    let (client, _peer, mut line) = bounded(4).await;
    let room = client.reserve(3).await.unwrap();
    let (mut large, mut small) = (pin!(client.reserve(2)), pin!(client.reserve(1)));
    assert!(poll_once(large.as_mut()).is_pending());
    // There would be room for it; but somebody came before.
    assert!(poll_once(small.as_mut()).is_pending());
    assert!(client.get_data("/a").await.is_err(), "nor does a request without room get past");

    // One of the three is used and answered: now the first fits, and behind it the second.
    let answer = room.get_data("/a");
    answer_data(&mut line, "hi").await;
    answer.await.unwrap();
    let Poll::Ready(Ok(large)) = poll_once(large.as_mut()) else { panic!("there is room for it") };
    assert!(poll_once(small.as_mut()).is_pending());
    drop(room);
    let small = small.await.unwrap();
    assert_eq!((large.left(), small.left()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn whoever_gives_up_waiting_for_room_holds_nobody_up() {
    let (client, _peer, _line) = bounded(2).await;
    let room = client.reserve(1).await.unwrap();
    let mut large = Box::pin(client.reserve(2));
    let mut small = pin!(client.reserve(1));
    assert!(poll_once(large.as_mut()).is_pending());
    assert!(poll_once(small.as_mut()).is_pending());
    drop(large);
    let Poll::Ready(Ok(first)) = poll_once(small.as_mut()) else { panic!("nobody is before it") };
    // Promised, and dropped before it was taken: it goes back.
    let mut late = Box::pin(client.reserve(1));
    assert!(poll_once(late.as_mut()).is_pending());
    drop(first);
    drop(late);
    let all = client.reserve(1).await.unwrap();
    drop((room, all));
    assert_eq!(client.reserve(2).await.unwrap().left(), 2);
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_room_hears_of_the_end() {
    let (client, _peer, mut line) = bounded(1).await;
    let _room = client.reserve(1).await.unwrap();
    let waiting = tokio::spawn({
        let client = client.clone();
        async move { client.reserve(1).await.map(drop) }
    });
    tokio::task::yield_now().await;
    let closed = client.close();
    let asked = line.asked().await;
    line.reply::<CloseSession>(&asked, 9, &()).await;
    closed.await.unwrap();
    assert!(waiting.await.unwrap().unwrap_err().is_closed());
}

#[tokio::test(start_paused = true)]
async fn an_exported_session_is_not_closed_and_is_taken_up_elsewhere() {
    let (client, mut peer, mut line) = connected().await;
    let read = client.get_data("/a");
    answer_data(&mut line, "hi").await;
    read.await.unwrap();
    let added = client.add_watch("/a", zookit_client::AddWatchMode::Persistent);
    let asked = line.asked().await;
    let ok = zookit_proto::ops::error::ErrorResponse { err: ErrorCode::Ok };
    line.reply::<zookit_proto::ops::add_watch::AddWatch>(&asked, 9, &ok).await;
    let mut watch = added.await.unwrap();
    let clone = client.clone();
    // Sent before it, and not answered: its fate is that of a lost connection.
    let write = client.set_data("/a", "x", Version::Any);
    let Request::SetData(_) = line.asked().await.request else { panic!("the write comes first") };
    let identity = client.export().await.unwrap();
    assert_eq!((identity.session, identity.zxid), (SESSION, zookit_client::Zxid(9)));
    assert_eq!(identity.timeout, Duration::from_secs(6));
    assert!(!format!("{identity:?}").contains("sixteen"), "no password is printed");
    assert!(line.next_asked().await.is_none(), "nothing more, and no close");
    assert!(write.await.unwrap_err().may_have_applied());
    assert_eq!(watch.next().await, Some(WatchNotice::Ended(WatchEnded::Closed)));
    assert_eq!(clone.state(), State::Closed);
    assert!(clone.get_data("/a").await.unwrap_err().is_closed());
    assert!(clone.export().await.unwrap_err().is_closed());
    assert!(peer.is_forsaken().await);

    let (options, mut peer) = options();
    let options = ConnectOptions { resume: Some(identity), ..options };
    let client = Client::connect_lazy(SERVER, options).unwrap();
    let mut line = peer.dialed().await;
    let asked = line.grant().await;
    assert_eq!((asked.session_id, asked.last_zxid_seen.0), (SESSION, 9));
    client.wait_connected().await.unwrap();
    assert_eq!(client.session_id(), SESSION);
}

#[tokio::test(start_paused = true)]
async fn without_a_session_there_is_nothing_to_export() {
    let (client, mut peer) = crate::peer::lazy();
    let mut line = peer.dialed().await;
    line.handshake().await;
    let error = client.clone().export().await.unwrap_err();
    assert!(error.is_session_lost(), "{error}");
    // It was not ended by that.
    line.answer_handshake(crate::peer::TIMEOUT_MS, SESSION).await;
    client.wait_connected().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_export_that_nobody_waits_for_closes_the_session() {
    let (client, _peer, mut line) = connected().await;
    let mut export = Box::pin(client.export());
    assert!(poll_once(export.as_mut()).is_pending());
    drop(export);
    let asked = line.asked().await;
    assert!(matches!(asked.request, Request::CloseSession(())), "{asked:?}");
}
