//! Requests and replies, watches, and lost connections.

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use zookit_client::error::NoReplyReason;
use zookit_client::{
    AddWatchMode, CreateMode, Error, ErrorCode, EventType, MultiOutcome, State, Transaction,
    Version, WatchNotice, Zxid,
};
use zookit_proto::ops::add_watch::AddWatch;
use zookit_proto::ops::create2::Create2;
use zookit_proto::ops::error::ErrorResponse;
use zookit_proto::ops::exists::Exists;
use zookit_proto::ops::get_data::GetData;
use zookit_proto::ops::multi::{Multi, MultiReply, MultiResult};
use zookit_proto::ops::remove_watches::RemoveWatches;
use zookit_proto::ops::set_data::SetData;
use zookit_proto::ops::set_watches2::SetWatches2;
use zookit_proto::types::WatcherType;
use zookit_proto::{OpCode, Request};

use crate::peer::{
    SERVER, SESSION, connected, connected_at, created, event_frame, got, lazy,
    options_with_pipes_of, reply_frame, set,
};

#[tokio::test(start_paused = true)]
async fn a_reply_finds_its_caller() {
    let (client, _peer, mut line) = connected().await;
    assert_eq!((client.state(), client.session_id()), (State::Connected, SESSION));
    assert_eq!(client.session_timeout().as_millis(), 6000);
    assert_eq!(client.server().unwrap().to_string(), SERVER);
    let answer = client.get_data("/a");
    let asked = line.asked().await;
    line.reply::<GetData>(&asked, 9, &got("hi")).await;
    assert_eq!(answer.await.unwrap().data.unwrap(), "hi");
    assert_eq!(client.zxid(), Zxid(9));
    assert!(client.trusted_until().is_some());
}

#[tokio::test(start_paused = true)]
async fn requests_leave_in_the_order_of_the_calls_and_before_anyone_awaits() {
    let (client, _peer, mut line) = connected().await;
    let answers = [client.get_data("/a"), client.get_data("/b"), client.get_data("/c")];
    for (path, data) in [("/a", "1"), ("/b", "2"), ("/c", "3")] {
        let asked = line.asked().await;
        assert!(matches!(&asked.request, Request::GetData(get) if get.path == path));
        line.reply::<GetData>(&asked, 9, &got(data)).await;
    }
    let mut read = Vec::new();
    for answer in answers.into_iter().rev() {
        read.push(answer.await.unwrap().data.unwrap());
    }
    assert_eq!(read, ["3", "2", "1"]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_says_who_what_and_why() {
    let (client, _peer, mut line) = connected().await;
    let answer = client.create("/a", "x", CreateMode::Ephemeral);
    let asked = line.asked().await;
    line.refuse(&asked, 12, ErrorCode::NodeExists).await;
    let error = answer.await.unwrap_err();
    assert!(error.is_node_exists() && !error.may_have_applied());
    assert_eq!(error.to_string(), format!("create of /a was refused by {SERVER}: NodeExists"));
    let Error::Refused(refused) = error else { panic!("{error:?}") };
    assert_eq!(refused.zxid(), Zxid(12));
}

#[tokio::test(start_paused = true)]
async fn that_a_znode_does_not_exist_is_an_answer_of_exists() {
    let (client, _peer, mut line) = connected().await;
    let answer = client.exists("/a");
    let asked = line.asked().await;
    line.refuse(&asked, 3, ErrorCode::NoNode).await;
    assert_eq!(answer.await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn the_chroot_is_put_before_paths_and_taken_off_again() {
    let (client, _peer, mut line) = connected_at("127.0.0.1:7001/app").await;
    let answer = client.create("/a-", (), CreateMode::PersistentSequential);
    let asked = line.asked().await;
    assert!(matches!(&asked.request, Request::Create2(create) if create.path == "/app/a-"));
    line.reply::<Create2>(&asked, 5, &created("/app/a-0000000003")).await;
    assert_eq!(answer.await.unwrap().path, "/a-0000000003");

    let answer = client.exists_and_watch("/");
    let asked = line.asked().await;
    assert!(matches!(&asked.request, Request::Exists(exists) if exists.path == "/app"));
    line.refuse(&asked, 5, ErrorCode::NoNode).await;
    let (_, watch) = answer.await.unwrap();
    line.send(&event_frame(EventType::NodeCreated, "/app", 6)).await;
    assert_eq!(watch.await.unwrap().path, "/");
}

#[tokio::test(start_paused = true)]
async fn a_lost_write_is_no_reply_and_a_lost_read_is_asked_again() {
    let (client, mut peer, mut line) = connected().await;
    let read = client.get_data("/a");
    let write = client.set_data("/a", "x", Version::Any);
    line.asked().await;
    line.asked().await;
    line.hang_up();

    let error = write.await.unwrap_err();
    assert!(error.may_have_applied(), "{error:?}");
    assert_eq!(error.server().unwrap().to_string(), SERVER);
    assert_eq!(client.state(), State::Suspended, "the state is known before the fate");
    // What comes after the loss belongs to the next connection.
    let later = client.set_data("/b", "y", Version::Any);

    let mut line = peer.dialed().await;
    assert_eq!(line.grant().await.session_id, SESSION, "the session is taken up again");
    let asked = line.asked().await;
    line.reply::<GetData>(&asked, 9, &got("hi")).await;
    let asked = line.asked().await;
    line.reply::<SetData>(&asked, 10, &set()).await;
    assert_eq!(read.await.unwrap().data.unwrap(), "hi");
    later.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn ok_with_a_body_that_cannot_be_decoded_is_no_reply() {
    let (client, _peer, mut line) = connected().await;
    let (write, read) = (client.set_data("/a", "x", Version::Any), client.get_data("/a"));
    for _ in 0..2 {
        let asked = line.asked().await;
        line.answer(asked.xid, Zxid(9), ErrorCode::Ok, &7_i32).await;
    }
    let (write, read) = (write.await.unwrap_err(), read.await.unwrap_err());
    assert!(write.may_have_applied() && !read.may_have_applied());
    for error in [write, read] {
        assert!(error.to_string().contains("said Ok"), "{error}");
        let Error::NoReply(no_reply) = &error else { panic!("{error:?}") };
        assert!(matches!(no_reply.reason(), NoReplyReason::Undecodable(_)));
    }
    assert_eq!(client.state(), State::Connected, "the connection is none the worse");
}

#[tokio::test(start_paused = true)]
async fn a_multi_answers_an_outcome_for_each_operation() {
    let (client, _peer, mut line) = connected().await;
    let transaction = Transaction::new()
        .check("/a", Version::Exactly(3))
        .create("/b", (), CreateMode::Persistent)
        .delete("/c", Version::Any);
    let answer = client.multi(transaction);
    let asked = line.asked().await;
    let results =
        vec![MultiResult::Check(()), MultiResult::Create2(created("/b")), MultiResult::Delete(())];
    line.reply::<Multi>(&asked, 9, &MultiReply { results }).await;
    let outcomes = answer.await.unwrap();
    assert!(matches!(&outcomes[..],
        [MultiOutcome::Checked, MultiOutcome::Created(b), MultiOutcome::Deleted]
            if b.path == "/b" && b.stat.is_some()));
}

#[tokio::test(start_paused = true)]
async fn a_multi_with_ok_in_its_header_and_an_error_inside_is_refused() {
    let (client, _peer, mut line) = connected().await;
    let transaction = Transaction::new()
        .set_data("/a", "x", Version::Any)
        .delete("/b", Version::Exactly(4))
        .delete("/c", Version::Any);
    let answer = client.multi(transaction);
    let asked = line.asked().await;
    let results = [ErrorCode::Ok, ErrorCode::BadVersion, ErrorCode::RuntimeInconsistency]
        .map(|err| MultiResult::Error(ErrorResponse { err }))
        .to_vec();
    line.reply::<Multi>(&asked, 9, &MultiReply { results }).await;
    let error = answer.await.unwrap_err();
    assert!(error.is_bad_version() && !error.may_have_applied());
    assert_eq!((error.operation(), error.path()), ("multi", Some("/b")));
    let Error::Refused(refused) = &error else { panic!("{error:?}") };
    let failed = refused.failed_operation().unwrap();
    assert_eq!((failed.index, failed.operation), (1, "delete"));
}

#[tokio::test(start_paused = true)]
async fn results_of_other_operations_are_no_reply() {
    let (client, _peer, mut line) = connected().await;
    for results in [vec![], vec![MultiResult::Check(())], vec![MultiResult::Delete(()); 2]] {
        let answer = client.multi(Transaction::new().delete("/a", Version::Any));
        let asked = line.asked().await;
        line.reply::<Multi>(&asked, 9, &MultiReply { results }).await;
        let error = answer.await.unwrap_err();
        assert!(error.may_have_applied(), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_is_in_its_watch_before_a_reply_behind_it_is_known() {
    let (client, _peer, mut line) = connected().await;
    let read = client.get_data_and_watch("/a");
    let asked = line.asked().await;
    assert!(matches!(&asked.request, Request::GetData(get) if get.watch));
    line.reply::<GetData>(&asked, 4, &got("hi")).await;
    let (_, watch) = read.await.unwrap();

    let write = client.set_data("/a", "x", Version::Any);
    let asked = line.asked().await;
    let mut both = event_frame(EventType::NodeDataChanged, "/a", 5);
    both.extend_from_slice(&reply_frame(asked.xid, Zxid(5), ErrorCode::Ok, &set()));
    line.send(&both).await;
    write.await.unwrap();
    // Ready at once: a timeout of nothing would pass first otherwise.
    let event = tokio::time::timeout(std::time::Duration::ZERO, watch).await.unwrap().unwrap();
    assert_eq!((event.event_type, event.zxid), (EventType::NodeDataChanged, Some(Zxid(5))));
}

#[tokio::test(start_paused = true)]
async fn the_last_watch_on_a_path_is_removed_from_the_server_when_it_is_dropped() {
    let (client, _peer, mut line) = connected().await;
    let mut watches = Vec::new();
    for _ in 0..2 {
        let read = client.exists_and_watch("/a");
        let asked = line.asked().await;
        line.refuse(&asked, 4, ErrorCode::NoNode).await;
        watches.push(read.await.unwrap().1);
    }
    watches.pop();
    // Nothing is removed yet: the next request is the first that the server sees.
    let read = client.exists("/b");
    let asked = line.asked().await;
    assert_eq!(asked.request.opcode(), OpCode::Exists);
    line.refuse(&asked, 4, ErrorCode::NoNode).await;
    read.await.unwrap();

    watches.pop();
    let asked = line.asked().await;
    assert!(matches!(&asked.request, Request::RemoveWatches(remove)
        if remove.path == "/a" && remove.watcher_type == WatcherType::Any));
    line.reply::<RemoveWatches>(&asked, 4, &()).await;
}

#[tokio::test(start_paused = true)]
async fn a_persistent_watch_tells_events_and_the_gap_of_an_absence() {
    let (client, mut peer, mut line) = connected().await;
    let added = client.add_watch("/a", AddWatchMode::PersistentRecursive);
    let asked = line.asked().await;
    line.reply::<AddWatch>(&asked, 4, &ErrorResponse { err: ErrorCode::Ok }).await;
    let mut watch = added.await.unwrap();
    line.send(&event_frame(EventType::NodeCreated, "/a/b", 5)).await;
    let notice = watch.next().await.unwrap();
    assert!(matches!(notice, WatchNotice::Event(event) if event.path == "/a/b"));

    line.hang_up();
    let mut line = peer.accept().await;
    let asked = line.asked().await;
    assert_eq!(asked.request.opcode(), OpCode::SetWatches2);
    line.reply::<SetWatches2>(&asked, 9, &()).await;
    assert!(matches!(watch.next().await.unwrap(), WatchNotice::Gap { .. }));
}

#[tokio::test(start_paused = true)]
async fn dropping_the_future_of_a_write_takes_nothing_back() {
    let (client, mut peer) = lazy();
    // Neither has left yet: nobody is connected.
    drop(client.get_data("/read"));
    drop(client.set_data("/write", "x", Version::Any));
    let mut line = peer.accept().await;
    let asked = line.asked().await;
    assert!(matches!(&asked.request, Request::SetData(set) if set.path == "/write"), "{asked:?}");
    line.reply::<SetData>(&asked, 5, &set()).await;
    // The reply to nobody is taken like any other.
    let read = client.exists("/after");
    let asked = line.asked().await;
    line.refuse(&asked, 5, ErrorCode::NoNode).await;
    assert_eq!(read.await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_reply_in_single_bytes_is_put_together() {
    let (client, _peer, mut line) = connected().await;
    let answer = client.get_data("/a");
    let asked = line.asked().await;
    for byte in reply_frame(asked.xid, Zxid(9), ErrorCode::Ok, &got("hello")) {
        line.send(&[byte]).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(answer.await.unwrap().data.unwrap(), "hello");
}

#[tokio::test(start_paused = true)]
async fn both_sides_can_write_much_at_once_through_a_narrow_pipe() {
    let (options, mut peer) = options_with_pipes_of(100);
    let client = zookit_client::Client::connect_lazy(SERVER, options).unwrap();
    let mut line = peer.accept().await;
    let read = client.get_data("/large");
    let asked = line.asked().await;
    let mut large = got("");
    large.data = Some(Bytes::from(vec![7; 700_000]));
    let reply = reply_frame(asked.xid, Zxid(9), ErrorCode::Ok, &large);

    let write = client.set_data("/large", vec![8; 900_000], Version::Any);
    // The peer says everything before it reads a byte: a client that does not read while it
    // writes would wait for ever, and the clock, which nothing stops, run into the bound.
    line.send(&reply).await;
    let asked = line.asked().await;
    line.reply::<SetData>(&asked, 10, &set()).await;
    assert_eq!(read.await.unwrap().data.unwrap().len(), 700_000);
    write.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_arrived_before_the_end_of_a_connection_counts() {
    let (client, _peer, mut line) = connected().await;
    let answer = client.exists("/a");
    let asked = line.asked().await;
    let stat = zookit_client::Stat::sample();
    let reply = zookit_proto::ops::exists::ExistsReply { stat };
    line.reply::<Exists>(&asked, 4, &reply).await;
    line.stream.shutdown().await.unwrap();
    assert_eq!(answer.await.unwrap(), Some(stat));
    // The client closes its side too, and takes the session up elsewhere.
    let mut rest = Vec::new();
    line.stream.read_to_end(&mut rest).await.unwrap();
}
