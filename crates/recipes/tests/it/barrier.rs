//! Barriers.

use std::time::Duration;

use tokio::task::{JoinHandle, JoinSet};
use zookit_client::{Client, CreateMode, Deadline, Version, blocking};
use zookit_proto::{ErrorCode, OpCode};
use zookit_recipes::{Barrier, ClaimOptions, DoubleBarrier, Entered, Error, Lost, Parents};
use zookit_server::core::{Effect, Fault};

use crate::place::{Place, bounded};

const PATH: &str = "/barriers/a";
const READY: &str = "/barriers/a/ready";

fn double(client: &Client, members: usize) -> DoubleBarrier {
    DoubleBarrier::new(client, PATH, members)
}

fn entering(client: &Client, members: usize) -> JoinHandle<Result<Entered, Error>> {
    let barrier = double(client, members);
    tokio::spawn(async move { barrier.enter().await })
}

/// Waits until so many wait for `ready`.
async fn until_waiting(place: &Place, count: usize) {
    let waiting = |server: &zookit_server::core::Server| {
        server.watches().iter().filter(|watch| watch.path == READY).count()
    };
    place.until(|server| waiting(server) == count).await;
}

/// Curator issue 1290: being woken is no reason to go on.
#[tokio::test]
async fn who_waits_goes_on_when_it_is_lifted_and_not_when_woken() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let barrier = Barrier::new(&one, PATH);
    bounded(barrier.raise()).await.unwrap();
    bounded(barrier.raise()).await.unwrap();
    let waiter = Barrier::new(&two, PATH);
    let waiting = tokio::spawn(async move { waiter.wait().await });
    let watched = |server: &zookit_server::core::Server| server.watches().len() == 1;
    place.until(watched).await;
    // Its data, its connection and its session are no barrier.
    one.set_data(PATH, "x", Version::Any).await.unwrap();
    place.until(watched).await;
    let connection = place.server.connection_of(two.session_id()).unwrap();
    place.server.drop_connection(connection);
    place.until(watched).await;
    place.expire(two.session_id());
    place.until(watched).await;
    assert!(!waiting.is_finished());
    assert!(bounded(barrier.lift()).await.unwrap());
    bounded(waiting).await.unwrap().unwrap();
    assert!(!bounded(barrier.lift()).await.unwrap(), "it is not up");
    assert!(bounded(barrier.wait_within(Duration::from_secs(9))).await.unwrap());
    bounded(barrier.raise()).await.unwrap();
    assert!(!bounded(barrier.wait_within(Duration::from_millis(1))).await.unwrap());
}

#[tokio::test]
async fn lost_replies_about_a_barrier_are_looked_into() {
    let place = Place::new();
    let client = place.client().await;
    let barrier = Barrier::new(&client, PATH);
    client.create_with_parents("/barriers", (), CreateMode::Persistent).await.unwrap();
    place.server.add_fault(Fault::on(Effect::LoseReply, OpCode::Create2, PATH).times(1));
    bounded(barrier.raise()).await.unwrap();
    place.server.add_fault(Fault::on(Effect::LoseReply, OpCode::Delete, PATH).times(1));
    assert!(bounded(barrier.lift()).await.unwrap());
    bounded(barrier.raise()).await.unwrap();
    place.server.add_fault(Fault::on(Effect::LoseRequest, OpCode::Delete, PATH).times(1));
    assert!(bounded(barrier.lift()).await.unwrap());
    // Raised and lifted, or never raised: nobody can tell, and it is not raised blindly.
    place.server.add_fault(Fault::on(Effect::LoseRequest, OpCode::Create2, PATH).times(1));
    let error = bounded(barrier.raise()).await.unwrap_err();
    assert!(error.may_have_applied(), "{error}");
    bounded(barrier.wait()).await.unwrap();
}

/// What was lifted by a delete without a reply is not lifted again when it is up anew.
#[tokio::test]
async fn a_barrier_that_is_raised_anew_is_not_lifted_by_an_old_call() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let (barrier, other) = (Barrier::new(&one, PATH), Barrier::new(&two, PATH));
    bounded(barrier.raise()).await.unwrap();
    let lost = Fault::on(Effect::LoseReply, OpCode::Delete, PATH).times(1);
    let lost = place.server.add_fault(lost);
    place.server.refuse_connections(true);
    let lifting = tokio::spawn(async move { barrier.lift().await });
    place.until(|server| server.fault_struck(lost) == Some(1)).await;
    bounded(other.raise()).await.unwrap();
    place.server.refuse_connections(false);
    assert!(bounded(lifting).await.unwrap().unwrap());
    assert!(!bounded(other.wait_within(Duration::from_millis(1))).await.unwrap());
}

#[tokio::test]
async fn a_barrier_in_a_parent_that_is_expected_is_refused_without_it() {
    let place = Place::new();
    let client = place.client().await;
    let options = ClaimOptions { parents: Parents::Expected, ..ClaimOptions::default() };
    let barrier = Barrier::with_options(&client, PATH, options);
    let error = bounded(barrier.raise()).await.unwrap_err();
    assert!(error.as_client().unwrap().is_no_node(), "{error}");
}

#[tokio::test]
async fn all_enter_together_and_leave_together() {
    let place = Place::new();
    let mut members = JoinSet::new();
    for number in 0..5 {
        let barrier = double(&place.client().await, 5);
        if number == 4 {
            until_waiting(&place, 4).await;
            assert!(members.try_join_next().is_none(), "four of five");
        }
        members.spawn(async move { barrier.enter().await.unwrap() });
    }
    let mut inside = bounded(members.join_all()).await;
    assert!(inside.iter().all(|entered| entered.is_trusted()));
    let last = inside.pop().unwrap();
    let mut leaving = JoinSet::new();
    for entered in inside {
        leaving.spawn(entered.leave());
    }
    // Two are left, or one: the last one, and the lowest if that is another.
    place.until(|server| server.tree().stat(PATH).unwrap().num_children <= 3).await;
    assert!(leaving.try_join_next().is_none(), "one has not left");
    bounded(last.leave()).await.unwrap();
    assert!(bounded(leaving.join_all()).await.into_iter().all(|left| left.is_ok()));
    assert_eq!(place.children(PATH), [""; 0], "ready has gone too");
}

/// `ready` counted as a child, and the children of a former round: both begin a round too soon.
#[tokio::test]
async fn a_former_rounds_children_and_its_ready_are_not_counted() {
    let place = Place::new();
    let clients = [place.client().await, place.client().await, place.client().await];
    let first = entering(&clients[0], 2);
    let second = bounded(double(&clients[1], 2).enter()).await.unwrap();
    let first = bounded(first).await.unwrap().unwrap();
    // With `ready` and the former two there are four children, and one of the next round.
    let third = entering(&clients[2], 2);
    place.until_children(PATH, 4).await;
    let leaving = tokio::spawn(first.leave());
    bounded(second.leave()).await.unwrap();
    bounded(leaving).await.unwrap().unwrap();
    until_waiting(&place, 1).await;
    assert!(!third.is_finished(), "it is alone");
    let fourth = bounded(double(&clients[0], 2).enter()).await.unwrap();
    let third = bounded(third).await.unwrap().unwrap();
    let leaving = tokio::spawn(third.leave());
    bounded(fourth.leave()).await.unwrap();
    bounded(leaving).await.unwrap().unwrap();
    assert_eq!(place.children(PATH), [""; 0]);
}

/// All of a round are gone with their sessions, and `ready` stays: the next round does with it.
#[tokio::test]
async fn a_ready_that_was_left_behind_begins_no_round() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let entered = bounded(double(&one, 1).enter()).await.unwrap();
    place.expire(entered.session_id());
    assert_eq!(bounded(entered.lost()).await, Lost::SessionOver);
    place.until_children(PATH, 1).await;
    let alone = double(&one, 2);
    assert!(bounded(alone.enter_within(Duration::from_millis(50))).await.unwrap().is_none());
    place.until_children(PATH, 1).await;
    let waiting = entering(&one, 2);
    until_waiting(&place, 1).await;
    let second = bounded(double(&two, 2).enter()).await.unwrap();
    let first = bounded(waiting).await.unwrap().unwrap();
    let leaving = tokio::spawn(first.leave());
    bounded(second.leave()).await.unwrap();
    bounded(leaving).await.unwrap().unwrap();
    assert!(bounded(entered.leave()).await.unwrap_err().is_lost());
    assert_eq!(place.children(PATH), [""; 0]);
}

/// Also when the members of the former round go with their sessions, one after another.
#[tokio::test]
async fn the_next_round_begins_when_the_sessions_of_the_last_are_over() {
    let place = Place::new();
    let (one, two, three) = (place.client().await, place.client().await, place.client().await);
    let first = entering(&one, 2);
    let second = bounded(double(&two, 2).enter()).await.unwrap();
    let first = bounded(first).await.unwrap().unwrap();
    let next = entering(&three, 1);
    place.until_children(PATH, 4).await;
    place.expire(first.session_id());
    place.until_children(PATH, 3).await;
    assert!(!next.is_finished());
    place.expire(second.session_id());
    bounded(bounded(next).await.unwrap().unwrap().leave()).await.unwrap();
}

#[tokio::test]
async fn a_session_that_ends_while_one_enters_is_told() {
    let place = Place::new();
    let client = place.client().await;
    let waiting = entering(&client, 2);
    until_waiting(&place, 1).await;
    place.expire(client.session_id());
    let error = bounded(waiting).await.unwrap().unwrap_err();
    assert!(error.is_lost(), "{error}");
    place.until_children(PATH, 0).await;
    // Somebody deletes it, and something wakes the one whose it was.
    let waiting = entering(&client, 2);
    until_waiting(&place, 1).await;
    let name = place.children(PATH).pop().unwrap();
    client.delete(&format!("{PATH}/{name}"), Version::Any).await.unwrap();
    let other = place.client().await;
    other.create(READY, (), CreateMode::Persistent).await.unwrap();
    let error = bounded(waiting).await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Lost { lost: Lost::Deleted, .. }), "{error}");
}

/// The connection of one who waits is lost, and nobody passes for that.
#[tokio::test]
async fn a_lost_connection_is_no_reason_to_enter() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let waiting = entering(&one, 2);
    until_waiting(&place, 1).await;
    for _ in 0..3 {
        let connection = place.server.connection_of(one.session_id()).unwrap();
        place.server.drop_connection(connection);
        until_waiting(&place, 1).await;
    }
    assert!(!waiting.is_finished());
    let second = bounded(double(&two, 2).enter()).await.unwrap();
    let first = bounded(waiting).await.unwrap().unwrap();
    drop(first);
    // Who was dropped has left.
    bounded(second.leave()).await.unwrap();
}

/// What could not be sent in its time is asked again: one enters over lost connections.
#[tokio::test]
async fn who_cannot_reach_a_server_in_time_enters_when_there_is_one() {
    let place = Place::new();
    let soon = Deadline::After(Duration::from_millis(20));
    let client = place.client().await.with_deadline(soon);
    place.disconnect();
    let waiting = entering(&client, 1);
    // The second is asked behind the child, so that the child's time is over when its own is.
    for _ in 0..2 {
        let late = bounded(client.exists(PATH)).await.unwrap_err();
        assert!(late.is_transient() && !late.may_have_applied(), "{late}");
    }
    place.reconnect();
    bounded(bounded(waiting).await.unwrap().unwrap().leave()).await.unwrap();
}

#[tokio::test]
async fn lost_replies_begin_and_end_a_round_once() {
    let place = Place::new();
    let client = place.client().await;
    for effect in [Effect::LoseReply, Effect::LoseRequest] {
        let on_ready = || Fault::on(effect, OpCode::Multi, READY).times(1);
        let begun = place.server.add_fault(on_ready());
        let entered = bounded(double(&client, 1).enter()).await.unwrap();
        assert_eq!(place.server.remove_fault(begun), Some(1));
        let ended = place.server.add_fault(on_ready());
        bounded(entered.leave()).await.unwrap();
        assert_eq!(place.server.remove_fault(ended), Some(1));
        assert_eq!(place.children(PATH), [""; 0]);
    }
}

/// One of those who were counted has gone when the round is to be begun.
#[tokio::test]
async fn a_round_needs_all_who_were_counted_for_it() {
    let place = Place::new();
    let (one, two, three) = (place.client().await, place.client().await, place.client().await);
    let first = entering(&one, 2);
    until_waiting(&place, 1).await;
    let name = place.children(PATH).pop().unwrap();
    let late = Fault::on(Effect::Delay(Duration::from_millis(100)), OpCode::Multi, READY);
    let late = place.server.add_fault(late.times(1));
    let second = entering(&two, 2);
    place.until(|server| server.fault_struck(late) == Some(1)).await;
    place.server.log_requests(100);
    three.delete(&format!("{PATH}/{name}"), Version::Any).await.unwrap();
    // Refused, and listed again.
    let listed = |server: &zookit_server::core::Server| {
        let asked: Vec<_> = server.request_log().map(|entry| entry.opcode).collect();
        asked.ends_with(&[OpCode::GetChildren])
    };
    place.until(listed).await;
    assert_eq!(place.children(PATH).len(), 1, "no `ready`");
    assert!(!second.is_finished());
    let third = bounded(double(&three, 2).enter()).await.unwrap();
    let second = bounded(second).await.unwrap().unwrap();
    assert!(bounded(first).await.unwrap().unwrap_err().is_lost(), "it was removed");
    let leaving = tokio::spawn(second.leave());
    bounded(third.leave()).await.unwrap();
    bounded(leaving).await.unwrap().unwrap();
}

#[tokio::test]
async fn what_cannot_be_mended_is_told_at_once() {
    let place = Place::new();
    let client = place.client().await;
    let refused = Fault::new(Effect::Fail(ErrorCode::NoAuth), |asked| {
        asked.path().is_some_and(|path| path.to_string().starts_with("/barriers"))
    });
    let fault = place.server.add_fault(refused);
    let barrier = Barrier::new(&client, PATH);
    let told = |error: Error| assert!(error.as_client().unwrap().is_no_auth(), "{error}");
    told(bounded(barrier.raise()).await.unwrap_err());
    told(bounded(barrier.lift()).await.unwrap_err());
    told(bounded(barrier.wait()).await.unwrap_err());
    told(bounded(double(&client, 2).enter()).await.unwrap_err());
    assert_eq!(place.server.remove_fault(fault), Some(5), "one each, and one listing");
}

#[tokio::test]
async fn who_gives_up_is_not_counted() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let pair = double(&one, 2);
    assert!(bounded(pair.enter_within(Duration::from_millis(1))).await.unwrap().is_none());
    place.until_children(PATH, 0).await;
    let second = entering(&two, 2);
    until_waiting(&place, 1).await;
    assert!(!second.is_finished());
    let first = bounded(double(&one, 2).enter()).await.unwrap();
    let second = bounded(second).await.unwrap().unwrap();
    assert!(!bounded(first.leave_within(Duration::from_millis(1))).await.unwrap());
    // It has left all the same.
    bounded(second.leave()).await.unwrap();
    place.until_children(PATH, 0).await;
}

/// kazoo deletes `ready` when the first one leaves, and names its children otherwise.
#[tokio::test]
async fn a_member_of_kazoos_enters_and_leaves_with_ours() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let waiting = entering(&one, 2);
    until_waiting(&place, 1).await;
    let theirs = format!("{PATH}/0f0e9aa28d244a9f8f2c4f5c2d6e7b10");
    two.create(&theirs, "host-1", CreateMode::Ephemeral).await.unwrap();
    // Deleted again before ours can look.
    let ready = two.create(READY, (), CreateMode::Persistent);
    let gone = two.delete(READY, Version::Any);
    ready.await.unwrap();
    gone.await.unwrap();
    let ours = bounded(waiting).await.unwrap().unwrap();
    let leaving = tokio::spawn(ours.leave());
    place.until(|server| server.watches().iter().any(|w| w.path == *theirs)).await;
    two.delete(&theirs, Version::Any).await.unwrap();
    bounded(leaving).await.unwrap().unwrap();
}

#[test]
fn the_blocking_twins_hold_up_and_let_go() {
    use zookit_recipes::blocking::{Barrier, DoubleBarrier};
    let place = Place::new();
    let client = blocking::Client::connect(place.server.address().to_string().as_str()).unwrap();
    let barrier = Barrier::new(&client, "/barriers/b");
    barrier.raise().unwrap();
    assert!(!barrier.wait_within(Duration::from_millis(1)).unwrap());
    assert!(barrier.lift().unwrap());
    barrier.wait().unwrap();
    let pair = DoubleBarrier::new(&client, PATH, 2);
    assert!(pair.enter_within(Duration::from_millis(1)).unwrap().is_none());
    let other = DoubleBarrier::new(&client, PATH, 2);
    std::thread::scope(|scope| {
        let second = scope.spawn(|| other.enter().unwrap().leave().unwrap());
        pair.enter().unwrap().leave().unwrap();
        second.join().unwrap();
    });
    assert_eq!((barrier.path(), pair.path()), ("/barriers/b", PATH));
    let alone = DoubleBarrier::new(&client, PATH, 1);
    assert!(alone.enter().unwrap().leave_within(Duration::from_secs(30)).unwrap());
    assert_eq!(place.children(PATH), [""; 0]);
}
