//! Who leads, while those change who lead the servers.

use zookit_recipes::Latch;

use crate::story::{Stage, a_moment, answers_again};

/// The leader leads on, with the same token; the next leads when it resigns.
pub(crate) async fn outlives(stage: Stage) {
    const PATH: &str = "/real/latch";
    let (one, two) = (stage.client().await, stage.client().await);
    let first = Latch::start(&one, PATH, "one");
    let token = first.wait_leading().await.unwrap().token();
    let second = Latch::start(&two, PATH, "two");
    while first.participants().await.unwrap().len() != 2 {
        a_moment().await;
    }
    let before = first.participants().await.unwrap();
    stage.leader_is_killed().await;
    answers_again(&one).await;
    // In doubt it stopped, and leads again; or it never was in doubt.
    let leadership = first.wait_leading().await.unwrap();
    assert_eq!(leadership.token(), token);
    assert!(leadership.is_trusted());
    assert!(!second.standing().is_leading());
    answers_again(&two).await;
    assert_eq!(second.participants().await.unwrap(), before);
    first.resign().await.unwrap();
    let next = second.wait_leading().await.unwrap();
    assert_eq!(next.path(), before[1].path, "its place was kept");
    assert!(next.token() > token);
    assert!(!first.standing().is_leading());
    first.close().await.unwrap();
    second.close().await.unwrap();
}
