//! What is tried again, how often, and what the closure is told.

use std::future::ready;
use std::time::Duration;

use tokio::time::Instant;
use zookit_client::{
    Attempt, Backoff, Client, Error, ErrorCode, RetryPolicy, SessionId, Stat, Version,
};
use zookit_proto::ops::get_data::GetData;
use zookit_proto::ops::set_data::SetData;

use crate::peer::{Line, connected, got, set};

fn policy() -> RetryPolicy {
    RetryPolicy { seed: Some(7), ..RetryPolicy::default() }
}

/// An error of the given kind, made by the client itself.
async fn refused(client: &Client, line: &mut Line, code: ErrorCode) -> Error {
    let answer = client.set_data("/a", "x", Version::Any);
    let asked = line.asked().await;
    line.refuse(&asked, 9, code).await;
    answer.await.unwrap_err()
}

/// How often it is tried when every attempt ends so.
async fn attempts(client: &Client, policy: RetryPolicy, error: &Error) -> u32 {
    let mut last = 0;
    let result: Result<(), Error> = client
        .retry(policy, |attempt| {
            last = attempt.number;
            ready(Err(error.clone()))
        })
        .await;
    assert_eq!(result.unwrap_err().to_string(), error.to_string());
    last
}

#[tokio::test(start_paused = true)]
async fn only_what_is_safe_and_may_mend_is_tried_again() {
    let (client, mut peer, mut line) = connected().await;
    let throttled = refused(&client, &mut line, ErrorCode::ThrottledOp).await;
    let refusal = refused(&client, &mut line, ErrorCode::BadVersion).await;
    let argument = client.get_data("no path").await.unwrap_err();
    // A write without a reply, and one that was submitted behind it and never left.
    let slow = client.with_deadline(zookit_client::Deadline::After(Duration::from_millis(1)));
    let lost = slow.set_data("/a", "x", Version::Any).await.unwrap_err();
    line.hang_up();
    let unsent = slow.get_data("/a").await.unwrap_err();
    assert!(matches!(unsent, Error::NotSent(_)) && unsent.is_transient(), "{unsent}");

    for (error, tried) in [(&throttled, 5), (&unsent, 5), (&refusal, 1), (&argument, 1), (&lost, 1)]
    {
        assert_eq!(attempts(&client, policy(), error).await, tried, "{error}");
    }
    let daring = RetryPolicy { lost_writes: true, ..policy() };
    assert_eq!(attempts(&client, daring, &lost).await, 5);
    for (max_attempts, tried) in [(0, 1), (1, 1), (3, 3)] {
        let policy = RetryPolicy { max_attempts, ..policy() };
        assert_eq!(attempts(&client, policy, &unsent).await, tried);
    }

    let mut line = peer.accept().await;
    client.wait_connected().await.unwrap();
    let closing = client.close();
    let asked = line.asked().await;
    line.reply::<zookit_proto::ops::close_session::CloseSession>(&asked, 9, &()).await;
    closing.await.unwrap();
    let closed = client.get_data("/a").await.unwrap_err();
    assert_eq!(attempts(&client, policy(), &closed).await, 1, "{closed}");
}

#[tokio::test(start_paused = true)]
async fn the_closure_is_told_when_an_earlier_attempt_may_have_been_applied() {
    let (client, mut peer, mut line) = connected().await;
    let task = tokio::spawn({
        let client = client.clone();
        async move {
            let daring = RetryPolicy { lost_writes: true, ..policy() };
            let mut told = Vec::new();
            let stat = client
                .retry(daring, |attempt| {
                    let Attempt { number, may_have_applied, .. } = attempt;
                    told.push((number, may_have_applied));
                    client.set_data("/a", "x", Version::Any)
                })
                .await;
            (stat, told)
        }
    });
    let asked = line.asked().await;
    line.refuse(&asked, 8, ErrorCode::ThrottledOp).await;
    line.asked().await;
    line.hang_up();
    let mut line = peer.accept().await;
    let asked = line.asked().await;
    line.refuse(&asked, 9, ErrorCode::ThrottledOp).await;
    let asked = line.asked().await;
    line.reply::<SetData>(&asked, 10, &set()).await;
    let (stat, told) = task.await.unwrap();
    assert_eq!(stat.unwrap(), Stat::sample());
    // Once it may have been applied that is not forgotten.
    assert_eq!(told, [(1, false), (2, false), (3, true), (4, true)]);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_succeeds_is_the_last() {
    let (client, _peer, mut line) = connected().await;
    let (node, ()) = tokio::join!(client.retry(policy(), |_| client.get_data("/a")), async {
        let asked = line.asked().await;
        line.refuse(&asked, 9, ErrorCode::ThrottledOp).await;
        let asked = line.asked().await;
        line.reply::<GetData>(&asked, 9, &got("hi")).await;
    });
    assert_eq!(node.unwrap().data.unwrap(), "hi");
}

#[tokio::test(start_paused = true)]
async fn the_time_is_bounded_and_the_seed_decides_the_waits() {
    let (client, _peer, mut line) = connected().await;
    let throttled = refused(&client, &mut line, ErrorCode::ThrottledOp).await;
    let backoff = Backoff { base: Duration::from_secs(1), max: Duration::from_secs(4) };
    let max_elapsed = Duration::from_secs(20);
    let seeded = |seed| RetryPolicy {
        max_attempts: u32::MAX,
        max_elapsed,
        backoff,
        seed: Some(seed),
        lost_writes: false,
    };
    let mut runs = Vec::new();
    for seed in [1, 1, 2] {
        let begun = Instant::now();
        let tried = attempts(&client, seeded(seed), &throttled).await;
        assert!(begun.elapsed() <= max_elapsed && tried > 5, "{tried} in {:?}", begun.elapsed());
        runs.push((tried, begun.elapsed()));
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
}

#[tokio::test(start_paused = true)]
async fn a_pinned_handle_does_not_wait_for_a_session_that_is_gone() {
    let (client, mut peer, line) = connected().await;
    let session = client.session();
    line.hang_up();
    let mut line = peer.dialed().await;
    line.handshake().await;
    line.answer_handshake(0, SessionId::NONE).await;
    let _line = peer.accept().await;
    let lost = session.get_data("/a").await.unwrap_err();
    assert!(lost.is_session_lost(), "{lost}");
    assert_eq!(attempts(&session, policy(), &lost).await, 1);
    assert_eq!(attempts(&client, policy(), &lost).await, 5);
}

/// The leader refuses what comes in between its decision to end a session and the end.
#[tokio::test(start_paused = true)]
async fn a_write_that_is_refused_as_its_session_ends_is_made_in_the_next_one() {
    let (client, mut peer, mut line) = connected().await;
    let pinned = client.session();
    let write = |client: Client| async move {
        client.retry(policy(), |_| client.set_data("/a", "x", Version::Any)).await
    };
    let of_the_client = tokio::spawn(write(client.clone()));
    let asked = line.asked().await;
    line.refuse(&asked, 8, ErrorCode::SessionExpired).await;
    let of_the_session = tokio::spawn(write(pinned));
    let asked = line.asked().await;
    line.refuse(&asked, 9, ErrorCode::SessionExpired).await;
    line.hang_up();
    let mut line = peer.dialed().await;
    line.handshake().await;
    line.answer_handshake(0, SessionId::NONE).await;
    let mut line = peer.accept().await;
    let asked = line.asked().await;
    line.reply::<SetData>(&asked, 10, &set()).await;
    assert_eq!(of_the_client.await.unwrap().unwrap(), Stat::sample());
    let lost = of_the_session.await.unwrap().unwrap_err();
    assert!(lost.is_session_lost(), "{lost}");
}
