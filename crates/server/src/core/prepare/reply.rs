//! What a write is answered, once it was carried out.

use zookit_proto::ops::create::CreateReply;
use zookit_proto::ops::create2::Create2Reply;
use zookit_proto::ops::error::ErrorResponse;
use zookit_proto::ops::multi::{MultiOp, MultiReply, MultiResult};
use zookit_proto::ops::set_acl::SetAclReply;
use zookit_proto::ops::set_data::SetDataReply;
use zookit_proto::types::CreateMode;
use zookit_proto::{ErrorCode, Reply, Request};

use super::multi::Made;
use crate::core::{Profile, Written};

/// The reply to a write.
///
/// # Errors
/// What the header says. A multi that failed is a reply: its errors are in its results.
pub fn reply(profile: Profile, request: &Request, written: Written) -> Result<Reply, ErrorCode> {
    match (request, written) {
        (_, Written::Failed(code)) => Err(code),
        (Request::Create(_), Written::Created { path, .. }) => {
            Ok(Reply::Create(CreateReply { path }))
        }
        (Request::Create2(_), Written::Created { path, stat }) => {
            Ok(Reply::Create2(Create2Reply { path, stat }))
        }
        (Request::CreateContainer(_), Written::Created { path, stat }) => {
            Ok(Reply::CreateContainer(Create2Reply { path, stat }))
        }
        (Request::CreateTtl(_), Written::Created { path, stat }) => {
            Ok(Reply::CreateTtl(Create2Reply { path, stat }))
        }
        (Request::Delete(_), Written::Done) => Ok(Reply::Delete(())),
        (Request::DeleteContainer(_), Written::Done) => Ok(Reply::DeleteContainer(())),
        (Request::CloseSession(_), Written::Done) => Ok(Reply::CloseSession(())),
        (Request::SetData(_), Written::Stat(stat)) => Ok(Reply::SetData(SetDataReply { stat })),
        (Request::SetAcl(_), Written::Stat(stat)) => Ok(Reply::SetAcl(SetAclReply { stat })),
        (Request::Multi(request), Written::Multi(written)) => {
            let pairs = request.ops.iter().zip(written);
            let results = pairs.map(|(op, written)| result(profile, op, written));
            Ok(Reply::Multi(MultiReply { results: results.collect() }))
        }
        // Never: every write is answered with what belongs to it.
        _ => Err(ErrorCode::SystemError),
    }
}

fn result(profile: Profile, op: &MultiOp, written: Written) -> MultiResult {
    match (op, written) {
        (_, Written::Failed(err)) => MultiResult::Error(ErrorResponse { err }),
        (op, Written::Created { path, stat }) => {
            if answers_stat(profile, op) {
                MultiResult::Create2(Create2Reply { path, stat })
            } else {
                MultiResult::Create(CreateReply { path })
            }
        }
        (MultiOp::Delete(_), Written::Done) => MultiResult::Delete(()),
        (_, Written::Stat(stat)) => MultiResult::SetData(SetDataReply { stat }),
        _ => MultiResult::Check(()),
    }
}

fn answers_stat(profile: Profile, op: &MultiOp) -> bool {
    match op {
        MultiOp::CreateTtl(request) => {
            request.mode.has_ttl() || request.mode == CreateMode::Container
        }
        op => !matches!(Made::of(profile, op), Some(Made::Znode)),
    }
}
