//! A leader is lost, and another one follows it.

use zookit_proto::connect::ConnectRequest;
use zookit_proto::types::CreateMode;
use zookit_proto::{ErrorCode, Request, Zxid};

use super::super::bench::{catch_up, nothing_yet, send};
use super::super::{Bench, Fact, Way};
use super::always;
use crate::Outcome;
use crate::suite::Client;
use crate::suite::bench::{create, create_in, equal, exists, resume, set};
use crate::wire::Heard;

pub(super) const FACTS: &[Fact] = &[
    Fact { name: "the next leader counts in an epoch of its own", holds: always, run: epoch },
    Fact { name: "what was on its way to a lost leader is void", holds: always, run: void },
    Fact { name: "what was agreed on outlives its leader", holds: always, run: agreed },
    Fact { name: "a member that was away has what it missed", holds: always, run: away },
];

/// A leader's first zxid in its epoch, which is that of no transaction.
const fn begins(epoch: u32) -> Zxid {
    Zxid((epoch as i64) << 32)
}

fn ping(client: &mut Client) -> Outcome<Zxid> {
    Ok(client.expect(ErrorCode::Ok, &Request::Ping(()))?.zxid)
}

fn epoch(bench: &mut Bench<'_>) -> Outcome {
    let (path, owned) = (bench.path("a"), bench.path("e"));
    let [here, there] = bench.followers;
    let mut at_leader = bench.client(bench.leader)?;
    let (mut first, mut second) = (bench.client(here)?, bench.client(there)?);
    at_leader.expect(ErrorCode::Ok, &create_in(&owned, CreateMode::Ephemeral))?;
    first.create(&path, CreateMode::Persistent)?;
    let (last, _) = (catch_up(&mut first)?, catch_up(&mut second)?);
    equal("there is an epoch from the beginning", last.epoch() > 0, true)?;
    bench.kill(&[bench.leader])?;
    for lost in [&mut at_leader, &mut first, &mut second] {
        lost.ends()?;
    }
    let leader = bench.next_leader()?;
    let follower = if leader == here { there } else { here };
    // Sessions are taken up at any member that serves, with their ephemerals.
    let mut leads = bench.take_up(leader, &at_leader)?;
    let mut follows = bench.take_up(follower, &first)?;
    let begun = ping(&mut leads)?;
    equal("the leader is in its epoch", begun, begins(begun.epoch()))?;
    equal("which is another one", begun.epoch() > last.epoch(), true)?;
    equal("a follower is not yet", ping(&mut follows)?, last)?;
    follows.expect(ErrorCode::Ok, &exists(&owned, false))?;
    let seen = ConnectRequest { last_zxid_seen: begun, ..resume(&second.session) };
    equal("and refuses who has seen it", bench.greeting(follower, &seen)?, None)?;
    let written = leads.expect(ErrorCode::Ok, &set(&path, -1))?.zxid;
    equal("the first transaction", written, Zxid(begun.0 + 1))?;
    equal("which all see", catch_up(&mut follows)?, written)?;
    let greeting = bench.greeting(follower, &seen)?.ok_or("closed")?;
    equal("from then on it takes them", greeting.session_id, second.session.session_id)
}

fn void(bench: &mut Bench<'_>) -> Outcome {
    let path = bench.path("a");
    let [here, there] = bench.followers;
    let mut zk = bench.client(here)?;
    let mut other = bench.client(there)?;
    catch_up(&mut other)?;
    bench.hold(here, Way::ToLeader)?;
    send(&mut zk, &[create(&path), exists(&path, false)]);
    nothing_yet(&mut zk.connection)?;
    bench.kill(&[bench.leader])?;
    zk.ends()?;
    bench.release()?;
    bench.next_leader()?;
    for member in [here, there] {
        let mut zk = bench.take_up(member, &zk)?;
        catch_up(&mut zk)?;
        zk.expect(ErrorCode::NoNode, &exists(&path, false))?;
    }
    Ok(())
}

fn agreed(bench: &mut Bench<'_>) -> Outcome {
    let path = bench.path("a");
    let [here, there] = bench.followers;
    let (mut zk, mut other) = (bench.client(here)?, bench.client(there)?);
    bench.hold(here, Way::FromLeader)?;
    send(&mut zk, &[create(&path)]);
    for _ in 0..100 {
        catch_up(&mut other)?;
        if other.ask(&exists(&path, false))?.code == ErrorCode::Ok {
            break;
        }
    }
    other.expect(ErrorCode::Ok, &exists(&path, false))?;
    nothing_yet(&mut zk.connection)?;
    bench.kill(&[bench.leader])?;
    bench.release()?;
    // What the leader had said may arrive with the news of its end.
    match zk.connection.hear()? {
        Heard::Closed => {}
        Heard::Reply { header, .. } if header.err == ErrorCode::Ok => zk.ends()?,
        other => return Err(format!("instead of a close: {other:?}").into()),
    }
    bench.next_leader()?;
    for member in [here, there] {
        let mut zk = bench.take_up(member, &zk)?;
        catch_up(&mut zk)?;
        zk.expect(ErrorCode::Ok, &exists(&path, false))?;
    }
    Ok(())
}

fn away(bench: &mut Bench<'_>) -> Outcome {
    let path = bench.path("a");
    let [here, there] = bench.followers;
    let (mut lost, mut writes) = (bench.client(here)?, bench.client(there)?);
    let before = catch_up(&mut writes)?;
    bench.kill(&[here])?;
    lost.ends()?;
    let written = writes.expect(ErrorCode::Ok, &create(&path))?.zxid;
    equal("the epoch goes on", written.epoch(), before.epoch())?;
    bench.revive()?;
    let seen = ConnectRequest { last_zxid_seen: written, ..resume(&lost.session) };
    let mut back = bench.client_with(here, &seen)?;
    back.expect(ErrorCode::Ok, &exists(&path, false))?;
    writes.expect(ErrorCode::Ok, &exists(&path, false)).map(drop)
}
