//! What operations are made of: ids, codes, flags, modes, and the records inside records.

mod acl;
mod code;
mod credentials;
mod event;
mod id;
mod mode;
mod stat;
mod ttl;
mod wire_enum;

pub use acl::{Acl, Id, Perms};
pub use code::ErrorCode;
pub use credentials::Credentials;
pub use event::{EventType, KeeperState};
pub use id::{Password, SessionId, Xid, Zxid};
pub use mode::{AddWatchMode, CreateMode, WatcherType};
pub use stat::Stat;
pub use ttl::{EphemeralKind, MAX_TTL_MS, TtlError, validate_ttl_ms};
pub(crate) use wire_enum::wire_enum;
