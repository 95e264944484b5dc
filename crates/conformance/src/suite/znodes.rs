//! Znodes: stats, numbers, modes, paths, and the order of checks.

use bytes::Bytes;
use zookit_proto::ops::create_ttl::CreateTtlRequest;
use zookit_proto::ops::get_acl::GetAclRequest;
use zookit_proto::ops::get_all_children_number::GetAllChildrenNumberRequest;
use zookit_proto::ops::get_ephemerals::GetEphemeralsRequest;
use zookit_proto::ops::set_acl::SetAclRequest;
use zookit_proto::ops::set_data::SetDataRequest;
use zookit_proto::ops::sync::SyncRequest;
use zookit_proto::types::{Acl, CreateMode, Perms, SessionId, Zxid};
use zookit_proto::{ErrorCode, Reply, Request, Stat};

use super::bench::{Bench, create, create_in, creation, delete, equal, exists, get, set};
use super::{Case, always};
use crate::Outcome;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "cversion is twice the creations less the children",
        holds: always,
        run: cversion,
    },
    Case { name: "a number counts all children there ever were", holds: always, run: numbers },
    Case { name: "a failed write takes a zxid, a read none", holds: always, run: zxids },
    Case { name: "a stat says which transactions and how often", holds: always, run: stats },
    Case { name: "setACL changes the aversion alone", holds: always, run: set_acl },
    Case { name: "containers and TTL znodes show no owner", holds: always, run: no_owner },
    Case { name: "create with the flag of a container answers a path", holds: always, run: flag_4 },
    Case { name: "null data and empty data are two things", holds: always, run: null_and_empty },
    Case { name: "an empty path is the root to a read", holds: always, run: empty_path },
    Case { name: "reads do not look at paths", holds: always, run: unlooked_paths },
    Case { name: "a missing parent is told before a bad path", holds: always, run: parent_first },
    Case { name: "bad paths are refused", holds: always, run: bad_paths },
    Case { name: "the system's znodes cannot be deleted", holds: always, run: system },
    Case { name: "bad flags and times to live are refused", holds: always, run: bad_modes },
    Case { name: "checks of a delete come in their order", holds: always, run: delete_order },
    Case { name: "sync echoes any path", holds: always, run: sync },
    Case { name: "a sequential path may end with a slash", holds: always, run: slash },
    Case { name: "all children are counted, and ephemerals listed", holds: always, run: counted },
    Case { name: "a new server's config is empty", holds: always, run: config },
];

fn cversion(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    zk.create("/p", CreateMode::Persistent)?;
    equal("at first", zk.stat("/p")?.cversion, 0)?;
    zk.create("/p/a", CreateMode::Persistent)?;
    equal("one child", zk.stat("/p")?.cversion, 1)?;
    zk.create("/p/b", CreateMode::Persistent)?;
    equal("two children", zk.stat("/p")?.cversion, 2)?;
    zk.expect(ErrorCode::Ok, &delete("/p/a", -1))?;
    equal("one gone", zk.stat("/p")?.cversion, 3)
}

fn numbers(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    zk.create("/p", CreateMode::Persistent)?;
    zk.create("/p/plain", CreateMode::Persistent)?;
    let path = zk.create("/p/s-", CreateMode::PersistentSequential)?;
    equal("behind one plain child", path.as_str(), "/p/s-0000000001")?;
    zk.expect(ErrorCode::Ok, &delete(&path, -1))?;
    let path = zk.create("/p/e-", CreateMode::EphemeralSequential)?;
    equal("behind one that is gone", path.as_str(), "/p/e-0000000002")?;
    zk.expect(ErrorCode::NoNode, &create_in("/no/s-", CreateMode::PersistentSequential))?;
    zk.expect(ErrorCode::NodeExists, &create("/p/plain"))?;
    let path = zk.create("/p/s-", CreateMode::PersistentSequential)?;
    equal("behind failures", path.as_str(), "/p/s-0000000003")
}

fn zxids(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    let first = zk.expect(ErrorCode::Ok, &create("/a"))?.zxid.0;
    let failed = zk.expect(ErrorCode::NodeExists, &create("/a"))?.zxid.0;
    equal("a failed create", failed, first + 1)?;
    let failed = zk.expect(ErrorCode::BadVersion, &set("/a", 9))?.zxid.0;
    equal("a failed setData", failed, first + 2)?;
    for read in [get("/a", false), exists("/a", true), Request::Ping(()), Request::WhoAmI(())] {
        equal("a read", zk.expect(ErrorCode::Ok, &read)?.zxid.0, first + 2)?;
    }
    let set = zk.expect(ErrorCode::Ok, &set("/a", 0))?.zxid.0;
    equal("the next write", set, first + 3)
}

fn stats(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    let request = Request::Create2(creation("/a", CreateMode::Persistent));
    let answer = zk.expect(ErrorCode::Ok, &request)?;
    let created = match answer.reply {
        Some(Reply::Create2(reply)) => reply.stat,
        other => return Err(format!("{other:?}").into()),
    };
    equal("czxid", created.czxid, answer.zxid)?;
    equal("mzxid and pzxid", (created.mzxid, created.pzxid), (created.czxid, created.czxid))?;
    equal("times", created.mtime, created.ctime)?;
    equal("length", created.data_length, 2)?;
    let set = zk.expect(ErrorCode::Ok, &set("/a", 0))?.zxid;
    let child = zk.expect(ErrorCode::Ok, &create("/a/b"))?.zxid;
    zk.expect(ErrorCode::Ok, &create("/a/b/c"))?;
    let stat = zk.stat("/a")?;
    let should_be = Stat {
        mzxid: set,
        mtime: stat.mtime,
        version: 1,
        cversion: 1,
        data_length: 3,
        num_children: 1,
        pzxid: child,
        ..created
    };
    equal("the stat", stat, should_be)
}

fn set_acl(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    zk.create("/a", CreateMode::Persistent)?;
    let before = zk.stat("/a")?;
    let acl = Some(vec![Acl::world(Perms::ALL), Acl::world(Perms::ALL), Acl::world(Perms::READ)]);
    let request = SetAclRequest { path: "/a".into(), acl, version: 0 };
    zk.expect(ErrorCode::Ok, &Request::SetAcl(request.clone()))?;
    equal("the stat", zk.stat("/a")?, Stat { aversion: 1, ..before })?;
    zk.expect(ErrorCode::BadVersion, &Request::SetAcl(request))?;
    let asked = Request::GetAcl(GetAclRequest { path: "/a".into() });
    match zk.expect(ErrorCode::Ok, &asked)?.reply {
        Some(Reply::GetAcl(reply)) => {
            let once = vec![Acl::world(Perms::ALL), Acl::world(Perms::READ)];
            equal("each entry once", reply.acl, once)
        }
        other => Err(format!("{other:?}").into()),
    }
}

fn ttl(path: &str, mode: CreateMode, ttl_ms: i64) -> Request {
    let acl = Some(vec![Acl::world(Perms::ALL)]);
    Request::CreateTtl(CreateTtlRequest { path: path.into(), data: None, acl, mode, ttl_ms })
}

fn no_owner(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    let container = Request::CreateContainer(creation("/c", CreateMode::Container));
    zk.expect(ErrorCode::Ok, &container)?;
    zk.expect(ErrorCode::Ok, &ttl("/t", CreateMode::PersistentWithTtl, 100_000))?;
    for path in ["/c", "/t"] {
        equal(path, zk.stat(path)?.ephemeral_owner, SessionId::NONE)?;
        zk.create(&format!("{path}/child"), CreateMode::Persistent)?;
    }
    Ok(())
}

fn flag_4(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    equal("the path", zk.create("/c", CreateMode::Container)?.as_str(), "/c")
}

fn null_and_empty(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    zk.create("/a", CreateMode::Persistent)?;
    for data in [None, Some(Bytes::new()), Some(Bytes::from_static(b"x"))] {
        let request = SetDataRequest { path: "/a".into(), data: data.clone(), version: -1 };
        zk.expect(ErrorCode::Ok, &Request::SetData(request))?;
        match zk.expect(ErrorCode::Ok, &get("/a", false))?.reply {
            Some(Reply::GetData(reply)) => {
                equal("the data", &reply.data, &data)?;
                let length = data.map_or(0, |data| data.len());
                equal("its length", usize::try_from(reply.stat.data_length)?, length)?;
            }
            other => return Err(format!("{other:?}").into()),
        }
    }
    Ok(())
}

fn empty_path(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    let root = zk.stat("/")?;
    equal("exists", zk.stat("")?, root)?;
    zk.expect(ErrorCode::Ok, &get("", false)).map(|_| ())
}

fn unlooked_paths(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    for path in ["foo", "/a/", "//", "/\u{1}"] {
        zk.expect(ErrorCode::NoNode, &get(path, false))?;
    }
    Ok(())
}

fn parent_first(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    zk.create("/t", CreateMode::Persistent)?;
    zk.expect(ErrorCode::NoNode, &create("/t/../x"))?;
    zk.expect(ErrorCode::BadArguments, &create("/t/.."))?;
    zk.expect(ErrorCode::NoNode, &create("/missing/\u{1}")).map(|_| ())
}

fn bad_paths(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    zk.create("/t", CreateMode::Persistent)?;
    let bad = [
        "",
        "x",
        "/t/",
        "/t/.",
        "/t/..",
        "/t/\0",
        "/t/\u{1f}",
        "/t/\u{7f}",
        "/t/\u{e000}",
        "/t/\u{fff0}",
        "/t/\u{1f600}",
    ];
    for path in bad {
        zk.expect(ErrorCode::BadArguments, &create(path))?;
    }
    for path in ["/t/...", "/t/.a", "/t/ ", "/t/\u{e4}\u{d7ff}"] {
        zk.expect(ErrorCode::Ok, &create(path))?;
    }
    Ok(())
}

fn system(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    for path in ["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"] {
        zk.expect(ErrorCode::BadArguments, &delete(path, -1))?;
    }
    Ok(())
}

fn bad_modes(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    for mode in [CreateMode::Unknown(9), CreateMode::Unknown(-1), CreateMode::PersistentWithTtl] {
        zk.expect(ErrorCode::BadArguments, &create_in("/m", mode))?;
    }
    for ms in [0, -1, (1 << 40), i64::MAX] {
        zk.expect(ErrorCode::BadArguments, &ttl("/m", CreateMode::PersistentWithTtl, ms))?;
    }
    zk.expect(ErrorCode::BadArguments, &ttl("/m", CreateMode::Persistent, 5))?;
    zk.expect(ErrorCode::Ok, &ttl("/m", CreateMode::PersistentWithTtl, (1 << 40) - 1)).map(|_| ())
}

fn delete_order(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    zk.create("/a", CreateMode::Persistent)?;
    zk.create("/a/b", CreateMode::Persistent)?;
    zk.expect(ErrorCode::NoNode, &delete("/missing/x", -1))?;
    zk.expect(ErrorCode::NoNode, &delete("/a/x", -1))?;
    zk.expect(ErrorCode::BadVersion, &delete("/a", 7))?;
    zk.expect(ErrorCode::NotEmpty, &delete("/a", 0))?;
    zk.expect(ErrorCode::Ok, &delete("/a/b", 0))?;
    zk.expect(ErrorCode::Ok, &delete("/a", 0)).map(|_| ())
}

fn sync(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    for path in ["/", "/missing", "nonsense"] {
        match zk.expect(ErrorCode::Ok, &Request::Sync(SyncRequest { path: path.into() }))?.reply {
            Some(Reply::Sync(reply)) => equal("the path", reply.path, path.into())?,
            other => return Err(format!("{other:?}").into()),
        }
    }
    Ok(())
}

fn slash(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    zk.create("/t", CreateMode::Persistent)?;
    let path = zk.create("/t/", CreateMode::PersistentSequential)?;
    equal("the path", path.as_str(), "/t/0000000000")
}

fn counted(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    for path in ["/t", "/t/a", "/t/a/b"] {
        zk.create(path, CreateMode::Persistent)?;
    }
    zk.create("/t/e", CreateMode::Ephemeral)?;
    let count = GetAllChildrenNumberRequest { path: "/t".into() };
    match zk.expect(ErrorCode::Ok, &Request::GetAllChildrenNumber(count))?.reply {
        Some(Reply::GetAllChildrenNumber(reply)) => equal("how many", reply.total_number, 3)?,
        other => return Err(format!("{other:?}").into()),
    }
    for (prefix, count) in [("/", 1), ("/t", 1), ("/x", 0)] {
        let list = GetEphemeralsRequest { prefix_path: prefix.into() };
        match zk.expect(ErrorCode::Ok, &Request::GetEphemerals(list))?.reply {
            Some(Reply::GetEphemerals(reply)) => equal(prefix, reply.ephemerals.len(), count)?,
            other => return Err(format!("{other:?}").into()),
        }
    }
    Ok(())
}

fn config(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    match zk.expect(ErrorCode::Ok, &get("/zookeeper/config", false))?.reply {
        Some(Reply::GetData(reply)) => {
            equal("its length", reply.stat.data_length, 0)?;
            equal("its creation", reply.stat.czxid, Zxid(0))
        }
        other => Err(format!("{other:?}").into()),
    }
}
