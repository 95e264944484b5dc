//! The 60 operations, in groups of which each is submitted when the one before has ended: a
//! credential, the watches, and five times ten of all kinds.
//!
//! Writes touch znodes that are there from the beginning, each its own, so that the outcome of
//! one does not depend on the fate of another.

use bytes::Bytes;
use zookit_proto::ops::check::CheckRequest;
use zookit_proto::ops::create::CreateRequest;
use zookit_proto::ops::delete::DeleteRequest;
use zookit_proto::ops::exists::ExistsRequest;
use zookit_proto::ops::multi::{MultiOp, MultiRequest};
use zookit_proto::ops::set_data::SetDataRequest;
use zookit_proto::ops::sync::SyncRequest;
use zookit_proto::types::{Acl, AddWatchMode, CreateMode, Perms};
use zookit_proto::{Request, Text};
use zookit_session::WatchKind;

use crate::talk::{add_watch, children, get};

/// What a step of the script does.
#[derive(Debug, Clone)]
pub enum Step {
    /// A request, with the watcher it arms.
    Ask(Request, Option<(u64, WatchKind, &'static str)>),
    /// A credential is added.
    Auth(&'static str),
}

/// Something that others do between two groups.
#[derive(Debug, Clone, Copy)]
pub enum Others {
    Set(&'static str),
    Create(&'static str),
    Delete(&'static str),
}

/// The znodes that are there from the beginning.
pub const NODES: [&str; 6] = ["/data", "/children", "/persistent", "/recursive", "/w", "/late"];

/// All groups.
pub fn groups() -> Vec<Vec<Step>> {
    let mut groups = vec![vec![Step::Auth("user:password")], opening()];
    for group in 2..7 {
        let mut steps: Vec<_> = (0..10).map(|n| middle(group, n)).collect();
        if group == 4 {
            steps[4] = watch(6, WatchKind::Data, "/late");
            steps[7] = watch(7, WatchKind::Children, "/children");
        }
        groups.push(steps);
    }
    groups
}

/// What others do before each group.
pub fn others(group: usize) -> &'static [Others] {
    match group {
        2 => &[Others::Set("/data"), Others::Create("/nope"), Others::Create("/children/1")],
        3 => &[Others::Set("/persistent"), Others::Create("/recursive/1")],
        5 => &[Others::Delete("/late"), Others::Create("/children/2")],
        6 => &[Others::Set("/recursive/1"), Others::Create("/persistent/1")],
        _ => &[],
    }
}

/// Watchers 1 to 3, 6 and 7 are one-shot, and their znodes change.
pub const ONE_SHOTS: [u64; 5] = [1, 2, 3, 6, 7];

fn opening() -> Vec<Step> {
    vec![
        watch(1, WatchKind::Data, "/data"),
        create("/opening/1", CreateMode::Ephemeral),
        watch(2, WatchKind::Exists, "/nope"),
        set("/w", "opening"),
        watch(3, WatchKind::Children, "/children"),
        watch(4, WatchKind::Persistent, "/persistent"),
        create("/opening/2", CreateMode::Persistent),
        watch(5, WatchKind::PersistentRecursive, "/recursive"),
        Step::Ask(Request::Sync(SyncRequest { path: "/".into() }), None),
    ]
}

fn middle(group: usize, n: usize) -> Step {
    let name = format!("/group-{group}/n{n}");
    match n {
        0 => create(&name, CreateMode::Persistent),
        1 | 6 => Step::Ask(get("/w", false), None),
        2 | 9 => set("/w", &name),
        3 => create(&name, CreateMode::PersistentSequential),
        4 => Step::Ask(children("/children", false), None),
        5 => delete(&format!("/delete/{group}")),
        7 => Step::Ask(
            Request::Exists(ExistsRequest { path: "/missing".into(), watch: false }),
            None,
        ),
        _ => multi(&name),
    }
}

fn watch(number: u64, kind: WatchKind, path: &'static str) -> Step {
    let request = match kind {
        WatchKind::Data => get(path, true),
        WatchKind::Exists => Request::Exists(ExistsRequest { path: path.into(), watch: true }),
        WatchKind::Children => children(path, true),
        WatchKind::Persistent => add_watch(path, AddWatchMode::Persistent),
        WatchKind::PersistentRecursive => add_watch(path, AddWatchMode::PersistentRecursive),
    };
    Step::Ask(request, Some((number, kind, path)))
}

fn create(path: &str, mode: CreateMode) -> Step {
    let acl = Some(vec![Acl::world(Perms::ALL)]);
    Step::Ask(Request::Create(CreateRequest { path: path.into(), data: None, acl, mode }), None)
}

fn set(path: &str, data: &str) -> Step {
    Step::Ask(Request::SetData(set_data(path, data)), None)
}

fn set_data(path: &str, data: &str) -> SetDataRequest {
    let data = Some(Bytes::copy_from_slice(data.as_bytes()));
    SetDataRequest { path: Text::from(path), data, version: -1 }
}

fn delete(path: &str) -> Step {
    Step::Ask(Request::Delete(DeleteRequest { path: path.into(), version: -1 }), None)
}

fn multi(name: &str) -> Step {
    let check = CheckRequest { path: "/w".into(), version: -1 };
    let ops = vec![MultiOp::Check(check), MultiOp::SetData(set_data("/w", name))];
    Step::Ask(Request::Multi(MultiRequest { ops }), None)
}
