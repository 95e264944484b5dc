//! Random histories: what must hold whatever is asked.

use bytes::Bytes;
use zookit_proto::ops::check::CheckRequest;
use zookit_proto::ops::create::CreateRequest;
use zookit_proto::ops::create_ttl::CreateTtlRequest;
use zookit_proto::ops::delete::DeleteRequest;
use zookit_proto::ops::multi::{MultiOp, MultiRequest};
use zookit_proto::ops::set_acl::SetAclRequest;
use zookit_proto::ops::set_data::SetDataRequest;
use zookit_proto::types::{Acl, CreateMode, Perms};
use zookit_proto::{ErrorCode, Request, SessionId, Text};

use super::{Asking, prepare, reply};
use crate::core::testing::{Replica, id};
use crate::core::{Change, Profile, Transaction, Tree, Written};

/// A source of choices: the same ones for the same seed.
struct Choices(u64);

impl Choices {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) as usize % count
    }

    fn of<T: Clone>(&mut self, values: &[T]) -> T {
        values[self.below(values.len())].clone()
    }

    fn path(&mut self) -> Text {
        let mut path = String::new();
        for _ in 0..=self.below(3) {
            path.push('/');
            let names = ["a", "b", "c", "n0000000001"];
            let odd = self.below(30) == 0;
            path.push_str(if odd { self.of(&["", ".", "\0"]) } else { self.of(&names) });
        }
        path.into()
    }

    fn version(&mut self) -> i32 {
        self.of(&[-1, -1, -1, -1, -1, -1, 0, 1])
    }

    fn data(&mut self) -> Option<Bytes> {
        self.of(&[None, Some(Bytes::new()), Some(Bytes::from_static(b"data"))])
    }

    fn acl(&mut self) -> Option<Vec<Acl>> {
        let all = Acl::world(Perms::ALL);
        let mine = Acl::new(Perms::ALL, "digest", "u:h");
        if self.below(6) > 0 {
            return Some(vec![all]);
        }
        Some(self.of(&[vec![mine, all], vec![Acl::auth(Perms::ALL)], vec![]]))
    }

    fn create(&mut self) -> CreateRequest {
        let modes = [0, 0, 0, 1, 2, 2, 3].map(CreateMode::from_number);
        let (path, data, acl) = (self.path(), self.data(), self.acl());
        CreateRequest { path, data, acl, mode: self.of(&modes) }
    }

    fn op(&mut self) -> MultiOp {
        match self.below(12) {
            0..=2 => MultiOp::Create(self.create()),
            3 => MultiOp::Create2(self.create()),
            4 => {
                let mode = self.of(&[CreateMode::Container, CreateMode::PersistentSequential]);
                MultiOp::CreateContainer(CreateRequest { mode, ..self.create() })
            }
            5 => {
                let CreateRequest { path, data, acl, .. } = self.create();
                let mode = CreateMode::PersistentWithTtl;
                let ttl_ms = self.of(&[0, 1000]);
                MultiOp::CreateTtl(CreateTtlRequest { path, data, acl, mode, ttl_ms })
            }
            6 | 7 => MultiOp::Delete(DeleteRequest { path: self.path(), version: self.version() }),
            8 | 9 => {
                let (path, data) = (self.path(), self.data());
                MultiOp::SetData(SetDataRequest { path, data, version: self.version() })
            }
            _ => MultiOp::Check(CheckRequest { path: self.path(), version: self.version() }),
        }
    }

    fn multi(&mut self) -> MultiRequest {
        MultiRequest { ops: (0..self.below(4)).map(|_| self.op()).collect() }
    }

    fn request(&mut self) -> Request {
        match self.below(16) {
            0 => {
                let (path, acl) = (self.path(), self.acl());
                Request::SetAcl(SetAclRequest { path, acl, version: self.version() })
            }
            1 if self.below(4) == 0 => Request::CloseSession(()),
            2..=6 => Request::Multi(self.multi()),
            _ => match self.op() {
                MultiOp::Create(request) => Request::Create(request),
                MultiOp::Create2(request) => Request::Create2(request),
                MultiOp::CreateContainer(request) => Request::CreateContainer(request),
                MultiOp::CreateTtl(request) => Request::CreateTtl(request),
                MultiOp::Delete(request) => Request::Delete(request),
                MultiOp::SetData(request) => Request::SetData(request),
                op => Request::Multi(MultiRequest { ops: vec![op] }),
            },
        }
    }
}

fn replica(choices: &mut Choices) -> Replica {
    let mut replica = Replica::default();
    replica.config.extended_types = true;
    replica.config.profile = choices.of(&Profile::ALL);
    replica
}

/// Another session asks, with or without proof of who it is.
fn ask_as(replica: &mut Replica, choices: &mut Choices) {
    replica.session = SessionId(choices.of(&[1, 2, 3]));
    replica.ids = vec![id("ip", "127.0.0.1")];
    if choices.below(2) == 0 {
        replica.ids.push(id("digest", "u:h"));
    }
}

/// Everything that can be seen of a tree.
fn assert_same(one: &Tree, other: &Tree) {
    assert!(one.znodes().eq(other.znodes()));
    for znode in one.znodes() {
        let path = znode.path.to_str();
        assert_eq!(one.stat(&path), other.stat(&path));
        assert_eq!(one.children(&path), other.children(&path));
    }
    assert!(one.sessions().eq(other.sessions()));
    for session in one.sessions() {
        assert_eq!(one.ephemerals(session), other.ephemerals(session));
    }
    assert_eq!(one.approximate_data_size(), other.approximate_data_size());
    assert_eq!(one.node_count(), other.node_count());
}

#[test]
fn a_history_makes_the_same_tree_of_every_member() {
    for seed in 0..40 {
        let mut choices = Choices(seed);
        let mut replica = replica(&mut choices);
        let (mut behind, mut applied) = (Tree::new(), 0);
        for _ in 0..400 {
            ask_as(&mut replica, &mut choices);
            replica.write(&choices.request());
            if choices.below(20) == 0 {
                for transaction in &replica.history[applied..] {
                    behind.apply(transaction);
                }
                applied = replica.history.len();
                assert_same(&behind, &replica.tree);
            }
        }
    }
}

#[test]
fn a_multi_that_fails_changes_nothing() {
    let mut failures = 0;
    for seed in 100..140 {
        let mut choices = Choices(seed);
        let mut replica = replica(&mut choices);
        for _ in 0..200 {
            ask_as(&mut replica, &mut choices);
            replica.write(&choices.request());
            let before = replica.tree.clone();
            let written = replica.write(&Request::Multi(choices.multi()));
            let failed = match &written {
                Written::Multi(results) => {
                    results.iter().any(|result| matches!(result, Written::Failed(_)))
                }
                written => panic!("{written:?}"),
            };
            if failed {
                failures += 1;
                assert_eq!(replica.events, []);
                assert_same(&before, &replica.tree);
            }
        }
    }
    assert!(failures > 1000, "{failures}");
}

/// The operations of a multi one after the other, each as a multi of its own, under the zxid and
/// time of the one that `transaction` is.
fn one_by_one(replica: &Replica, tree: &mut Tree, ops: &[MultiOp], like: &Transaction) -> Change {
    let mut changes = Vec::new();
    for op in ops {
        let Replica { config, session, ids, .. } = replica;
        let asking = Asking { tree, config, session: *session, ids };
        let request = Request::Multi(MultiRequest { ops: vec![op.clone()] });
        let Ok(Change::Multi(change)) = prepare(&asking, &request) else { panic!("{request:?}") };
        tree.apply(&Transaction { change: Change::Multi(change.clone()), ..like.clone() });
        let failed = matches!(change[..], [Change::Error(_)]);
        changes.extend(change);
        if failed {
            break;
        }
    }
    Change::Multi(changes)
}

#[test]
fn a_multi_does_what_its_operations_do_one_after_the_other() {
    let (mut succeeded, mut failed) = (0, 0);
    for seed in 200..260 {
        let mut choices = Choices(seed);
        let mut replica = replica(&mut choices);
        for _ in 0..200 {
            ask_as(&mut replica, &mut choices);
            let request = choices.multi();
            let mut tree = replica.tree.clone();
            replica.write(&Request::Multi(request.clone()));
            let transaction = replica.history.last().unwrap();
            let Change::Multi(changes) = &transaction.change else { panic!("{transaction:?}") };
            let Change::Multi(singly) = one_by_one(&replica, &mut tree, &request.ops, transaction)
            else {
                panic!("no multi")
            };
            if let Some(Change::Error(code)) = singly.last() {
                failed += 1;
                let at = singly.len() - 1;
                assert_eq!(changes.len(), request.ops.len());
                for (place, change) in changes.iter().enumerate() {
                    let expected = match place.cmp(&at) {
                        std::cmp::Ordering::Less => ErrorCode::Ok,
                        std::cmp::Ordering::Equal => *code,
                        std::cmp::Ordering::Greater => ErrorCode::RuntimeInconsistency,
                    };
                    assert_eq!(*change, Change::Error(expected));
                }
            } else {
                succeeded += request.ops.len();
                assert_eq!(*changes, singly);
                assert_same(&tree, &replica.tree);
            }
        }
    }
    assert!(succeeded > 1000 && failed > 1000, "{succeeded} {failed}");
}

#[test]
fn every_write_has_a_reply() {
    for seed in 300..320 {
        let mut choices = Choices(seed);
        let mut replica = replica(&mut choices);
        for _ in 0..300 {
            ask_as(&mut replica, &mut choices);
            let request = choices.request();
            let written = replica.write(&request);
            let expected = match &written {
                Written::Failed(code) => Err(*code),
                _ => Ok(request.opcode()),
            };
            let got = reply(replica.config.profile, &request, written);
            assert_eq!(got.map(|reply| reply.opcode()), expected);
        }
    }
}
