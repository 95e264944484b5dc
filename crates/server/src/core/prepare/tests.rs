//! Each operation's errors in their order, and multis.

use bytes::Bytes;
use zookit_proto::ops::check::CheckRequest;
use zookit_proto::ops::create::CreateRequest;
use zookit_proto::ops::create_ttl::CreateTtlRequest;
use zookit_proto::ops::delete::DeleteRequest;
use zookit_proto::ops::delete_container::DeleteContainerRequest;
use zookit_proto::ops::get_data::GetDataRequest;
use zookit_proto::ops::multi::{MultiOp, MultiRequest, MultiResult};
use zookit_proto::ops::reconfig::ReconfigRequest;
use zookit_proto::ops::set_acl::SetAclRequest;
use zookit_proto::ops::set_data::SetDataRequest;
use zookit_proto::types::{Acl, CreateMode, Perms};
use zookit_proto::{Reply, Stat, Zxid};

use super::*;
use crate::core::testing::{Replica, acl_of, id};
use crate::core::{Owner, Written};

fn create(path: &str, mode: CreateMode) -> CreateRequest {
    let acl = Some(vec![Acl::world(Perms::ALL)]);
    CreateRequest { path: path.into(), data: Some(Bytes::from_static(b"d")), acl, mode }
}

fn persistent(path: &str) -> Request {
    Request::Create(create(path, CreateMode::Persistent))
}

fn ttl(path: &str, mode: CreateMode, ttl_ms: i64) -> CreateTtlRequest {
    let CreateRequest { path, data, acl, mode } = create(path, mode);
    CreateTtlRequest { path, data, acl, mode, ttl_ms }
}

fn delete(path: &str, version: i32) -> Request {
    Request::Delete(DeleteRequest { path: path.into(), version })
}

fn set_data(path: &str, version: i32) -> Request {
    Request::SetData(SetDataRequest { path: path.into(), data: None, version })
}

fn set_acl(path: &str, acl: &[Acl], version: i32) -> Request {
    Request::SetAcl(SetAclRequest { path: path.into(), acl: Some(acl.to_vec()), version })
}

fn check(path: &str, version: i32) -> MultiOp {
    MultiOp::Check(CheckRequest { path: path.into(), version })
}

fn created(written: Written) -> (String, Stat) {
    match written {
        Written::Created { path, stat } => (path.into(), stat),
        other => panic!("{other:?}"),
    }
}

/// What each request is refused with.
fn refused(replica: &mut Replica, cases: impl IntoIterator<Item = (Request, ErrorCode)>) {
    for (request, code) in cases {
        assert_eq!(replica.write(&request), Written::Failed(code), "{request:?}");
    }
}

#[test]
fn create_tells_the_first_of_several_errors() {
    use ErrorCode::*;
    let mut replica = Replica::default();
    replica.write(&persistent("/a"));
    replica.write(&Request::Create(create("/e", CreateMode::Ephemeral)));
    replica.write(&set_acl("/a", &[Acl::world(Perms::READ)], -1));
    let with = |path: &str, mode, acl: &[Acl]| {
        Request::Create(CreateRequest { acl: Some(acl.to_vec()), ..create(path, mode) })
    };
    refused(
        &mut replica,
        [
            // A mode there is not, before the path that is none.
            (with("x", CreateMode::Unknown(9), &[]), BadArguments),
            // A mode that is switched off, before its time to live and the path.
            (with("x", CreateMode::PersistentWithTtl, &[]), Unimplemented),
            (Request::CreateTtl(ttl("x", CreateMode::PersistentWithTtl, 0)), Unimplemented),
            (Request::CreateTtl(ttl("/x", CreateMode::Persistent, 1)), BadArguments),
            (Request::CreateTtl(ttl("/x", CreateMode::Persistent, -1)), BadArguments),
            // No slash and NUL, before the ACL.
            (with("x", CreateMode::Persistent, &[]), BadArguments),
            (with("/none/x\0", CreateMode::Persistent, &[]), BadArguments),
            // The ACL, before the parent.
            (with("/none/x", CreateMode::Persistent, &[]), InvalidAcl),
            // The parent, before the rest of the path.
            (persistent("/none/."), NoNode),
            (persistent("none/x"), NoNode),
            // The permission, before the rest of the path.
            (persistent("/a/."), NoAuth),
            (persistent("/."), BadArguments),
            (persistent("//"), BadArguments),
            (persistent("/"), NodeExists),
            (persistent("/a"), NodeExists),
            (persistent("/e/x"), NoChildrenForEphemerals),
        ],
    );
}

#[test]
fn each_operation_makes_its_kind_of_znode() {
    let mut replica = Replica::default();
    replica.config.extended_types = true;
    let create = |path, mode| create(path, mode);
    for (request, path, owner) in [
        (Request::Create(create("/a", CreateMode::Persistent)), "/a", Owner::Persistent),
        (
            Request::Create2(create("/b", CreateMode::Ephemeral)),
            "/b",
            Owner::Session(replica.session),
        ),
        // A create answers for a container, and makes none.
        (Request::Create(create("/c", CreateMode::Container)), "/c", Owner::Persistent),
        (Request::CreateContainer(create("/d", CreateMode::Container)), "/d", Owner::Container),
        (Request::CreateContainer(create("/e", CreateMode::Ephemeral)), "/e", Owner::Container),
        (
            Request::CreateTtl(ttl("/f", CreateMode::PersistentSequentialWithTtl, 7)),
            "/f0000000005",
            Owner::Ttl { ms: 7 },
        ),
    ] {
        let (got, stat) = created(replica.write(&request));
        assert_eq!(got, path);
        assert_eq!(replica.tree.owner(path), Some(owner));
        let shown = if let Owner::Session(session) = owner { session } else { SessionId::NONE };
        assert_eq!(stat.ephemeral_owner, shown);
    }
    refused(
        &mut replica,
        [0, -1, zookit_proto::types::MAX_TTL_MS + 1].map(|ms| {
            let request = ttl("/x", CreateMode::PersistentWithTtl, ms);
            (Request::CreateTtl(request), ErrorCode::BadArguments)
        }),
    );
}

#[test]
fn a_number_counts_every_child_there_ever_was() {
    let mut replica = Replica::default();
    replica.write(&persistent("/t"));
    replica.write(&persistent("/t/plain"));
    replica.write(&delete("/t/plain", -1));
    let sequential = |path| Request::Create(create(path, CreateMode::PersistentSequential));
    assert_eq!(created(replica.write(&sequential("/t/n-"))).0, "/t/n-0000000001");
    assert_eq!(created(replica.write(&sequential("/t/"))).0, "/t/0000000002");
    let stat = replica.tree.stat("/t").unwrap();
    assert_eq!((stat.cversion, stat.num_children, stat.version), (4, 2, 0));
}

#[test]
fn a_number_that_overflows_sticks_as_in_apache() {
    let mut replica = Replica::default();
    replica.write(&persistent("/t"));
    let mut znode = replica.tree.znodes().find(|znode| znode.path == "/t").unwrap();
    znode.counters.cversion = i32::MAX - 1;
    replica.tree.load(&znode).unwrap();
    let sequential = || Request::Create(create("/t/", CreateMode::PersistentSequential));
    assert_eq!(created(replica.write(&sequential())).0, "/t/2147483646");
    let pzxid = replica.tree.stat("/t").unwrap().pzxid;
    assert_eq!(created(replica.write(&sequential())).0, "/t/2147483647");
    assert_eq!(replica.tree.counters("/t").unwrap().cversion, i32::MAX);
    assert_eq!(replica.tree.stat("/t").unwrap().pzxid, pzxid);
    refused(&mut replica, [(sequential(), ErrorCode::NodeExists)]);
}

#[test]
fn delete_tells_the_first_of_several_errors() {
    use ErrorCode::*;
    let mut replica = Replica::default();
    replica.write(&persistent("/a"));
    replica.write(&persistent("/a/b"));
    let mut system: Vec<_> = zookit_proto::path::SYSTEM_PATHS.to_vec();
    system.extend(["", "x", "/x\0"]);
    refused(&mut replica, system.into_iter().map(|path| (delete(path, 7), BadArguments)));
    refused(
        &mut replica,
        [
            (delete("/none/x", 7), NoNode),
            (delete("/a/x", 7), NoNode),
            (delete("/a/", 7), NoNode),
            (delete("/a", 7), BadVersion),
            (delete("/a", 0), NotEmpty),
            (delete("/a", -1), NotEmpty),
        ],
    );
    replica.write(&set_acl("/a", &[Acl::world(Perms::READ)], -1));
    refused(&mut replica, [(delete("/a/none", 7), NoAuth), (delete("/a/b", 7), NoAuth)]);
    replica.write(&set_acl("/", &[Acl::world(Perms::READ)], -1));
    refused(&mut replica, [(delete("/a/b", -1), NoAuth), (delete("/none", -1), NoAuth)]);
}

#[test]
fn set_data_and_set_acl_tell_the_first_of_several_errors() {
    use ErrorCode::*;
    let mut replica = Replica::default();
    replica.write(&persistent("/a"));
    let open = [Acl::world(Perms::ALL)];
    refused(
        &mut replica,
        [
            (set_data("/.", 7), BadArguments),
            (set_data("", 7), BadArguments),
            (set_data("/none", 7), NoNode),
            (set_data("/zookeeper/config", 7), NoAuth),
            (set_data("/a", 7), BadVersion),
            (set_acl("/.", &[], 7), BadArguments),
            (set_acl("/none", &[], 7), InvalidAcl),
            (set_acl("/none", &open, 7), NoNode),
            (set_acl("/zookeeper/config", &open, 7), NoAuth),
            (set_acl("/a", &open, 7), BadVersion),
        ],
    );
    for version in [0, 1, -1] {
        assert!(matches!(replica.write(&set_data("/a", version)), Written::Stat(_)));
        assert!(matches!(replica.write(&set_acl("/a", &open, version)), Written::Stat(_)));
    }
    let stat = replica.tree.stat("/a").unwrap();
    assert_eq!((stat.version, stat.aversion, stat.data_length), (3, 3, 0));
}

#[test]
fn an_acl_is_kept_as_it_was_fixed_up() {
    let ids = vec![id("ip", "127.0.0.1"), id("digest", "u:h")];
    let mut replica = Replica { ids, ..Replica::default() };
    let auth = Acl::auth(Perms::READ);
    replica.write(&persistent("/a"));
    replica.write(&set_acl("/a", &[auth.clone(), auth], -1));
    assert_eq!(acl_of(&replica.tree, "/a"), [Acl::new(Perms::READ, "digest", "u:h")]);
    refused(&mut replica, [(set_data("/a", -1), ErrorCode::NoAuth)]);
    replica.ids.push(id("super", ""));
    assert!(matches!(replica.write(&set_data("/a", -1)), Written::Stat(_)));
}

#[test]
fn a_multi_sees_what_its_operations_did_before() {
    let mut replica = Replica::default();
    let ops = vec![
        MultiOp::Create(create("/m", CreateMode::Persistent)),
        MultiOp::Create(create("/m/s-", CreateMode::EphemeralSequential)),
        MultiOp::Create2(create("/m/s-", CreateMode::PersistentSequential)),
        MultiOp::SetData(SetDataRequest { path: "/m".into(), data: None, version: 0 }),
        check("/m", 1),
        MultiOp::Delete(DeleteRequest { path: "/m/s-0000000001".into(), version: 0 }),
    ];
    let request = Request::Multi(MultiRequest { ops });
    let written = replica.write(&request);
    let Ok(Reply::Multi(reply)) = reply(replica.config.profile, &request, written) else {
        panic!("no reply")
    };
    let kinds: Vec<_> = reply.results.iter().map(|result| result.opcode().number()).collect();
    assert_eq!(kinds, [1, 1, 15, 5, 13, 2]);
    assert_eq!(replica.tree.stat("/m").unwrap().pzxid, Zxid(1));
    assert_eq!(replica.tree.children("/m").unwrap(), ["s-0000000000"]);
    assert_eq!(replica.tree.stat("/m").unwrap().cversion, 3);
}

#[test]
fn a_multi_deletes_a_child_and_then_its_parent() {
    let mut replica = Replica::default();
    replica.write(&persistent("/a"));
    replica.write(&persistent("/a/b"));
    let delete = |path: &str| MultiOp::Delete(DeleteRequest { path: path.into(), version: -1 });
    let ops = vec![
        MultiOp::Create(create("/a/c", CreateMode::Persistent)),
        delete("/a/b"),
        delete("/a/c"),
        delete("/a"),
        MultiOp::Create(create("/a", CreateMode::Persistent)),
    ];
    let written = replica.write(&Request::Multi(MultiRequest { ops }));
    assert!(matches!(written, Written::Multi(results) if results[1] == Written::Done));
    assert_eq!(replica.tree.stat("/a").unwrap().czxid, Zxid(3));
}

#[test]
fn a_multi_that_fails_says_where() {
    let mut replica = Replica::default();
    let before: Vec<_> = replica.tree.znodes().collect();
    let ops = vec![
        MultiOp::Create(create("/m", CreateMode::PersistentSequential)),
        check("/none", -1),
        MultiOp::Create(create("/n", CreateMode::Persistent)),
    ];
    let request = Request::Multi(MultiRequest { ops });
    let written = replica.write(&request);
    let Ok(Reply::Multi(reply)) = reply(replica.config.profile, &request, written) else {
        panic!("no reply")
    };
    let codes: Vec<_> = reply.results.iter().map(MultiResult::err).collect();
    assert_eq!(codes, [ErrorCode::Ok, ErrorCode::NoNode, ErrorCode::RuntimeInconsistency]);
    assert!(reply.results.iter().all(|result| matches!(result, MultiResult::Error(_))));
    assert_eq!(replica.tree.znodes().collect::<Vec<_>>(), before);
}

#[test]
fn an_ephemeral_of_a_multi_has_no_children_in_it() {
    let mut replica = Replica::default();
    let ops = vec![
        MultiOp::Create(create("/e", CreateMode::Ephemeral)),
        MultiOp::Create(create("/e/x", CreateMode::Persistent)),
    ];
    let written = replica.write(&Request::Multi(MultiRequest { ops }));
    let code = Written::Failed(ErrorCode::NoChildrenForEphemerals);
    assert_eq!(written, Written::Multi(vec![Written::Failed(ErrorCode::Ok), code]));
}

#[test]
fn which_create_stands_in_a_multi_depends_on_the_version() {
    let of = |profile, op: MultiOp| {
        let mut replica = Replica::default();
        replica.config.profile = profile;
        replica.config.extended_types = true;
        let request = Request::Multi(MultiRequest { ops: vec![op] });
        let taken = takes_zxid(profile, &request);
        let written = replica.write(&request);
        let owner = replica.tree.owner("/x");
        match reply(profile, &request, written) {
            Ok(Reply::Multi(reply)) => {
                let result = &reply.results[0];
                (result.opcode().number(), result.err(), owner, taken)
            }
            other => (0, other.unwrap_err(), owner, taken),
        }
    };
    use ErrorCode::{BadArguments, InvalidAcl, MarshallingError};
    const OK: ErrorCode = ErrorCode::Ok;
    let (old, new) = (Profile::V3_8_0, Profile::V3_8_6);
    let c = |mode| create("/x", mode);
    let (plain, container) = (Some(Owner::Persistent), Some(Owner::Container));
    let persistent = || c(CreateMode::Persistent);
    assert_eq!(of(old, MultiOp::Create2(persistent())), (1, OK, plain, true));
    assert_eq!(of(new, MultiOp::Create2(persistent())), (15, OK, plain, true));
    assert_eq!(of(old, MultiOp::CreateContainer(persistent())), (1, OK, plain, true));
    assert_eq!(of(new, MultiOp::CreateContainer(persistent())), (15, OK, container, true));
    for profile in [old, new] {
        let op = MultiOp::Create(c(CreateMode::Container));
        assert_eq!(of(profile, op), (15, OK, container, true));
        let op = MultiOp::CreateTtl(ttl("/x", CreateMode::Persistent, 7));
        assert_eq!(of(profile, op), (1, OK, plain, true));
        let op = MultiOp::CreateTtl(ttl("/x", CreateMode::PersistentWithTtl, 7));
        assert_eq!(of(profile, op), (15, OK, Some(Owner::Ttl { ms: 7 }), true));
        let op = MultiOp::Create(c(CreateMode::PersistentWithTtl));
        assert_eq!(of(profile, op), (0, MarshallingError, None, true));
        let op = MultiOp::GetData(GetDataRequest { path: "/".into(), watch: false });
        assert_eq!(of(profile, op), (0, MarshallingError, None, true));
    }
    let unknown = || MultiOp::Create(c(CreateMode::Unknown(9)));
    assert_eq!(of(old, unknown()), (-1, BadArguments, None, true));
    assert_eq!(of(new, unknown()), (0, MarshallingError, None, true));
    let no_acl = || MultiOp::Create(CreateRequest { acl: None, ..persistent() });
    assert_eq!(of(old, no_acl()), (-1, InvalidAcl, None, true));
    assert_eq!(of(new, no_acl()), (0, MarshallingError, None, false));
}

#[test]
fn the_first_fault_in_a_multi_decides_whether_it_takes_a_zxid() {
    let no_acl = || CreateRequest { acl: None, ..create("/x", CreateMode::Persistent) };
    let get = || GetDataRequest { path: "/".into(), watch: false };
    let takes =
        |ops: Vec<MultiOp>| takes_zxid(Profile::V3_9_5, &Request::Multi(MultiRequest { ops }));
    assert!(!takes(vec![check("/", -1), MultiOp::Create(no_acl())]));
    assert!(!takes(vec![MultiOp::GetData(get()), MultiOp::Create(no_acl())]));
    let fine = MultiOp::Create(create("/x", CreateMode::Persistent));
    assert!(takes(vec![MultiOp::GetData(get()), fine.clone(), MultiOp::Create2(no_acl())]));
    assert!(takes(vec![fine, MultiOp::GetData(get()), MultiOp::Create2(no_acl())]));
    assert!(takes(vec![]));
}

#[test]
fn what_is_not_for_clients_depends_on_the_version() {
    use ErrorCode::*;
    let delete_container = |path: &str, form| {
        Request::DeleteContainer(DeleteContainerRequest { path: path.into(), form })
    };
    let check = |path: &str| Request::Check(CheckRequest { path: path.into(), version: -1 });
    let reconfig = Request::Reconfig(ReconfigRequest {
        joining_servers: None,
        leaving_servers: None,
        new_members: None,
        cur_config_id: -1,
    });
    for profile in Profile::ALL {
        let mut replica = Replica::default();
        replica.config.profile = profile;
        replica.write(&persistent("/a"));
        replica.write(&persistent("/a/b"));
        replica.write(&Request::Create(create("/e", CreateMode::Ephemeral)));
        refused(&mut replica, [(reconfig.clone(), ReconfigDisabled)]);
        let newest = profile == Profile::V3_9_5;
        for (path, code) in
            [("/a", NotEmpty), ("/none", NoNode), ("/e", BadVersion), ("/", BadArguments)]
        {
            let code = if newest { code } else { BadArguments };
            refused(&mut replica, [(delete_container(path, PathForm::Prefixed), code)]);
        }
        let bare = if newest { MarshallingError } else { BadArguments };
        refused(&mut replica, [(delete_container("/a/b", PathForm::Bare), bare)]);
        let written = replica.write(&delete_container("/a/b", PathForm::Prefixed));
        assert_eq!(written == Written::Done, newest);
        let oldest = profile == Profile::V3_8_0;
        assert_eq!(replica.write(&check("/a")) == Written::Done, oldest);
        refused(&mut replica, [(check("/x"), if oldest { NoNode } else { Unimplemented })]);
    }
}
