//! A member that is behind the others.

use zookit_proto::connect::ConnectRequest;
use zookit_proto::ops::auth::AuthRequest;
use zookit_proto::types::{CreateMode, Credentials};
use zookit_proto::{ErrorCode, OpCode, Request, Zxid};

use super::super::bench::{catch_up, nothing_yet, reply, send, sync};
use super::super::{Bench, Fact, Version, Way};
use super::always;
use crate::Outcome;
use crate::suite::bench::{create, equal, exists, resume, set};
use crate::wire::new_session;

pub(super) const FACTS: &[Fact] = &[
    Fact { name: "a member that lags shows the past until a sync", holds: always, run: past },
    Fact { name: "one that lags refuses who has seen more", holds: always, run: refuses },
    Fact { name: "a sync that waits holds up its own session", holds: from_3_6, run: others },
    Fact { name: "before 3.6 it holds up all of its member", holds: before_3_6, run: all },
    Fact { name: "credentials overtake what waits", holds: always, run: credentials },
    Fact { name: "one that lags gives sessions when it is told", holds: always, run: handshakes },
];

/// From here on what waits for the leader holds up its own session alone.
fn from_3_6(version: Version) -> bool {
    version >= Version::new(3, 6, 0)
}

fn before_3_6(version: Version) -> bool {
    !from_3_6(version)
}

fn past(bench: &mut Bench<'_>) -> Outcome {
    let path = bench.path("a");
    let [fast, slow] = bench.followers;
    let (mut writes, mut reads) = (bench.client(fast)?, bench.client(slow)?);
    let before = catch_up(&mut reads)?;
    bench.hold(slow, Way::FromLeader)?;
    let written = writes.expect(ErrorCode::Ok, &create(&path))?.zxid;
    let answer = reads.expect(ErrorCode::NoNode, &exists(&path, false))?;
    equal("the zxid of the past", answer.zxid, before)?;
    equal("of a ping", reads.expect(ErrorCode::Ok, &Request::Ping(()))?.zxid, before)?;
    send(&mut reads, &[sync(), exists(&path, false)]);
    nothing_yet(&mut reads.connection)?;
    bench.release()?;
    equal("of the sync", reply(&mut reads, OpCode::Sync, ErrorCode::Ok)?, written)?;
    equal("of the read", reply(&mut reads, OpCode::Exists, ErrorCode::Ok)?, written)
}

fn refuses(bench: &mut Bench<'_>) -> Outcome {
    let [fast, slow] = bench.followers;
    let mut zk = bench.client(fast)?;
    catch_up(&mut bench.client(slow)?)?;
    bench.hold(slow, Way::FromLeader)?;
    let seen = zk.expect(ErrorCode::Ok, &create(&bench.path("a")))?.zxid;
    let moves = ConnectRequest { last_zxid_seen: seen, ..resume(&zk.session) };
    equal("while it lags", bench.greeting(slow, &moves)?, None)?;
    bench.release()?;
    catch_up(&mut bench.client(slow)?)?;
    let greeting = bench.greeting(slow, &moves)?.ok_or("closed")?;
    equal("when it does not", greeting.session_id, zk.session.session_id)?;
    let ahead = ConnectRequest { last_zxid_seen: Zxid(i64::MAX), ..new_session(30_000) };
    equal("who has seen what never was", bench.greeting(slow, &ahead)?, None)
}

fn others(bench: &mut Bench<'_>) -> Outcome {
    let path = bench.path("a");
    let [fast, slow] = bench.followers;
    let (mut waits, mut reads) = (bench.client(slow)?, bench.client(slow)?);
    bench.client(fast)?.create(&path, CreateMode::Persistent)?;
    catch_up(&mut reads)?;
    bench.hold(slow, Way::FromLeader)?;
    send(&mut waits, &[sync(), Request::Ping(())]);
    reads.expect(ErrorCode::Ok, &exists(&path, false))?;
    reads.expect(ErrorCode::Ok, &Request::Ping(()))?;
    nothing_yet(&mut waits.connection)?;
    bench.release()?;
    reply(&mut waits, OpCode::Sync, ErrorCode::Ok)?;
    reply(&mut waits, OpCode::Ping, ErrorCode::Ok).map(drop)
}

fn all(bench: &mut Bench<'_>) -> Outcome {
    let slow = bench.followers[1];
    let (mut waits, mut reads) = (bench.client(slow)?, bench.client(slow)?);
    bench.hold(slow, Way::FromLeader)?;
    send(&mut waits, &[sync()]);
    nothing_yet(&mut waits.connection)?;
    send(&mut reads, &[exists("/", false)]);
    nothing_yet(&mut reads.connection)?;
    bench.release()?;
    reply(&mut waits, OpCode::Sync, ErrorCode::Ok)?;
    reply(&mut reads, OpCode::Exists, ErrorCode::Ok).map(drop)
}

fn credentials(bench: &mut Bench<'_>) -> Outcome {
    let path = bench.path("a");
    let slow = bench.followers[1];
    let mut zk = bench.client(slow)?;
    zk.create(&path, CreateMode::Persistent)?;
    bench.hold(slow, Way::FromLeader)?;
    let auth = Some(Credentials::from_static(b"u:p"));
    let auth = Request::Auth(AuthRequest { auth_type: 0, scheme: "digest".into(), auth });
    send(&mut zk, &[set(&path, -1), exists(&path, false), Request::Ping(()), auth]);
    equal("the zxid", reply(&mut zk, OpCode::Auth, ErrorCode::Ok)?, Zxid(0))?;
    nothing_yet(&mut zk.connection)?;
    bench.release()?;
    let written = reply(&mut zk, OpCode::SetData, ErrorCode::Ok)?;
    equal("the read behind", reply(&mut zk, OpCode::Exists, ErrorCode::Ok)?, written)?;
    equal("the ping behind", reply(&mut zk, OpCode::Ping, ErrorCode::Ok)?, written)
}

fn handshakes(bench: &mut Bench<'_>) -> Outcome {
    let [fast, slow] = bench.followers;
    let zk = bench.client(fast)?;
    bench.hold(slow, Way::FromLeader)?;
    let (mut new, mut moved) = (bench.connection(slow)?, bench.connection(slow)?);
    new.send_handshake(&new_session(30_000));
    moved.send_handshake(&resume(&zk.session));
    nothing_yet(&mut new)?;
    nothing_yet(&mut moved)?;
    bench.release()?;
    let greeting = moved.greeting()?.ok_or("closed")?;
    equal("the session that moves", greeting.session_id, zk.session.session_id)?;
    let greeting = new.greeting()?.ok_or("closed")?;
    equal("a new one", greeting.is_accepted(), true)?;
    bench.keep(greeting);
    Ok(())
}
