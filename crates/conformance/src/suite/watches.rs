//! Watches of every kind.

use zookit_proto::ops::add_watch::AddWatchRequest;
use zookit_proto::ops::check_watches::CheckWatchesRequest;
use zookit_proto::ops::remove_watches::RemoveWatchesRequest;
use zookit_proto::ops::set_acl::SetAclRequest;
use zookit_proto::ops::set_watches::SetWatchesRequest;
use zookit_proto::ops::set_watches2::SetWatches2Request;
use zookit_proto::types::{Acl, AddWatchMode, CreateMode, Perms, WatcherType, Zxid};
use zookit_proto::{ErrorCode, Request};

use super::bench::{Bench, Client, children, create, delete, equal, exists, get, resume, set};
use super::{Case, always, before_3_9, fixed, from_3_9, old};
use crate::Outcome;
use crate::wire::Heard;

pub(super) const CASES: &[Case] = &[
    Case { name: "one's own event comes before the reply", holds: always, run: own_event },
    Case { name: "an exists watch waits for a creation", holds: always, run: exists_watch },
    Case { name: "one-shot watches fire once", holds: always, run: one_shot },
    Case { name: "a deletion is told once to one connection", holds: always, run: told_once },
    Case { name: "events have the zxid of their transaction", holds: from_3_9, run: zxid_of_event },
    Case { name: "events had no zxid", holds: before_3_9, run: no_zxid_of_event },
    Case { name: "a persistent watch stays", holds: always, run: persistent },
    Case {
        name: "a recursive watch sees what is below, and no children",
        holds: always,
        run: recursive,
    },
    Case { name: "a one-shot watch demoted a persistent one", holds: before_3_9, run: demoted },
    Case {
        name: "watches of several kinds stand side by side",
        holds: from_3_9,
        run: side_by_side,
    },
    Case { name: "newer types of watches were refused", holds: before_3_9, run: old_types },
    Case { name: "watches are removed by type", holds: from_3_9, run: removed },
    Case { name: "unknown modes and types are refused", holds: always, run: unknown },
    Case { name: "setWatches replays what was missed", holds: always, run: replayed },
    Case {
        name: "setWatches2 replays nothing of persistent ones",
        holds: always,
        run: not_replayed,
    },
    Case { name: "an event that may not be read is withheld", holds: fixed, run: withheld },
    Case { name: "events were not withheld", holds: old, run: not_withheld },
];

fn watch(path: &str, mode: AddWatchMode) -> Request {
    Request::AddWatch(AddWatchRequest { path: path.into(), mode })
}

fn remove(path: &str, watcher_type: WatcherType) -> Request {
    Request::RemoveWatches(RemoveWatchesRequest { path: path.into(), watcher_type })
}

fn check(path: &str, watcher_type: WatcherType) -> Request {
    Request::CheckWatches(CheckWatchesRequest { path: path.into(), watcher_type })
}

fn events(zk: &mut Client, should_be: &[&str]) -> Outcome {
    let events = zk.events()?;
    equal("the events", events, should_be.iter().map(ToString::to_string).collect())
}

fn own_event(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    zk.create("/w", CreateMode::Persistent)?;
    zk.expect(ErrorCode::Ok, &get("/w", true))?;
    zk.expect(ErrorCode::Ok, &set("/w", -1))?;
    // It came with the reply of the setData: no ping has asked for it.
    equal("the events", std::mem::take(&mut zk.events), vec!["NodeDataChanged /w".to_owned()])
}

fn exists_watch(bench: &mut Bench<'_>) -> Outcome {
    let (mut zk, mut other) = (bench.client()?, bench.client()?);
    zk.expect(ErrorCode::NoNode, &exists("/w", true))?;
    other.create("/w", CreateMode::Persistent)?;
    events(&mut zk, &["NodeCreated /w"])
}

fn one_shot(bench: &mut Bench<'_>) -> Outcome {
    let (mut zk, mut other) = (bench.client()?, bench.client()?);
    other.create("/w", CreateMode::Persistent)?;
    zk.expect(ErrorCode::Ok, &get("/w", true))?;
    zk.expect(ErrorCode::Ok, &exists("/w", true))?;
    zk.expect(ErrorCode::Ok, &children("/w", true))?;
    for _ in 0..2 {
        other.expect(ErrorCode::Ok, &set("/w", -1))?;
    }
    events(&mut zk, &["NodeDataChanged /w"])?;
    other.create("/w/a", CreateMode::Persistent)?;
    other.create("/w/b", CreateMode::Persistent)?;
    events(&mut zk, &["NodeChildrenChanged /w"])?;
    zk.expect(ErrorCode::NoNode, &children("/missing", true))?;
    other.create("/missing", CreateMode::Persistent)?;
    events(&mut zk, &[])
}

fn told_once(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    zk.create("/p", CreateMode::Persistent)?;
    zk.create("/p/w", CreateMode::Persistent)?;
    zk.expect(ErrorCode::Ok, &get("/p/w", true))?;
    zk.expect(ErrorCode::Ok, &children("/p/w", true))?;
    zk.expect(ErrorCode::Ok, &children("/p", true))?;
    zk.expect(ErrorCode::Ok, &delete("/p/w", -1))?;
    events(&mut zk, &["NodeDeleted /p/w", "NodeChildrenChanged /p"])
}

/// The header's zxid of an event, less that of the write that caused it.
fn zxid_after(bench: &mut Bench<'_>) -> Outcome<(Zxid, Zxid)> {
    let mut zk = bench.client()?;
    zk.create("/w", CreateMode::Persistent)?;
    zk.expect(ErrorCode::Ok, &get("/w", true))?;
    let (before, header, _) = zk.connection.ask(&set("/w", -1))?;
    match before.as_slice() {
        [Heard::Event { zxid, .. }] => Ok((*zxid, header.zxid)),
        other => Err(format!("{other:?}").into()),
    }
}

fn zxid_of_event(bench: &mut Bench<'_>) -> Outcome {
    let (event, write) = zxid_after(bench)?;
    equal("the zxid", event, write)
}

fn no_zxid_of_event(bench: &mut Bench<'_>) -> Outcome {
    equal("the zxid", zxid_after(bench)?.0, Zxid::NONE)
}

fn persistent(bench: &mut Bench<'_>) -> Outcome {
    let (mut zk, mut other) = (bench.client()?, bench.client()?);
    zk.expect(ErrorCode::Ok, &watch("/w", AddWatchMode::Persistent))?;
    for _ in 0..2 {
        other.create("/w", CreateMode::Persistent)?;
        other.expect(ErrorCode::Ok, &set("/w", -1))?;
        other.create("/w/a", CreateMode::Persistent)?;
        other.expect(ErrorCode::Ok, &set("/w/a", -1))?;
        other.expect(ErrorCode::Ok, &delete("/w/a", -1))?;
        other.expect(ErrorCode::Ok, &delete("/w", -1))?;
        let all = [
            "NodeCreated /w",
            "NodeDataChanged /w",
            "NodeChildrenChanged /w",
            "NodeChildrenChanged /w",
            "NodeDeleted /w",
        ];
        events(&mut zk, &all)?;
    }
    Ok(())
}

fn recursive(bench: &mut Bench<'_>) -> Outcome {
    let (mut zk, mut other) = (bench.client()?, bench.client()?);
    zk.expect(ErrorCode::Ok, &watch("/w", AddWatchMode::PersistentRecursive))?;
    other.create("/w", CreateMode::Persistent)?;
    other.create("/w/a", CreateMode::Persistent)?;
    other.create("/wx", CreateMode::Persistent)?;
    other.expect(ErrorCode::Ok, &set("/w/a", -1))?;
    other.expect(ErrorCode::Ok, &delete("/w/a", -1))?;
    let all = ["NodeCreated /w", "NodeCreated /w/a", "NodeDataChanged /w/a", "NodeDeleted /w/a"];
    events(&mut zk, &all)
}

/// A persistent watch, then a read with a watch, then three changes.
fn changes_after_a_read(bench: &mut Bench<'_>) -> Outcome<usize> {
    let mut zk = bench.client()?;
    zk.create("/w", CreateMode::Persistent)?;
    zk.expect(ErrorCode::Ok, &watch("/w", AddWatchMode::Persistent))?;
    zk.expect(ErrorCode::Ok, &get("/w", true))?;
    for _ in 0..3 {
        zk.expect(ErrorCode::Ok, &set("/w", -1))?;
    }
    Ok(zk.events()?.len())
}

fn demoted(bench: &mut Bench<'_>) -> Outcome {
    equal("events", changes_after_a_read(bench)?, 1)
}

fn side_by_side(bench: &mut Bench<'_>) -> Outcome {
    equal("events", changes_after_a_read(bench)?, 3)
}

fn old_types(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    zk.expect(ErrorCode::Ok, &watch("/w", AddWatchMode::Persistent))?;
    for watcher_type in [WatcherType::Persistent, WatcherType::PersistentRecursive] {
        zk.expect(ErrorCode::MarshallingError, &remove("/w", watcher_type))?;
    }
    zk.expect(ErrorCode::Ok, &remove("/w", WatcherType::Any))?;
    zk.expect(ErrorCode::NoWatcher, &remove("/w", WatcherType::Any)).map(|_| ())
}

fn removed(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    zk.create("/w", CreateMode::Persistent)?;
    zk.expect(ErrorCode::Ok, &watch("/w", AddWatchMode::Persistent))?;
    zk.expect(ErrorCode::NoWatcher, &remove("/w", WatcherType::Data))?;
    zk.expect(ErrorCode::NoWatcher, &remove("/w", WatcherType::PersistentRecursive))?;
    zk.expect(ErrorCode::Ok, &get("/w", true))?;
    zk.expect(ErrorCode::Ok, &check("/w", WatcherType::Data))?;
    zk.expect(ErrorCode::Ok, &remove("/w", WatcherType::Data))?;
    zk.expect(ErrorCode::NoWatcher, &check("/w", WatcherType::Data))?;
    zk.expect(ErrorCode::Ok, &set("/w", -1))?;
    events(&mut zk, &["NodeDataChanged /w"])?;
    zk.expect(ErrorCode::Ok, &remove("/w", WatcherType::Persistent))?;
    zk.expect(ErrorCode::Ok, &set("/w", -1))?;
    events(&mut zk, &[])
}

fn unknown(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    zk.expect(ErrorCode::MarshallingError, &watch("/w", AddWatchMode::Unknown(9)))?;
    zk.expect(ErrorCode::MarshallingError, &remove("/w", WatcherType::Unknown(9)))?;
    zk.expect(ErrorCode::MarshallingError, &check("/w", WatcherType::Unknown(9)))?;
    zk.expect(ErrorCode::NoWatcher, &remove("/w", WatcherType::Any)).map(|_| ())
}

fn replayed(bench: &mut Bench<'_>) -> Outcome {
    let (mut zk, mut other) = (bench.client()?, bench.client()?);
    for path in ["/r", "/r/set", "/r/gone", "/r/same"] {
        other.create(path, CreateMode::Persistent)?;
    }
    let relative_zxid = zk.expect(ErrorCode::Ok, &Request::Ping(()))?.zxid;
    other.expect(ErrorCode::Ok, &set("/r/set", -1))?;
    other.expect(ErrorCode::Ok, &delete("/r/gone", -1))?;
    let mut zk = bench.client_with(&resume(&zk.session))?;
    zk.expect(
        ErrorCode::Ok,
        &Request::SetWatches(SetWatchesRequest {
            relative_zxid,
            data_watches: vec!["/r/set".into(), "/r/gone".into(), "/r/same".into()],
            exist_watches: vec!["/r/same".into(), "/r/new".into()],
            child_watches: vec!["/r".into(), "/r/gone".into(), "/r/same".into()],
        }),
    )?;
    let all = [
        "NodeDataChanged /r/set",
        "NodeDeleted /r/gone",
        "NodeCreated /r/same",
        "NodeChildrenChanged /r",
        "NodeDeleted /r/gone",
    ];
    equal("the events", std::mem::take(&mut zk.events), all.map(String::from).into())?;
    other.create("/r/new", CreateMode::Persistent)?;
    other.expect(ErrorCode::Ok, &set("/r/same", -1))?;
    other.create("/r/same/a", CreateMode::Persistent)?;
    let all = ["NodeCreated /r/new", "NodeDataChanged /r/same", "NodeChildrenChanged /r/same"];
    events(&mut zk, &all)
}

fn not_replayed(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    zk.create("/r", CreateMode::Persistent)?;
    let request = SetWatches2Request {
        relative_zxid: Zxid(0),
        data_watches: Vec::new(),
        exist_watches: Vec::new(),
        child_watches: Vec::new(),
        persistent_watches: vec!["/missing".into()],
        persistent_recursive_watches: vec!["/r".into()],
    };
    zk.expect(ErrorCode::Ok, &Request::SetWatches2(request))?;
    events(&mut zk, &[])?;
    zk.expect(ErrorCode::Ok, &create("/r/a"))?;
    zk.expect(ErrorCode::Ok, &create("/missing"))?;
    events(&mut zk, &["NodeCreated /r/a", "NodeCreated /missing"])
}

/// A change of a znode that its watcher may no longer read.
fn after_the_acl(bench: &mut Bench<'_>) -> Outcome<Vec<String>> {
    let (mut zk, mut other) = (bench.client()?, bench.client()?);
    other.authenticate("u:p")?;
    other.create("/w", CreateMode::Persistent)?;
    zk.expect(ErrorCode::Ok, &get("/w", true))?;
    let acl = Some(vec![Acl::digest(Perms::ALL, "u", "p")]);
    let close = SetAclRequest { path: "/w".into(), acl, version: -1 };
    other.expect(ErrorCode::Ok, &Request::SetAcl(close))?;
    other.expect(ErrorCode::Ok, &set("/w", -1))?;
    let seen = zk.events()?;
    // Whether it was told or not, the watch is used up.
    let open =
        SetAclRequest { path: "/w".into(), acl: Some(vec![Acl::world(Perms::ALL)]), version: -1 };
    other.expect(ErrorCode::Ok, &Request::SetAcl(open))?;
    other.expect(ErrorCode::Ok, &set("/w", -1))?;
    events(&mut zk, &[])?;
    Ok(seen)
}

fn withheld(bench: &mut Bench<'_>) -> Outcome {
    equal("events", after_the_acl(bench)?, Vec::new())
}

fn not_withheld(bench: &mut Bench<'_>) -> Outcome {
    equal("events", after_the_acl(bench)?, vec!["NodeDataChanged /w".to_owned()])
}
