//! What is said to the server, scene by scene. Each scene has its own znodes below the root.

use bytes::Bytes;
use zookit_proto::connect::ConnectRequest;
use zookit_proto::ops::add_watch::AddWatchRequest;
use zookit_proto::ops::auth::AuthRequest;
use zookit_proto::ops::check::CheckRequest;
use zookit_proto::ops::check_watches::CheckWatchesRequest;
use zookit_proto::ops::create::CreateRequest;
use zookit_proto::ops::create_ttl::CreateTtlRequest;
use zookit_proto::ops::delete::DeleteRequest;
use zookit_proto::ops::delete_container::{DeleteContainerRequest, PathForm};
use zookit_proto::ops::exists::ExistsRequest;
use zookit_proto::ops::get_acl::GetAclRequest;
use zookit_proto::ops::get_all_children_number::GetAllChildrenNumberRequest;
use zookit_proto::ops::get_children::GetChildrenRequest;
use zookit_proto::ops::get_data::GetDataRequest;
use zookit_proto::ops::get_ephemerals::GetEphemeralsRequest;
use zookit_proto::ops::multi::{MultiOp, MultiRequest};
use zookit_proto::ops::reconfig::ReconfigRequest;
use zookit_proto::ops::remove_watches::RemoveWatchesRequest;
use zookit_proto::ops::sasl::SaslRequest;
use zookit_proto::ops::set_acl::SetAclRequest;
use zookit_proto::ops::set_data::SetDataRequest;
use zookit_proto::ops::set_watches::SetWatchesRequest;
use zookit_proto::ops::set_watches2::SetWatches2Request;
use zookit_proto::ops::sync::SyncRequest;
use zookit_proto::types::{
    Acl, AddWatchMode, CreateMode, Credentials, Password, Perms, SessionId, WatcherType,
};
use zookit_proto::{ErrorCode, OpCode, Request, Text};

use crate::connection::{Connection, Outcome, new_session};

type Scene = fn(&str) -> Outcome;

/// Every scene that needs to know nothing about the server.
pub(crate) const SCENES: &[(&str, Scene)] = &[
    ("the handshake, its short form, and a session that is gone", handshakes),
    ("creating, reading, writing and deleting", one_znode),
    ("data that is null or empty", null_and_empty),
    ("requests that are refused", refusals),
    ("ACLs, and who one is", access),
    ("authentication that fails", failed_authentication),
    ("multi: done, failed and empty", multi),
    ("multiRead: each with its own outcome", multi_read),
    ("one-shot watches of each kind", one_shot_watches),
    ("persistent watches", persistent_watches),
    ("watches set again on a new connection", watches_set_again),
    ("the rest", the_rest),
    ("an operation that nobody knows", unknown_operation),
];

fn open_acl() -> Option<Vec<Acl>> {
    Some(vec![Acl::world(Perms::ALL)])
}

fn creation(path: &str, mode: CreateMode) -> CreateRequest {
    let data = Some(Bytes::from_static(b"hi"));
    CreateRequest { path: path.into(), data, acl: open_acl(), mode }
}

fn create(path: &str) -> Request {
    Request::Create(creation(path, CreateMode::Persistent))
}

fn set(path: &str, data: &'static str, version: i32) -> SetDataRequest {
    SetDataRequest { path: path.into(), data: Some(data.into()), version }
}

fn get(path: &str, watch: bool) -> Request {
    Request::GetData(GetDataRequest { path: path.into(), watch })
}

fn exists(path: &str, watch: bool) -> Request {
    Request::Exists(ExistsRequest { path: path.into(), watch })
}

fn children(path: &str, watch: bool) -> GetChildrenRequest {
    GetChildrenRequest { path: path.into(), watch }
}

fn delete(path: &str, version: i32) -> Request {
    Request::Delete(DeleteRequest { path: path.into(), version })
}

/// Ends the session; the server answers and closes.
fn close(mut connection: Connection) -> Outcome {
    connection.succeed(Request::CloseSession(()))?;
    connection.ends()
}

fn handshakes(server: &str) -> Outcome {
    close(Connection::with_session(server)?)?;
    let mut old_client = Connection::open(server)?;
    let short = ConnectRequest { read_only: None, ..new_session() };
    if old_client.handshake(&short)?.read_only.is_some() {
        return Err("a read-only byte that was not asked for".into());
    }
    close(old_client)?;
    let mut late = Connection::open(server)?;
    let gone = ConnectRequest {
        session_id: SessionId(0x0123_4567_89ab_cdef),
        password: Some(Password::new((0..16).collect())),
        ..new_session()
    };
    if late.handshake(&gone)?.is_accepted() {
        return Err("a session that never was is accepted".into());
    }
    late.ends()
}

fn one_znode(server: &str) -> Outcome {
    let mut zk = Connection::with_session(server)?;
    zk.succeed(create("/one"))?;
    zk.succeed(Request::Create2(creation("/one/two", CreateMode::Persistent)))?;
    zk.succeed(Request::Create(creation("/one/s-", CreateMode::PersistentSequential)))?;
    zk.succeed(Request::Create2(creation("/one/e-", CreateMode::EphemeralSequential)))?;
    zk.succeed(exists("/one", false))?;
    zk.succeed(get("/one", false))?;
    zk.succeed(Request::SetData(set("/one", "new", 0)))?;
    zk.succeed(Request::GetChildren(children("/one", false)))?;
    zk.succeed(Request::GetChildren2(children("/one", false)))?;
    zk.succeed(Request::GetChildren(children("/one/two", false)))?;
    zk.succeed(delete("/one/two", 0))?;
    zk.succeed(Request::Sync(SyncRequest { path: "/one".into() }))?;
    zk.succeed(Request::Ping(()))?;
    close(zk)
}

fn null_and_empty(server: &str) -> Outcome {
    let mut zk = Connection::with_session(server)?;
    for (path, data) in [("/null", None), ("/empty", Some(Bytes::new()))] {
        let create = CreateRequest { data, ..creation(path, CreateMode::Persistent) };
        zk.succeed(Request::Create(create))?;
        zk.succeed(get(path, false))?;
    }
    let to_null = SetDataRequest { path: "/empty".into(), data: None, version: -1 };
    zk.succeed(Request::SetData(to_null))?;
    zk.succeed(get("/empty", false))?;
    close(zk)
}

fn refusals(server: &str) -> Outcome {
    let mut zk = Connection::with_session(server)?;
    zk.succeed(create("/r"))?;
    zk.succeed(create("/r/child"))?;
    zk.succeed(Request::Create(creation("/r/e", CreateMode::Ephemeral)))?;
    zk.refused(ErrorCode::NodeExists, create("/r"))?;
    zk.refused(ErrorCode::NoNode, create("/nowhere/a"))?;
    zk.refused(ErrorCode::NoNode, get("/nowhere", false))?;
    zk.refused(ErrorCode::NoNode, exists("/nowhere", false))?;
    zk.refused(ErrorCode::BadVersion, Request::SetData(set("/r", "x", 99)))?;
    zk.refused(ErrorCode::BadVersion, delete("/r/child", 99))?;
    zk.refused(ErrorCode::NotEmpty, delete("/r", -1))?;
    zk.refused(ErrorCode::NoChildrenForEphemerals, create("/r/e/a"))?;
    zk.refused(ErrorCode::BadArguments, create("/r/\u{1}"))?;
    let mode = CreateMode::Unknown(9);
    zk.refused(ErrorCode::BadArguments, Request::Create(creation("/r/m", mode)))?;
    for acl in [None, Some(Vec::new())] {
        let create = CreateRequest { acl, ..creation("/r/a", CreateMode::Persistent) };
        zk.refused(ErrorCode::InvalidAcl, Request::Create(create))?;
    }
    zk.refused_broken(OpCode::Create, b"\0\0\0\x09/a")?;
    zk.refused_broken(OpCode::SetData, b"")?;
    zk.succeed(Request::Ping(()))?;
    close(zk)
}

fn access(server: &str) -> Outcome {
    let mut zk = Connection::with_session(server)?;
    let path = Text::from_static("/acl");
    let acl = Some(vec![Acl::digest(Perms::ALL, "u", "p"), Acl::ip(Perms::NONE, "10.0.0.0/8")]);
    zk.succeed(Request::Create(CreateRequest { acl, ..creation("/acl", CreateMode::Persistent) }))?;
    zk.refused(ErrorCode::NoAuth, get("/acl", false))?;
    zk.succeed(Request::WhoAmI(()))?;
    zk.succeed(Request::Auth(AuthRequest {
        auth_type: 0,
        scheme: "digest".into(),
        auth: Some(Credentials::from_static(b"u:p")),
    }))?;
    zk.succeed(Request::WhoAmI(()))?;
    zk.succeed(Request::GetAcl(GetAclRequest { path: path.clone() }))?;
    let acl = Some(vec![Acl::auth(Perms::ALL), Acl::world(Perms::READ)]);
    let change = SetAclRequest { path: path.clone(), acl: acl.clone(), version: 0 };
    zk.succeed(Request::SetAcl(change))?;
    let again = SetAclRequest { path: path.clone(), acl, version: 0 };
    zk.refused(ErrorCode::BadVersion, Request::SetAcl(again))?;
    zk.succeed(Request::GetAcl(GetAclRequest { path }))?;
    close(zk)
}

fn failed_authentication(server: &str) -> Outcome {
    let mut zk = Connection::with_session(server)?;
    let scheme = Text::from_static("nobody");
    let auth = AuthRequest { auth_type: 0, scheme, auth: Some(Credentials::from_static(b"x")) };
    zk.refused(ErrorCode::AuthFailed, Request::Auth(auth))?;
    zk.ends()
}

fn multi(server: &str) -> Outcome {
    let mut zk = Connection::with_session(server)?;
    let version = |version| CheckRequest { path: "/m".into(), version };
    zk.succeed(create("/m"))?;
    let ttl = CreateTtlRequest {
        path: "/m/ttl".into(),
        data: None,
        acl: open_acl(),
        mode: CreateMode::PersistentWithTtl,
        ttl_ms: 100_000,
    };
    let all = vec![
        MultiOp::Check(version(0)),
        MultiOp::Create(creation("/m/s-", CreateMode::PersistentSequential)),
        MultiOp::Create2(creation("/m/two", CreateMode::Persistent)),
        MultiOp::CreateContainer(creation("/m/container", CreateMode::Container)),
        MultiOp::CreateTtl(ttl),
        MultiOp::SetData(set("/m", "x", 0)),
        MultiOp::Delete(DeleteRequest { path: "/m/two".into(), version: -1 }),
    ];
    zk.succeed(Request::Multi(MultiRequest { ops: all }))?;
    let failing = vec![
        MultiOp::SetData(set("/m", "y", -1)),
        MultiOp::Check(version(99)),
        MultiOp::SetData(set("/m", "z", -1)),
    ];
    zk.succeed(Request::Multi(MultiRequest { ops: failing }))?;
    zk.succeed(Request::Multi(MultiRequest::default()))?;
    close(zk)
}

fn multi_read(server: &str) -> Outcome {
    let mut zk = Connection::with_session(server)?;
    let read = |path: &str| GetDataRequest { path: path.into(), watch: false };
    zk.succeed(create("/mr"))?;
    let ops = vec![
        MultiOp::GetData(read("/mr")),
        MultiOp::GetData(read("/nowhere")),
        MultiOp::GetChildren(children("/", false)),
        MultiOp::GetChildren(children("/nowhere", false)),
    ];
    zk.succeed(Request::MultiRead(MultiRequest { ops }))?;
    zk.succeed(Request::MultiRead(MultiRequest::default()))?;
    let write_among_reads = vec![MultiOp::SetData(set("/mr", "x", -1))];
    let ops = MultiRequest { ops: write_among_reads };
    zk.refused(ErrorCode::MarshallingError, Request::MultiRead(ops))?;
    close(zk)
}

fn one_shot_watches(server: &str) -> Outcome {
    let mut zk = Connection::with_session(server)?;
    zk.refused(ErrorCode::NoNode, exists("/w", true))?;
    zk.succeed(create("/w"))?;
    zk.succeed(get("/w", true))?;
    zk.succeed(Request::SetData(set("/w", "x", -1)))?;
    zk.succeed(Request::GetChildren2(children("/w", true)))?;
    zk.succeed(create("/w/a"))?;
    zk.succeed(delete("/w/a", -1))?;
    zk.succeed(get("/w", true))?;
    let watches = |watcher_type| CheckWatchesRequest { path: "/w".into(), watcher_type };
    zk.succeed(Request::CheckWatches(watches(WatcherType::Data)))?;
    zk.refused(ErrorCode::NoWatcher, Request::CheckWatches(watches(WatcherType::Children)))?;
    let unknown = Request::CheckWatches(watches(WatcherType::Unknown(9)));
    zk.refused(ErrorCode::MarshallingError, unknown)?;
    zk.succeed(delete("/w", -1))?;
    close(zk)
}

fn persistent_watches(server: &str) -> Outcome {
    let mut zk = Connection::with_session(server)?;
    let watch = |path: &str, mode| Request::AddWatch(AddWatchRequest { path: path.into(), mode });
    let remove = |path: &str, watcher_type| {
        Request::RemoveWatches(RemoveWatchesRequest { path: path.into(), watcher_type })
    };
    zk.succeed(watch("/p", AddWatchMode::Persistent))?;
    zk.succeed(create("/p"))?;
    zk.succeed(watch("/p/below", AddWatchMode::PersistentRecursive))?;
    zk.succeed(create("/p/below"))?;
    zk.succeed(create("/p/below/a"))?;
    zk.succeed(Request::SetData(set("/p/below/a", "x", -1)))?;
    zk.succeed(delete("/p/below/a", -1))?;
    zk.refused(ErrorCode::MarshallingError, watch("/p", AddWatchMode::Unknown(9)))?;
    zk.refused(ErrorCode::NoWatcher, remove("/nowhere", WatcherType::Any))?;
    // Servers before 3.9 answer MarshallingError to the two newest types.
    zk.ask(&remove("/p", WatcherType::Persistent))?;
    zk.ask(&remove("/p/below", WatcherType::PersistentRecursive))?;
    zk.succeed(get("/p", true))?;
    zk.succeed(remove("/p", WatcherType::Any))?;
    close(zk)
}

fn watches_set_again(server: &str) -> Outcome {
    let mut writer = Connection::with_session(server)?;
    for path in ["/again", "/again/data", "/again/gone", "/again/same"] {
        writer.succeed(create(path))?;
    }
    let mut watcher = Connection::open(server)?;
    let session = watcher.handshake(&new_session())?;
    watcher.succeed(get("/again/data", true))?;
    let (relative_zxid, last_zxid_seen) = (watcher.zxid, watcher.zxid);
    drop(watcher);
    writer.succeed(Request::SetData(set("/again/data", "x", -1)))?;
    writer.succeed(delete("/again/gone", -1))?;
    writer.succeed(create("/again/new"))?;

    let mut watcher = Connection::open(server)?;
    let resumed = ConnectRequest {
        last_zxid_seen,
        session_id: session.session_id,
        password: session.password,
        ..new_session()
    };
    if !watcher.handshake(&resumed)?.is_accepted() {
        return Err("the session was not resumed".into());
    }
    watcher.succeed(Request::SetWatches(SetWatchesRequest {
        relative_zxid,
        data_watches: vec!["/again/data".into(), "/again/same".into()],
        exist_watches: vec!["/again/new".into()],
        child_watches: vec!["/again".into(), "/again/gone".into()],
    }))?;
    watcher.succeed(Request::SetWatches2(SetWatches2Request {
        relative_zxid,
        data_watches: vec!["/again/gone".into()],
        exist_watches: Vec::new(),
        child_watches: Vec::new(),
        persistent_watches: vec!["/again/same".into()],
        persistent_recursive_watches: vec!["/again/data".into()],
    }))?;
    watcher.succeed(Request::SetData(set("/again/same", "x", -1)))?;
    close(watcher)?;
    close(writer)
}

fn the_rest(server: &str) -> Outcome {
    let mut zk = Connection::with_session(server)?;
    zk.succeed(Request::Create(creation("/ephemeral", CreateMode::Ephemeral)))?;
    let below = |prefix: &str| GetEphemeralsRequest { prefix_path: prefix.into() };
    zk.succeed(Request::GetEphemerals(below("/")))?;
    zk.succeed(Request::GetEphemerals(below("/nowhere")))?;
    let all = GetAllChildrenNumberRequest { path: "/".into() };
    zk.succeed(Request::GetAllChildrenNumber(all))?;
    zk.succeed(Request::Sasl(SaslRequest { token: Some(Credentials::from_static(b"")) }))?;
    let reconfig = ReconfigRequest {
        joining_servers: None,
        leaving_servers: Some("2".into()),
        new_members: None,
        cur_config_id: -1,
    };
    zk.refused(ErrorCode::ReconfigDisabled, Request::Reconfig(reconfig))?;
    close(zk)
}

fn unknown_operation(server: &str) -> Outcome {
    let mut zk = Connection::with_session(server)?;
    let request = Request::Unknown { opcode: 999, body: Bytes::from_static(b"what") };
    zk.refused(ErrorCode::Unimplemented, request)?;
    zk.ends()
}

/// deleteContainer has a form that depends on the version.
pub(crate) fn containers(server: &str, form: PathForm) -> Outcome {
    let mut zk = Connection::with_session(server)?;
    let ttl = |mode, ttl_ms| CreateTtlRequest {
        path: "/ttl".into(),
        data: None,
        acl: open_acl(),
        mode,
        ttl_ms,
    };
    zk.succeed(Request::CreateContainer(creation("/container", CreateMode::Container)))?;
    let path = Text::from_static("/container");
    let deletion = Request::DeleteContainer(DeleteContainerRequest { path, form });
    match form {
        PathForm::Prefixed => {
            zk.succeed(deletion)?;
            zk.refused(ErrorCode::NoNode, exists("/container", false))?;
        }
        PathForm::Bare => zk.refused(ErrorCode::BadArguments, deletion)?,
    }
    zk.succeed(Request::CreateTtl(ttl(CreateMode::PersistentWithTtl, 100_000)))?;
    zk.succeed(Request::CreateTtl(ttl(CreateMode::PersistentSequentialWithTtl, 100_000)))?;
    let never = ttl(CreateMode::PersistentWithTtl, 0);
    zk.refused(ErrorCode::BadArguments, Request::CreateTtl(never))?;
    close(zk)
}
