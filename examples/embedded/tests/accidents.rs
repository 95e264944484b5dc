//! What a user's tests can do with the embedded server. The first test stands in the README too.

use std::error::Error;

use embedded::hand_in;
use zookit::testing::Server;
use zookit::{Client, CreateMode, blocking};

#[tokio::test]
async fn a_reply_is_lost_and_a_session_expires() -> Result<(), Box<dyn Error>> {
    let server = Server::start();
    let client = Client::connect(server.address()).await?;

    // The server creates /job, and the reply is lost with the connection.
    server.lose_next_reply("/job");
    let lost = client.create("/job", "payload", CreateMode::Persistent).await.unwrap_err();
    assert!(lost.may_have_applied());
    client.wait_connected().await?;
    client.fence().await?;
    assert!(client.exists("/job").await?.is_some());

    // The session expires, and its ephemeral znode with it.
    let session = client.session();
    session.create("/worker", "me", CreateMode::Ephemeral).await?;
    server.expire(session.session_id());
    server.until(|server| !server.tree().contains("/worker")).await;
    assert!(session.exists("/worker").await.unwrap_err().is_session_lost());
    Ok(())
}

#[tokio::test]
async fn the_code_under_test_gets_over_a_lost_reply() -> Result<(), Box<dyn Error>> {
    let server = Server::start();
    let client = Client::connect(server.address()).await?;
    let lost = server.lose_next_reply("/job");
    hand_in(&client, "job", "payload").await?;
    assert_eq!(server.fault_struck(lost), Some(1));
    Ok(())
}

#[test]
fn without_a_runtime_it_is_the_same() -> Result<(), Box<dyn Error>> {
    let server = Server::builder().load(r#"{"znodes": {"/app/config": "v1"}}"#).start()?;
    let client = blocking::Client::connect(server.address())?;
    assert_eq!(client.get_data("/app/config")?.data.as_deref(), Some(&b"v1"[..]));
    Ok(())
}
