//! Requests that travel together end one by one: of a batch, and those that are alike.

use zookit_client::{BatchValue, Error, Limits, NodeData, Stat, State, Version};
use zookit_proto::Request;
use zookit_proto::ops::close_session::CloseSession;
use zookit_proto::ops::get_data::GetData;
use zookit_proto::ops::set_data::SetData;

use crate::peer::{Asked, Line, connected, got, set};

/// What a read asks for.
fn path_read(asked: &Asked) -> String {
    match &asked.request {
        Request::GetData(get) => get.path.to_str().into_owned(),
        other => panic!("{other:?}"),
    }
}

async fn answer_read(line: &mut Line, data: &'static str) -> String {
    let asked = line.asked().await;
    line.reply::<GetData>(&asked, 9, &got(data)).await;
    path_read(&asked)
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_ends_each_write_of_a_batch_by_itself() {
    let (client, _peer, mut line) = connected().await;
    let mut batch = client.batch::<Stat>();
    for n in 0..4 {
        batch.set_data(&format!("/w/{n}"), "x", Version::Any);
    }
    let answer = batch.submit();
    let asked = [line.asked().await, line.asked().await, line.asked().await, line.asked().await];
    line.reply::<SetData>(&asked[0], 9, &set()).await;
    line.reply::<SetData>(&asked[1], 10, &set()).await;
    line.hang_up();
    let results = answer.await;
    let [Ok(_), Ok(_), Err(third), Err(fourth)] = &results[..] else { panic!("{results:?}") };
    for (error, path) in [(third, "/w/2"), (fourth, "/w/3")] {
        assert!(matches!(error, Error::NoReply(_)), "{error}");
        assert_eq!(error.path(), Some(path));
    }
    let arms = client.stats().requests;
    assert_eq!((arms.answered, arms.no_reply), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn the_reads_of_a_batch_that_lack_an_answer_are_sent_again() {
    let (client, mut peer, mut line) = connected().await;
    let mut batch = client.batch::<NodeData>();
    for path in ["/0", "/1", "/2"] {
        batch.get_data(path);
    }
    let answer = batch.submit();
    assert_eq!(answer_read(&mut line, "first").await, "/0");
    assert_eq!(path_read(&line.asked().await), "/1");
    line.hang_up();
    let mut line = peer.accept().await;
    assert_eq!(answer_read(&mut line, "again").await, "/1");
    assert_eq!(answer_read(&mut line, "again").await, "/2");
    let data = answer.await.into_iter().map(|node| node.unwrap().data.unwrap());
    assert_eq!(data.collect::<Vec<_>>(), ["first", "again", "again"]);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_batch_skips_its_reads_and_leaves_its_writes() {
    let (client, _peer, mut line) = connected().await;
    let mut batch = client.batch::<BatchValue>();
    batch.get_data("/a").get_data("/b").set_data("/w", "x", Version::Any).get_data("/c");
    drop(batch.submit());
    let asked = line.asked().await;
    assert!(matches!(asked.request, Request::SetData(_)), "{asked:?}");
    line.reply::<SetData>(&asked, 9, &set()).await;
    let read = client.get_data("/d");
    assert_eq!(answer_read(&mut line, "d").await, "/d");
    read.await.unwrap();
    let stats = client.stats();
    assert_eq!((stats.in_flight, stats.queued, stats.requests.not_sent), (0, 0, 3));
}

#[tokio::test(start_paused = true)]
async fn a_batch_given_up_in_flight_leaves_nothing_behind() {
    let (client, _peer, mut line) = connected().await;
    let mut batch = client.batch::<NodeData>();
    batch.get_data("/a").get_data("/b");
    let answer = batch.submit();
    let asked = [line.asked().await, line.asked().await];
    line.reply::<GetData>(&asked[0], 9, &got("a")).await;
    drop(answer);
    line.reply::<GetData>(&asked[1], 9, &got("b")).await;
    // There is room for all again.
    client.reserve(Limits::default().max_requests).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn of_reads_that_are_alike_only_the_dropped_one_is_skipped() {
    let (client, _peer, mut line) = connected().await;
    // So many that the session is given them as a run.
    let mut reads: Vec<_> = (0..20).map(|n| Some(client.get_data(&format!("/{n}")))).collect();
    reads[1] = None;
    for n in (0..20).filter(|n| *n != 1) {
        assert_eq!(answer_read(&mut line, "x").await, format!("/{n}"));
    }
    for read in reads.into_iter().flatten() {
        assert_eq!(read.await.unwrap().data.unwrap(), "x");
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_behind_the_end_of_its_client_is_not_sent() {
    let (client, _peer, mut line) = connected().await;
    let closed = client.close();
    let mut batch = client.batch::<NodeData>();
    let early = batch.get_data("/a").submit();
    let asked = line.asked().await;
    line.reply::<CloseSession>(&asked, 9, &()).await;
    closed.await.unwrap();
    assert_eq!(client.state(), State::Closed);
    let late = batch.get_data("/b").get_data("/c").submit();
    for (answer, paths) in [(early, &["/a"][..]), (late, &["/b", "/c"])] {
        for (result, path) in answer.await.into_iter().zip(paths) {
            let error = result.unwrap_err();
            assert!(matches!(error, Error::NotSent(_)) && error.is_closed(), "{error}");
            assert_eq!(error.path(), Some(*path));
        }
    }
}

#[tokio::test]
async fn a_batch_ends_with_the_runtime_of_its_client() {
    let (answers, wait) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (client, _peer, _line) = connected().await;
            let mut batch = client.batch::<NodeData>();
            answers.send(batch.get_data("/a").get_data("/b").submit()).unwrap();
        });
    });
    let answer = tokio::task::spawn_blocking(move || wait.recv().unwrap()).await.unwrap();
    let results = answer.await;
    assert!(results.iter().all(|result| result.as_ref().is_err_and(Error::is_closed)));
    assert_eq!(results.len(), 2);
}
