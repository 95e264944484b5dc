//! What cannot be reached from outside in reasonable time.

use bytes::BytesMut;
use zookit_proto::connect::ConnectResponse;
use zookit_proto::header::ReplyHeader;
use zookit_proto::wire::Field;
use zookit_proto::{ErrorCode, OpCode, SessionId, Time, Xid, Zxid, frame};

use super::Session;
use crate::config::Config;
use crate::endpoint::Endpoint;
use crate::event::Event;
use crate::ids::Ticket;
use crate::outcome::Outcome;
use crate::request::Submission;

const NOW: Time = Time::ZERO;

fn connected() -> Session {
    let mut session = Session::new(Config::new(vec![Endpoint::new("a", 1)]), 7, NOW);
    session.handle_connected(NOW);
    let response = ConnectResponse {
        protocol_version: 0,
        timeout_ms: 9000,
        session_id: SessionId(1),
        password: None,
        read_only: Some(false),
    };
    session.handle_received(NOW, &mut BytesMut::from(&frame::around(&response)[..]));
    while session.poll_event().is_some() {}
    let waiting = session.transmit().map(<[u8]>::len).sum();
    session.handle_written(NOW, waiting);
    session
}

#[test]
fn xids_wrap_and_replies_still_find_their_requests() {
    let mut session = connected();
    session.requests.set_next_xid(Xid(i32::MAX - 1));
    for ticket in 0..4 {
        let frame = frame::request(Xid(0), OpCode::Sync.number(), &(), 100).unwrap().freeze();
        session.submit(
            NOW,
            Submission {
                ticket: Ticket(ticket),
                opcode: OpCode::Sync,
                frame,
                deadline: None,
                watch: None,
                pinned: None,
            },
        );
    }
    assert!(session.poll_transmit(NOW));
    let sent: Vec<u8> = session.transmit().flatten().copied().collect();
    session.handle_written(NOW, sent.len());
    let xids: Vec<_> =
        sent.chunks(12).map(|frame| i32::from_be_bytes(frame[4..8].try_into().unwrap())).collect();
    assert_eq!(xids, [i32::MAX - 1, i32::MAX, 1, 2]);
    for (ticket, xid) in xids.into_iter().enumerate() {
        let mut reply = BytesMut::new();
        let start = frame::begin(&mut reply);
        ReplyHeader { xid: Xid(xid), zxid: Zxid(5), err: ErrorCode::Ok }.write(&mut reply);
        frame::finish(&mut reply, start, 100).unwrap();
        session.handle_received(NOW, &mut reply);
        let ended = session.poll_event();
        assert!(
            matches!(ended, Some(Event::Completed(Ticket(n), Outcome::Answered { .. })) if n == ticket as u64),
            "{ended:?}"
        );
    }
}
