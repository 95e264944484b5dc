//! How requests are found in the bytes of a connection, wherever those are cut.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use zookit_proto::connect::ConnectRequest;
use zookit_proto::ops::get_data::GetDataRequest;
use zookit_proto::{OpCode, Xid, frame};
use zookit_proxy::{Effect, Fault};

use crate::peers::{Link, Pair};

/// A handshake and requests, and where each of the requests begins and ends.
fn stream() -> (Vec<u8>, Vec<(usize, usize)>) {
    let mut bytes = frame::around(&ConnectRequest::samples()[0]).to_vec();
    let mut places = Vec::new();
    for (number, path) in (1..).zip(["/a", "/", "/a/long/way/down"]) {
        let begin = bytes.len();
        let body = GetDataRequest { path: path.into(), watch: false };
        let opcode = OpCode::GetData.number();
        bytes.extend_from_slice(&frame::request(Xid(number), opcode, &body, 1000).unwrap());
        places.push((begin, bytes.len()));
    }
    (bytes, places)
}

/// The client says it, and the proxy has read it: that the server was heard shows it, since the
/// proxy looks at the client first.
fn say(link: &mut Link, bytes: &[u8]) {
    link.client.say(bytes);
    link.server.say(b"!");
    link.client.hear(b"!");
}

#[test]
fn a_fault_sees_the_requests_that_come_whole_while_it_is_there() {
    let (bytes, places) = stream();
    let pair = Pair::new();
    for from in 0..bytes.len() {
        for to in (from..=bytes.len()).step_by(9) {
            let mut link = pair.link();
            say(&mut link, &bytes[..from]);
            let seen = Arc::new(Mutex::new(Vec::new()));
            let noted = Arc::clone(&seen);
            let fault =
                pair.proxy.add_fault(Fault::new(Effect::Delay(Duration::ZERO), move |asked| {
                    noted.lock().unwrap().push(asked.xid.0);
                    true
                }));
            say(&mut link, &bytes[from..to]);
            pair.proxy.remove_fault(fault);
            say(&mut link, &bytes[to..]);
            link.server.hear(&bytes);
            let whole = |(_, (begin, end)): &(i32, &(usize, usize))| *begin >= from && *end <= to;
            let expected: Vec<i32> = (1..).zip(&places).filter(whole).map(|(xid, _)| xid).collect();
            assert_eq!(*seen.lock().unwrap(), expected, "there from {from} to {to}");
        }
    }
}

#[test]
fn a_request_that_is_lost_leaves_no_byte_behind() {
    let (bytes, places) = stream();
    for cut in 0..bytes.len() {
        let pair = Pair::new();
        let mut link = pair.link();
        pair.proxy.add_fault(Fault::on(Effect::LoseRequest, OpCode::GetData, "/").times(1));
        link.client.say(&bytes[..cut]);
        link.client.say(&bytes[cut..]);
        // The answers to the handshake and to the request before it.
        let answers = [handshake(), reply(1)].concat();
        link.server.hear(&bytes[..places[0].1]);
        assert!(link.server.hears_nothing());
        link.server.say(&answers);
        link.server.say(&reply(2));
        link.server.hears_the_end();
        assert_eq!(link.client.rest(), (answers, Ok(())));
    }
}

#[test]
fn a_reply_is_lost_wherever_the_bytes_are_cut() {
    let (bytes, places) = stream();
    let answers = [handshake(), reply(1), reply(2), reply(3)].concat();
    let before = handshake().len() + reply(1).len();
    for cut in 0..answers.len() {
        let pair = Pair::new();
        let mut link = pair.link();
        pair.proxy.add_fault(Fault::on(Effect::LoseReply, OpCode::GetData, "/").times(1));
        link.client.say(&bytes);
        link.server.hear(&bytes[..places[1].1]);
        link.server.say(&answers[..cut]);
        pair.wait(|statistics| statistics.to_client >= cut.min(before) as u64);
        let _ = std::io::Write::write_all(&mut link.server.0, &answers[cut..]);
        let (heard, end) = link.client.rest();
        assert_eq!(end, Ok(()));
        // Of its head a part may have passed before it could be known.
        assert!(heard.starts_with(&answers[..before]) && heard.len() < before + 8, "{heard:?}");
    }
}

fn handshake() -> Vec<u8> {
    [&[0, 0, 0, 37][..], &[0; 37]].concat()
}

fn reply(xid: i32) -> Vec<u8> {
    [&[0, 0, 0, 20][..], &xid.to_be_bytes(), &[7; 16]].concat()
}

#[test]
fn what_is_not_zookeeper_is_struck_by_nothing() {
    let pair = Pair::new();
    let fault = pair.proxy.add_fault(Fault::new(Effect::LoseRequest, |_| true));
    let Link { mut client, mut server, .. } = pair.link();
    let said = [&b"ruok"[..], &[0; 4000]].concat();
    client.say(&said);
    server.hear(&said);
    server.say(&[0; 4000]);
    client.hear(&[0; 4000]);
    assert_eq!(pair.proxy.fault_struck(fault), Some(0));
}
