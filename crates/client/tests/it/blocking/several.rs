//! Several requests that do not wait for each other.

use zookit_client::{BatchValue, Error, ErrorCode, Version};
use zookit_proto::ops::get_data::GetData;
use zookit_proto::ops::set_data::SetData;

use super::{closes, connected};
use crate::peer::{Line, got, set};

/// The peer answers none before it has heard all.
#[test]
fn what_is_submitted_is_in_flight_together() {
    let (client, script) = connected(async |line: &mut Line| {
        let all = [line.asked().await, line.asked().await, line.asked().await];
        line.reply::<SetData>(&all[0], 8, &set()).await;
        line.refuse(&all[1], 9, ErrorCode::NoNode).await;
        line.reply::<GetData>(&all[2], 9, &got("c")).await;
        closes(line).await;
    });
    let a = client.submit().set_data("/a", "x", Version::Any);
    let b = client.submit().get_data("/b");
    let c = client.submit().get_data("/c");
    // In any order, and on any thread.
    let c = std::thread::spawn(move || c.wait()).join().unwrap();
    assert_eq!(c.unwrap().data.unwrap(), "c");
    assert!(b.wait().unwrap_err().is_no_node());
    a.wait().unwrap();
    drop(client);
    script.done();
}

#[test]
fn what_was_submitted_before_the_last_handle_went_is_answered() {
    let (client, script) = connected(async |line: &mut Line| {
        let asked = line.asked().await;
        line.reply::<SetData>(&asked, 8, &set()).await;
        closes(line).await;
    });
    let kept = client.submit().set_data("/a", "x", Version::Any);
    drop(client);
    kept.wait().unwrap();
    script.done();
}

#[test]
fn a_batch_answers_for_each_of_its_requests() {
    let (client, script) = connected(async |line: &mut Line| {
        let all = [line.asked().await, line.asked().await];
        line.reply::<SetData>(&all[0], 8, &set()).await;
        line.refuse(&all[1], 9, ErrorCode::NoNode).await;
        closes(line).await;
    });
    let mut batch = client.batch::<BatchValue>();
    batch.set_data("/a", "x", Version::Any).get_data("/b").exists("no path");
    assert_eq!(batch.len(), 3);
    // The batch is a handle too: what it holds can still be submitted.
    drop(client);
    let results = batch.submit();
    assert!(matches!(results[0], Ok(BatchValue::Stat(_))), "{results:?}");
    assert!(matches!(&results[1], Err(error) if error.is_no_node()), "{results:?}");
    assert!(matches!(&results[2], Err(Error::NotSent(_))), "{results:?}");
    assert!(batch.is_empty());
    drop(batch);
    script.done();
}

#[test]
fn a_reservation_is_used_up_and_keeps_the_client() {
    let (client, script) = connected(async |line: &mut Line| {
        let asked = line.asked().await;
        line.reply::<GetData>(&asked, 8, &got("x")).await;
        closes(line).await;
    });
    let room = client.reserve(2).unwrap();
    drop(client);
    let node = room.submit().get_data("/a");
    assert_eq!(room.left(), 1);
    assert_eq!(node.wait().unwrap().data.unwrap(), "x");
    drop(room);
    script.done();
}
