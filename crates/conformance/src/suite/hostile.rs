//! What is no request.

use bytes::Bytes;
use zookit_proto::four_letter::FourLetterWord;
use zookit_proto::ops::check::CheckRequest;
use zookit_proto::ops::reconfig::ReconfigRequest;
use zookit_proto::types::Zxid;
use zookit_proto::{ErrorCode, OpCode, Request};

use super::bench::{Bench, equal};
use super::{Case, always, before_3_9, fixed, from_3_9};
use crate::Outcome;

pub(super) const CASES: &[Case] = &[
    Case { name: "a body that is none keeps the connection", holds: always, run: bad_body },
    Case { name: "a write that is none takes no zxid", holds: from_3_9, run: bad_write },
    Case { name: "a write that is none took a zxid", holds: before_3_9, run: bad_write_before },
    Case { name: "a frame that is none ends the connection", holds: always, run: bad_frame },
    Case { name: "a first frame that is none ends the connection", holds: always, run: bad_first },
    Case {
        name: "an unknown operation is answered and the connection ended",
        holds: always,
        run: unknown,
    },
    Case { name: "a lone check is an unknown operation", holds: fixed, run: lone_check },
    Case { name: "bytes behind a record are ignored", holds: always, run: trailing },
    Case {
        name: "a request as long as allowed is taken, a longer one is not",
        holds: always,
        run: longest,
    },
    Case { name: "reconfig is switched off", holds: always, run: reconfig },
    Case { name: "four-letter words are answered in text", holds: always, run: words },
];

fn bad_body(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    let null_path = Bytes::from_static(&[0xff, 0xff, 0xff, 0xff, 0]);
    for opcode in [OpCode::GetData, OpCode::Exists, OpCode::GetChildren, OpCode::SetData] {
        for body in [Bytes::new(), Bytes::from_static(b"\0\0\0\x09/a")] {
            let answer = zk.ask_raw(opcode, body)?;
            equal(&format!("{opcode}"), answer.code, ErrorCode::MarshallingError)?;
        }
    }
    equal(
        "a null path",
        zk.ask_raw(OpCode::GetData, null_path)?.code,
        ErrorCode::MarshallingError,
    )?;
    zk.expect(ErrorCode::Ok, &Request::Ping(())).map(|_| ())
}

/// How many zxids a create takes that cannot be decoded.
fn taken(bench: &mut Bench<'_>) -> Outcome<i64> {
    let mut zk = bench.client()?;
    let before = zk.expect(ErrorCode::Ok, &Request::Ping(()))?.zxid;
    let answer = zk.ask_raw(OpCode::Create, Bytes::from_static(b"\0\0\0\x09/a"))?;
    equal("the code", answer.code, ErrorCode::MarshallingError)?;
    let after = zk.expect(ErrorCode::Ok, &Request::Ping(()))?.zxid;
    Ok(after.0 - before.0)
}

fn bad_write(bench: &mut Bench<'_>) -> Outcome {
    equal("zxids", taken(bench)?, 0)
}

fn bad_write_before(bench: &mut Bench<'_>) -> Outcome {
    equal("zxids", taken(bench)?, 1)
}

fn bad_frame(bench: &mut Bench<'_>) -> Outcome {
    let bad: [&[u8]; 5] = [
        &[0xff, 0xff, 0xff, 0xff],
        &[0, 0x10, 0, 0],
        &[0, 0, 0, 0],
        &[0, 0, 0, 4, 0, 0, 0, 1],
        b"ruok",
    ];
    for frame in bad {
        let mut zk = bench.client()?;
        zk.connection.send_raw(frame);
        zk.ends().map_err(|error| format!("{frame:?}: {error}"))?;
    }
    Ok(())
}

fn bad_first(bench: &mut Bench<'_>) -> Outcome {
    let bad: [&[u8]; 3] = [&[0, 0, 0, 3, 1, 2, 3], &[0x80, 0, 0, 0], &[0, 0, 0, 0]];
    for frame in bad {
        let mut connection = bench.connection()?;
        connection.send_raw(frame);
        equal(&format!("{frame:?}"), connection.read_to_end()?.len(), 0)?;
    }
    Ok(())
}

fn unknown(bench: &mut Bench<'_>) -> Outcome {
    for opcode in [99, 0, 10, 108] {
        let mut zk = bench.client()?;
        let answer = zk.ask_raw(OpCode::from_number(opcode), Bytes::from_static(b"body"))?;
        equal("the code", answer.code, ErrorCode::Unimplemented)?;
        equal("the zxid", answer.zxid, Zxid::NONE)?;
        zk.ends()?;
    }
    Ok(())
}

fn lone_check(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    let check = CheckRequest { path: "/".into(), version: -1 };
    zk.expect(ErrorCode::Unimplemented, &Request::Check(check))?;
    zk.ends()
}

fn trailing(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    let answer = zk.ask_raw(OpCode::Exists, Bytes::from_static(b"\0\0\0\x01/\0behind"))?;
    equal("the code", answer.code, ErrorCode::Ok)
}

fn longest(bench: &mut Bench<'_>) -> Outcome {
    const LIMIT: usize = 0xf_ffff;
    let mut zk = bench.client()?;
    let body = |length: usize| {
        let mut body = b"\0\0\0\x01/\0".to_vec();
        body.resize(length - 8, 0);
        Bytes::from(body)
    };
    equal("as long as allowed", zk.ask_raw(OpCode::Exists, body(LIMIT))?.code, ErrorCode::Ok)?;
    zk.connection.send(&[(OpCode::Exists, body(LIMIT + 1))]);
    zk.ends()
}

fn reconfig(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    let leaving_servers = Some("2".into());
    let (joining_servers, new_members) = (None, None);
    let request =
        ReconfigRequest { joining_servers, leaving_servers, new_members, cur_config_id: -1 };
    zk.expect(ErrorCode::ReconfigDisabled, &Request::Reconfig(request)).map(|_| ())
}

fn words(bench: &mut Bench<'_>) -> Outcome {
    let mut ask = |word: FourLetterWord| -> Outcome<String> {
        let mut connection = bench.connection()?;
        connection.send_raw(&word.bytes());
        Ok(String::from_utf8_lossy(&connection.read_to_end()?).into_owned())
    };
    equal("ruok", ask(FourLetterWord::Ruok)?.as_str(), "imok")?;
    equal("isro", ask(FourLetterWord::Isro)?.as_str(), "rw")?;
    let srvr = ask(FourLetterWord::Srvr)?;
    let version = format!("Zookeeper version: {}", bench.profile.version());
    equal("srvr begins", srvr.starts_with(&version), true)?;
    let keys = [
        "Latency min/avg/max: ",
        "Received: ",
        "Sent: ",
        "Connections: ",
        "Outstanding: ",
        "Zxid: 0x",
        "Mode: standalone",
        "Node count: ",
    ];
    for key in keys {
        equal(key, srvr.contains(&format!("\n{key}")), true)?;
    }
    Ok(())
}
