//! What a tree is after which transactions. Orders and stats are those of a real 3.9.5.

use bytes::Bytes;
use zookit_proto::types::{Acl, EventType, Perms};
use zookit_proto::{ErrorCode, SessionId, Stat, Text, Zxid};

use super::*;
use crate::core::testing::{Replica, acl_of};
use crate::core::{Change, Written};

fn create(path: &str, owner: Owner, parent_cversion: i32) -> Change {
    let (path, data) = (path.into(), Some(Bytes::from_static(b"d")));
    Change::Create { path, data, acl: vec![Acl::world(Perms::ALL)], owner, parent_cversion }
}

fn persistent(path: &str) -> Change {
    // As a transaction that does not say: the tree counts.
    create(path, Owner::Persistent, -1)
}

fn delete(path: &str) -> Change {
    Change::Delete { path: path.into() }
}

fn told(replica: &Replica) -> Vec<(EventType, String)> {
    let event = |event: &Event| (event.event, event.path.to_string());
    replica.events.iter().map(event).collect()
}

#[test]
fn a_new_tree_is_that_of_a_new_server() {
    let tree = Tree::new();
    assert_eq!((tree.node_count(), tree.approximate_data_size()), (5, 44));
    let none = Stat::default();
    assert_eq!(tree.stat("/"), Some(Stat { cversion: -1, num_children: 1, ..none }));
    assert_eq!(tree.stat(""), tree.stat("/"));
    assert_eq!(tree.stat("/zookeeper"), Some(Stat { cversion: -2, num_children: 2, ..none }));
    assert_eq!(tree.stat("/zookeeper/quota"), Some(none));
    assert_eq!(tree.stat("/zookeeper/config"), Some(Stat { aversion: -1, ..none }));
    assert_eq!(tree.data("/zookeeper/config"), Some(Some(Bytes::new())));
    assert_eq!(acl_of(&tree, "/zookeeper/config"), [Acl::world(Perms::READ)]);
    assert_eq!(acl_of(&tree, "/"), [Acl::world(Perms::ALL)]);
    assert_eq!(tree.children("/zookeeper").unwrap(), ["config", "quota"]);
}

#[test]
fn what_is_no_path_is_no_znode() {
    let mut replica = Replica::default();
    replica.commit(persistent("/a"));
    for path in ["a", "/a/", "//", "//a", "zookeeper", "/a\0"] {
        assert!(!replica.tree.contains(path), "{path}");
    }
}

#[test]
fn stats_count_what_happens_to_a_znode_and_to_its_children() {
    let mut replica = Replica::default();
    replica.commit(persistent("/a"));
    replica.commit(persistent("/a/b"));
    replica.commit(persistent("/a/b/c"));
    replica.commit(Change::SetData { path: "/a".into(), data: None, version: 1 });
    replica.commit(Change::SetAcl { path: "/a".into(), acl: vec![], aversion: 1 });
    let stat = Stat {
        czxid: Zxid(1),
        mzxid: Zxid(4),
        ctime: 1000,
        mtime: 4000,
        version: 1,
        cversion: 1,
        aversion: 1,
        ephemeral_owner: SessionId::NONE,
        data_length: 0,
        num_children: 1,
        pzxid: Zxid(2),
    };
    assert_eq!(replica.tree.stat("/a"), Some(stat));
    replica.commit(delete("/a/b/c"));
    replica.commit(delete("/a/b"));
    let stat = Stat { cversion: 2, num_children: 0, pzxid: Zxid(7), ..stat };
    assert_eq!(replica.tree.stat("/a"), Some(stat));
    assert_eq!(replica.tree.data("/a"), Some(None));
}

#[test]
fn watches_hear_of_the_znode_first_and_then_of_its_parent() {
    use EventType::{NodeChildrenChanged, NodeCreated, NodeDataChanged, NodeDeleted};
    let mut replica = Replica::default();
    let is = |replica: &Replica, events: &[(EventType, &str)]| {
        let events: Vec<_> = events.iter().map(|(e, path)| (*e, (*path).to_owned())).collect();
        assert_eq!(told(replica), events);
    };
    replica.commit(persistent("/a"));
    is(&replica, &[(NodeCreated, "/a"), (NodeChildrenChanged, "/")]);
    replica.commit(Change::SetAcl {
        path: "/a".into(),
        acl: vec![Acl::world(Perms::READ)],
        aversion: 1,
    });
    is(&replica, &[]);
    replica.commit(Change::Multi(vec![
        persistent("/a/b"),
        Change::Check { path: "/a".into(), version: 1 },
        Change::SetData { path: "/a".into(), data: None, version: 1 },
        delete("/a/b"),
    ]));
    is(
        &replica,
        &[
            (NodeCreated, "/a/b"),
            (NodeChildrenChanged, "/a"),
            (NodeDataChanged, "/a"),
            (NodeDeleted, "/a/b"),
            (NodeChildrenChanged, "/a"),
        ],
    );
    // Who may hear of it: by the ACL of the znode, also of one that is gone.
    let acls: Vec<_> = replica.events.iter().map(|event| event.acl[0].perms).collect();
    let (all, read) = (Perms::ALL, Perms::READ);
    assert_eq!(acls, [all, read, read, all, read]);
}

#[test]
fn what_does_not_fit_changes_nothing() {
    let mut replica = Replica::default();
    replica.commit(persistent("/a"));
    replica.commit(persistent("/a/b"));
    let before: Vec<_> = replica.tree.znodes().collect();
    let none = Written::Failed(ErrorCode::NoNode);
    for (change, written) in [
        (persistent("/a"), Written::Failed(ErrorCode::NodeExists)),
        (persistent("/none/x"), none.clone()),
        (persistent("x"), none.clone()),
        (delete("/"), none.clone()),
        (delete("/a"), none.clone()),
        (delete("/none"), none.clone()),
        (Change::SetData { path: "/none".into(), data: None, version: 1 }, none.clone()),
        (Change::SetAcl { path: "/none".into(), acl: vec![], aversion: 1 }, none.clone()),
        (Change::Error(ErrorCode::BadVersion), Written::Failed(ErrorCode::BadVersion)),
    ] {
        assert_eq!(replica.commit(change), written);
        assert_eq!(replica.events, []);
    }
    assert_eq!(replica.tree.znodes().collect::<Vec<_>>(), before);
}

fn children(replica: &Replica) -> Vec<Text> {
    replica.tree.children("/o").unwrap()
}

#[test]
fn children_are_in_the_order_of_a_real_server() {
    let mut replica = Replica::default();
    replica.commit(persistent("/o"));
    let x = "x".repeat(20);
    let mut names: Vec<_> = ["a", "b", "lock-%d", "zeta", "Ä", "node", &x].map(String::from).into();
    names.extend((0..40).map(|number| format!("n-{number:010}")));
    for name in &names {
        replica.commit(persistent(&format!("/o/{name}")));
    }
    let number = |expected: &[&str]| -> Vec<Text> {
        let full = |name: &&str| match name.parse::<i32>() {
            Ok(number) => format!("n-{number:010}").into(),
            Err(_) => (*name).into(),
        };
        expected.iter().map(full).collect()
    };
    let expected = "Ä 13 35 12 34 15 37 14 36 17 39 16 38 19 18 20 0 22 21 zeta a 9 b \
        xxxxxxxxxxxxxxxxxxxx 2 24 1 23 4 26 3 25 6 28 5 27 lock-%d 8 7 29 node 31 30 11 33 10 32";
    assert_eq!(children(&replica), number(&expected.split_whitespace().collect::<Vec<_>>()));
    for name in &names[10..40] {
        replica.commit(delete(&format!("/o/{name}")));
    }
    for name in &names[12..16] {
        replica.commit(persistent(&format!("/o/{name}")));
    }
    let expected = "Ä 35 34 37 36 39 38 0 zeta a b xxxxxxxxxxxxxxxxxxxx 2 1 6 5 lock-%d 8 7 \
        node 33";
    assert_eq!(children(&replica), number(&expected.split_whitespace().collect::<Vec<_>>()));
}

#[test]
fn a_session_that_is_closed_takes_its_ephemerals_in_the_order_of_a_real_server() {
    let mut replica = Replica::default();
    let ephemeral = |path: &str| create(path, Owner::Session(SessionId(0x100)), -1);
    replica.commit(persistent("/o"));
    for number in 0..17 {
        replica.commit(ephemeral(&format!("/o/e{number}")));
    }
    replica.commit(delete("/o/e3"));
    replica.commit(delete("/o/e9"));
    replica.commit(ephemeral("/o/e3"));
    let numbers = [7, 6, 8, 11, 12, 1, 0, 10, 3, 2, 5, 4, 15, 16, 13, 14];
    let paths = numbers.map(|number| Text::from(format!("/o/e{number}")));
    assert_eq!(replica.tree.ephemerals(SessionId(0x100)), paths);
    assert_eq!(replica.tree.ephemerals_count(), 16);
    replica.commit(Change::CloseSession { ephemerals: paths.to_vec() });
    let deleted = replica.events.iter().filter(|event| event.event == EventType::NodeDeleted);
    assert!(deleted.map(|event| &event.path).eq(&paths));
    assert_eq!(replica.tree.sessions().count(), 0);
    assert_eq!(children(&replica), [""; 0]);
    assert_eq!(replica.tree.stat("/o").unwrap().pzxid, Zxid(22));
}

#[test]
fn all_below_a_znode_are_counted() {
    let mut replica = Replica::default();
    for path in ["/a", "/a/b", "/a/b/c", "/a/d", "/ab"] {
        replica.commit(persistent(path));
    }
    for (path, count) in [("/", 8), ("/a", 3), ("/a/b", 1), ("/a/b/c", 0), ("/zookeeper", 2)] {
        assert_eq!(replica.tree.count_below(path), Some(count), "{path}");
    }
    assert_eq!(replica.tree.count_below("/none"), None);
}

#[test]
fn a_tree_survives_being_taken_apart() {
    let mut replica = Replica::default();
    for path in ["/a", "/a/b", "/zookeeper/quota/a", "/zookeeper/quota/a/zookeeper_limits"] {
        replica.commit(persistent(path));
    }
    replica.commit(create("/a/e", Owner::Session(SessionId(7)), -1));
    replica.commit(create("/c", Owner::Container, -1));
    replica.commit(Change::SetData { path: "/".into(), data: None, version: 1 });
    let mut copy = Tree::new();
    for znode in replica.tree.znodes() {
        copy.load(&znode).unwrap();
    }
    assert!(copy.znodes().eq(replica.tree.znodes()));
    assert_eq!(copy.approximate_data_size(), replica.tree.approximate_data_size());
    assert_eq!(copy.ephemerals(SessionId(7)), ["/a/e"]);
    assert_eq!(copy.quotas().prefix_of("/a/b").as_deref(), Some("/a"));
    assert_eq!(copy.childless_extended().count(), 1);
    let orphan = Znode { path: "/none/x".into(), ..copy.znodes().next().unwrap() };
    assert_eq!(copy.load(&orphan), Err(ErrorCode::NoNode));
    assert_eq!(copy.load(&Znode { path: "x".into(), ..orphan }), Err(ErrorCode::NoNode));
}

#[test]
fn the_size_of_the_data_follows_what_is_written() {
    let mut replica = Replica::default();
    let size = |replica: &Replica| replica.tree.approximate_data_size();
    replica.commit(persistent("/ä"));
    assert_eq!(size(&replica), 47);
    let data = Some(Bytes::from_static(b"four"));
    replica.commit(Change::SetData { path: "/ä".into(), data, version: 1 });
    assert_eq!(size(&replica), 50);
    replica.commit(delete("/ä"));
    assert_eq!((size(&replica), replica.tree.node_count()), (44, 5));
}

#[test]
fn data_does_not_keep_the_request_it_came_in() {
    let mut replica = Replica::default();
    let frame = Bytes::from(vec![b'x'; 1000]);
    let data = Some(frame.slice(10..20));
    let acl = vec![Acl::world(Perms::ALL)];
    let owner = Owner::Persistent;
    replica.commit(Change::Create { path: "/a".into(), data, acl, owner, parent_cversion: 1 });
    replica.history.clear();
    assert!(frame.is_unique());
    assert_eq!(replica.tree.data("/a").unwrap().unwrap().len(), 10);
}
