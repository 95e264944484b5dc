//! Requests made of several parts: multis, multiReads, watches set again, quotas.

use bytes::Bytes;
use zookit_proto::ops::check::CheckRequest;
use zookit_proto::ops::create::CreateRequest;
use zookit_proto::ops::exists::ExistsRequest;
use zookit_proto::ops::get_children::GetChildrenRequest;
use zookit_proto::ops::get_data::GetDataRequest;
use zookit_proto::ops::multi::{MultiOp, MultiRequest};
use zookit_proto::ops::set_data::SetDataRequest;
use zookit_proto::ops::set_watches::SetWatchesRequest;
use zookit_proto::ops::set_watches2::SetWatches2Request;
use zookit_proto::types::{Acl, CreateMode, Perms, Zxid};
use zookit_proto::{Request, Text};

use super::Generator;
use super::weights::Flavour;

impl Generator {
    pub(super) fn multi(&mut self) -> MultiRequest {
        // The quota is looked at last, when nothing has failed before.
        let count = if self.flavour == Flavour::Quota {
            self.rng.usize(1..3)
        } else {
            self.rng.usize(0..6)
        };
        let ops = (0..count).map(|_| self.multi_op()).collect();
        MultiRequest { ops }
    }

    fn multi_op(&mut self) -> MultiOp {
        // What sets data in a multi seldom comes so far that a quota is looked at.
        if self.flavour == Flavour::Quota && self.percent(15) {
            let (path, version) = (self.existing(), -1);
            return MultiOp::SetData(SetDataRequest { path, data: self.data(), version });
        }
        match self.rng.u8(..100) {
            0..15 => MultiOp::Create(self.create()),
            15..30 => MultiOp::Create2(self.create()),
            30..42 => MultiOp::CreateContainer(self.create_container()),
            42..54 => MultiOp::CreateTtl(self.create_ttl()),
            54..68 => MultiOp::Delete(self.delete()),
            68..84 => MultiOp::SetData(self.set_data()),
            84..99 => MultiOp::Check(self.check()),
            _ => MultiOp::GetData(GetDataRequest { path: self.path(), watch: false }),
        }
    }

    pub(super) fn check(&mut self) -> CheckRequest {
        let path = self.path();
        let now = self.model.nodes.get(&*path.to_str()).map_or(0, |node| node.version);
        let version = self.version(&path, now);
        CheckRequest { path, version }
    }

    pub(super) fn multi_read(&mut self) -> MultiRequest {
        let count = self.rng.usize(0..5);
        let op = |this: &mut Self| {
            let (path, watch) = (this.path(), this.rng.bool());
            match this.rng.u8(..100) {
                0..48 => MultiOp::GetData(GetDataRequest { path, watch }),
                48..96 => MultiOp::GetChildren(GetChildrenRequest { path, watch }),
                96..98 => MultiOp::Exists(ExistsRequest { path, watch }),
                _ => MultiOp::SetData(this.set_data()),
            }
        };
        MultiRequest { ops: (0..count).map(|_| op(self)).collect() }
    }

    fn paths(&mut self) -> Vec<Text> {
        let count = self.rng.usize(0..4);
        (0..count).map(|_| self.path()).collect()
    }

    /// An offset from the newest zxid that the slot has seen.
    fn offset(&mut self) -> Zxid {
        Zxid(self.one_of(&[0, 0, -1, -2, -3, -5, -10, -1000, 5, i64::MAX]))
    }

    pub(super) fn set_watches(&mut self) -> SetWatchesRequest {
        SetWatchesRequest {
            relative_zxid: self.offset(),
            data_watches: self.paths(),
            exist_watches: self.paths(),
            child_watches: self.paths(),
        }
    }

    pub(super) fn set_watches2(&mut self) -> SetWatches2Request {
        SetWatches2Request {
            relative_zxid: self.offset(),
            data_watches: self.paths(),
            exist_watches: self.paths(),
            child_watches: self.paths(),
            persistent_watches: self.paths(),
            persistent_recursive_watches: self.paths(),
        }
    }

    /// A quota as Apache's clients set it: the limits, and the count.
    pub(super) fn quota(&mut self, path: &str) -> Vec<Request> {
        let limits = [
            "count=3,bytes=20",
            "count=-1,bytes=-1=;byteHardLimit=30;countHardLimit=4",
            "count=1,bytes=-1=;byteHardLimit=-1;countHardLimit=2",
            "count=-1,bytes=5=;byteHardLimit=12;countHardLimit=-1",
            "nonsense",
        ];
        let limits = self.one_of(&limits);
        let root = format!("/zookeeper/quota{path}");
        let nodes = [
            (root.clone(), ""),
            (format!("{root}/zookeeper_limits"), limits),
            (format!("{root}/zookeeper_stats"), "count=0,bytes=0"),
        ];
        let create = |(path, data): (String, &'static str)| {
            let acl = Some(vec![Acl::world(Perms::ALL)]);
            let (data, mode) = (Some(Bytes::from_static(data.as_bytes())), CreateMode::Persistent);
            Request::Create(CreateRequest { path: path.into(), data, acl, mode })
        };
        nodes.map(create).to_vec()
    }
}
