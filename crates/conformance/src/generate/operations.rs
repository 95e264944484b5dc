//! One request of each kind.

use zookit_proto::ops::add_watch::AddWatchRequest;
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
use zookit_proto::ops::reconfig::ReconfigRequest;
use zookit_proto::ops::remove_watches::RemoveWatchesRequest;
use zookit_proto::ops::sasl::SaslRequest;
use zookit_proto::ops::set_acl::SetAclRequest;
use zookit_proto::ops::set_data::SetDataRequest;
use zookit_proto::ops::sync::SyncRequest;
use zookit_proto::types::{
    Acl, AddWatchMode, CreateMode, Credentials, MAX_TTL_MS, Perms, WatcherType,
};
use zookit_proto::{Request, Text};

use super::Generator;
use super::weights::{Flavour, Kind};

/// Operations that no server has.
pub const UNKNOWN: [i32; 6] = [0, 10, 99, 108, -3, i32::MAX];

/// The version of no znode.
pub(super) const NO_VERSION: i32 = -2;

impl Generator {
    /// A request of this kind; `None` if it is no request.
    pub(super) fn request(&mut self, kind: Kind, slot: usize) -> Option<Request> {
        Some(match kind {
            Kind::Create => Request::Create(self.create()),
            Kind::Create2 => Request::Create2(self.create()),
            Kind::CreateContainer => Request::CreateContainer(self.create_container()),
            Kind::CreateTtl => Request::CreateTtl(self.create_ttl()),
            Kind::Delete => Request::Delete(self.delete()),
            Kind::SetData => Request::SetData(self.set_data()),
            Kind::SetAcl => Request::SetAcl(self.set_acl()),
            Kind::Check if self.options.lone_check => {
                self.model.connected[slot] = false;
                Request::Check(self.check())
            }
            // What does not hold is answered by all.
            Kind::Check => Request::Check(CheckRequest { version: NO_VERSION, ..self.check() }),
            Kind::Multi => Request::Multi(self.multi()),
            Kind::MultiRead => Request::MultiRead(self.multi_read()),
            Kind::SetWatches => Request::SetWatches(self.set_watches()),
            Kind::SetWatches2 => Request::SetWatches2(self.set_watches2()),
            Kind::AddWatch => {
                let mode = [AddWatchMode::Persistent, AddWatchMode::PersistentRecursive];
                let mode = self.rarely(AddWatchMode::Unknown(9), &mode);
                Request::AddWatch(AddWatchRequest { path: self.path(), mode })
            }
            Kind::RemoveWatches => {
                let (path, watcher_type) = (self.path(), self.watcher_type());
                Request::RemoveWatches(RemoveWatchesRequest { path, watcher_type })
            }
            Kind::CheckWatches => {
                let (path, watcher_type) = (self.path(), self.watcher_type());
                Request::CheckWatches(CheckWatchesRequest { path, watcher_type })
            }
            Kind::Auth => Request::Auth(self.auth()),
            Kind::Sasl => {
                let token = self.one_of(&[None, Some(Credentials::from_static(b"token"))]);
                Request::Sasl(SaslRequest { token })
            }
            Kind::Reconfig => Request::Reconfig(ReconfigRequest {
                joining_servers: self.one_of(&[None, Some(Text::from_static("server.2=x"))]),
                leaving_servers: self.one_of(&[None, Some(Text::from_static("2"))]),
                new_members: None,
                cur_config_id: self.one_of(&[-1, 0, 7]),
            }),
            Kind::DeleteContainer if self.options.delete_container => {
                let form = self.one_of(&[PathForm::Prefixed, PathForm::Prefixed, PathForm::Bare]);
                Request::DeleteContainer(DeleteContainerRequest { path: self.path(), form })
            }
            Kind::CloseSession => Request::CloseSession(()),
            Kind::UnknownOperation => {
                self.model.connected[slot] = false;
                match self.one_of(&UNKNOWN) {
                    0 => Request::Notification(()),
                    opcode => Request::Unknown { opcode, body: bytes::Bytes::from_static(b"body") },
                }
            }
            Kind::Drop | Kind::Handshake | Kind::Burst | Kind::Broken => return None,
            read => self.read(read),
        })
    }

    fn read(&mut self, kind: Kind) -> Request {
        let path = self.path();
        let watch = self.percent(if self.flavour == Flavour::Watches { 70 } else { 25 });
        match kind {
            Kind::Exists => Request::Exists(ExistsRequest { path, watch }),
            Kind::GetData => {
                let stats = self.flavour == Flavour::Quota && self.percent(60);
                let path = if stats { "/zookeeper/quota/a/zookeeper_stats".into() } else { path };
                Request::GetData(GetDataRequest { path, watch })
            }
            Kind::GetChildren => Request::GetChildren(GetChildrenRequest { path, watch }),
            Kind::GetChildren2 => Request::GetChildren2(GetChildrenRequest { path, watch }),
            Kind::GetAcl => Request::GetAcl(GetAclRequest { path }),
            Kind::Sync => Request::Sync(SyncRequest { path }),
            Kind::AllChildren => {
                Request::GetAllChildrenNumber(GetAllChildrenNumberRequest { path })
            }
            Kind::Ephemerals => {
                let prefix_path = self.one_of(&[path, "/".into(), "/a".into(), Text::new()]);
                Request::GetEphemerals(GetEphemeralsRequest { prefix_path })
            }
            Kind::WhoAmI => Request::WhoAmI(()),
            _ => Request::Ping(()),
        }
    }

    /// Mostly one of `usual`.
    fn rarely<T: Clone>(&mut self, rare: T, usual: &[T]) -> T {
        if self.percent(5) { rare } else { self.one_of(usual) }
    }

    fn watcher_type(&mut self) -> WatcherType {
        self.rarely(WatcherType::Unknown(9), WatcherType::ALL)
    }

    pub(super) fn plain_create(&mut self, path: &str) -> Request {
        let acl = Some(vec![Acl::world(Perms::ALL)]);
        let (data, mode) = (self.data(), CreateMode::Persistent);
        Request::Create(CreateRequest { path: path.into(), data, acl, mode })
    }

    pub(super) fn create(&mut self) -> CreateRequest {
        let mode = match self.rng.u8(..100) {
            0..45 => CreateMode::Persistent,
            45..65 => CreateMode::Ephemeral,
            65..80 => CreateMode::PersistentSequential,
            80..92 => CreateMode::EphemeralSequential,
            92..95 => CreateMode::Container,
            95..97 => CreateMode::PersistentWithTtl,
            97 => CreateMode::PersistentSequentialWithTtl,
            98 => CreateMode::Unknown(9),
            _ => CreateMode::Unknown(-1),
        };
        let path = self.path_to_create(mode.is_sequential());
        CreateRequest { path, data: self.data(), acl: self.acl(), mode }
    }

    pub(super) fn create_container(&mut self) -> CreateRequest {
        let mode = self.rarely(CreateMode::Persistent, &[CreateMode::Container]);
        let mode = self.rarely(CreateMode::Ephemeral, &[mode]);
        let path = self.path_to_create(false);
        CreateRequest { path, data: self.data(), acl: self.acl(), mode }
    }

    pub(super) fn create_ttl(&mut self) -> CreateTtlRequest {
        let ttls = [CreateMode::PersistentWithTtl, CreateMode::PersistentSequentialWithTtl];
        let others = [CreateMode::Persistent, CreateMode::Ephemeral, CreateMode::Unknown(9)];
        let mode = if self.percent(80) { self.one_of(&ttls) } else { self.one_of(&others) };
        // Those that are good outlive any script. A negative one in a mode without passes the checks
        // of real servers and then ends them: Apache's DataTree cannot carry it out.
        let ttl_ms = match self.rng.u8(..10) {
            _ if !mode.has_ttl() => self.one_of(&[0, 1, MAX_TTL_MS]),
            0..7 => self.one_of(&[3_600_000, MAX_TTL_MS]),
            _ => self.one_of(&[0, -1, MAX_TTL_MS + 1, i64::MAX, i64::MIN]),
        };
        let path = self.path_to_create(mode.is_sequential());
        CreateTtlRequest { path, data: self.data(), acl: self.acl(), mode, ttl_ms }
    }

    pub(super) fn delete(&mut self) -> DeleteRequest {
        let path = self.path();
        let now = self.model.nodes.get(&*path.to_str()).map_or(0, |node| node.version);
        let version = self.version(&path, now);
        DeleteRequest { path, version }
    }

    pub(super) fn set_data(&mut self) -> SetDataRequest {
        let path = self.path();
        let now = self.model.nodes.get(&*path.to_str()).map_or(0, |node| node.version);
        let version = self.version(&path, now);
        SetDataRequest { path, data: self.data(), version }
    }

    fn set_acl(&mut self) -> SetAclRequest {
        let path = self.path();
        let now = self.model.nodes.get(&*path.to_str()).map_or(0, |node| node.aversion);
        let version = self.version(&path, now);
        SetAclRequest { path, acl: self.acl(), version }
    }
}
