//! What a test can do to a server as a whole, and to connections and sessions.

use std::time::Duration;

use zookit_proto::connect::ConnectRequest;
use zookit_proto::frame;
use zookit_proto::types::{CreateMode, EventType};
use zookit_proto::{ErrorCode, OpCode, Reply, Request, SessionId, Zxid};

use super::talk::{TIMEOUT, Talk, create, exists, get, new_session, renewal, set};
use crate::core::{Outcome, WatchMode};

#[test]
fn an_expired_session_loses_its_connection_and_a_killed_one_does_not_know() {
    let mut talk = Talk::new();
    let (a, b, c) = (talk.client(), talk.client(), talk.client());
    for (id, path) in [(a, "/a"), (b, "/b")] {
        assert!(talk.done(id, &create(path, CreateMode::Ephemeral)).is_ok());
        assert!(talk.done(c, &exists(path, true)).is_ok());
    }
    let (first, second) = (talk.session(a), talk.session(b));
    assert!(talk.server.expire_session(talk.now, first));
    assert!(!talk.server.expire_session(talk.now, first));
    assert!(talk.server.kill_session(talk.now, second));
    assert!(!talk.server.kill_session(talk.now, second));
    talk.settle();
    talk.closes(a);
    talk.says_nothing(b);
    assert!(talk.is_open(b));
    talk.tells(c, EventType::NodeDeleted, "/a");
    talk.tells(c, EventType::NodeDeleted, "/b");
    talk.ask(b, &get("/", false));
    talk.says_nothing(b);
    assert_eq!(talk.server.sessions().len(), 1);
}

#[test]
fn a_dropped_connection_leaves_its_session() {
    let mut talk = Talk::new();
    let a = talk.dial();
    let session = talk.connect(a, &new_session());
    assert!(talk.server.drop_connection(talk.now, a));
    talk.settle();
    talk.closes(a);
    assert!(!talk.server.drop_connection(talk.now, a));
    assert!(talk.reconnect(&session).1.is_accepted());
}

#[test]
fn a_frozen_connection_goes_on_where_it_was() {
    let mut talk = Talk::new();
    let (a, b) = (talk.client(), talk.client());
    assert!(talk.done(a, &get("/", true)).is_ok());
    assert!(talk.server.freeze_connection(talk.now, a));
    let xid = talk.ask(a, &get("/", false));
    assert!(talk.done(b, &set("/")).is_ok());
    talk.says_nothing(a);
    assert!(talk.server.thaw_connection(talk.now, a));
    talk.settle();
    talk.tells(a, EventType::NodeDataChanged, "/");
    assert!(talk.answers(a, xid, OpCode::GetData).1.is_ok());
    assert!(!talk.server.thaw_connection(talk.now, a));
}

#[test]
fn the_session_of_a_frozen_connection_expires_and_the_close_comes_with_the_thaw() {
    let mut talk = Talk::new();
    let a = talk.client();
    assert!(talk.server.freeze_connection(talk.now, a));
    talk.ask(a, &Request::Ping(()));
    talk.wait(Duration::from_secs(12));
    assert_eq!(talk.server.sessions(), []);
    assert!(talk.is_open(a));
    talk.server.thaw_connection(talk.now, a);
    talk.settle();
    talk.closes(a);
}

#[test]
fn a_half_open_connection_says_nothing_and_never_closes() {
    let mut talk = Talk::new();
    let a = talk.client();
    assert!(talk.done(a, &get("/", true)).is_ok());
    assert!(talk.server.half_open_connection(talk.now, a));
    assert_eq!(talk.server.watches(), []);
    talk.ask(a, &set("/"));
    talk.wait(Duration::from_secs(60));
    talk.says_nothing(a);
    assert!(talk.is_open(a));
    assert_eq!(talk.server.sessions(), []);
    assert!(talk.server.connections()[0].half_open);
    talk.hang_up(a);
    assert_eq!(talk.server.connections(), []);
}

#[test]
fn refused_connections_close_at_once_and_the_others_stay() {
    let mut talk = Talk::new();
    let a = talk.client();
    talk.server.refuse_connections(true);
    let b = talk.dial();
    talk.closes(b);
    assert!(talk.done(a, &get("/", false)).is_ok());
    talk.server.refuse_connections(false);
    talk.client();
}

#[test]
fn a_restart_keeps_tree_and_sessions_with_their_full_timeouts() {
    let mut talk = Talk::new();
    let a = talk.dial();
    let session = talk.connect(a, &new_session());
    assert!(talk.done(a, &create("/e", CreateMode::Ephemeral)).is_ok());
    talk.wait(Duration::from_secs(9));
    talk.server.halt(talk.now);
    talk.settle();
    talk.closes(a);
    let refused = talk.dial();
    talk.closes(refused);
    talk.wait(Duration::from_secs(60));
    talk.server.resume(talk.now);
    talk.wait(TIMEOUT);
    let (b, again) = talk.reconnect(&session);
    assert!(again.is_accepted());
    assert!(talk.done(b, &get("/e", false)).is_ok());
}

#[test]
fn a_read_only_server_takes_those_who_allow_it_and_refuses_writes() {
    let mut talk = Talk::new();
    let a = talk.dial();
    let session = talk.connect(a, &new_session());
    talk.create(a, "/a");
    let zxid = talk.server.last_zxid();
    talk.server.set_read_only(talk.now, true);
    talk.settle();
    talk.closes(a);

    let b = talk.dial();
    talk.send(b, &frame::around(&new_session()));
    talk.closes(b);
    let c = talk.dial();
    talk.send(c, &frame::around(&ConnectRequest { read_only: Some(true), ..renewal(&session) }));
    talk.closes(c);
    let d = talk.dial();
    let local = talk.connect(d, &ConnectRequest { read_only: Some(true), ..new_session() });
    assert_eq!((local.is_accepted(), local.read_only), (true, Some(true)));
    assert!(talk.done(d, &get("/a", true)).is_ok());
    assert_eq!(talk.done(d, &set("/a")), Err(ErrorCode::NotReadOnly));
    let sync = Request::Sync(zookit_proto::ops::sync::SyncRequest { path: "/".into() });
    assert_eq!(talk.done(d, &sync), Err(ErrorCode::NotReadOnly));
    assert_eq!(talk.server.last_zxid(), zxid);
    let word = talk.dial();
    talk.send(word, b"isro");
    assert_eq!(talk.text(word), "ro");
    let e = talk.dial();
    talk.connect(e, &ConnectRequest { read_only: Some(true), ..new_session() });
    assert_eq!(talk.done(e, &Request::CloseSession(())), Ok(Reply::CloseSession(())));

    talk.server.set_read_only(talk.now, false);
    talk.settle();
    talk.closes(d);
    assert!(!talk.reconnect(&local).1.is_accepted());
    assert!(talk.reconnect(&session).1.is_accepted());
}

#[test]
fn the_session_of_a_read_only_server_expires_by_itself() {
    let mut talk = Talk::new();
    let a = talk.client();
    talk.server.set_read_only(talk.now, true);
    talk.settle();
    talk.closes(a);
    let b = talk.dial();
    talk.connect(b, &ConnectRequest { read_only: Some(true), ..new_session() });
    talk.wait(Duration::from_secs(30));
    talk.closes(b);
    assert_eq!(talk.server.sessions().len(), 1, "the one that transactions know of lives");
    assert_eq!(talk.server.last_zxid(), Zxid(1));
}

#[test]
fn a_new_epoch_begins_at_its_first_number() {
    let mut talk = Talk::new();
    let a = talk.dial();
    let session = talk.connect(a, &new_session());
    talk.server.bump_epoch(talk.now);
    talk.settle();
    talk.closes(a);
    let (b, _) = talk.reconnect(&session);
    talk.create(b, "/a");
    assert_eq!(talk.server.last_zxid(), Zxid(0x1_0000_0001));
}

#[test]
fn the_last_number_of_an_epoch_is_not_given() {
    let mut talk = Talk::new();
    let a = talk.dial();
    let session = talk.connect(a, &new_session());
    assert!(talk.server.set_zxid(Zxid(0xffff_fffd)));
    assert!(!talk.server.set_zxid(Zxid(5)));
    talk.create(a, "/a");
    assert_eq!(talk.server.last_zxid(), Zxid(0xffff_fffe));
    talk.ask(a, &create("/b", CreateMode::Persistent));
    talk.closes(a);
    let (b, again) = talk.reconnect(&session);
    assert!(again.is_accepted());
    assert_eq!(talk.done(b, &get("/b", false)), Err(ErrorCode::NoNode));
    talk.create(b, "/b");
    assert_eq!(talk.server.last_zxid(), Zxid(0x1_0000_0001));
}

#[test]
fn the_clock_can_be_moved() {
    let mut talk = Talk::new();
    let a = talk.client();
    talk.server.advance_clock(talk.now, Duration::from_secs(11));
    talk.settle();
    assert!(talk.is_open(a));
    talk.server.advance_clock(talk.now, Duration::from_secs(1));
    talk.settle();
    talk.closes(a);
    let b = talk.client();
    talk.server.move_date(-5000);
    talk.create(b, "/a");
    assert_eq!(talk.server.tree().stat("/a").unwrap().ctime, 7000);
    assert!(talk.server.poll_timeout().unwrap() > talk.now, "on the caller's clock");
}

#[test]
fn the_server_itself_can_do_what_no_client_may() {
    let mut talk = Talk::new();
    let a = talk.client();
    assert!(talk.done(a, &exists("/a", true)).is_err());
    let request = create("/a", CreateMode::Persistent);
    assert!(talk.server.execute(talk.now, SessionId::NONE, &request).is_ok());
    talk.settle();
    talk.tells(a, EventType::NodeCreated, "/a");
    let again = talk.server.execute(talk.now, SessionId::NONE, &request);
    assert_eq!(again, Err(ErrorCode::NodeExists));
    let read = talk.server.execute(talk.now, SessionId::NONE, &get("/a", true));
    assert!(matches!(read, Ok(Reply::GetData(_))));
    assert_eq!(talk.server.watches(), []);
}

#[test]
fn the_watch_table_and_the_request_log_tell_what_is() {
    let mut talk = Talk::new();
    let a = talk.client();
    talk.server.log_requests(2);
    assert!(talk.done(a, &get("/", true)).is_ok());
    let watches = talk.server.watches();
    assert_eq!(watches.len(), 1);
    assert_eq!((watches[0].connection, watches[0].session), (a, talk.session(a)));
    assert_eq!((watches[0].path.clone(), watches[0].mode), ("/".into(), WatchMode::Data));
    assert!(talk.done(a, &get("/none", false)).is_err());
    let xid = talk.ask(a, &set("/"));
    talk.tells(a, EventType::NodeDataChanged, "/");
    assert!(talk.answers(a, xid, OpCode::SetData).1.is_ok());
    let log: Vec<_> = talk.server.request_log().cloned().collect();
    assert_eq!(log.len(), 2);
    let refused = Outcome::Answered(ErrorCode::NoNode);
    assert_eq!((log[0].opcode, log[0].outcome), (OpCode::GetData, refused));
    assert_eq!((log[1].opcode, log[1].zxid, log[1].xid), (OpCode::SetData, Zxid(2), xid));
    assert_eq!(log[1].path.as_ref().unwrap(), &"/");
}
