//! Running a future while leading.

use std::future::pending;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::Poll;

use tokio::sync::oneshot;
use zookit_client::{CreateMode, Version};
use zookit_proto::OpCode;
use zookit_recipes::{ElectionOptions, LeadUntil, Leadership, Lost, Mutex, Participant, Selector};

use crate::place::{Place, bounded};

const PATH: &str = "/scheduler";

/// Tells when it is dropped.
struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// A selector that leads for ever: its leadership, its task, and whether its future was dropped.
async fn leading_for_ever(
    selector: Selector,
) -> (Leadership, tokio::task::JoinHandle<Result<(), zookit_recipes::Error>>, Arc<AtomicBool>) {
    let dropped = Arc::new(AtomicBool::new(false));
    let guard = Dropped(Arc::clone(&dropped));
    let (sender, leads) = oneshot::channel();
    let task = tokio::spawn(async move {
        selector
            .run(|leadership| async move {
                let _guard = guard;
                sender.send(leadership).unwrap();
                pending::<()>().await;
            })
            .await
    });
    (bounded(leads).await.unwrap(), task, dropped)
}

#[tokio::test]
async fn a_future_runs_while_it_leads_and_the_next_behind_it() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let (release, released) = oneshot::channel::<()>();
    let (led, leads) = oneshot::channel();
    let selector = Selector::new(&one, PATH, "one");
    let first = tokio::spawn(async move {
        let lead = |leadership: Leadership| async move {
            led.send(leadership.token()).unwrap();
            released.await.unwrap();
            leadership.token()
        };
        selector.run(lead).await
    });
    bounded(leads).await.unwrap();
    let second = Selector::new(&two, PATH, "two");
    let waiting = tokio::spawn({
        let second = second.clone();
        async move { second.run(async |leadership| leadership.token()).await }
    });
    place.until_children(PATH, 2).await;
    let participants = bounded(second.participants()).await.unwrap();
    assert_eq!(participants.iter().map(Participant::id).collect::<Vec<_>>(), ["one", "two"]);
    // One and the same queue as a lock's.
    assert!(bounded(Mutex::new(&one, PATH).try_acquire()).await.unwrap().is_none());
    release.send(()).unwrap();
    let first = bounded(first).await.unwrap().unwrap();
    assert!(bounded(waiting).await.unwrap().unwrap() > first);
    assert_eq!(place.children(PATH), [""; 0]);
}

#[tokio::test]
async fn the_future_is_dropped_when_somebody_deletes_the_znode() {
    let place = Place::new();
    let client = place.client().await;
    let (leadership, task, dropped) = leading_for_ever(Selector::new(&client, PATH, "one")).await;
    client.delete(leadership.path(), Version::Any).await.unwrap();
    let error = bounded(task).await.unwrap().unwrap_err();
    assert!(error.to_string().contains("somebody deleted"), "{error}");
    assert!(error.is_lost() && dropped.load(Ordering::SeqCst));
}

#[tokio::test]
async fn the_future_is_dropped_when_the_session_ends() {
    let place = Place::new();
    let client = place.client().await;
    let (leadership, task, dropped) = leading_for_ever(Selector::new(&client, PATH, "one")).await;
    place.expire(leadership.session_id());
    assert!(bounded(task).await.unwrap().unwrap_err().is_lost());
    assert!(dropped.load(Ordering::SeqCst));
}

#[tokio::test]
async fn the_future_is_dropped_in_doubt_and_what_it_held_is_given_up() {
    let place = Place::that_keeps_sessions();
    let client = place.doubtful_client().await;
    let (_, task, dropped) = leading_for_ever(Selector::new(&client, PATH, "one")).await;
    place.disconnect();
    let error = bounded(task).await.unwrap().unwrap_err();
    assert!(error.is_lost() && error.to_string().contains("no server has answered"), "{error}");
    assert!(dropped.load(Ordering::SeqCst));
    place.reconnect();
    place.until_children(PATH, 0).await;
}

#[tokio::test]
async fn who_was_asked_to_goes_on_in_doubt() {
    let place = Place::that_keeps_sessions();
    let client = place.doubtful_client().await;
    let options = ElectionOptions { until: LeadUntil::Lost, ..ElectionOptions::default() };
    let selector = Selector::with_options(&client, PATH, options);
    let (leadership, task, dropped) = leading_for_ever(selector).await;
    place.disconnect();
    bounded(leadership.doubted()).await;
    place.reconnect();
    bounded(client.fence()).await.unwrap();
    assert!(leadership.is_trusted() && !dropped.load(Ordering::SeqCst));
    client.delete(leadership.path(), Version::Any).await.unwrap();
    assert!(bounded(task).await.unwrap().unwrap_err().is_lost());
}

/// CURATOR-518, CURATOR-468: nothing is interrupted, and nothing goes on that was cancelled.
#[tokio::test]
async fn dropping_the_run_drops_the_leader_and_gives_the_leadership_up() {
    let place = Place::new();
    let client = place.client().await;
    let (leadership, task, dropped) = leading_for_ever(Selector::new(&client, PATH, "one")).await;
    task.abort();
    assert!(bounded(task).await.unwrap_err().is_cancelled());
    assert!(dropped.load(Ordering::SeqCst));
    assert_eq!(bounded(leadership.lost()).await, Lost::Deleted);
    place.until_children(PATH, 0).await;
}

#[tokio::test]
async fn a_leader_that_panics_gives_the_leadership_up() {
    let place = Place::new();
    let client = place.client().await;
    let selector = Selector::new(&client, PATH, "one");
    let task = tokio::spawn(async move {
        selector.run(async |_| panic!("a leader's own")).await.map(|never: ()| never)
    });
    assert!(bounded(task).await.unwrap_err().is_panic());
    place.until_children(PATH, 0).await;
}

#[tokio::test]
async fn a_requeued_one_leads_again_until_it_breaks() {
    let place = Place::new();
    let client = place.client().await;
    let selector = Selector::new(&client, PATH, "one");
    let terms = AtomicU32::new(0);
    let (place_, client_) = (&place, &client);
    let lead = |leadership: Leadership| {
        let term = terms.fetch_add(1, Ordering::SeqCst);
        async move {
            match term {
                0 => ControlFlow::Continue(()),
                1 => {
                    client_.delete(leadership.path(), Version::Any).await.unwrap();
                    pending().await
                }
                2 => {
                    place_.expire(leadership.session_id());
                    pending().await
                }
                _ => ControlFlow::Break(leadership.session_id()),
            }
        }
    };
    let session = bounded(selector.requeued(lead)).await.unwrap();
    assert_eq!(session, client.session_id());
    assert_eq!(terms.load(Ordering::SeqCst), 4);
    assert_eq!(place.children(PATH), [""; 0]);
}

#[tokio::test]
async fn what_cannot_be_mended_is_told_and_the_closure_not_called() {
    let place = Place::new();
    let client = place.client().await;
    let selector = Selector::new(&client, "no path", "one");
    let never = |_| -> std::future::Ready<ControlFlow<()>> { panic!("it cannot lead") };
    let error = bounded(selector.requeued(never)).await.unwrap_err();
    assert!(error.to_string().contains("no path"), "{error}");
    let selector = Selector::new(&client, PATH, "one");
    client.close().await.unwrap();
    let error = bounded(selector.requeued(never)).await.unwrap_err();
    assert!(error.as_client().unwrap().is_closed(), "{error}");
}

#[tokio::test]
async fn a_term_costs_four_requests() {
    let place = Place::new();
    let client = place.client().await;
    let selector = Selector::new(&client, PATH, "one");
    bounded(selector.run(async |_| ())).await.unwrap();
    place.server.log_requests(100);
    bounded(selector.run(async |leadership: Leadership| {
        place.until_watches(leadership.path()).await;
    }))
    .await
    .unwrap();
    let asked = [OpCode::Create2, OpCode::GetChildren, OpCode::Exists, OpCode::Delete];
    assert_eq!(place.asked(), asked);
}

#[test]
fn the_blocking_twin_leads_while_its_closure_runs() {
    let place = Place::new();
    let address = place.server.address().to_string();
    let client = zookit_client::blocking::Client::connect(address.as_str()).unwrap();
    let selector = zookit_recipes::blocking::Selector::new(&client, PATH, "one");
    let id = selector
        .run(|leadership| {
            assert!(leadership.is_trusted());
            selector.participants().unwrap()[0].id()
        })
        .unwrap();
    assert_eq!(id, "one");
    assert_eq!(place.children(PATH), [""; 0]);
    let lost = selector.run(|leadership| {
        client.delete(leadership.path(), Version::Any).unwrap();
        leadership.lost_within(std::time::Duration::from_secs(30))
    });
    assert_eq!(lost.unwrap(), Some(Lost::Deleted));
    let moment = std::time::Duration::from_millis(1);
    let held = zookit_recipes::blocking::Mutex::new(&client, PATH).acquire().unwrap();
    assert!(
        selector.run_within(moment, |_| panic!("it cannot lead")).unwrap().is_none_or(|()| false)
    );
    held.release().unwrap();
    let led = selector.run_within(crate::place::GUARD, |leadership| leadership.is_trusted());
    assert_eq!(led.unwrap(), Some(true));
}

/// The value of a future, unless it takes more polls than that: then it is dropped.
async fn within_polls<F: Future>(future: F, mut polls: u32) -> Option<F::Output> {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|context| match polls.checked_sub(1) {
        None => Poll::Ready(None),
        Some(left) => {
            polls = left;
            future.as_mut().poll(context).map(Some)
        }
    })
    .await
}

#[tokio::test]
async fn a_run_that_is_dropped_at_any_poll_leaves_nothing() {
    let place = Place::new();
    let client = place.client().await;
    client.create(PATH, (), CreateMode::Persistent).await.unwrap();
    let selector = Selector::new(&client, PATH, "one");
    let mut polls = 1;
    while bounded(within_polls(selector.run(async |_| ()), polls)).await.is_none() {
        // It was created and deleted, once in each run.
        let gone = 2 * i32::try_from(polls).unwrap();
        let is_gone = |server: &zookit_server::core::Server| {
            server.tree().stat(PATH).is_some_and(|stat| stat.cversion == gone)
        };
        place.until(is_gone).await;
        place.until_children(PATH, 0).await;
        polls += 1;
    }
    assert!(polls > 2, "{polls}");
    assert_eq!(place.children(PATH), [""; 0]);
}
