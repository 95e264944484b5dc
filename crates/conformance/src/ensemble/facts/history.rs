//! One history, which every member applies.

use std::time::Duration;

use bytes::Bytes;
use zookit_proto::types::CreateMode;
use zookit_proto::{ErrorCode, OpCode, Request, Zxid};

use super::super::bench::{catch_up, event, reply, send};
use super::super::{Bench, Fact, SIZE, Version};
use super::always;
use crate::Outcome;
use crate::suite::bench::{create, creation, delete, equal, exists, get, set};

pub(super) const FACTS: &[Fact] = &[
    Fact { name: "a write through one member is seen at all", holds: always, run: seen },
    Fact { name: "reads stand behind the writes before them", holds: always, run: behind },
    Fact { name: "a write that is refused takes a zxid", holds: always, run: refused },
    Fact { name: "an event comes before what shows it", holds: always, run: event_first },
    Fact { name: "one's own event comes before the reply", holds: always, run: own_event },
    Fact { name: "what is reaped is told at every member", holds: has_containers, run: reaped },
    Fact { name: "a body that is none is refused", holds: before_3_9, run: malformed },
];

/// From 3.9 on such a request through a member of an ensemble stops all writes.
fn before_3_9(version: Version) -> bool {
    version < Version::new(3, 9, 0)
}

fn has_containers(version: Version) -> bool {
    version >= Version::new(3, 5, 3)
}

fn seen(bench: &mut Bench<'_>) -> Outcome {
    let path = bench.path("a");
    let mut writes = bench.client(bench.followers[0])?;
    let written = writes.expect(ErrorCode::Ok, &create(&path))?.zxid;
    equal("the reply tells its own zxid", written.0 > 0, true)?;
    for member in 0..SIZE {
        let mut reads = bench.client(member)?;
        catch_up(&mut reads)?;
        equal("czxid", reads.stat(&path)?.czxid, written)?;
    }
    Ok(())
}

fn behind(bench: &mut Bench<'_>) -> Outcome {
    for member in [bench.followers[0], bench.leader] {
        let (a, b) = (bench.path(&format!("a{member}")), bench.path(&format!("b{member}")));
        let mut zk = bench.client(member)?;
        let ping = Request::Ping(());
        send(&mut zk, &[create(&a), create(&b), exists(&b, false), ping, delete(&b, -1)]);
        reply(&mut zk, OpCode::Create, ErrorCode::Ok)?;
        let second = reply(&mut zk, OpCode::Create, ErrorCode::Ok)?;
        for opcode in [OpCode::Exists, OpCode::Ping] {
            equal("the zxid", reply(&mut zk, opcode, ErrorCode::Ok)?, second)?;
        }
        reply(&mut zk, OpCode::Delete, ErrorCode::Ok)?;
    }
    Ok(())
}

fn refused(bench: &mut Bench<'_>) -> Outcome {
    let path = bench.path("a");
    let mut zk = bench.client(bench.followers[0])?;
    let first = zk.expect(ErrorCode::Ok, &create(&path))?.zxid;
    let second = zk.expect(ErrorCode::NodeExists, &create(&path))?.zxid;
    equal("the zxid", second, Zxid(first.0 + 1))?;
    equal("of a ping", zk.expect(ErrorCode::Ok, &Request::Ping(()))?.zxid, second)?;
    equal("of a sync", catch_up(&mut zk)?, second)
}

/// What the header of an event has: its zxid from 3.9 on.
fn zxid_of_event(bench: &Bench<'_>, zxid: Zxid) -> Zxid {
    if before_3_9(bench.version) { Zxid::NONE } else { zxid }
}

fn event_first(bench: &mut Bench<'_>) -> Outcome {
    let path = bench.path("a");
    let (mut writes, mut watches) =
        (bench.client(bench.followers[0])?, bench.client(bench.followers[1])?);
    writes.create(&path, CreateMode::Persistent)?;
    catch_up(&mut watches)?;
    watches.expect(ErrorCode::Ok, &get(&path, true))?;
    send(&mut writes, &[set(&path, -1)]);
    let zxid = reply(&mut writes, OpCode::SetData, ErrorCode::Ok)?;
    catch_up(&mut watches)?;
    watches.expect(ErrorCode::Ok, &get(&path, false))?;
    equal("events", std::mem::take(&mut watches.events), vec![format!("NodeDataChanged {path}")])?;
    watches.expect(ErrorCode::Ok, &get(&path, true))?;
    let next = writes.expect(ErrorCode::Ok, &set(&path, -1))?.zxid;
    equal("the next zxid", next, Zxid(zxid.0 + 1))?;
    let (told, what) = event(&mut watches)?;
    equal(
        "the event",
        (told, what),
        (zxid_of_event(bench, next), format!("NodeDataChanged {path}")),
    )
}

fn own_event(bench: &mut Bench<'_>) -> Outcome {
    let path = bench.path("a");
    let mut zk = bench.client(bench.followers[0])?;
    zk.create(&path, CreateMode::Persistent)?;
    send(&mut zk, &[get(&path, true), set(&path, -1)]);
    reply(&mut zk, OpCode::GetData, ErrorCode::Ok)?;
    let (told, _) = event(&mut zk)?;
    let zxid = reply(&mut zk, OpCode::SetData, ErrorCode::Ok)?;
    equal("the zxid of the event", told, zxid_of_event(bench, zxid))
}

fn reaped(bench: &mut Bench<'_>) -> Outcome {
    let (path, below) = (bench.path("container"), bench.path("container/a"));
    let mut makes = bench.client(bench.followers[0])?;
    let mut watches = bench.client(bench.followers[1])?;
    let container = Request::CreateContainer(creation(&path, CreateMode::Container));
    makes.expect(ErrorCode::Ok, &container)?;
    makes.create(&below, CreateMode::Persistent)?;
    makes.expect(ErrorCode::Ok, &delete(&below, -1))?;
    catch_up(&mut watches)?;
    watches.expect(ErrorCode::Ok, &exists(&path, true))?;
    for _ in 0..20 {
        bench.wait(Duration::from_millis(200));
        let events = watches.events()?;
        if !events.is_empty() {
            return equal("events", events, vec![format!("NodeDeleted {path}")]);
        }
    }
    Err("it is not reaped".into())
}

fn malformed(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client(bench.followers[0])?;
    let before = catch_up(&mut zk)?;
    let answer = zk.ask_raw(OpCode::Create, Bytes::from_static(b"\0\0\0\x05/"))?;
    equal("the code", answer.code, ErrorCode::MarshallingError)?;
    equal("the zxid", answer.zxid, Zxid(before.0 + 1))
}
