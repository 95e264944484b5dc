//! The shapes of the records by themselves, as `zookeeper.jute` has them: what the crate's own
//! encoding is held against, and where the lengths and counts of an encoded record are.

use zookit_proto::OpCode;

/// A jute type.
pub(crate) enum Type {
    Bool,
    Int,
    Long,
    /// Null or not: all buffers of the protocol may be null.
    Buffer,
    /// Not null.
    Ustring,
    /// Not null.
    Vector(&'static Self),
    /// A ustring or vector that may be null.
    Nullable(&'static Self),
    Record(&'static [Self]),
    MultiRequest,
    MultiReply,
}

use Type::{Bool, Buffer, Int, Long, MultiReply, MultiRequest, Nullable, Record, Ustring, Vector};

const NOTHING: Type = Record(&[]);
const PATH: Type = Record(&[Ustring]);
const PATHS: Type = Vector(&Ustring);
const PATH_AND_BOOL: Type = Record(&[Ustring, Bool]);
const PATH_AND_INT: Type = Record(&[Ustring, Int]);
const STAT: Type = Record(&[Long, Long, Long, Long, Int, Int, Int, Long, Int, Int, Long]);
const ONE_STAT: Type = Record(&[STAT]);
const PATH_AND_STAT: Type = Record(&[Ustring, STAT]);
const DATA_AND_STAT: Type = Record(&[Buffer, STAT]);
const ACL: Type = Vector(&Record(&[Int, Record(&[Ustring, Ustring])]));
const CREATE: Type = Record(&[Ustring, Buffer, Nullable(&ACL), Int]);
const TEXT_OR_NULL: Type = Nullable(&Ustring);

pub(crate) const CONNECT_REQUEST: Type = Record(&[Int, Long, Int, Long, Buffer, Bool]);
pub(crate) const CONNECT_RESPONSE: Type = Record(&[Int, Int, Long, Buffer, Bool]);

/// What a request has behind its header.
pub(crate) fn request(opcode: OpCode) -> &'static Type {
    match opcode {
        OpCode::Create | OpCode::Create2 | OpCode::CreateContainer => &CREATE,
        OpCode::CreateTtl => &Record(&[Ustring, Buffer, Nullable(&ACL), Int, Long]),
        OpCode::Delete
        | OpCode::Check
        | OpCode::CheckWatches
        | OpCode::RemoveWatches
        | OpCode::AddWatch => &PATH_AND_INT,
        OpCode::Exists | OpCode::GetData | OpCode::GetChildren | OpCode::GetChildren2 => {
            &PATH_AND_BOOL
        }
        OpCode::SetData => &Record(&[Ustring, Buffer, Int]),
        OpCode::GetAcl
        | OpCode::Sync
        | OpCode::GetEphemerals
        | OpCode::GetAllChildrenNumber
        | OpCode::DeleteContainer => &PATH,
        OpCode::SetAcl => &Record(&[Ustring, Nullable(&ACL), Int]),
        OpCode::Multi | OpCode::MultiRead => &MultiRequest,
        OpCode::Reconfig => &Record(&[TEXT_OR_NULL, TEXT_OR_NULL, TEXT_OR_NULL, Long]),
        OpCode::Auth => &Record(&[Int, Ustring, Buffer]),
        OpCode::Sasl => &Record(&[Buffer]),
        OpCode::SetWatches => &Record(&[Long, PATHS, PATHS, PATHS]),
        OpCode::SetWatches2 => &Record(&[Long, PATHS, PATHS, PATHS, PATHS, PATHS]),
        OpCode::Notification
        | OpCode::Ping
        | OpCode::WhoAmI
        | OpCode::CreateSession
        | OpCode::CloseSession
        | OpCode::Error => &NOTHING,
        other => panic!("no shape for the request of {other}"),
    }
}

/// What a reply has behind its header.
pub(crate) fn reply(opcode: OpCode) -> &'static Type {
    match opcode {
        OpCode::Notification => &Record(&[Int, Int, Ustring]),
        OpCode::Create | OpCode::Sync => &PATH,
        OpCode::Create2 | OpCode::CreateContainer | OpCode::CreateTtl => &PATH_AND_STAT,
        OpCode::Exists | OpCode::SetData | OpCode::SetAcl => &ONE_STAT,
        OpCode::GetData | OpCode::Reconfig => &DATA_AND_STAT,
        OpCode::GetAcl => &Record(&[ACL, STAT]),
        OpCode::GetChildren | OpCode::GetEphemerals => &Record(&[PATHS]),
        OpCode::GetChildren2 => &Record(&[PATHS, STAT]),
        OpCode::GetAllChildrenNumber | OpCode::AddWatch | OpCode::Error => &Record(&[Int]),
        OpCode::Multi | OpCode::MultiRead => &MultiReply,
        OpCode::Sasl => &Record(&[Buffer]),
        OpCode::WhoAmI => &Record(&[Vector(&Record(&[Ustring, Ustring]))]),
        OpCode::Delete
        | OpCode::Ping
        | OpCode::Check
        | OpCode::CheckWatches
        | OpCode::RemoveWatches
        | OpCode::DeleteContainer
        | OpCode::Auth
        | OpCode::SetWatches
        | OpCode::SetWatches2
        | OpCode::CreateSession
        | OpCode::CloseSession => &NOTHING,
        other => panic!("no shape for the reply to {other}"),
    }
}

/// Where the lengths and counts of an encoded record are. Panics unless the bytes are exactly one
/// record of this type.
pub(crate) fn lengths(of: &Type, bytes: &[u8]) -> Vec<usize> {
    let mut walk = Walk { bytes, at: 0, lengths: Vec::new() };
    walk.over(of);
    assert_eq!(walk.at, bytes.len(), "the record ends where its shape does");
    walk.lengths
}

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    lengths: Vec<usize>,
}

impl Walk<'_> {
    fn skip(&mut self, count: usize) -> &[u8] {
        let from = self.at;
        self.at += count;
        &self.bytes[from..self.at]
    }

    fn int(&mut self) -> i32 {
        i32::from_be_bytes(self.skip(4).try_into().unwrap())
    }

    fn length(&mut self) -> usize {
        self.lengths.push(self.at);
        usize::try_from(self.int()).unwrap_or(0)
    }

    fn over(&mut self, of: &Type) {
        match of {
            Bool => assert!(self.skip(1)[0] < 2),
            Int => _ = self.skip(4),
            Long => _ = self.skip(8),
            Buffer | Ustring => {
                let length = self.length();
                self.skip(length);
            }
            Vector(element) => {
                for _ in 0..self.length() {
                    self.over(element);
                }
            }
            Nullable(inner) => self.over(inner),
            Record(fields) => fields.iter().for_each(|field| self.over(field)),
            MultiRequest => self.over_multi(|opcode, err| {
                assert_eq!(err, -1);
                request(OpCode::from_number(opcode))
            }),
            MultiReply => self.over_multi(|opcode, err| match (opcode, err) {
                (-1, _) => &Int,
                (opcode, 0) => reply(OpCode::from_number(opcode)),
                _ => &NOTHING,
            }),
        }
    }

    fn over_multi(&mut self, body: impl Fn(i32, i32) -> &'static Type) {
        loop {
            let (opcode, done, err) = (self.int(), self.skip(1)[0], self.int());
            if done == 1 {
                assert_eq!((opcode, err), (-1, -1));
                return;
            }
            self.over(body(opcode, err));
        }
    }
}
