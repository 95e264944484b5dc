//! Handshakes and sessions.

use bytes::Bytes;
use zookit_proto::connect::ConnectRequest;
use zookit_proto::types::{CreateMode, Password, SessionId, Zxid};
use zookit_proto::{ErrorCode, OpCode, Request};

use super::bench::{Bench, create, equal, exists, resume};
use super::{Case, always};
use crate::Outcome;
use crate::wire::{Heard, new_session};

pub(super) const CASES: &[Case] = &[
    Case { name: "the read-only byte is answered in kind", holds: always, run: read_only_byte },
    Case { name: "a timeout is brought within bounds", holds: always, run: bounds },
    Case { name: "a session that never was is answered and closed", holds: always, run: unknown },
    Case { name: "a wrong password closes the session's connection", holds: always, run: wrong },
    Case { name: "a client that has seen more is closed silently", holds: always, run: ahead },
    Case { name: "a session taken up again loses its old connection", holds: always, run: kick },
    Case { name: "a session is a transaction, and so is its end", holds: always, run: counted },
    Case { name: "requests behind the handshake are served", holds: always, run: pipelined },
    Case { name: "ephemerals go with their session", holds: always, run: ephemerals },
    Case { name: "what is behind a close is not carried out", holds: always, run: behind_close },
    Case { name: "a null password asks for a session too", holds: always, run: null_password },
];

fn read_only_byte(bench: &mut Bench<'_>) -> Outcome {
    for read_only in [Some(false), Some(true), None] {
        let request = ConnectRequest { read_only, ..new_session(30_000) };
        let client = bench.client_with(&request)?;
        equal("the byte", client.session.read_only, read_only.map(|_| false))?;
    }
    Ok(())
}

fn bounds(bench: &mut Bench<'_>) -> Outcome {
    for (asked, granted) in [(1, 1_000), (-5, 1_000), (i32::MAX, 60_000), (7_000, 7_000)] {
        let client = bench.client_for(asked)?;
        equal("the timeout", client.session.timeout_ms, granted)?;
        let again = ConnectRequest { timeout_ms: 5_000, ..resume(&client.session) };
        let client = bench.client_with(&again)?;
        equal("the timeout anew", client.session.timeout_ms, 5_000)?;
    }
    Ok(())
}

fn unknown(bench: &mut Bench<'_>) -> Outcome {
    let mut connection = bench.connection()?;
    let session_id = SessionId(0x0123_4567_89ab_cdef);
    let request = ConnectRequest { session_id, ..new_session(30_000) };
    let response = connection.handshake(&request)?.ok_or("no response")?;
    equal("the timeout", response.timeout_ms, 0)?;
    equal("the session", response.session_id, SessionId::NONE)?;
    equal("the password is zeros", response.password, Some(Password::zeros()))?;
    equal("then", connection.hear()?, Heard::Closed)
}

fn wrong(bench: &mut Bench<'_>) -> Outcome {
    let mut client = bench.client()?;
    let password = Some(Password::new(vec![7; 16].into()));
    let mut connection = bench.connection()?;
    let request = ConnectRequest { password, ..resume(&client.session) };
    let response = connection.handshake(&request)?.ok_or("no response")?;
    equal("accepted", response.is_accepted(), false)?;
    equal("then", connection.hear()?, Heard::Closed)?;
    client.ends()?;
    let mut client = bench.client_with(&resume(&client.session))?;
    client.expect(ErrorCode::Ok, &Request::Ping(())).map(|_| ())
}

fn ahead(bench: &mut Bench<'_>) -> Outcome {
    let mut connection = bench.connection()?;
    let request = ConnectRequest { last_zxid_seen: Zxid(i64::MAX >> 1), ..new_session(30_000) };
    equal("a response", connection.handshake(&request)?, None)
}

fn kick(bench: &mut Bench<'_>) -> Outcome {
    let mut first = bench.client()?;
    let mut second = bench.client_with(&resume(&first.session))?;
    equal("the session", second.session.session_id, first.session.session_id)?;
    equal("the password", &second.session.password, &first.session.password)?;
    first.ends()?;
    second.expect(ErrorCode::Ok, &create("/kicked")).map(|_| ())
}

fn counted(bench: &mut Bench<'_>) -> Outcome {
    let mut one = bench.client()?;
    let before = one.expect(ErrorCode::Ok, &Request::Ping(()))?.zxid;
    let mut two = bench.client()?;
    let with = one.expect(ErrorCode::Ok, &Request::Ping(()))?.zxid;
    equal("a session", with.0, before.0 + 1)?;
    let closed = two.ask_raw(OpCode::CloseSession, Bytes::new())?;
    equal("its end", (closed.code, closed.zxid.0), (ErrorCode::Ok, before.0 + 2))?;
    two.ends()?;
    // Taking a session up again is none.
    let mut one = bench.client_with(&resume(&one.session))?;
    let after = one.expect(ErrorCode::Ok, &Request::Ping(()))?.zxid;
    equal("taking it up again", after.0, before.0 + 2)
}

fn pipelined(bench: &mut Bench<'_>) -> Outcome {
    let mut connection = bench.connection()?;
    let mut bytes = zookit_proto::frame::around(&new_session(30_000)).to_vec();
    bytes.extend_from_slice(&[0, 0, 0, 8, 0xff, 0xff, 0xff, 0xfe, 0, 0, 0, 11]);
    connection.send_raw(&bytes);
    // The response, and behind it the answer to the ping: neither was asked for by its turn.
    for length in [37, 16] {
        match connection.hear()? {
            Heard::Nonsense(frame) => equal("the length", frame.len(), length)?,
            other => return Err(format!("{other:?}").into()),
        }
    }
    Ok(())
}

fn ephemerals(bench: &mut Bench<'_>) -> Outcome {
    let (mut owner, mut other) = (bench.client()?, bench.client()?);
    owner.create("/e", CreateMode::Ephemeral)?;
    owner.create("/p", CreateMode::Persistent)?;
    owner.create("/p/e", CreateMode::Ephemeral)?;
    equal("the owner", other.stat("/e")?.ephemeral_owner, owner.session.session_id)?;
    owner.expect(ErrorCode::NoChildrenForEphemerals, &create("/e/a"))?;
    let end = owner.ask_raw(OpCode::CloseSession, Bytes::new())?;
    other.expect(ErrorCode::NoNode, &exists("/e", false))?;
    other.expect(ErrorCode::NoNode, &exists("/p/e", false))?;
    equal("when", other.stat("/p")?.pzxid, end.zxid)
}

fn behind_close(bench: &mut Bench<'_>) -> Outcome {
    let mut client = bench.client()?;
    client.connection.send(&[(OpCode::CloseSession, Bytes::new()), (OpCode::WhoAmI, Bytes::new())]);
    let Heard::Reply { opcode: OpCode::CloseSession, .. } = client.connection.hear()? else {
        return Err("the close is not answered".into());
    };
    // A real server may come to it before it has closed the connection, and finds no session.
    match client.connection.hear()? {
        Heard::Closed => Ok(()),
        Heard::Reply { header, .. } if header.err == ErrorCode::SessionExpired => client.ends(),
        other => Err(format!("instead of a close: {other:?}").into()),
    }
}

fn null_password(bench: &mut Bench<'_>) -> Outcome {
    let mut client =
        bench.client_with(&ConnectRequest { password: None, ..new_session(30_000) })?;
    client.expect(ErrorCode::Ok, &Request::Ping(())).map(|_| ())
}
