//! What reads answer, and to whom.

use zookit_proto::ops::create::CreateRequest;
use zookit_proto::ops::delete::DeleteRequest;
use zookit_proto::ops::exists::ExistsRequest;
use zookit_proto::ops::get_acl::GetAclRequest;
use zookit_proto::ops::get_all_children_number::GetAllChildrenNumberRequest;
use zookit_proto::ops::get_children::GetChildrenRequest;
use zookit_proto::ops::get_data::GetDataRequest;
use zookit_proto::ops::get_ephemerals::GetEphemeralsRequest;
use zookit_proto::ops::multi::{MultiOp, MultiReply, MultiRequest, MultiResult};
use zookit_proto::ops::sync::SyncRequest;
use zookit_proto::types::{Acl, CreateMode, Id, Perms};
use zookit_proto::{ErrorCode, Reply, Request, SessionId};

use super::*;
use crate::core::Profile;
use crate::core::testing::{Replica, id};

fn create(path: &str, mode: CreateMode, acl: Acl) -> Request {
    let data = Some(path.to_owned().into());
    Request::Create(CreateRequest { path: path.into(), data, acl: Some(vec![acl]), mode })
}

fn exists(path: &str) -> Request {
    Request::Exists(ExistsRequest { path: path.into(), watch: false })
}

fn get_data(path: &str) -> Request {
    Request::GetData(GetDataRequest { path: path.into(), watch: false })
}

fn get_children(path: &str) -> GetChildrenRequest {
    GetChildrenRequest { path: path.into(), watch: false }
}

fn get_acl(path: &str) -> Request {
    Request::GetAcl(GetAclRequest { path: path.into() })
}

fn count(path: &str) -> Request {
    Request::GetAllChildrenNumber(GetAllChildrenNumberRequest { path: path.into() })
}

/// `/open`, `/secret`, which only `u:h` may do anything with, and `/shown`, which all may read.
fn replica() -> Replica {
    let mut replica = Replica::default();
    replica.ids.push(id("digest", "u:h"));
    let secret = |perms| Acl::new(perms, "digest", "u:h");
    for (path, acl) in [
        ("/open", Acl::world(Perms::ALL)),
        ("/secret", secret(Perms::ALL)),
        ("/shown", secret(Perms::ALL)),
    ] {
        replica.write(&create(path, CreateMode::Persistent, acl));
    }
    replica.write(&Request::SetAcl(zookit_proto::ops::set_acl::SetAclRequest {
        path: "/shown".into(),
        acl: Some(vec![secret(Perms::ALL), Acl::world(Perms::READ)]),
        version: -1,
    }));
    replica.ids.pop();
    replica
}

#[test]
fn the_root_has_two_paths() {
    let replica = Replica::default();
    for path in ["", "/"] {
        for request in [exists(path), get_data(path), get_acl(path)] {
            assert!(replica.read(&request).is_ok(), "{request:?}");
        }
        let children = replica.read(&Request::GetChildren(get_children(path)));
        let Ok(Reply::GetChildren(reply)) = children else { panic!("{children:?}") };
        assert_eq!(reply.children, ["zookeeper"]);
    }
    // And so one of them has one more below it.
    for (path, expected) in [("", 4), ("/", 3), ("/zookeeper", 2), ("/zookeeper/config", 0)] {
        let reply = replica.read(&count(path));
        let Ok(Reply::GetAllChildrenNumber(reply)) = reply else { panic!("{reply:?}") };
        assert_eq!(reply.total_number, expected, "{path}");
    }
}

#[test]
fn a_path_is_not_validated_but_for_nul_in_exists() {
    let replica = Replica::default();
    for path in ["foo", "/a/../b", "/a\0", "//", "/zookeeper/"] {
        let children = get_children(path);
        for request in [
            get_data(path),
            get_acl(path),
            count(path),
            Request::GetChildren(children.clone()),
            Request::GetChildren2(children),
        ] {
            assert_eq!(replica.read(&request), Err(ErrorCode::NoNode), "{request:?}");
        }
    }
    assert_eq!(replica.read(&exists("/a\0")), Err(ErrorCode::BadArguments));
    assert_eq!(replica.read(&exists("foo")), Err(ErrorCode::NoNode));
}

#[test]
fn who_may_not_read_is_refused_and_exists_depends_on_the_version() {
    let mut replica = replica();
    let children = get_children("/secret");
    for request in [
        get_data("/secret"),
        get_acl("/secret"),
        count("/secret"),
        Request::GetChildren(children.clone()),
        Request::GetChildren2(children),
    ] {
        assert_eq!(replica.read(&request), Err(ErrorCode::NoAuth), "{request:?}");
    }
    for profile in Profile::ALL {
        replica.config.profile = profile;
        let refused = replica.read(&exists("/secret")) == Err(ErrorCode::NoAuth);
        assert_eq!(refused, profile > Profile::V3_8_0, "{profile}");
    }
    replica.ids.push(id("super", ""));
    assert!(replica.read(&get_data("/secret")).is_ok());
}

#[test]
fn the_hashes_in_an_acl_are_for_those_who_may_set_it() {
    let mut replica = replica();
    let digest = |replica: &Replica| {
        let reply = replica.read(&get_acl("/shown"));
        let Ok(Reply::GetAcl(reply)) = reply else { panic!("{reply:?}") };
        assert_eq!((reply.stat.aversion, reply.acl.len()), (1, 2));
        reply.acl[0].id.id.to_string()
    };
    assert_eq!(digest(&replica), "u:x");
    replica.ids.push(id("digest", "u:h"));
    assert_eq!(digest(&replica), "u:h");
}

#[test]
fn ephemerals_are_those_of_the_session_whose_path_begins_so() {
    let mut replica = replica();
    for path in ["/open/a1", "/open/a2", "/e"] {
        replica.write(&create(path, CreateMode::Ephemeral, Acl::world(Perms::ALL)));
    }
    replica.write(&Request::Delete(DeleteRequest { path: "/open/a2".into(), version: -1 }));
    let ask = |replica: &Replica, prefix: &str| {
        let request = GetEphemeralsRequest { prefix_path: prefix.into() };
        let reply = replica.read(&Request::GetEphemerals(request));
        let Ok(Reply::GetEphemerals(reply)) = reply else { panic!("{reply:?}") };
        let mut paths: Vec<_> = reply.ephemerals.iter().map(ToString::to_string).collect();
        paths.sort();
        paths
    };
    for all in ["", " ", "/", " / "] {
        assert_eq!(ask(&replica, all), ["/e", "/open/a1"]);
    }
    assert_eq!(ask(&replica, "/op"), ["/open/a1"]);
    assert_eq!(ask(&replica, " /op"), [""; 0]);
    replica.session = SessionId(0x101);
    assert_eq!(ask(&replica, "/"), [""; 0]);
}

#[test]
fn each_read_of_a_multi_read_has_its_own_outcome() {
    let replica = replica();
    let data = |path: &str| MultiOp::GetData(GetDataRequest { path: path.into(), watch: true });
    let ops = vec![
        data("/open"),
        data("/none"),
        data("/secret"),
        MultiOp::GetChildren(get_children("/zookeeper")),
    ];
    let reply = replica.read(&Request::MultiRead(MultiRequest { ops }));
    let Ok(Reply::MultiRead(MultiReply { results })) = reply else { panic!("{reply:?}") };
    let codes: Vec<_> = results.iter().map(MultiResult::err).collect();
    assert_eq!(codes, [ErrorCode::Ok, ErrorCode::NoNode, ErrorCode::NoAuth, ErrorCode::Ok]);
    let MultiResult::GetData(read) = &results[0] else { panic!("{results:?}") };
    assert_eq!(read.data.as_deref(), Some(&b"/open"[..]));
    assert!(matches!(&results[3], MultiResult::GetChildren(read) if read.children.len() == 2));
}

#[test]
fn a_multi_read_of_writes_is_refused_with_a_body() {
    let replica = Replica::default();
    let write = || MultiOp::Delete(DeleteRequest { path: "/x".into(), version: -1 });
    let read = || MultiOp::GetChildren(get_children("/"));
    for (ops, has_body) in [(vec![write()], true), (vec![read(), write()], false)] {
        let request = Request::MultiRead(MultiRequest { ops });
        assert_eq!(replica.read(&request), Err(ErrorCode::MarshallingError));
        let body = body_of_refusal(&request);
        assert_eq!(body == Some(Reply::MultiRead(MultiReply::default())), has_body);
    }
    let empty = replica.read(&Request::MultiRead(MultiRequest::default()));
    assert_eq!(empty, Ok(Reply::MultiRead(MultiReply::default())));
}

#[test]
fn sync_and_who_am_i_answer_always() {
    let mut replica = Replica::default();
    let request = Request::Sync(SyncRequest { path: "/none".into() });
    let Ok(Reply::Sync(reply)) = replica.read(&request) else { panic!("no reply") };
    assert_eq!(reply.path, "/none");
    replica.ids.extend([id("super", ""), id("digest", "u:h")]);
    let reply = replica.read(&Request::WhoAmI(()));
    let Ok(Reply::WhoAmI(reply)) = reply else { panic!("{reply:?}") };
    let infos =
        reply.client_info.into_iter().map(|info| Id { scheme: info.auth_scheme, id: info.user });
    let shown = [id("ip", "127.0.0.1"), id("super", ""), id("digest", "u")];
    assert_eq!(infos.collect::<Vec<_>>(), shown);
}
