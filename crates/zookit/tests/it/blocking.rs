//! Without a runtime.

use zookit::{CreateMode, blocking};
use zookit_server::testing::Server;

use crate::GUARD;

#[test]
fn a_test_without_a_runtime_uses_the_same_server() {
    let server = Server::start();
    let client = blocking::Client::connect(server.address()).unwrap();
    client.create("/e", "me", CreateMode::Ephemeral).unwrap();
    server.lose_next_reply("/a");
    let lost = client.create("/a", "x", CreateMode::Persistent).unwrap_err();
    assert!(lost.may_have_applied(), "{lost}");

    assert!(server.expire(client.session_id()));
    assert!(server.wait(GUARD, |server| !server.tree().contains("/e")));
    // The next session of the handle; a read gets over the change, a write might be lost in it.
    client.exists("/e").unwrap();
    client.create("/e", "me", CreateMode::Ephemeral).unwrap();
}
