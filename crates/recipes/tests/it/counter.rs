//! Values and counts that many share.

use std::time::Duration;

use tokio::task::JoinSet;
use zookit_client::{CreateMode, Version, blocking};
use zookit_proto::{ErrorCode, OpCode};
use zookit_recipes::{
    AtomicLong, AtomicOptions, CountFormat, Error, IdGenerator, Mutex, SharedCount, SharedValue,
};
use zookit_server::core::{Effect, Fault};

use crate::place::{Place, bounded};

const PATH: &str = "/counts/a";

/// Of the next transaction about the count.
fn on_multi(effect: Effect) -> Fault {
    Fault::on(effect, OpCode::Multi, PATH).times(1)
}

fn data(place: &Place) -> Vec<u8> {
    let data = place.server.look(|server| server.tree().data(PATH));
    data.flatten().unwrap_or_default().to_vec()
}

#[tokio::test]
async fn what_many_add_is_the_sum() {
    let place = Place::new();
    let mut adding = JoinSet::new();
    for _ in 0..4 {
        let promotion = Some(Mutex::new(&place.client().await, "/counts/lock"));
        let options = AtomicOptions { promotion, ..AtomicOptions::default() };
        let count = AtomicLong::with_options(&place.client().await, PATH, options);
        adding.spawn(async move {
            let mut seen = Vec::new();
            for _ in 0..25 {
                let change = count.add(2).await.unwrap();
                assert_eq!(change.after, change.before + 2);
                seen.push(change.after);
            }
            seen
        });
    }
    let mut seen = bounded(adding.join_all()).await.concat();
    seen.sort_unstable();
    assert_eq!(seen, (1..=100).map(|n| 2 * n).collect::<Vec<_>>(), "each number was seen once");
    assert_eq!(data(&place), 200_i64.to_be_bytes());
}

/// CURATOR-584: one's own write is taken for another's, and counted twice.
#[tokio::test]
async fn an_addition_whose_reply_was_lost_is_counted_once() {
    let place = Place::new();
    let count = AtomicLong::new(&place.client().await, PATH);
    bounded(count.add(5)).await.unwrap();
    place.server.add_fault(on_multi(Effect::LoseReply));
    let change = bounded(count.add(1)).await.unwrap();
    assert_eq!((change.before, change.after), (5, 6));
    assert_eq!(bounded(count.get()).await.unwrap(), 6);
}

#[tokio::test]
async fn an_addition_that_was_lost_on_its_way_is_sent_again() {
    let place = Place::new();
    let count = AtomicLong::new(&place.client().await, PATH);
    bounded(count.add(5)).await.unwrap();
    place.server.add_fault(on_multi(Effect::LoseRequest));
    let change = bounded(count.add(1)).await.unwrap();
    assert_eq!((change.before, change.after), (5, 6));
    assert_eq!(bounded(count.get()).await.unwrap(), 6);
}

/// The other way to get it wrong: another's write of the same number is taken for one's own, and
/// the addition is lost, or a block of ids given out twice.
#[tokio::test]
async fn what_another_wrote_is_not_taken_for_ones_own() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let count = AtomicLong::new(&one, PATH);
    bounded(count.add(5)).await.unwrap();
    let version = two.get_data(PATH).await.unwrap().stat.version;
    let lost = place.server.add_fault(on_multi(Effect::LoseRequest));
    place.server.refuse_connections(true);
    let adding = tokio::spawn(async move { count.add(1).await });
    place.until(|server| server.fault_struck(lost) == Some(1)).await;
    // Just the number that the addition was to write, from just the version that it saw.
    two.set_data(PATH, &6_i64.to_be_bytes(), Version::Exactly(version)).await.unwrap();
    place.server.refuse_connections(false);
    let change = bounded(adding).await.unwrap().unwrap();
    assert_eq!((change.before, change.after), (6, 7), "both were counted");
}

#[tokio::test]
async fn a_count_whose_session_expires_goes_on_in_the_next() {
    let place = Place::new();
    let client = place.client().await;
    let count = AtomicLong::new(&client, PATH);
    bounded(count.add(5)).await.unwrap();
    place.expire(client.session_id());
    bounded(count.add(1)).await.unwrap();
    assert_eq!(bounded(count.get()).await.unwrap(), 6);
    // One mark, of the session of now.
    assert_eq!(place.children(PATH).len(), 1);
}

/// The one case in which nobody can tell; then that is said.
#[tokio::test]
async fn when_the_mark_has_gone_a_lost_reply_is_told() {
    let place = Place::new();
    let client = place.client().await;
    let count = AtomicLong::new(&client, PATH);
    bounded(count.add(5)).await.unwrap();
    let other = place.client().await;
    let mark = format!("{PATH}/{}", place.children(PATH)[0]);
    let lost = place.server.add_fault(on_multi(Effect::LoseReply));
    place.server.refuse_connections(true);
    let adding = tokio::spawn({
        let count = count.clone();
        async move { count.add(1).await }
    });
    place.until(|server| server.fault_struck(lost) == Some(1)).await;
    other.delete(&mark, Version::Any).await.unwrap();
    place.server.refuse_connections(false);
    let error = bounded(adding).await.unwrap().unwrap_err();
    assert!(error.may_have_applied(), "{error}");
    // The next one has a new mark.
    assert_eq!(bounded(count.add(1)).await.unwrap().after, 7);
}

/// The mark goes with its session, and the session behind a lost reply.
#[tokio::test]
async fn when_the_session_has_gone_a_lost_reply_is_told() {
    let place = Place::new();
    let client = place.client().await;
    let count = AtomicLong::new(&client, PATH);
    bounded(count.add(5)).await.unwrap();
    let lost = place.server.add_fault(on_multi(Effect::LoseReply));
    place.server.refuse_connections(true);
    let adding = tokio::spawn({
        let count = count.clone();
        async move { count.add(1).await }
    });
    place.until(|server| server.fault_struck(lost) == Some(1)).await;
    place.expire(client.session_id());
    place.server.refuse_connections(false);
    let error = bounded(adding).await.unwrap().unwrap_err();
    assert!(error.may_have_applied(), "{error}");
    assert_eq!(bounded(count.add(1)).await.unwrap().after, 7);
}

#[tokio::test]
async fn an_addition_that_is_dropped_half_way_leaves_the_next_one_right() {
    let place = Place::new();
    let count = AtomicLong::new(&place.client().await, PATH);
    bounded(count.add(5)).await.unwrap();
    let mark = place.children(PATH);
    let late = place.server.add_fault(on_multi(Effect::DelayReply(Duration::from_millis(100))));
    let adding = tokio::spawn({
        let count = count.clone();
        async move { count.add(1).await }
    });
    place.until(|server| server.fault_struck(late) == Some(1)).await;
    adding.abort();
    assert!(bounded(adding).await.unwrap_err().is_cancelled());
    // It was applied, and nobody was told; the next one has another mark.
    assert_eq!(bounded(count.add(1)).await.unwrap().after, 7);
    place.until_children(PATH, 1).await;
    assert_ne!(place.children(PATH), mark);
}

#[tokio::test]
async fn who_deletes_the_mark_costs_another_one() {
    let place = Place::new();
    let client = place.client().await;
    let count = AtomicLong::new(&client, PATH);
    bounded(count.add(5)).await.unwrap();
    let mark = format!("{PATH}/{}", place.children(PATH)[0]);
    client.delete(&mark, Version::Any).await.unwrap();
    assert_eq!(bounded(count.add(1)).await.unwrap().after, 6);
}

#[tokio::test]
async fn a_handle_that_is_dropped_leaves_the_count_alone() {
    let place = Place::new();
    let count = AtomicLong::new(&place.client().await, PATH);
    bounded(count.add(5)).await.unwrap();
    drop(count);
    place.until_children(PATH, 0).await;
    assert_eq!(data(&place), 5_i64.to_be_bytes());
}

#[tokio::test]
async fn an_addition_without_contention_takes_two_requests() {
    let place = Place::new();
    let count = AtomicLong::new(&place.client().await, PATH);
    bounded(count.add(5)).await.unwrap();
    place.server.log_requests(100);
    bounded(count.add(1)).await.unwrap();
    assert_eq!(place.asked(), [OpCode::GetData, OpCode::Multi]);
}

/// What others always win is given up after so many attempts, and the lock is taken before.
#[tokio::test]
async fn attempts_are_bounded_and_the_lock_comes_last() {
    let place = Place::new();
    let client = place.client().await;
    let count = AtomicLong::new(&client, PATH);
    bounded(count.add(5)).await.unwrap();
    let refused = Fault::on(Effect::Fail(ErrorCode::BadVersion), OpCode::Multi, PATH);
    let fault = place.server.add_fault(refused);
    let error = bounded(count.add(1)).await.unwrap_err();
    assert!(matches!(error, Error::Contended { attempts: 16, .. }), "{error}");
    assert_eq!(place.server.remove_fault(fault), Some(16));

    let promotion = Some(Mutex::new(&client, "/counts/lock"));
    let options = AtomicOptions { promotion, attempts: 2, ..AtomicOptions::default() };
    let count = AtomicLong::with_options(&client, PATH, options);
    let refused = Fault::on(Effect::Fail(ErrorCode::BadVersion), OpCode::Multi, PATH);
    place.server.add_fault(refused.times(3));
    place.server.log_requests(100);
    assert_eq!(bounded(count.add(1)).await.unwrap().after, 6);
    place.until_children("/counts/lock", 0).await;
    let asked = place.asked();
    let multis = asked.iter().filter(|code| **code == OpCode::Multi).count();
    assert_eq!(multis, 4, "two without the lock and two with it: {asked:?}");
}

#[tokio::test]
async fn counts_are_those_of_curator_and_kazoo() {
    let place = Place::new();
    let client = place.client().await;
    for (format, five, seven) in [
        (CountFormat::Long, &b"\0\0\0\0\0\0\0\x05"[..], &b"\0\0\0\0\0\0\0\x07"[..]),
        (CountFormat::Int, b"\0\0\0\x05", b"\0\0\0\x07"),
        (CountFormat::Text, b"5", b"7"),
    ] {
        let _ = client.delete_recursive(PATH).await;
        let options = AtomicOptions { format, ..AtomicOptions::default() };
        let count = AtomicLong::with_options(&client, PATH, options);
        // As kazoo makes it.
        client.create_with_parents(PATH, (), CreateMode::Persistent).await.unwrap();
        assert_eq!(bounded(count.get()).await.unwrap(), 0);
        client.set_data(PATH, five, Version::Any).await.unwrap();
        assert_eq!(bounded(count.add(2)).await.unwrap().before, 5);
        assert_eq!(data(&place), seven);
        client.set_data(PATH, "no count", Version::Any).await.unwrap();
        let told = bounded(count.add(2)).await;
        let read = if format == CountFormat::Long { i64::from_be_bytes(*b"no count") } else { 0 };
        match told {
            // Eight bytes are a number, if it is one of 64 bits.
            Ok(change) => assert_eq!((format, change.before), (CountFormat::Long, read)),
            Err(error) => assert!(matches!(error, Error::Malformed { .. }), "{error}"),
        }
    }
}

#[tokio::test]
async fn a_count_never_leaves_its_range() {
    let place = Place::new();
    let count = AtomicLong::new(&place.client().await, PATH);
    assert_eq!(bounded(count.initialize(i64::MAX)).await.unwrap(), i64::MAX);
    assert_eq!(bounded(count.initialize(3)).await.unwrap(), i64::MAX, "there is one");
    let error = bounded(count.increment()).await.unwrap_err();
    assert!(matches!(error, Error::OutOfRange { .. }), "{error}");
    assert_eq!(bounded(count.decrement()).await.unwrap().after, i64::MAX - 1);
    assert_eq!(bounded(count.set(-3)).await.unwrap(), i64::MAX - 1);
    assert!(!bounded(count.compare_and_set(3, 4)).await.unwrap());
    assert!(bounded(count.compare_and_set(-3, 4)).await.unwrap());
    assert_eq!(bounded(count.get()).await.unwrap(), 4);
}

#[tokio::test]
async fn ids_are_given_out_once_and_cost_no_request_within_a_block() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let first = IdGenerator::new(AtomicLong::new(&one, PATH), 10);
    let second = IdGenerator::new(AtomicLong::new(&two, PATH), 10);
    let mut ids = vec![bounded(first.next()).await.unwrap(), bounded(second.next()).await.unwrap()];
    place.server.log_requests(100);
    for _ in 0..9 {
        ids.push(bounded(first.next()).await.unwrap());
        ids.push(bounded(second.next()).await.unwrap());
    }
    assert_eq!(place.asked(), []);
    ids.sort_unstable();
    assert_eq!(ids, (0..20).collect::<Vec<_>>());
    // A block whose reply was lost is used all the same: it is known to be ours.
    place.server.add_fault(on_multi(Effect::LoseReply));
    assert_eq!(bounded(second.next()).await.unwrap(), 20);
    assert_eq!(bounded(first.reserve(5)).await.unwrap(), 30..35);
}

#[tokio::test]
async fn of_many_who_saw_a_value_one_replaces_it() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let (one, two) = (SharedValue::new(&one, PATH, "a"), SharedValue::new(&two, PATH, "b"));
    let seen = bounded(one.get()).await.unwrap();
    assert_eq!(bounded(two.get()).await.unwrap(), seen);
    let set = bounded(one.try_set(&seen, "c")).await.unwrap().unwrap();
    assert!(set.zxid > seen.zxid && set.version == seen.version + 1);
    assert_eq!(bounded(two.try_set(&seen, "d")).await.unwrap(), None);
    assert_eq!(bounded(two.get()).await.unwrap(), set);
}

/// CURATOR-584, of a value: a try whose reply was lost is no failure, and another's no success.
#[tokio::test]
async fn a_try_whose_reply_was_lost_tells_the_truth() {
    let place = Place::new();
    let value = SharedValue::new(&place.client().await, PATH, "a");
    let seen = bounded(value.get()).await.unwrap();
    place.server.add_fault(on_multi(Effect::LoseReply));
    let set = bounded(value.try_set(&seen, "b")).await.unwrap().unwrap();
    assert_eq!(bounded(value.get()).await.unwrap(), set);
    // Another one sets just that value from just that version, and ours is refused without a reply.
    let other = SharedValue::new(&place.client().await, PATH, "a");
    let theirs = bounded(other.try_set(&set, "c")).await.unwrap().unwrap();
    place.server.add_fault(on_multi(Effect::LoseReply));
    assert_eq!(bounded(value.try_set(&set, "c")).await.unwrap(), None);
    assert_eq!(bounded(value.get()).await.unwrap(), theirs);
}

#[tokio::test]
async fn a_follower_is_told_of_what_it_is_and_becomes() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let count = SharedCount::new(&one, PATH, 7);
    let mut follow = SharedCount::new(&two, PATH, 7).follow();
    assert_eq!(bounded(follow.next()).await.unwrap(), None, "there is none");
    let seen = bounded(count.get()).await.unwrap();
    assert_eq!(bounded(follow.next()).await.unwrap().unwrap(), seen);
    assert_eq!(seen.value, 7);
    // A change while its session is over.
    place.expire(two.session_id());
    let zxid = bounded(count.set(8)).await.unwrap();
    let told = bounded(follow.next()).await.unwrap().unwrap();
    assert_eq!((told.value, told.zxid), (8, zxid));
    // What is no number is told, and the next number too.
    one.set_data(PATH, "eight", Version::Any).await.unwrap();
    let error = bounded(follow.next()).await.unwrap_err();
    assert!(matches!(error, Error::Malformed { .. }), "{error}");
    bounded(count.set(9)).await.unwrap();
    assert_eq!(bounded(follow.next()).await.unwrap().unwrap().value, 9);
    one.delete_recursive(PATH).await.unwrap();
    assert_eq!(bounded(follow.next()).await.unwrap(), None);
}

#[tokio::test]
async fn what_cannot_be_mended_is_told_and_not_tried_for_ever() {
    let place = Place::new();
    let client = place.client().await;
    let value = SharedValue::new(&client, PATH, "a");
    let mut follow = value.follow();
    bounded(value.get()).await.unwrap();
    bounded(follow.next()).await.unwrap();
    let refused = Fault::new(Effect::Fail(ErrorCode::NoAuth), |asked| asked.is_about(PATH));
    let fault = place.server.add_fault(refused);
    assert!(bounded(value.get()).await.unwrap_err().as_client().unwrap().is_no_auth());
    assert!(bounded(value.set("b")).await.unwrap_err().as_client().unwrap().is_no_auth());
    let other = place.client().await.get_data(PATH).await;
    assert!(other.unwrap_err().is_no_auth());
    assert_eq!(place.server.remove_fault(fault), Some(4), "one each, and one of the mark");
}

#[test]
fn the_blocking_twins_count() {
    use zookit_recipes::blocking::{AtomicLong, IdGenerator, SharedCount, SharedValue};
    let place = Place::new();
    let client = blocking::Client::connect(place.server.address().to_string().as_str()).unwrap();
    let count = AtomicLong::new(&client, PATH);
    assert_eq!(count.initialize(3).unwrap(), 3);
    assert_eq!(count.increment().unwrap().after, 4);
    assert_eq!(count.add(3).unwrap().after, 7);
    assert_eq!(count.decrement().unwrap().after, 6);
    assert_eq!(count.update(|n| n * 2).unwrap().after, 12);
    assert!(count.compare_and_set(12, 1).unwrap());
    assert_eq!(count.set(5).unwrap(), 1);
    assert_eq!((count.get().unwrap(), count.path()), (5, PATH));
    let ids = IdGenerator::new(count, 4);
    assert_eq!(ids.next().unwrap(), 5);
    assert_eq!(ids.reserve(2).unwrap(), 9..11);
    let value = SharedValue::new(&client, "/counts/value", "a");
    let mut follow = value.follow();
    assert_eq!(follow.next().unwrap(), None);
    assert_eq!(follow.next_within(Duration::from_millis(1)).unwrap(), None);
    let seen = value.get().unwrap();
    assert!(value.try_set(&seen, "b").unwrap().is_some());
    value.set("c").unwrap();
    while follow.next().unwrap().unwrap().value != "c" {}
    let limit = SharedCount::new(&client, "/counts/limit", 1);
    let seen = limit.get().unwrap();
    limit.try_set(&seen, 2).unwrap().unwrap();
    limit.set(3).unwrap();
    assert_eq!(limit.follow().next().unwrap().unwrap().value, 3);
    // What is dropped with the last handle of its client leaves nothing.
    drop((client, ids, value, limit, follow));
    assert!(place.server.wait(Duration::from_secs(30), |server| server.sessions().is_empty()));
    assert_eq!(place.children(PATH), [""; 0]);
}
