//! How far a multi or a multiRead can be decoded that cannot be decoded as a whole.

use bytes::{Bytes, BytesMut};
use zookit_proto::ops::check::CheckRequest;
use zookit_proto::ops::create::CreateRequest;
use zookit_proto::ops::create_ttl::CreateTtlRequest;
use zookit_proto::ops::delete::DeleteRequest;
use zookit_proto::ops::get_children::GetChildrenRequest;
use zookit_proto::ops::get_data::GetDataRequest;
use zookit_proto::ops::multi::{MultiHeader, MultiOp, MultiRequest};
use zookit_proto::ops::set_data::SetDataRequest;
use zookit_proto::wire::{DecodeError, Field as _, Reader, decode, encode};
use zookit_proto::{OpCode, Request};

use super::super::super::{Profile, prepare};

/// What stands between the beginning of an operation's header and its path.
const HEADER: usize = 9;

/// The operations before the one whose path is at this place.
pub(super) fn before(body: &[u8], path_at: usize) -> MultiRequest {
    let ops = path_at.checked_sub(HEADER).and_then(|end| body.get(..end));
    let mut body = BytesMut::from(ops.unwrap_or_default());
    body.extend_from_slice(&encode(&MultiRequest::default()));
    decode("MultiRequest", body.freeze()).unwrap_or_default()
}

/// Whether a real server stumbles over the null ACL of a create before it comes to the place that
/// does not decode.
pub(super) fn stumbles_first(profile: Profile, body: &Bytes) -> bool {
    let mut reader = Reader::new("MultiRequest", body.clone());
    let mut ops = Vec::new();
    while let Ok(Some(op)) = next(&mut reader) {
        ops.push(op);
    }
    !prepare::takes_zxid(profile, &Request::Multi(MultiRequest { ops }))
}

/// The next operation; `None` is the end, or an operation that does not belong here.
fn next(reader: &mut Reader) -> Result<Option<MultiOp>, DecodeError> {
    let header = MultiHeader::read(reader, "header")?;
    if header.done {
        return Ok(None);
    }
    Ok(Some(match OpCode::from_number(header.opcode) {
        OpCode::Create => MultiOp::Create(CreateRequest::read(reader, "op")?),
        OpCode::Create2 => MultiOp::Create2(CreateRequest::read(reader, "op")?),
        OpCode::CreateContainer => MultiOp::CreateContainer(CreateRequest::read(reader, "op")?),
        OpCode::CreateTtl => MultiOp::CreateTtl(CreateTtlRequest::read(reader, "op")?),
        OpCode::Delete => MultiOp::Delete(DeleteRequest::read(reader, "op")?),
        OpCode::SetData => MultiOp::SetData(SetDataRequest::read(reader, "op")?),
        OpCode::Check => MultiOp::Check(CheckRequest::read(reader, "op")?),
        OpCode::GetData => MultiOp::GetData(GetDataRequest::read(reader, "op")?),
        OpCode::GetChildren => MultiOp::GetChildren(GetChildrenRequest::read(reader, "op")?),
        _ => return Ok(None),
    }))
}
