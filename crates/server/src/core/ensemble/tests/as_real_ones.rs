//! What real ensembles turned out to do, and this one did not.
//!
//! The facts behind these are in `crates/conformance/src/ensemble`.

use std::time::Duration;

use zookit_proto::ops::auth::AuthRequest;
use zookit_proto::types::Credentials;
use zookit_proto::{ErrorCode, Request, Xid, Zxid};

use super::super::super::Change;
use super::talk::{TIMEOUT, Talk, create, exists, sync};
use super::{EPHEMERAL, PERSISTENT};

#[test]
fn the_first_epoch_is_one_and_before_its_first_write_the_leader_alone_is_in_an_epoch() {
    let mut talk = Talk::of(3);
    assert_eq!(talk.ensemble.member(0).unwrap().last_zxid(), Zxid(1 << 32));
    assert_eq!(talk.ensemble.member(1).unwrap().last_zxid(), Zxid(0));
    let (mut line, session) = talk.client(1);
    talk.ask(&mut line, &create("/a", PERSISTENT));
    talk.carry_all();
    let last = talk.reply(&mut line).unwrap().zxid;
    assert!(talk.ensemble.elect(talk.now, 1));
    let mut at_leader = talk.dial(1, Some(&session), last);
    talk.carry_all();
    talk.greeting(&mut at_leader).unwrap();
    talk.ask(&mut at_leader, &Request::Ping(()));
    let begun = talk.reply(&mut at_leader).unwrap().zxid;
    assert_eq!(begun, Zxid(2 << 32));
    let mut moved = talk.dial(2, Some(&session), begun);
    assert_eq!((talk.greeting(&mut moved), moved.closed), (None, true), "it is not there yet");
    talk.ask(&mut at_leader, &create("/b", PERSISTENT));
    talk.carry_all();
    assert_eq!(talk.reply(&mut at_leader).unwrap().zxid, Zxid((2 << 32) + 1));
    let mut moved = talk.dial(2, Some(&session), begun);
    talk.carry_all();
    assert_eq!(talk.greeting(&mut moved).unwrap().session_id, session.session_id);
}

#[test]
fn the_leader_closes_a_connection_that_its_session_has_left_over_whatever_it_is_asked() {
    for asked in [exists("/"), Request::Ping(()), sync()] {
        let mut talk = Talk::of(3);
        let (mut old, session) = talk.client(0);
        let mut new = talk.dial(1, Some(&session), Zxid(0));
        talk.carry_all();
        talk.greeting(&mut new).unwrap();
        let agreed = talk.ensemble.history().len();
        talk.ask(&mut old, &asked);
        talk.carry_all();
        assert_eq!((talk.reply(&mut old), old.closed), (None, true), "{asked:?}");
        assert_eq!(talk.ensemble.history().len(), agreed, "it is no transaction");
        let mut back = talk.dial(0, Some(&session), Zxid(0));
        talk.carry_all();
        talk.greeting(&mut back).unwrap();
        talk.ask(&mut back, &exists("/"));
        assert_eq!(talk.reply(&mut back).unwrap().err, ErrorCode::Ok, "it has come back");
    }
}

#[test]
fn a_follower_goes_on_serving_a_connection_that_its_session_has_left() {
    let mut talk = Talk::of(3);
    let (mut old, session) = talk.client(1);
    let mut new = talk.dial(2, Some(&session), Zxid(0));
    talk.carry_all();
    talk.greeting(&mut new).unwrap();
    for asked in [exists("/"), Request::Ping(()), sync()] {
        talk.ask(&mut old, &asked);
        talk.carry_all();
        assert_eq!(talk.reply(&mut old).unwrap().err, ErrorCode::Ok, "{asked:?}");
    }
    talk.ask(&mut old, &Request::CloseSession(()));
    talk.carry_all();
    assert_eq!(talk.reply(&mut old).unwrap().err, ErrorCode::Ok, "it may end the session, too");
    talk.look(&mut new);
    assert!(new.closed);
}

#[test]
fn credentials_overtake_what_waits() {
    let mut talk = Talk::of(3);
    let (mut line, _) = talk.client(1);
    let write = talk.ask(&mut line, &create("/a", PERSISTENT));
    let read = talk.ask(&mut line, &exists("/a"));
    let auth = Some(Credentials::from_static(b"u:p"));
    let auth = Request::Auth(AuthRequest { auth_type: 0, scheme: "digest".into(), auth });
    talk.ask_as(&mut line, Xid::AUTH, &auth);
    assert_eq!(talk.reply(&mut line).unwrap().xid, Xid::AUTH);
    assert_eq!(talk.reply(&mut line), None);
    talk.carry_all();
    for xid in [write, read] {
        let reply = talk.reply(&mut line).unwrap();
        assert_eq!((reply.xid, reply.err), (xid, ErrorCode::Ok));
    }
}

#[test]
fn a_follower_that_is_not_asked_keeps_no_session_alive() {
    let mut talk = Talk::of(3);
    let (mut line, session) = talk.client(2);
    talk.ask(&mut line, &create("/e", EPHEMERAL));
    talk.carry_all();
    talk.reply(&mut line).unwrap();
    for _ in 0..3 {
        talk.pass(TIMEOUT / 2);
        talk.ask(&mut line, &Request::Ping(()));
        assert_eq!(talk.reply(&mut line).unwrap().err, ErrorCode::Ok, "it is served all the same");
        talk.carry(|message| message.to() != 2);
    }
    let last = talk.ensemble.history().last().unwrap();
    assert_eq!(last.session, session.session_id);
    assert!(matches!(last.change, Change::CloseSession { .. }));
    talk.carry_all();
    talk.look(&mut line);
    assert!(line.closed);
}

#[test]
fn the_leader_knows_at_once_of_whom_it_has_heard_itself() {
    let mut talk = Talk::of(3);
    let (mut line, session) = talk.client(0);
    for _ in 0..4 {
        talk.pass(TIMEOUT - Duration::from_millis(1));
        talk.ask(&mut line, &Request::Ping(()));
        assert!(talk.ensemble.poll_message().is_none(), "nobody has to be asked");
    }
    assert!(talk.ensemble.agreed().unwrap().has_session(session.session_id));
}

#[test]
fn a_member_without_a_leader_says_so_and_serves_nobody() {
    let mut talk = Talk::of(3);
    let (_, session) = talk.client(0);
    let follows = "Mode: follower\n";
    assert!(talk.word(1, b"srvr").contains(follows));
    assert!(talk.word(0, b"srvr").contains("Mode: leader\n"));
    assert!(talk.word(0, b"mntr").contains("zk_synced_followers\t2\n"));
    talk.ensemble.cut(talk.now, 2, false);
    assert!(talk.word(0, b"mntr").contains("zk_synced_followers\t1\n"));
    talk.ensemble.cut(talk.now, 1, false);
    for member in 0..3 {
        let silent = "This ZooKeeper instance is not currently serving requests\n";
        for word in [b"srvr", b"mntr", b"conf", b"dump"] {
            assert_eq!(talk.word(member, word), silent);
        }
        assert_eq!(talk.word(member, b"ruok"), "imok");
        assert_eq!(talk.word(member, b"isro"), "null");
        let mut line = talk.dial(member, Some(&session), Zxid(0));
        assert_eq!((talk.greeting(&mut line), line.closed), (None, true));
    }
    talk.ensemble.join(talk.now, 1);
    assert!(talk.ensemble.elect(talk.now, 1));
    assert!(talk.word(0, b"srvr").contains(follows));
    assert!(talk.word(1, b"dump").contains("Session Sets (1)/(1):\n"));
    let global = format!("Global Sessions(1):\n{}\t10000ms\n", session.session_id);
    assert!(talk.word(0, b"dump").contains(&global));
}
