//! What happens when time passes.

use std::time::Duration;

use zookit_proto::ops::create_ttl::CreateTtlRequest;
use zookit_proto::types::{Acl, AddWatchMode, CreateMode, Perms};
use zookit_proto::{ErrorCode, Request};

use super::bench::{Bench, creation, delete, equal, exists};
use super::{Case, always};
use crate::Outcome;

pub(super) const CASES: &[Case] = &[
    Case { name: "a session that is silent expires within a tick", holds: always, run: expires },
    Case { name: "a ping keeps a session", holds: always, run: kept },
    Case { name: "a container goes behind its last child", holds: always, run: container },
    Case { name: "a TTL znode goes when it was not set", holds: always, run: ttl },
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
