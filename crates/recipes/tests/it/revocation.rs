//! Asking a holder to release.

use std::time::Duration;

use zookit_client::{Acl, CreateMode, Perms, Version};
use zookit_proto::OpCode;
use zookit_recipes::{ClaimOptions, Latch, LockingQueue, Mutex, ReadWriteLock, Semaphore, revoke};

use crate::place::{Place, bounded, poll_once};

const PATH: &str = "/locks/a";

#[tokio::test]
async fn a_holder_hears_that_it_is_asked() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let lock = Mutex::new(&one, PATH);
    let guard = bounded(lock.acquire()).await.unwrap();
    let mut asked = Box::pin(guard.revocation());
    assert!(poll_once(asked.as_mut()).await.is_none());
    place.until_watched(PATH, 1).await;
    // Other data are no request.
    one.set_data(guard.path(), "busy", Version::Any).await.unwrap();
    place.until_watched(PATH, 0).await;
    assert!(poll_once(asked.as_mut()).await.is_none());
    place.until_watched(PATH, 1).await;
    let holder = bounded(Mutex::new(&two, PATH).participants()).await.unwrap().remove(0);
    assert!(bounded(revoke(&two, &holder.path)).await.unwrap());
    bounded(asked.as_mut()).await.unwrap();
    drop(asked);
    // Who begins to wait afterwards hears of it too; and it is held on.
    bounded(guard.revocation()).await.unwrap();
    assert!(guard.is_trusted());
    // As Curator writes it.
    assert_eq!(one.get_data(guard.path()).await.unwrap().data.unwrap(), "__REVOKE__");
    let path = guard.path().to_owned();
    bounded(guard.release()).await.unwrap();
    assert!(!bounded(revoke(&two, &path)).await.unwrap());
}

#[tokio::test]
async fn holders_of_every_kind_hear_of_it() {
    let place = Place::new();
    let client = place.client().await;
    let reader = bounded(ReadWriteLock::new(&client, "/rw").read()).await.unwrap();
    let lease = bounded(Semaphore::new(&client, "/s", 1).acquire()).await.unwrap();
    let latch = Latch::start(&client, "/leader", "one");
    let leadership = bounded(latch.wait_leading()).await.unwrap();
    let queue = LockingQueue::new(&client, "/queue");
    bounded(queue.put("x")).await.unwrap();
    let taken = bounded(queue.take()).await.unwrap();
    for claim in [&*reader, &*lease, &*leadership, &*taken] {
        assert!(bounded(revoke(&client, claim.path())).await.unwrap());
        bounded(claim.revocation()).await.unwrap();
        assert!(claim.is_trusted());
    }
    // To be asked takes nothing away.
    assert!(latch.standing().is_leading());
    assert!(bounded(taken.holds()).await.unwrap());
    bounded(taken.consume()).await.unwrap();
}

#[tokio::test]
async fn a_request_is_heard_of_over_a_lost_connection() {
    let place = Place::new();
    let (one, two) = (place.client().await, place.client().await);
    let guard = bounded(Mutex::new(&one, PATH).acquire()).await.unwrap();
    let mut asked = Box::pin(guard.revocation());
    assert!(poll_once(asked.as_mut()).await.is_none());
    place.until_watched(PATH, 1).await;
    let connection = place.server.connection_of(one.session_id()).unwrap();
    assert!(place.server.drop_connection(connection));
    assert!(bounded(revoke(&two, guard.path())).await.unwrap());
    bounded(asked).await.unwrap();
}

#[tokio::test]
async fn who_holds_nothing_any_more_is_told_so() {
    let place = Place::new();
    let client = place.client().await;
    let lock = Mutex::new(&client, PATH);
    let guard = bounded(lock.acquire()).await.unwrap();
    let mut asked = Box::pin(guard.revocation());
    assert!(poll_once(asked.as_mut()).await.is_none());
    client.delete(guard.path(), Version::Any).await.unwrap();
    assert!(bounded(asked.as_mut()).await.unwrap_err().is_lost());
    drop(asked);
    let guard = bounded(lock.acquire()).await.unwrap();
    let mut asked = Box::pin(guard.revocation());
    assert!(poll_once(asked.as_mut()).await.is_none());
    place.until_watched(PATH, 1).await;
    place.expire(guard.session_id());
    assert!(bounded(asked.as_mut()).await.unwrap_err().is_lost());
}

#[tokio::test]
async fn what_cannot_be_mended_is_told_and_not_repeated() {
    let place = Place::new();
    let client = place.client().await;
    let acl = vec![Acl::world(Perms(Perms::ALL.0 & !Perms::READ.0 & !Perms::WRITE.0))];
    let options = ClaimOptions { acl, ..ClaimOptions::default() };
    client.create_with_parents(PATH, (), CreateMode::Persistent).await.unwrap();
    let guard = bounded(Mutex::with_options(&client, PATH, options).acquire()).await.unwrap();
    place.server.log_requests(100);
    let error = bounded(guard.revocation()).await.unwrap_err();
    assert!(error.to_string().contains("NoAuth"), "{error}");
    let error = bounded(revoke(&client, guard.path())).await.unwrap_err();
    assert!(error.to_string().contains("NoAuth"), "{error}");
    assert_eq!(place.asked(), [OpCode::GetData, OpCode::SetData]);
}

#[test]
fn the_blocking_twin_asks_and_hears() {
    use zookit_recipes::blocking::{Mutex, revoke};

    let place = Place::new();
    let address = place.server.address().to_string();
    let client = zookit_client::blocking::Client::connect(address.as_str()).unwrap();
    let guard = Mutex::new(&client, PATH).acquire().unwrap();
    assert!(!guard.revocation_within(Duration::ZERO).unwrap());
    assert!(revoke(&client, guard.path()).unwrap());
    assert!(guard.revocation_within(Duration::from_secs(30)).unwrap());
    client.delete(guard.path(), Version::Any).unwrap();
    assert!(guard.revocation_within(Duration::from_secs(30)).unwrap_err().is_lost());
    assert!(!revoke(&client, guard.path()).unwrap());
}
