//! What very many znodes cost.
//!
//! In a process of its own, since its allocator counts.

use allocation_counter::measure;
use bytes::Bytes;
use zookit_proto::types::{Acl, Perms};
use zookit_proto::{SessionId, Zxid};
use zookit_server::core::{Change, Owner, Transaction, Tree};

const PARENTS: u32 = 100;
const DATA: &[u8] = b"ten bytes.";

fn create(tree: &mut Tree, number: u32, path: String, owner: Owner) {
    let change = Change::Create {
        path: path.into(),
        data: Some(Bytes::from_static(DATA)),
        acl: vec![Acl::world(Perms::ALL)],
        owner,
        parent_cversion: -1,
    };
    let (zxid, session) = (Zxid(i64::from(number) + 1), SessionId(1));
    tree.apply(&Transaction { zxid, time_ms: 1_700_000_000_000, session, change });
}

/// A tree with so many znodes below a few parents; each path is 18 bytes long.
fn tree(znodes: u32, owner: Owner) -> Tree {
    let mut tree = Tree::new();
    for parent in 0..PARENTS {
        create(&mut tree, parent, format!("/parent-{parent:02}"), Owner::Persistent);
    }
    for number in 0..znodes {
        let path = format!("/parent-{:02}/{number:07}", number % PARENTS);
        create(&mut tree, number, path, owner);
    }
    tree
}

/// Bytes of heap each, beyond path and data, once all of them were read.
fn bytes_each(znodes: u32, owner: Owner) -> i64 {
    let mut made = None;
    let counted = measure(|| {
        let tree = made.insert(tree(znodes, owner));
        for number in 0..znodes {
            let path = format!("/parent-{:02}/{number:07}", number % PARENTS);
            assert_eq!(tree.data(&path).flatten().as_deref(), Some(DATA));
        }
    });
    counted.bytes_current / i64::from(znodes) - 18 - 10
}

#[test]
fn a_znode_takes_little_memory_beyond_its_path_and_data() {
    // Where a table of 2^17 places is full, and where it has just been doubled.
    for znodes in [98_000, 99_000] {
        let each = bytes_each(znodes, Owner::Persistent);
        assert!(each <= 200, "{each} bytes each, of {znodes}");
        let each = bytes_each(znodes, Owner::Session(SessionId(1)));
        assert!(each <= 220, "{each} bytes each, of {znodes} that are ephemeral");
    }
}
