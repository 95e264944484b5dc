//! Requests as users make them: over a handful of paths, each write with data of its own.
//!
//! What is written is the number of its call, so that a history says whose each change is.

use bytes::Bytes;
use zookit_proto::ops::add_watch::AddWatchRequest;
use zookit_proto::ops::check::CheckRequest;
use zookit_proto::ops::create::CreateRequest;
use zookit_proto::ops::delete::DeleteRequest;
use zookit_proto::ops::exists::ExistsRequest;
use zookit_proto::ops::get_children::GetChildrenRequest;
use zookit_proto::ops::get_data::GetDataRequest;
use zookit_proto::ops::multi::{MultiOp, MultiRequest};
use zookit_proto::ops::set_data::SetDataRequest;
use zookit_proto::ops::sync::SyncRequest;
use zookit_proto::types::{Acl, AddWatchMode, CreateMode, Perms};
use zookit_proto::{OpCode, Request, SessionId, Text};
use zookit_session::WatchKind;

use crate::world::World;

/// Where all of it happens; parents before children.
const PATHS: [&str; 9] = ["/a", "/b", "/c", "/a/x", "/a/y", "/b/x", "/b/y", "/a/x/p", "/a/x/q"];

/// What sessions want for themselves.
const OWN: [&str; 3] = ["/own", "/a/own", "/b/own"];

pub(crate) const KINDS: [WatchKind; 5] = [
    WatchKind::Data,
    WatchKind::Exists,
    WatchKind::Children,
    WatchKind::Persistent,
    WatchKind::PersistentRecursive,
];

impl World<'_> {
    /// Half of the worlds begin with the znodes that others are below.
    pub(crate) fn furnish(&mut self) {
        if self.rng.bool() {
            return;
        }
        for path in ["/a", "/b", "/a/x"] {
            let create = self.create(Text::from_static(path), CreateMode::Persistent, 0);
            let create = Request::Create(CreateRequest { data: None, ..create });
            let created = self.ensemble.execute(self.time(), SessionId::NONE, &create);
            debug_assert!(created.is_ok());
        }
    }

    pub(super) fn path(&mut self) -> Text {
        Text::from_static(PATHS[self.rng.usize(0..PATHS.len())])
    }

    /// Data that nobody else writes.
    fn data(&mut self, part: usize) -> Option<Bytes> {
        let mut data = format!("{}.{part}", self.coming_call()).into_bytes();
        if self.rng.u8(..) < 8 {
            data.resize(self.rng.usize(100..3000), b' ');
        }
        Some(data.into())
    }

    fn version(&mut self) -> i32 {
        if self.rng.bool() { -1 } else { self.rng.i32(0..4) }
    }

    pub(super) fn create(&mut self, path: Text, mode: CreateMode, part: usize) -> CreateRequest {
        let acl = Some(vec![Acl::world(Perms::ALL)]);
        CreateRequest { path, data: self.data(part), acl, mode }
    }

    pub(super) fn create_own(&mut self) -> Request {
        let path = Text::from_static(OWN[self.rng.usize(0..OWN.len())]);
        Request::Create(self.create(path, CreateMode::Ephemeral, 0))
    }

    pub(super) fn create_some(&mut self, modes: &[CreateMode]) -> Request {
        let mode = modes[self.rng.usize(0..modes.len())];
        let path = self.path();
        let request = self.create(path, mode, 0);
        if self.rng.bool() { Request::Create(request) } else { Request::Create2(request) }
    }

    pub(super) fn delete(&mut self) -> DeleteRequest {
        DeleteRequest { path: self.path(), version: self.version() }
    }

    pub(super) fn set(&mut self, part: usize) -> SetDataRequest {
        let (path, version) = (self.path(), self.version());
        SetDataRequest { path, data: self.data(part), version }
    }

    pub(super) fn multi(&mut self) -> Request {
        let count = self.rng.usize(1..5);
        let ops = (0..count).map(|part| match self.rng.u8(0..8) {
            0..3 => {
                let (path, mode) = (self.path(), CreateMode::Persistent);
                MultiOp::Create(self.create(path, mode, part))
            }
            3..6 => MultiOp::SetData(self.set(part)),
            6 => MultiOp::Delete(self.delete()),
            _ => MultiOp::Check(CheckRequest { path: self.path(), version: -1 }),
        });
        Request::Multi(MultiRequest { ops: ops.collect() })
    }

    pub(super) fn read(&mut self) -> Request {
        let path = self.path();
        match self.rng.u8(0..6) {
            0..3 => Request::GetData(GetDataRequest { path, watch: false }),
            3 => Request::Exists(ExistsRequest { path, watch: false }),
            4 => Request::GetChildren(GetChildrenRequest { path, watch: false }),
            _ => Request::GetChildren2(GetChildrenRequest { path, watch: false }),
        }
    }

    pub(super) fn sync(&mut self) -> Request {
        Request::Sync(SyncRequest { path: self.path() })
    }

    /// One of many requests of one kind.
    pub(crate) fn one_of_a_run(&mut self, opcode: OpCode) -> Request {
        match opcode {
            OpCode::SetData => Request::SetData(self.set(0)),
            OpCode::Create => {
                let path = self.path();
                Request::Create(self.create(path, CreateMode::PersistentSequential, 0))
            }
            _ => Request::GetData(GetDataRequest { path: self.path(), watch: false }),
        }
    }
}

/// The request that arms a watcher of a kind.
pub(super) fn arming(kind: WatchKind, path: Text) -> Request {
    match kind {
        WatchKind::Data => Request::GetData(GetDataRequest { path, watch: true }),
        WatchKind::Exists => Request::Exists(ExistsRequest { path, watch: true }),
        WatchKind::Children => Request::GetChildren2(GetChildrenRequest { path, watch: true }),
        WatchKind::Persistent => {
            Request::AddWatch(AddWatchRequest { path, mode: AddWatchMode::Persistent })
        }
        WatchKind::PersistentRecursive => {
            Request::AddWatch(AddWatchRequest { path, mode: AddWatchMode::PersistentRecursive })
        }
    }
}
