//! What happens when time passes.

use std::time::Duration;

use zookit_proto::ops::create_ttl::CreateTtlRequest;
use zookit_proto::types::{Acl, AddWatchMode, CreateMode, Perms};
use zookit_proto::{ErrorCode, Request, Zxid};

use super::bench::{Bench, Client, children, creation, delete, equal, exists, get};
use super::{Case, always, from_3_9};
use crate::Outcome;
use crate::wire::Heard;

pub(super) const CASES: &[Case] = &[
    Case { name: "a session that is silent expires within a tick", holds: always, run: expires },
    Case { name: "a ping keeps a session", holds: always, run: kept },
    Case { name: "a container goes behind its last child", holds: always, run: container },
    Case { name: "a TTL znode goes when it was not set", holds: always, run: ttl },
    Case { name: "what is reaped is a transaction, and is told", holds: always, run: told },
    Case { name: "a container in a container goes first", holds: always, run: nested },
];

/// A tick of the servers, and a little for a slow machine.
const LATE: Duration = Duration::from_millis(500 + 1_000);

fn expires(bench: &mut Bench<'_>) -> Outcome {
    let (mut silent, mut other) = (bench.client_for(2_000)?, bench.client()?);
    silent.create("/e", CreateMode::Ephemeral)?;
    let watch = zookit_proto::ops::add_watch::AddWatchRequest {
        path: "/e".into(),
        mode: AddWatchMode::Persistent,
    };
    other.expect(ErrorCode::Ok, &Request::AddWatch(watch))?;
    bench.wait(Duration::from_millis(1_500));
    other.expect(ErrorCode::Ok, &exists("/e", false))?;
    bench.wait(LATE);
    equal("events", other.events()?, vec!["NodeDeleted /e".to_owned()])?;
    silent.ends()?;
    let again = bench.client_with(&super::bench::resume(&silent.session));
    equal("taken up again", again.is_ok(), false)
}

fn kept(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client_for(2_000)?;
    zk.create("/e", CreateMode::Ephemeral)?;
    for _ in 0..4 {
        bench.wait(Duration::from_millis(1_000));
        zk.expect(ErrorCode::Ok, &Request::Ping(()))?;
    }
    zk.expect(ErrorCode::Ok, &exists("/e", false)).map(|_| ())
}

/// The servers look every second.
fn reaped(bench: &mut Bench<'_>, path: &str) -> Outcome {
    let mut zk = bench.client()?;
    for _ in 0..10 {
        bench.wait(Duration::from_millis(500));
        if zk.ask(&exists(path, false))?.code == ErrorCode::NoNode {
            return Ok(());
        }
    }
    Err(format!("{path} is still there after five seconds").into())
}

fn container(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    for path in ["/used", "/unused"] {
        let container = Request::CreateContainer(creation(path, CreateMode::Container));
        zk.expect(ErrorCode::Ok, &container)?;
    }
    zk.create("/used/a", CreateMode::Persistent)?;
    bench.wait(Duration::from_millis(2_500));
    zk.expect(ErrorCode::Ok, &exists("/used", false))?;
    zk.expect(ErrorCode::Ok, &delete("/used/a", -1))?;
    reaped(bench, "/used")?;
    zk.expect(ErrorCode::Ok, &exists("/unused", false)).map(|_| ())
}

fn ttl(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    for (path, ttl_ms) in [("/short", 500), ("/parent", 500), ("/long", 100_000)] {
        let acl = Some(vec![Acl::world(Perms::ALL)]);
        let mode = CreateMode::PersistentWithTtl;
        let request = CreateTtlRequest { path: path.into(), data: None, acl, mode, ttl_ms };
        zk.expect(ErrorCode::Ok, &Request::CreateTtl(request))?;
    }
    zk.create("/parent/a", CreateMode::Persistent)?;
    reaped(bench, "/short")?;
    for path in ["/parent", "/long"] {
        zk.expect(ErrorCode::Ok, &exists(path, false))?;
    }
    Ok(())
}

fn container_at(zk: &mut Client, path: &str) -> Outcome {
    let container = Request::CreateContainer(creation(path, CreateMode::Container));
    zk.expect(ErrorCode::Ok, &container).map(|_| ())
}

/// What was told since, with the zxids.
fn events(zk: &mut Client) -> Outcome<Vec<(String, Zxid)>> {
    let (heard, _, _) = zk.connection.ask(&Request::Ping(()))?;
    let event = |heard| match heard {
        Heard::Event { zxid, event } => Ok((format!("{} {}", event.event_type, event.path), zxid)),
        other => Err(format!("{other:?} is no event").into()),
    };
    heard.into_iter().map(event).collect()
}

/// Lets time pass until there is no such znode. Without a new session, which would take a zxid.
fn gone(bench: &mut Bench<'_>, zk: &mut Client, path: &str) -> Outcome {
    for _ in 0..40 {
        if zk.ask(&exists(path, false))?.code == ErrorCode::NoNode {
            return Ok(());
        }
        bench.wait(Duration::from_millis(250));
    }
    Err(format!("{path} is still there after ten seconds").into())
}

/// The zxid that events of a transaction have.
fn moment(bench: &Bench<'_>, zxid: Zxid) -> Zxid {
    if from_3_9(bench.profile) { zxid } else { Zxid::NONE }
}

fn told(bench: &mut Bench<'_>) -> Outcome {
    let (mut zk, mut other) = (bench.client()?, bench.client()?);
    container_at(&mut zk, "/c")?;
    zk.create("/c/a", CreateMode::Persistent)?;
    let last = zk.expect(ErrorCode::Ok, &delete("/c/a", -1))?.zxid;
    other.expect(ErrorCode::Ok, &get("/c", true))?;
    other.expect(ErrorCode::Ok, &children("/", true))?;
    gone(bench, &mut zk, "/c")?;
    let reaped = Zxid(last.0 + 1);
    let at = moment(bench, reaped);
    let expected =
        vec![(String::from("NodeDeleted /c"), at), (String::from("NodeChildrenChanged /"), at)];
    equal("the container's events", events(&mut other)?, expected)?;
    equal("one zxid", zk.expect(ErrorCode::Ok, &Request::Ping(()))?.zxid, reaped)?;
    equal("the parent's pzxid", zk.stat("/")?.pzxid, reaped)?;

    let acl = Some(vec![Acl::world(Perms::ALL)]);
    let mode = CreateMode::PersistentWithTtl;
    let request = CreateTtlRequest { path: "/t".into(), data: None, acl, mode, ttl_ms: 500 };
    let last = zk.expect(ErrorCode::Ok, &Request::CreateTtl(request))?.zxid;
    other.expect(ErrorCode::Ok, &get("/t", true))?;
    other.expect(ErrorCode::Ok, &children("/", true))?;
    gone(bench, &mut zk, "/t")?;
    let reaped = Zxid(last.0 + 1);
    let at = moment(bench, reaped);
    let expected =
        vec![(String::from("NodeDeleted /t"), at), (String::from("NodeChildrenChanged /"), at)];
    equal("the TTL znode's events", events(&mut other)?, expected)?;
    equal("one zxid", zk.expect(ErrorCode::Ok, &Request::Ping(()))?.zxid, reaped)?;
    equal("the parent's pzxid", zk.stat("/")?.pzxid, reaped)
}

fn nested(bench: &mut Bench<'_>) -> Outcome {
    let (mut zk, mut other) = (bench.client()?, bench.client()?);
    container_at(&mut zk, "/p")?;
    container_at(&mut zk, "/p/q")?;
    zk.create("/p/q/a", CreateMode::Persistent)?;
    let last = zk.expect(ErrorCode::Ok, &delete("/p/q/a", -1))?.zxid;
    other.expect(ErrorCode::Ok, &exists("/p/q", true))?;
    other.expect(ErrorCode::Ok, &exists("/p", true))?;
    gone(bench, &mut zk, "/p")?;
    let (first, second) = (Zxid(last.0 + 1), Zxid(last.0 + 2));
    let expected = vec![
        (String::from("NodeDeleted /p/q"), moment(bench, first)),
        (String::from("NodeDeleted /p"), moment(bench, second)),
    ];
    equal("the events", events(&mut other)?, expected)?;
    equal("two zxids", zk.expect(ErrorCode::Ok, &Request::Ping(()))?.zxid, second)
}
