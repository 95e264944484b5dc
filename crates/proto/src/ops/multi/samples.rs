//! Multis and multiReads in every shape.

use super::{MultiOp, MultiReply, MultiRequest, MultiResult};
use crate::ops::check::Check;
use crate::ops::create::Create;
use crate::ops::create_container::CreateContainer;
use crate::ops::create_ttl::CreateTtl;
use crate::ops::create2::Create2;
use crate::ops::delete::Delete;
use crate::ops::error::ErrorResponse;
use crate::ops::exists::Exists;
use crate::ops::get_children::GetChildren;
use crate::ops::get_children2::GetChildren2;
use crate::ops::get_data::GetData;
use crate::ops::set_data::SetData;
use crate::ops::{OpCode, Operation};
use crate::types::ErrorCode;

impl MultiRequest {
    /// Requests of every operation that writes, and an empty one.
    #[must_use]
    pub fn samples() -> Vec<Self> {
        let mut ops = Vec::new();
        ops.extend(Create::request_samples().into_iter().map(MultiOp::Create));
        ops.extend(Create2::request_samples().into_iter().map(MultiOp::Create2));
        ops.extend(CreateContainer::request_samples().into_iter().map(MultiOp::CreateContainer));
        ops.extend(CreateTtl::request_samples().into_iter().map(MultiOp::CreateTtl));
        ops.extend(Delete::request_samples().into_iter().map(MultiOp::Delete));
        ops.extend(SetData::request_samples().into_iter().map(MultiOp::SetData));
        ops.extend(Check::request_samples().into_iter().map(MultiOp::Check));
        vec![Self { ops }, Self::default()]
    }

    /// Requests as a multiRead has them.
    #[must_use]
    pub fn read_samples() -> Vec<Self> {
        let mut ops = Vec::new();
        ops.extend(GetData::request_samples().into_iter().map(MultiOp::GetData));
        ops.extend(GetChildren::request_samples().into_iter().map(MultiOp::GetChildren));
        ops.extend(Exists::request_samples().into_iter().map(MultiOp::Exists));
        ops.extend(GetChildren2::request_samples().into_iter().map(MultiOp::GetChildren2));
        vec![Self { ops }, Self::default()]
    }
}

impl MultiReply {
    /// Replies of a multi that was done, of one that failed, and of an empty one.
    #[must_use]
    pub fn samples() -> Vec<Self> {
        let mut done = Vec::new();
        done.extend(Create::reply_samples().into_iter().map(MultiResult::Create));
        done.extend(Create2::reply_samples().into_iter().map(MultiResult::Create2));
        done.extend(SetData::reply_samples().into_iter().map(MultiResult::SetData));
        done.extend([MultiResult::Delete(()), MultiResult::Check(())]);
        let failed = [ErrorCode::Ok, ErrorCode::BadVersion, ErrorCode::RuntimeInconsistency]
            .map(|err| MultiResult::Error(ErrorResponse { err }));
        vec![Self { results: done }, Self { results: failed.to_vec() }, Self::default()]
    }

    /// Replies as a multiRead has them: of Apache ZooKeeper and of ClickHouse Keeper.
    #[must_use]
    pub fn read_samples() -> Vec<Self> {
        let mut apache = vec![MultiResult::Error(ErrorResponse { err: ErrorCode::NoNode })];
        apache.extend(GetData::reply_samples().into_iter().map(MultiResult::GetData));
        apache.extend(GetChildren::reply_samples().into_iter().map(MultiResult::GetChildren));
        let failed = |opcode, err| MultiResult::Failed { opcode, err };
        let mut keeper = vec![failed(OpCode::GetData, ErrorCode::NoNode)];
        keeper.extend(Exists::reply_samples().into_iter().map(MultiResult::Exists));
        keeper.push(failed(OpCode::Unknown(500), ErrorCode::Unknown(-9999)));
        keeper.extend(GetChildren2::reply_samples().into_iter().map(MultiResult::GetChildren2));
        vec![Self { results: apache }, Self { results: keeper }, Self::default()]
    }
}
