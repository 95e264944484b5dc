//! What `stats` tells.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use zookit_client::{Arms, BatchValue, Error, ErrorCode, Transaction, Version, Zxid};
use zookit_proto::Request;
use zookit_proto::ops::error::ErrorResponse;
use zookit_proto::ops::get_data::GetData;
use zookit_proto::ops::multi::{Multi, MultiReply, MultiResult};

use crate::peer::{SESSION, TIMEOUT_MS, connected, got, lazy, reply_frame};

#[tokio::test(start_paused = true)]
async fn the_counters_tell_what_happened() {
    let (client, mut peer, mut line) = connected().await;
    let begun = Instant::now();
    let fresh = client.stats();
    assert_eq!((fresh.in_flight, fresh.queued, fresh.reconnects), (0, 0, 0));
    assert_eq!(fresh.requests, Arms::default());
    assert!(fresh.since_heard.is_some());

    let answers = [client.get_data("/a"), client.get_data("/b"), client.get_data("/c")];
    let stats = client.stats();
    assert_eq!((stats.queued, stats.in_flight), (3, 0), "{stats:?}");
    assert_eq!(stats.queued_bytes, 3 * (4 + 8 + 4 + 2 + 1));
    let asked = [line.asked().await, line.asked().await, line.asked().await];
    let stats = client.stats();
    assert_eq!((stats.queued, stats.in_flight, stats.queued_bytes), (0, 3, 0), "{stats:?}");
    for asked in &asked[..2] {
        line.reply::<GetData>(asked, 9, &got("hi")).await;
    }
    line.refuse(&asked[2], 9, ErrorCode::NoNode).await;
    for answer in answers {
        let _ = answer.await;
    }
    let stats = client.stats();
    assert_eq!(stats.requests, Arms { answered: 2, refused: 1, ..Arms::default() });
    // The session timeout of 6 s less 300 ms, from when the last answered request was sent.
    assert_eq!(stats.trusted_for, Some(Duration::from_millis(5700) - begun.elapsed()));

    let watching = client.get_data_and_watch("/a");
    let asked = line.asked().await;
    line.reply::<GetData>(&asked, 9, &got("hi")).await;
    let (_, watch) = watching.await.unwrap();
    assert_eq!((client.stats().watches.data, client.stats().watches.total()), (1, 1));
    drop(watch);
    let asked = line.asked().await;
    assert!(matches!(asked.request, Request::RemoveWatches(_)));
    assert_eq!(client.stats().watches.total(), 0);
    line.refuse(&asked, 9, ErrorCode::NoWatcher).await;

    let write = client.set_data("/a", "x", Version::Any);
    line.asked().await;
    sleep(Duration::from_millis(500)).await;
    // The counters have microseconds.
    let since = client.stats().since_heard.unwrap();
    assert!(since.abs_diff(Duration::from_millis(500)) < Duration::from_millis(1), "{since:?}");
    line.hang_up();
    assert!(write.await.is_err());
    let _line = peer.accept().await;
    client.wait_connected().await.unwrap();
    let stats = client.stats();
    assert_eq!((stats.reconnects, stats.requests.no_reply), (1, 1), "{stats:?}");
}

#[tokio::test(start_paused = true)]
async fn a_multi_that_failed_counts_as_refused() {
    let (client, _peer, mut line) = connected().await;
    let both = || Transaction::new().delete("/a", Version::Any).delete("/b", Version::Any);
    let refused = |err| MultiResult::Error(ErrorResponse { err });
    let results = vec![refused(ErrorCode::RuntimeInconsistency), refused(ErrorCode::NoNode)];
    let failed = MultiReply { results };
    let answers = [client.multi(both()), client.multi(both()), client.multi(both())];
    for reply in [&failed, &MultiReply::default()] {
        let asked = line.asked().await;
        line.reply::<Multi>(&asked, 9, reply).await;
    }
    let asked = line.asked().await;
    let done = MultiReply { results: vec![MultiResult::Delete(()), MultiResult::Delete(())] };
    line.reply::<Multi>(&asked, 10, &done).await;
    let [failed, unread, done] = answers;
    assert!(matches!(failed.await, Err(Error::Refused(_))));
    assert!(matches!(unread.await, Err(Error::NoReply(_))));
    done.await.unwrap();
    let arms = Arms { answered: 1, refused: 1, no_reply: 1, ..Arms::default() };
    assert_eq!(client.stats().requests, arms);
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_counted_as_its_requests_are() {
    let (client, _peer, mut line) = connected().await;
    let mut batch = client.batch::<BatchValue>();
    let delete = || Transaction::new().delete("/a", Version::Any);
    batch.multi(delete()).multi(delete()).get_data("/b").get_data("/c");
    let submitted = batch.submit();
    let failed = vec![MultiResult::Error(ErrorResponse { err: ErrorCode::NoNode })];
    for results in [failed, vec![MultiResult::Delete(())]] {
        let asked = line.asked().await;
        line.reply::<Multi>(&asked, 9, &MultiReply { results }).await;
    }
    let reads = [line.asked().await, line.asked().await];
    line.reply::<GetData>(&reads[0], 10, &got("hi")).await;
    line.refuse(&reads[1], 10, ErrorCode::NoNode).await;
    let results = submitted.await;
    assert_eq!(results.iter().map(Result::is_ok).collect::<Vec<_>>(), [false, true, true, false]);
    let arms = Arms { answered: 2, refused: 2, ..Arms::default() };
    assert_eq!(client.stats().requests, arms);
}

#[tokio::test(start_paused = true)]
async fn the_latency_is_that_of_requests_and_pings() {
    let (client, mut peer) = lazy();
    assert_eq!(client.stats().latency, None);
    let mut line = peer.dialed().await;
    line.handshake().await;
    sleep(Duration::from_millis(7)).await;
    line.answer_handshake(TIMEOUT_MS, SESSION).await;
    client.wait_connected().await.unwrap();
    let shaken = client.stats().latency.unwrap();
    assert_eq!((shaken.samples, shaken.last), (1, Duration::from_millis(7)));
    // Three in flight, and all replies in one batch: one sample.
    let answers = [client.get_data("/a"), client.get_data("/b"), client.get_data("/c")];
    let asked = [line.asked().await, line.asked().await, line.asked().await];
    sleep(Duration::from_millis(40)).await;
    let batch = asked.map(|asked| reply_frame(asked.xid, Zxid(9), ErrorCode::Ok, &got("hi")));
    line.send(&batch.concat()).await;
    for answer in answers {
        answer.await.unwrap();
    }
    let latency = client.stats().latency.unwrap();
    assert_eq!((latency.samples, latency.last), (2, Duration::from_millis(40)));
    // Nobody asks anything: the pings go on.
    line.pinged().await;
    while client.stats().latency.unwrap().samples < 3 {
        tokio::task::yield_now().await;
    }
    let latency = client.stats().latency.unwrap();
    let [min, mean, max] = [latency.min, latency.mean, latency.max];
    assert_eq!(min, latency.last, "the ping was answered at once");
    assert_eq!(max, Duration::from_millis(40));
    assert!(min < mean && mean < max, "{latency:?}");
    assert_eq!(mean.as_micros(), (min + max + shaken.last).as_micros() / 3);
}
