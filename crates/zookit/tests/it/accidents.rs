//! Faults of requests and connections, as the client tells them.

use std::time::Duration;

use zookit::proto::{ErrorCode, OpCode};
use zookit::{CreateMode, Deadline, State, Version};
use zookit_server::core::{Effect, Fault, Outcome};
use zookit_server::testing::Server;

use crate::{client, within};

#[tokio::test]
async fn a_lost_reply_may_have_been_applied_and_a_fence_tells() {
    let server = Server::start();
    let client = client(&server).await;
    let fault = server.lose_next_reply("/a");
    let lost = client.create("/a", "x", CreateMode::Persistent).await.unwrap_err();
    assert!(lost.may_have_applied(), "{lost}");
    within(client.wait_connected()).await.unwrap();
    client.fence().await.unwrap();
    assert!(client.exists("/a").await.unwrap().is_some());
    assert_eq!(server.remove_fault(fault), Some(1));
}

#[tokio::test]
async fn a_lost_request_may_have_been_applied_and_was_not() {
    let server = Server::start();
    let client = client(&server).await;
    server.add_fault(Fault::on(Effect::LoseRequest, OpCode::Create2, "/a").times(1));
    let lost = client.create("/a", "x", CreateMode::Persistent).await.unwrap_err();
    assert!(lost.may_have_applied(), "{lost}");
    within(client.wait_connected()).await.unwrap();
    client.fence().await.unwrap();
    assert!(client.exists("/a").await.unwrap().is_none());
}

#[tokio::test]
async fn what_the_server_refuses_is_refused() {
    let server = Server::start();
    let client = client(&server).await;
    client.create("/a", "x", CreateMode::Persistent).await.unwrap();
    server.add_fault(
        Fault::on(Effect::Fail(ErrorCode::QuotaExceeded), OpCode::SetData, "/a").times(1),
    );
    let refused = client.set_data("/a", "y", Version::Any).await.unwrap_err();
    assert_eq!(refused.code(), Some(ErrorCode::QuotaExceeded));
    assert!(!refused.may_have_applied());
    client.set_data("/a", "y", Version::Any).await.unwrap();
}

#[tokio::test]
async fn a_deadline_passes_while_the_server_takes_its_time() {
    let server = Server::start();
    let client = client(&server).await;
    let slow = Effect::Delay(Duration::from_secs(3600));
    server.add_fault(Fault::on(slow, OpCode::GetData, "/"));
    let hurried = client.with_deadline(Deadline::After(Duration::from_millis(50)));
    within(hurried.get_data("/")).await.unwrap_err();
    // The reply comes an hour later, or now.
    server.advance_clock(Duration::ZERO);
    assert!(server.sessions().len() == 1);
}

#[tokio::test]
async fn a_dropped_connection_is_made_again_and_reads_are_not_troubled() {
    let server = Server::start();
    let client = client(&server).await;
    let session = client.session_id();
    for _ in 0..5 {
        server.drop_connections();
        within(client.get_children("/")).await.unwrap();
    }
    assert_eq!(client.session_id(), session);
}

#[tokio::test]
async fn a_frozen_connection_is_given_up_and_the_session_taken_along() {
    let server = Server::start();
    let options = zookit::ConnectOptions {
        session_timeout: Duration::from_millis(600),
        ..Default::default()
    };
    let client = zookit::Client::connect_with(server.address(), options).await.unwrap();
    let session = client.session_id();
    let connection = server.connection_of(session).unwrap();
    // Heartbeats do not come through, but the session lives: its time is not over in between.
    assert!(server.freeze(connection));
    let other = move |id| id != connection;
    within(server.until(move |server| {
        server.sessions().iter().any(|it| it.id == session && it.connection.is_some_and(other))
    }))
    .await;
    within(client.get_data("/")).await.unwrap();
    assert_eq!(client.session_id(), session);
}

#[tokio::test]
async fn a_server_that_refuses_connections_is_found_again_when_it_does_not() {
    let server = Server::start();
    let client = client(&server).await;
    server.refuse_connections(true);
    server.drop_connections();
    within(client.states().find(State::Suspended)).await;
    server.refuse_connections(false);
    within(client.wait_connected()).await.unwrap();
}

#[tokio::test]
async fn the_request_log_has_what_was_asked_and_what_became_of_it() {
    let server = Server::start();
    server.log_requests(100);
    let client = client(&server).await;
    client.create("/a", "x", CreateMode::Persistent).await.unwrap();
    client.exists("/b").await.unwrap();
    let log = server.request_log();
    let log: Vec<_> = log.iter().filter(|it| it.opcode != OpCode::Ping).collect();
    assert_eq!(log[0].opcode, OpCode::Create2);
    assert_eq!(log[0].outcome, Outcome::Answered(ErrorCode::Ok));
    assert_eq!(log[1].path.as_ref().map(ToString::to_string).as_deref(), Some("/b"));
    assert_eq!(log[1].outcome, Outcome::Answered(ErrorCode::NoNode));
    assert!(log.iter().all(|it| it.session == client.session_id()));
}

/// The states of a client, up to one.
trait Find {
    async fn find(self, state: State);
}

impl Find for zookit::StateStream {
    async fn find(mut self, state: State) {
        while let Some(update) = self.next().await {
            if update.change.state == state {
                return;
            }
        }
        panic!("the client ended before it was {state:?}");
    }
}
