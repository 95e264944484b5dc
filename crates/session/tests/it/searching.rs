//! On a server that only reads: the search for one that writes, and the move there.

use std::time::Duration;

use zookit_proto::{OpCode, SessionId};
use zookit_session::{Effect, Endpoint, Loss, State};

use crate::talk::{SESSION, TIMEOUT, Talk, config, data, is_answered};

#[test]
fn a_read_only_server_serves_until_one_is_found_that_writes() {
    let mut config = config(2);
    config.read_only = true;
    let mut talk = Talk::with(config);
    let first = talk.dials();
    assert_eq!(talk.connects(SessionId::NONE).read_only, Some(true));
    talk.grant_with(SESSION, TIMEOUT, true);
    assert_eq!(talk.says_state(), State::ConnectedReadOnly);
    talk.wait(Duration::from_millis(100));
    let Some(Effect::Probe { endpoint, word: b"isro", .. }) = talk.effects.pop_front() else {
        panic!("no search")
    };
    assert_ne!(endpoint, first);
    // Still read-only: asked again later, the next server, after a longer wait.
    talk.session.handle_probed(talk.now, &endpoint, b"isro", Some("ro".into()));
    talk.wait(Duration::from_millis(100));
    let Some(Effect::Probe { endpoint: second, .. }) = talk.effects.pop_front() else {
        panic!("the search ended")
    };
    assert_eq!(second, first);
    talk.session.handle_probed(talk.now, &second, b"isro", None);
    talk.wait(Duration::from_millis(200));
    let Some(Effect::Probe { endpoint, .. }) = talk.effects.pop_front() else {
        panic!("the search ended")
    };
    // What is in flight is answered before the move.
    let read = talk.get("/a");
    let xid = talk.sends_op(OpCode::GetData);
    talk.session.handle_probed(talk.now, &endpoint, b"isro", Some("rw".into()));
    talk.settle();
    assert!(talk.effects.is_empty());
    talk.reply(xid, 5, &data());
    assert!(is_answered(&talk.says_done(read), 5));
    assert_eq!(talk.says_state(), State::Suspended);
    // A session of a read-only server is not shown to another.
    assert_eq!(talk.says_state(), State::Expired);
    assert_eq!(talk.says_state(), State::Connecting);
    assert_eq!(talk.dials(), endpoint);
    talk.connects(SessionId::NONE);
    talk.grant(SessionId(2));
    assert_eq!(talk.says_state(), State::Connected);
}

#[test]
fn servers_that_only_say_that_they_write_are_left_later_and_later() {
    let mut config = config(2);
    config.read_only = true;
    let mut talk = Talk::with(config);
    let mut server = talk.dials();
    let arrives = |talk: &mut Talk, shown: SessionId, read_only: bool| {
        talk.connects(shown);
        talk.grant_with(SESSION, TIMEOUT, read_only);
        let state = if read_only { State::ConnectedReadOnly } else { State::Connected };
        assert_eq!(talk.says_state(), state);
    };
    let asks_after = |talk: &mut Talk, wait: u64| {
        talk.wait(Duration::from_millis(wait - 1));
        assert!(talk.effects.is_empty(), "asked before {wait} ms: {:?}", talk.effects);
        talk.wait(Duration::from_millis(1));
        match talk.effects.pop_front() {
            Some(Effect::Probe { endpoint, word: b"isro", .. }) => endpoint,
            other => panic!("no search after {wait} ms: {other:?}"),
        }
    };
    let moves = |talk: &mut Talk| {
        for state in [State::Suspended, State::Expired, State::Connecting] {
            assert_eq!(talk.says_state(), state);
        }
        talk.dials()
    };
    for wait in [100, 200, 400, 800] {
        arrives(&mut talk, SessionId::NONE, true);
        let endpoint = asks_after(&mut talk, wait);
        assert_ne!(endpoint, server);
        talk.session.handle_probed(talk.now, &endpoint, b"isro", Some("rw".into()));
        talk.collect();
        server = moves(&mut talk);
        assert_eq!(server, endpoint);
    }
    // One that does write is proof: who loses it looks for the next as eagerly as in the beginning.
    arrives(&mut talk, SessionId::NONE, false);
    talk.lose(Loss::Reset);
    assert_eq!(talk.says_state(), State::Suspended);
    server = talk.dials();
    arrives(&mut talk, SESSION, true);
    assert_ne!(asks_after(&mut talk, 100), server);
}

#[test]
fn a_search_for_a_server_that_writes_survives_a_new_list() {
    let mut config = config(2);
    config.read_only = true;
    let mut talk = Talk::with(config);
    let first = talk.dials();
    talk.connects(SessionId::NONE);
    talk.grant_with(SESSION, TIMEOUT, true);
    talk.wait(Duration::from_millis(100));
    assert!(matches!(talk.effects.pop_front(), Some(Effect::Probe { .. })));
    // The answer to that never comes, since its server is not there any more.
    talk.session.update_servers(talk.now, vec![first, Endpoint::new("z", 26)]);
    talk.collect();
    talk.wait(Duration::from_millis(100));
    assert!(matches!(talk.effects.pop_front(), Some(Effect::Probe { .. })));
}

#[test]
fn a_move_to_a_certain_server_survives_a_new_list() {
    let mut config = config(2);
    config.read_only = true;
    let mut talk = Talk::with(config);
    let first = talk.dials();
    talk.connects(SessionId::NONE);
    talk.grant_with(SESSION, TIMEOUT, true);
    talk.wait(Duration::from_millis(100));
    let Some(Effect::Probe { endpoint, .. }) = talk.effects.pop_front() else {
        panic!("no search")
    };
    talk.get("/a");
    let xid = talk.sends_op(OpCode::GetData);
    talk.session.handle_probed(talk.now, &endpoint, b"isro", Some("rw".into()));
    let list = ["x", "y", "z"].map(|name| Endpoint::new(name, 9));
    let list = [vec![first, endpoint.clone()], list.to_vec()].concat();
    talk.session.update_servers(talk.now, list);
    talk.reply(xid, 5, &data());
    assert_eq!(talk.dials(), endpoint);
}
