//! One entry of a log: a `TxnHeader`, the record of what was done, and since 3.6 a digest of the
//! tree behind it.

use bytes::Bytes;
use zookit_proto::types::Acl;
use zookit_proto::wire::{DecodeError, Field, Reader};
use zookit_proto::{ErrorCode, SessionId, Text, Zxid};
use zookit_server::core::{Change, Owner, Transaction};

/// What a server wrote down of one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The number that the client gave its request (`cxid`); 0 of what the server did by itself.
    pub cxid: i32,
    /// What was done. The list of a session's ephemeral znodes is empty where it is not in the log.
    pub transaction: Transaction,
    /// Whether the end of a session comes with the list of its ephemeral znodes: since 3.6. True
    /// for everything else.
    pub is_complete: bool,
}

/// The types of entries: numbers of `ZooDefs.OpCode`.
mod kind {
    pub(super) const CREATE: i32 = 1;
    pub(super) const DELETE: i32 = 2;
    pub(super) const SET_DATA: i32 = 5;
    pub(super) const SET_ACL: i32 = 7;
    pub(super) const CHECK: i32 = 13;
    pub(super) const MULTI: i32 = 14;
    pub(super) const CREATE_2: i32 = 15;
    pub(super) const RECONFIG: i32 = 16;
    pub(super) const CREATE_CONTAINER: i32 = 19;
    pub(super) const DELETE_CONTAINER: i32 = 20;
    pub(super) const CREATE_TTL: i32 = 21;
    pub(super) const CREATE_SESSION: i32 = -10;
    pub(super) const CLOSE_SESSION: i32 = -11;
    pub(super) const ERROR: i32 = -1;
}

/// The length of a `TxnDigest`: an int and a long.
const DIGEST: usize = 12;

/// Why bytes are no entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordError {
    /// A field is not as it should be.
    Decode(DecodeError),
    /// A type that this reader does not know.
    UnknownType(i32),
    /// More bytes than a record and a digest take.
    Left(usize),
}

impl std::fmt::Display for RecordError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Decode(error) => write!(f, "{error}"),
            Self::UnknownType(kind) => write!(f, "an entry of the unknown type {kind}"),
            Self::Left(left) => write!(f, "{left} bytes are left behind the record"),
        }
    }
}

impl std::error::Error for RecordError {}

impl From<DecodeError> for RecordError {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}

/// Reads the payload of an entry: what stands between its length and the `B` at its end.
///
/// # Errors
/// It is none, or of a type that no server up to 3.9 writes.
pub fn read(payload: Bytes) -> Result<Entry, RecordError> {
    let mut reader = Reader::new("TxnHeader", payload);
    let session = SessionId(reader.i64("clientId")?);
    let cxid = reader.i32("cxid")?;
    let zxid = Zxid(reader.i64("zxid")?);
    let time_ms = reader.i64("time")?;
    let kind = reader.i32("type")?;
    let mut is_complete = true;
    let change = match kind {
        kind::CLOSE_SESSION => {
            let ephemerals = close_session(&mut reader)?;
            is_complete = ephemerals.is_some();
            Change::CloseSession { ephemerals: ephemerals.unwrap_or_default() }
        }
        kind => change(kind, &mut reader, session)?,
    };
    match reader.left() {
        0 | DIGEST => {}
        left => return Err(RecordError::Left(left)),
    }
    let transaction = Transaction { zxid, time_ms, session, change };
    Ok(Entry { cxid, transaction, is_complete })
}

/// `CloseSessionTxn`: the znodes that go with the session. Before 3.6 there is no record at all.
fn close_session(reader: &mut Reader) -> Result<Option<Vec<Text>>, RecordError> {
    if reader.left() == 0 {
        return Ok(None);
    }
    Ok(Some(reader.vector("paths2Delete")?.unwrap_or_default()))
}

fn change(kind: i32, reader: &mut Reader, session: SessionId) -> Result<Change, RecordError> {
    Ok(match kind {
        kind::CREATE | kind::CREATE_2 => {
            let made = Made::read(reader)?;
            let is_ephemeral = bool::read(reader, "ephemeral")?;
            let owner = if is_ephemeral { Owner::Session(session) } else { Owner::Persistent };
            made.with(owner, reader.i32("parentCVersion")?)
        }
        kind::CREATE_CONTAINER => {
            let made = Made::read(reader)?;
            made.with(Owner::Container, reader.i32("parentCVersion")?)
        }
        kind::CREATE_TTL => {
            let made = Made::read(reader)?;
            let parent_cversion = reader.i32("parentCVersion")?;
            made.with(Owner::Ttl { ms: reader.i64("ttl")? }, parent_cversion)
        }
        kind::DELETE | kind::DELETE_CONTAINER => {
            Change::Delete { path: Text::read(reader, "path")? }
        }
        kind::SET_DATA | kind::RECONFIG => {
            let path = Text::read(reader, "path")?;
            let data = reader.buffer("data")?;
            Change::SetData { path, data, version: reader.i32("version")? }
        }
        kind::SET_ACL => {
            let path = Text::read(reader, "path")?;
            let acl = reader.vector::<Acl>("acl")?.unwrap_or_default();
            Change::SetAcl { path, acl, aversion: reader.i32("version")? }
        }
        kind::CHECK => {
            let path = Text::read(reader, "path")?;
            Change::Check { path, version: reader.i32("version")? }
        }
        kind::CREATE_SESSION => {
            let ms = u64::try_from(reader.i32("timeOut")?).unwrap_or(0);
            Change::CreateSession { timeout: std::time::Duration::from_millis(ms) }
        }
        kind::ERROR => Change::Error(ErrorCode::from_number(reader.i32("err")?)),
        kind::MULTI => {
            let count = reader.length("txns")?.unwrap_or(0);
            let mut changes = Vec::new();
            for _ in 0..count {
                changes.push(part(reader, session)?);
            }
            Change::Multi(changes)
        }
        kind => return Err(RecordError::UnknownType(kind)),
    })
}

/// One of a multi: its type, and its record as a buffer. Nothing nests further.
fn part(reader: &mut Reader, session: SessionId) -> Result<Change, RecordError> {
    let kind = reader.i32("type")?;
    let data = reader.buffer("data")?.unwrap_or_default();
    if kind == kind::MULTI {
        return Err(RecordError::UnknownType(kind));
    }
    let mut reader = Reader::new("Txn", data);
    let change = change(kind, &mut reader, session)?;
    match reader.left() {
        0 => Ok(change),
        left => Err(RecordError::Left(left)),
    }
}

/// What all records of creates begin with.
struct Made {
    path: Text,
    data: Option<Bytes>,
    acl: Vec<Acl>,
}

impl Made {
    fn read(reader: &mut Reader) -> Result<Self, DecodeError> {
        let path = Text::read(reader, "path")?;
        let data = reader.buffer("data")?;
        let acl = reader.vector::<Acl>("acl")?.unwrap_or_default();
        Ok(Self { path, data, acl })
    }

    fn with(self, owner: Owner, parent_cversion: i32) -> Change {
        let Self { path, data, acl } = self;
        Change::Create { path, data, acl, owner, parent_cversion }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::testing::{self, Payload};
    use super::*;

    fn change_of(payload: Payload) -> Change {
        read(payload.bytes()).expect("an entry").transaction.change
    }

    #[test]
    fn a_header_says_who_when_and_what() {
        let entry = read(testing::set(0x1_0000_0007, "/a", "x", 3).bytes()).unwrap();
        let Transaction { zxid, time_ms, session, change } = entry.transaction;
        assert_eq!(entry.cxid, 7);
        assert_eq!(
            (zxid, time_ms, session),
            (Zxid(0x1_0000_0007), 1_700_000_000_007, SessionId(9))
        );
        let data = Some(Bytes::from_static(b"x"));
        assert_eq!(change, Change::SetData { path: "/a".into(), data, version: 3 });
    }

    #[test]
    fn an_ephemeral_znode_is_its_sessions() {
        let make = |ephemeral| {
            let payload = testing::header(1, kind::CREATE).text("/e").buffer(None);
            change_of(payload.int(0).byte(u8::from(ephemeral)).int(4))
        };
        let made = |owner| {
            let (path, data, acl) = ("/e".into(), None, Vec::new());
            Change::Create { path, data, acl, owner, parent_cversion: 4 }
        };
        assert_eq!(make(true), made(Owner::Session(SessionId(9))));
        assert_eq!(make(false), made(Owner::Persistent));
    }

    #[test]
    fn containers_and_times_to_live() {
        let begin = |kind| testing::header(1, kind).text("/c").buffer(Some(b"")).int(0).int(2);
        let owner = |payload| match change_of(payload) {
            Change::Create { owner, data, .. } => (owner, data),
            change => panic!("{change:?}"),
        };
        let empty = Some(Bytes::new());
        assert_eq!(owner(begin(kind::CREATE_CONTAINER)), (Owner::Container, empty.clone()));
        let with_ttl = begin(kind::CREATE_TTL).long(5_000);
        assert_eq!(owner(with_ttl), (Owner::Ttl { ms: 5_000 }, empty));
    }

    #[test]
    fn sessions_begin_and_end() {
        let begin = change_of(testing::header(1, kind::CREATE_SESSION).int(4_000));
        assert_eq!(begin, Change::CreateSession { timeout: Duration::from_secs(4) });
        let end = read(testing::close(2, Some(&["/a", "/b"])).bytes()).unwrap();
        let ephemerals = vec!["/a".into(), "/b".into()];
        assert_eq!(end.transaction.change, Change::CloseSession { ephemerals });
        assert!(end.is_complete);
        let before_3_6 = read(testing::close(2, None).bytes()).unwrap();
        let ephemerals = Vec::new();
        assert_eq!(before_3_6.transaction.change, Change::CloseSession { ephemerals });
        assert!(!before_3_6.is_complete);
    }

    #[test]
    fn a_multi_has_all_its_parts() {
        let set = Payload::new().text("/a").buffer(Some(b"1")).int(1);
        let check = Payload::new().text("/b").int(-1);
        let error = Payload::new().int(-110);
        let multi = testing::header(1, kind::MULTI).int(3);
        let multi = multi.int(kind::SET_DATA).part(set).int(kind::CHECK).part(check);
        let Change::Multi(changes) = change_of(multi.int(kind::ERROR).part(error)) else {
            panic!("no multi");
        };
        let data = Some(Bytes::from_static(b"1"));
        let set = Change::SetData { path: "/a".into(), data, version: 1 };
        let check = Change::Check { path: "/b".into(), version: -1 };
        assert_eq!(changes, [set, check, Change::Error(ErrorCode::NodeExists)]);
    }

    #[test]
    fn the_digest_behind_a_record_is_no_part_of_it() {
        let with_digest = testing::set(1, "/a", "x", 1).int(2).long(77).bytes();
        assert_eq!(read(with_digest), read(testing::set(1, "/a", "x", 1).bytes()));
        let with_more = testing::set(1, "/a", "x", 1).int(2).bytes();
        assert_eq!(read(with_more), Err(RecordError::Left(4)));
    }

    #[test]
    fn what_is_cut_short_or_unknown_is_an_error() {
        let whole = testing::set(1, "/a", "x", 1).bytes();
        for length in 0..whole.len() {
            assert!(read(whole.slice(..length)).is_err(), "{length} bytes");
        }
        let unknown = read(testing::header(1, 99).bytes());
        assert_eq!(unknown, Err(RecordError::UnknownType(99)));
        let nested = testing::header(1, kind::MULTI).int(1).int(kind::MULTI).part(Payload::new());
        assert_eq!(read(nested.bytes()), Err(RecordError::UnknownType(kind::MULTI)));
    }
}
