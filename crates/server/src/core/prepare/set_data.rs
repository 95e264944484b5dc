//! setData.

use bytes::Bytes;
use zookit_proto::ops::set_data::SetDataRequest;
use zookit_proto::types::Perms;
use zookit_proto::{ErrorCode, Text};

use super::pending::{Pending, Record};
use super::{next_version, valid};
use crate::core::Change;

pub(super) fn set_data(
    pending: &mut Pending<'_>,
    request: &SetDataRequest,
) -> Result<Change, ErrorCode> {
    let path = request.path.to_str();
    valid(&path)?;
    let node = pending.record(&path)?;
    pending.check_acl(&node.acl, Perms::WRITE)?;
    let data_len = request.data.as_ref().map_or(0, Bytes::len);
    pending.check_quota(&path, 0, node.data_len, data_len)?;
    let version = next_version(node.version, request.version)?;
    pending.put(&path, Some(Record { version, data_len, ..node }));
    Ok(Change::SetData { path: Text::from(&*path), data: request.data.clone(), version })
}
