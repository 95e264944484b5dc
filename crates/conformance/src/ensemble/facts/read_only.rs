//! A member that has lost the others and serves those who can do with that it only reads.

use bytes::Bytes;
use zookit_proto::connect::ConnectRequest;
use zookit_proto::four_letter::FourLetterWord;
use zookit_proto::types::{CreateMode, Password};
use zookit_proto::{ErrorCode, Request, SessionId, Zxid};

use super::super::bench::{catch_up, sync};
use super::super::{Bench, Fact, Version};
use super::words::value;
use crate::Outcome;
use crate::suite::Client;
use crate::suite::bench::{create, create_in, equal, exists, get, resume, set};
use crate::wire::new_session;

pub(super) const FACTS: &[Fact] = &[
    Fact { name: "a minority serves who only reads", holds: from_3_7, run: alone },
    Fact { name: "before 3.7 it serves every session", holds: before_3_7, run: alone_before },
];

/// From here on a session of a read-only member is one that no transaction knows of.
fn from_3_7(version: Version) -> bool {
    version >= Version::new(3, 7, 0)
}

fn before_3_7(version: Version) -> bool {
    !from_3_7(version)
}

/// A member that is alone, and what was before.
struct Scene {
    member: usize,
    /// A znode that is there.
    path: String,
    /// A session of the ensemble, with an ephemeral znode.
    before: Client,
    owned: String,
    /// The last that the member has seen.
    last: Zxid,
}

impl Scene {
    fn set(bench: &mut Bench<'_>) -> Outcome<Self> {
        let (path, owned) = (bench.path("a"), bench.path("e"));
        let member = bench.followers[1];
        let mut before = bench.client(bench.followers[0])?;
        before.create(&path, CreateMode::Persistent)?;
        before.expect(ErrorCode::Ok, &create_in(&owned, CreateMode::Ephemeral))?;
        let willing = ConnectRequest { read_only: Some(true), ..resume(&before.session) };
        let greeting = bench.greeting(bench.leader, &willing)?.ok_or("closed")?;
        equal("the byte of one that writes, too", greeting.read_only, Some(false))?;
        let last = catch_up(&mut bench.client(bench.leader)?)?;
        bench.leave_alone(member)?;
        Ok(Self { member, path, before, owned, last })
    }

    fn greeting(
        &self,
        bench: &mut Bench<'_>,
        request: &ConnectRequest,
    ) -> Outcome<Option<SessionId>> {
        let greeting = bench.greeting(self.member, request)?;
        let byte = greeting.as_ref().map(|greeting| greeting.read_only);
        equal("the byte", byte, greeting.as_ref().map(|_| Some(true)))?;
        Ok(greeting.map(|greeting| greeting.session_id))
    }
}

/// With a client that can do with a member that only reads.
fn willing() -> ConnectRequest {
    ConnectRequest { read_only: Some(true), ..new_session(30_000) }
}

fn alone(bench: &mut Bench<'_>) -> Outcome {
    let scene = Scene::set(bench)?;
    let member = scene.member;
    who_must_write(bench, &scene)?;
    let resumed = ConnectRequest { read_only: Some(true), ..resume(&scene.before.session) };
    equal("a session of the ensemble", scene.greeting(bench, &resumed)?, None)?;
    let wrong = Some(Password::new(Bytes::from_static(&[b'x'; 16])));
    let wrong = ConnectRequest { password: wrong, ..resumed };
    equal("with a wrong password", scene.greeting(bench, &wrong)?, None)?;

    let mut zk = bench.client_with(member, &willing())?;
    reads_only(&mut zk, &scene)?;
    let first = zk.session.session_id.0.to_be_bytes()[0];
    equal("the id's first byte", usize::from(first), member + 1)?;
    let again = ConnectRequest { read_only: Some(true), ..resume(&zk.session) };
    let mut again = bench.client_with(member, &again)?;
    equal("its own session", again.session.session_id, zk.session.session_id)?;
    zk.ends()?;
    words(bench, member)?;

    bench.revive()?;
    again.ends()?;
    for member in [member, bench.leader] {
        let gone = bench.greeting(member, &resume(&again.session))?.ok_or("closed")?;
        equal("its session then", gone.session_id, SessionId::NONE)?;
    }
    let mut before = bench.take_up(member, &scene.before)?;
    before.expect(ErrorCode::Ok, &exists(&scene.owned, false)).map(drop)
}

fn alone_before(bench: &mut Bench<'_>) -> Outcome {
    let scene = Scene::set(bench)?;
    let member = scene.member;
    who_must_write(bench, &scene)?;
    let resumed = ConnectRequest { read_only: Some(true), ..resume(&scene.before.session) };
    let id = scene.before.session.session_id;
    equal("a session of the ensemble", scene.greeting(bench, &resumed)?, Some(id))?;
    let mut zk = bench.client_with(member, &willing())?;
    reads_only(&mut zk, &scene)?;
    words(bench, member)?;
    bench.revive()?;
    zk.ends()?;
    let mut before = bench.take_up(member, &scene.before)?;
    before.expect(ErrorCode::Ok, &exists(&scene.owned, false)).map(drop)
}

fn who_must_write(bench: &mut Bench<'_>, scene: &Scene) -> Outcome {
    for read_only in [Some(false), None] {
        let new = ConnectRequest { read_only, ..new_session(30_000) };
        equal("a new session to write", scene.greeting(bench, &new)?, None)?;
        let old = ConnectRequest { read_only, ..resume(&scene.before.session) };
        equal("an old session to write", scene.greeting(bench, &old)?, None)?;
    }
    let ahead = ConnectRequest { last_zxid_seen: Zxid(i64::MAX), ..willing() };
    equal("who has seen more", scene.greeting(bench, &ahead)?, None)?;
    let unknown = ConnectRequest { session_id: SessionId(0x77), ..willing() };
    equal("an id that is nobody's", scene.greeting(bench, &unknown)?, Some(SessionId::NONE))
}

fn reads_only(zk: &mut Client, scene: &Scene) -> Outcome {
    equal("the byte", zk.session.read_only, Some(true))?;
    equal("the timeout", zk.session.timeout_ms, 30_000)?;
    for read in [get(&scene.path, true), exists(&scene.owned, false), Request::Ping(())] {
        equal("the zxid", zk.expect(ErrorCode::Ok, &read)?.zxid, scene.last)?;
    }
    let writes = [create("/x"), set(&scene.path, -1), sync()];
    for write in writes {
        let answer = zk.expect(ErrorCode::NotReadOnly, &write)?;
        equal("the zxid of a refusal", answer.zxid, scene.last)?;
    }
    Ok(())
}

fn words(bench: &mut Bench<'_>, member: usize) -> Outcome {
    equal("isro", bench.word(member, FourLetterWord::Isro)?.as_str(), "ro")?;
    let srvr = bench.word(member, FourLetterWord::Srvr)?;
    equal("the mode", value(&srvr, "Mode: "), Some("read-only"))?;
    let second = srvr.lines().nth(1);
    equal("srvr", second, Some("READ-ONLY mode; serving only read-only clients"))?;
    let mntr = bench.word(member, FourLetterWord::Mntr)?;
    equal("the state", value(&mntr, "zk_server_state\t"), Some("read-only"))
}
