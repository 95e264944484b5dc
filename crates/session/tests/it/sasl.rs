//! SASL blocks everything else after the handshake, on each connection anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use zookit_proto::ops::sasl::{SaslReply, SaslRequest};
use zookit_proto::types::Credentials;
use zookit_proto::{ErrorCode, OpCode, Reply, Request, SessionId, Xid};
use zookit_session::{Mechanism, NotSent, Outcome, Reason, State, Step};

use crate::talk::{SESSION, TIMEOUT, Talk, config, data, is_answered};

/// Says "hello", answers each challenge by repeating it, and is content with "welcome".
#[derive(Debug, Default)]
struct Echo(Arc<AtomicU32>);

impl Mechanism for Echo {
    fn start(&mut self) -> Bytes {
        self.0.fetch_add(1, Ordering::Relaxed);
        Bytes::from_static(b"hello")
    }

    fn step(&mut self, token: Option<Bytes>) -> Step {
        match token {
            None => Step::Failed,
            Some(token) if token == "welcome" => Step::Done,
            Some(token) => Step::Send(token),
        }
    }
}

fn talk() -> (Talk, Arc<AtomicU32>) {
    let starts = Arc::new(AtomicU32::new(0));
    let mut config = config(1);
    config.sasl = Some(Box::new(Echo(Arc::clone(&starts))));
    (Talk::with(config), starts)
}

fn sends_token(talk: &mut Talk, token: &'static [u8]) -> Xid {
    talk.sends(&Request::Sasl(SaslRequest { token: Some(Credentials::from_static(token)) }))
}

fn challenge(talk: &mut Talk, xid: Xid, token: Option<&'static [u8]>) {
    talk.reply(xid, 0, &Reply::Sasl(SaslReply { token: token.map(Credentials::from_static) }));
}

#[test]
fn nothing_leaves_before_the_exchange_has_succeeded() {
    let (mut talk, starts) = talk();
    let read = talk.get("/a");
    for session in [SessionId::NONE, SESSION] {
        talk.dials();
        talk.connects(session);
        talk.grant(SESSION);
        let xid = sends_token(&mut talk, b"hello");
        talk.sends_nothing();
        challenge(&mut talk, xid, Some(b"prove it"));
        let xid = sends_token(&mut talk, b"prove it");
        talk.says_nothing();
        challenge(&mut talk, xid, Some(b"welcome"));
        assert_eq!(talk.says_state(), State::Connected);
        if session == SessionId::NONE {
            talk.fin();
            assert_eq!(talk.says_state(), State::Suspended);
        }
    }
    let xid = talk.sends_op(OpCode::GetData);
    talk.reply(xid, 3, &data());
    assert!(is_answered(&talk.says_done(read), 3));
    assert_eq!(starts.load(Ordering::Relaxed), 2, "each connection begins anew");
}

#[test]
fn an_exchange_that_fails_ends_the_handle() {
    for (token, code) in [(None, ErrorCode::Ok), (Some(&b"x"[..]), ErrorCode::AuthFailed)] {
        let (mut talk, _) = talk();
        let read = talk.get("/a");
        talk.dials();
        talk.connects(SessionId::NONE);
        talk.grant(SESSION);
        let xid = sends_token(&mut talk, b"hello");
        if code.is_ok() {
            challenge(&mut talk, xid, token);
        } else {
            talk.refuse(xid, 0, code);
        }
        assert_eq!(talk.says_state(), State::AuthFailed);
        assert_eq!(talk.changes[0].reason, Reason::SaslFailed);
        assert_eq!(talk.says_done(read), Outcome::NotSent(NotSent::AuthFailed));
        assert_eq!(talk.session.poll_timeout(), None);
    }
}

#[test]
fn a_server_cannot_keep_the_exchange_going_for_ever() {
    let (mut talk, _) = talk();
    talk.dials();
    talk.connects(SessionId::NONE);
    talk.grant(SESSION);
    let mut rounds = 0;
    while talk.session.state() == State::Connecting {
        let xid = talk.sends_op(OpCode::Sasl);
        challenge(&mut talk, xid, Some(b"again"));
        rounds += 1;
    }
    assert_eq!(talk.session.state(), State::AuthFailed);
    assert_eq!(rounds, 16);
}

#[test]
fn no_ping_disturbs_an_exchange() {
    let (mut talk, _) = talk();
    talk.dials();
    talk.connects(SessionId::NONE);
    talk.grant(SESSION);
    sends_token(&mut talk, b"hello");
    talk.wait(TIMEOUT / 2);
    talk.sends_nothing();
}
