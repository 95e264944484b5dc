//! Bytes that no encoder would make.

use bytes::BytesMut;
use zookit_proto::types::{EventType, KeeperState};
use zookit_proto::wire::Field;
use zookit_proto::{Reply, Stat, Xid};

/// A piece of a record, true or not.
pub(crate) enum Jute<'a> {
    Int(i32),
    Long(i64),
    Bool(bool),
    /// A string or buffer with its length.
    Text(&'a [u8]),
    /// A stat.
    Stat,
    /// As it is.
    Raw(&'a [u8]),
}

/// The pieces one behind the other.
pub(crate) fn jute(pieces: &[Jute<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in pieces {
        match piece {
            Jute::Int(value) => out.extend_from_slice(&value.to_be_bytes()),
            Jute::Long(value) => out.extend_from_slice(&value.to_be_bytes()),
            Jute::Bool(value) => out.push(u8::from(*value)),
            Jute::Text(bytes) => {
                out.extend_from_slice(&i32::try_from(bytes.len()).unwrap().to_be_bytes());
                out.extend_from_slice(bytes);
            }
            Jute::Stat => out.extend_from_slice(&encoded(&Stat::sample())),
            Jute::Raw(bytes) => out.extend_from_slice(bytes),
        }
    }
    out
}

fn encoded<T: Field>(record: &T) -> BytesMut {
    let mut out = BytesMut::new();
    record.write(&mut out);
    out
}

/// The payload with its true length in front.
pub(crate) fn frame(payload: &[u8]) -> Vec<u8> {
    jute(&[Jute::Text(payload)])
}

/// A reply with whatever body.
pub(crate) fn reply(xid: Xid, zxid: i64, code: i32, body: &[u8]) -> Vec<u8> {
    frame(&jute(&[Jute::Int(xid.0), Jute::Long(zxid), Jute::Int(code), Jute::Raw(body)]))
}

/// A pong.
pub(crate) fn pong() -> Vec<u8> {
    reply(Xid::PING, 0, 0, &[])
}

/// A reply that says what a server says that has nothing to hide.
pub(crate) fn honest(xid: Xid, zxid: i64, opcode: zookit_proto::OpCode) -> Vec<u8> {
    let sample = Reply::samples().into_iter().find(|sample| sample.opcode() == opcode);
    let mut body = BytesMut::new();
    if let Some(sample) = sample {
        sample.write(&mut body);
    }
    reply(xid, zxid, 0, &body)
}

/// A notification, of any type and with any bytes for a path.
pub(crate) fn event(event_type: i32, path: &[u8]) -> Vec<u8> {
    let state = KeeperState::SyncConnected.number();
    let body = jute(&[Jute::Int(event_type), Jute::Int(state), Jute::Text(path)]);
    reply(Xid::NOTIFICATION, -1, 0, &body)
}

/// A notification that a znode's data was set.
pub(crate) fn changed(path: &str) -> Vec<u8> {
    event(EventType::NodeDataChanged.number(), path.as_bytes())
}

/// The body of a handshake's answer.
pub(crate) fn grant(timeout_ms: i32, session: i64, password: &[u8]) -> Vec<u8> {
    let pieces = [
        Jute::Int(0),
        Jute::Int(timeout_ms),
        Jute::Long(session),
        Jute::Text(password),
        Jute::Bool(false),
    ];
    frame(&jute(&pieces))
}
