//! multiRead: several reads, each with its own outcome. None of them sets a watch.

use zookit_proto::ErrorCode;
use zookit_proto::ops::error::ErrorResponse;
use zookit_proto::ops::multi::{MultiOp, MultiReply, MultiRequest, MultiResult};

use super::{get_children, get_data};
use crate::core::prepare::Asking;

pub(super) fn multi_read(
    asking: &Asking<'_>,
    request: &MultiRequest,
) -> Result<MultiReply, ErrorCode> {
    let failed = |err| MultiResult::Error(ErrorResponse { err });
    let results = request.ops.iter().map(|op| {
        let result = match op {
            MultiOp::GetData(read) => {
                get_data::get_data(asking, &read.path).map(MultiResult::GetData)
            }
            MultiOp::GetChildren(read) => {
                get_children::get_children(asking, &read.path).map(MultiResult::GetChildren)
            }
            _ => return Err(ErrorCode::MarshallingError),
        };
        Ok(result.unwrap_or_else(failed))
    });
    Ok(MultiReply { results: results.collect::<Result<_, _>>()? })
}

/// Whether all of them are writes. A mixture of both does not decode, as in a multi.
pub(super) fn is_of_writes(request: &MultiRequest) -> bool {
    let is_write = |op: &MultiOp| {
        matches!(
            op,
            MultiOp::Create(_)
                | MultiOp::Create2(_)
                | MultiOp::CreateContainer(_)
                | MultiOp::CreateTtl(_)
                | MultiOp::Delete(_)
                | MultiOp::SetData(_)
                | MultiOp::Check(_)
        )
    };
    !request.ops.is_empty() && request.ops.iter().all(is_write)
}
