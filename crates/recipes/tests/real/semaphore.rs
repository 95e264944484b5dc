//! Leases, of which so many are held at once.

use zookit_recipes::Semaphore;

use crate::story::{Stage, a_moment, answers_again};

/// Who holds a lease holds on, no more than there are, and who waits gets the next.
pub(crate) async fn outlives(stage: Stage) {
    const PATH: &str = "/real/semaphore";
    let (one, two, three) = (stage.client().await, stage.client().await, stage.client().await);
    let leases = Semaphore::new(&one, PATH, 2);
    let first = leases.acquire().await.unwrap();
    let second = Semaphore::new(&two, PATH, 2).acquire().await.unwrap();
    let waiting = Semaphore::new(&three, PATH, 2);
    let waiting = tokio::spawn(async move { waiting.acquire().await });
    while leases.waiting().await.unwrap().len() != 1 {
        a_moment().await;
    }
    let before = leases.holders().await.unwrap();
    stage.leader_is_killed().await;
    answers_again(&one).await;
    assert_eq!(leases.holders().await.unwrap(), before, "who had one has it");
    assert!(!waiting.is_finished(), "there is none left");
    first.release().await.unwrap();
    let third = waiting.await.unwrap().unwrap();
    assert!(third.token() > second.token());
    assert!(leases.try_acquire().await.unwrap().is_none());
    let holders = leases.holders().await.unwrap();
    assert_eq!([&*holders[0].path, &*holders[1].path], [second.path(), third.path()]);
    second.release().await.unwrap();
    third.release().await.unwrap();
}
