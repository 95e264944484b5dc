//! Sessions: the handshake, taking one up again, and their end.

use std::time::Duration;

use bytes::Bytes;
use zookit_proto::connect::ConnectRequest;
use zookit_proto::frame;
use zookit_proto::types::{CreateMode, EventType, Password};
use zookit_proto::{ErrorCode, Request, SessionId, Zxid};

use super::talk::{Talk, config, create, exists, get, new_session, renewal};
use crate::core::Config;

#[test]
fn timeouts_are_negotiated_within_bounds() {
    for (asked, granted) in [(1, 4000), (-5, 4000), (10_001, 10_001), (1_000_000, 40_000)] {
        let mut talk = Talk::new();
        let id = talk.dial();
        let response = talk.connect(id, &ConnectRequest { timeout_ms: asked, ..new_session() });
        assert_eq!(response.timeout_ms, granted, "for {asked}");
        assert_eq!(response.read_only, Some(false));
    }
}

#[test]
fn the_byte_of_read_only_clients_is_answered_in_kind() {
    let mut talk = Talk::new();
    let id = talk.dial();
    talk.send(id, &frame::around(&ConnectRequest { read_only: None, ..new_session() }));
    assert_eq!(talk.frame(id).unwrap().len(), 36);
    let id = talk.dial();
    talk.send(id, &frame::around(&ConnectRequest { password: None, ..new_session() }));
    assert_eq!(talk.frame(id).unwrap().len(), 37);
}

#[test]
fn a_session_is_taken_up_again_with_its_password() {
    let mut talk = Talk::new();
    let first = talk.dial();
    let session = talk.connect(first, &new_session());
    talk.hang_up(first);
    talk.wait(Duration::from_secs(5));
    let (second, again) = talk.reconnect(&session);
    assert_eq!((again.session_id, &again.password), (session.session_id, &session.password));
    assert!(talk.done(second, &get("/", false)).is_ok());
    assert_eq!(talk.server.last_zxid(), Zxid(1), "a renewal takes no number");
}

#[test]
fn a_wrong_password_kicks_the_owner_and_is_told_that_the_session_is_gone() {
    let mut talk = Talk::new();
    let owner = talk.dial();
    let session = talk.connect(owner, &new_session());
    let thief = talk.dial();
    let password = Some(Password::new(Bytes::from_static(b"0123456789abcdef")));
    let answer = talk.connect(thief, &ConnectRequest { password, ..renewal(&session) });
    assert_eq!((answer.timeout_ms, answer.session_id), (0, SessionId::NONE));
    assert_eq!(answer.password, Some(Password::zeros()));
    talk.closes(thief);
    talk.closes(owner);
    assert!(talk.reconnect(&session).1.is_accepted());
}

#[test]
fn an_unknown_session_is_gone() {
    let mut talk = Talk::new();
    let id = talk.dial();
    let password = Some(crate::core::sessions::password(SessionId(5)));
    let request = ConnectRequest { session_id: SessionId(5), password, ..new_session() };
    assert!(!talk.connect(id, &request).is_accepted());
    talk.closes(id);
}

#[test]
fn the_second_connection_of_a_session_closes_the_first_with_its_watches() {
    let mut talk = Talk::new();
    let first = talk.dial();
    let session = talk.connect(first, &new_session());
    assert_eq!(talk.done(first, &exists("/a", true)), Err(ErrorCode::NoNode));
    assert_eq!(talk.server.watches().len(), 1);
    let (second, _) = talk.reconnect(&session);
    talk.closes(first);
    assert_eq!(talk.server.watches(), []);
    assert!(talk.done(second, &get("/", false)).is_ok());
    assert_eq!(talk.server.sessions()[0].connection, Some(second));
}

#[test]
fn a_client_from_the_future_is_closed_without_a_byte() {
    let mut talk = Talk::new();
    talk.client();
    let id = talk.dial();
    talk.send(id, &frame::around(&ConnectRequest { last_zxid_seen: Zxid(2), ..new_session() }));
    talk.closes(id);
    let id = talk.dial();
    let request = ConnectRequest { last_zxid_seen: Zxid(1), ..new_session() };
    assert!(talk.connect(id, &request).is_accepted());
}

#[test]
fn a_session_expires_in_its_bucket_and_its_client_sees_a_bare_close() {
    let mut talk = Talk::new();
    let (a, b) = (talk.client(), talk.client());
    assert!(talk.done(a, &create("/e", CreateMode::Ephemeral)).is_ok());
    assert!(talk.done(a, &exists("/e", true)).is_ok());
    assert!(talk.done(b, &exists("/e", true)).is_ok());
    for _ in 0..3 {
        talk.wait(Duration::from_millis(3999));
        assert!(talk.is_open(a));
        assert!(talk.done(b, &Request::Ping(())).is_ok());
    }
    talk.wait(Duration::from_millis(3));
    talk.closes(a);
    assert_eq!(talk.tells(b, EventType::NodeDeleted, "/e"), Zxid(4));
    assert!(talk.is_open(b));
    assert_eq!(talk.server.sessions().len(), 1);
}

#[test]
fn every_packet_is_a_sign_of_life_but_authentication() {
    let mut talk = Talk::new();
    let (a, b) = (talk.client(), talk.client());
    for _ in 0..4 {
        talk.wait(Duration::from_secs(3));
        assert!(talk.done(a, &get("/", false)).is_ok());
        if talk.is_open(b) {
            talk.auth(b, b"u:p");
        }
    }
    assert!(talk.is_open(a));
    talk.closes(b);
}

#[test]
fn a_connection_without_a_handshake_is_closed_in_time() {
    let mut talk = Talk::new();
    let id = talk.dial();
    talk.send(id, &[0, 0]);
    talk.wait(Duration::from_millis(9999));
    assert!(talk.is_open(id));
    talk.wait(Duration::from_millis(1));
    talk.closes(id);
}

#[test]
fn connections_above_the_limit_of_an_address_are_closed_at_once() {
    let mut talk = Talk::with(Config { max_client_connections: 2, ..config() });
    let a = talk.client();
    talk.client();
    let third = talk.dial();
    talk.closes(third);
    talk.hang_up(a);
    talk.client();
    assert_eq!(talk.server.connection_count(), 2);
}

#[test]
fn an_expired_session_cannot_be_taken_up_again() {
    let mut talk = Talk::new();
    let id = talk.dial();
    let session = talk.connect(id, &new_session());
    talk.hang_up(id);
    talk.wait(Duration::from_secs(12));
    let (id, answer) = talk.reconnect(&session);
    assert!(!answer.is_accepted());
    talk.closes(id);
}

#[test]
fn what_a_session_may_do_is_its_connections_to_say() {
    let mut talk = Talk::new();
    let a = talk.client();
    talk.auth(a, b"u:p");
    let Ok(zookit_proto::Reply::WhoAmI(me)) = talk.done(a, &Request::WhoAmI(())) else { panic!() };
    assert_eq!(me.client_info.len(), 2);
    let b = talk.client();
    let Ok(zookit_proto::Reply::WhoAmI(me)) = talk.done(b, &Request::WhoAmI(())) else { panic!() };
    assert_eq!(me.client_info.len(), 1);
    assert_eq!(talk.done(b, &get("/none", false)), Err(ErrorCode::NoNode));
}
