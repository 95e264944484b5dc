//! The tree as it will be, within a multi.

use std::collections::BTreeMap;

use zookit_proto::ErrorCode;
use zookit_proto::types::{Acl, Perms};

use super::Asking;
use crate::core::tree::SharedAcl;
use crate::core::{Owner, acl, quota};

/// What a check must know of a znode.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) version: i32,
    pub(super) cversion: i32,
    pub(super) aversion: i32,
    pub(super) children: i32,
    pub(super) is_ephemeral: bool,
    pub(super) data_len: usize,
    pub(super) acl: SharedAcl,
}

/// The tree, and what the operations before this one will have changed in it.
#[derive(Debug)]
pub(super) struct Pending<'a> {
    pub(super) asking: Asking<'a>,
    /// By path; `None` of what will be deleted. None are kept for an operation that is alone.
    changes: Option<BTreeMap<String, Option<Record>>>,
}

impl<'a> Pending<'a> {
    /// For one operation.
    pub(super) const fn alone(asking: Asking<'a>) -> Self {
        Self { asking, changes: None }
    }

    /// For one operation after the other.
    pub(super) const fn multi(asking: Asking<'a>) -> Self {
        Self { asking, changes: Some(BTreeMap::new()) }
    }

    /// The znode with this path.
    pub(super) fn record(&self, path: &str) -> Result<Record, ErrorCode> {
        // The root has two paths.
        let path = if path.is_empty() { "/" } else { path };
        match self.changes.as_ref().and_then(|changes| changes.get(path)) {
            Some(change) => change.clone(),
            None => self.stored(path),
        }
        .ok_or(ErrorCode::NoNode)
    }

    fn stored(&self, path: &str) -> Option<Record> {
        let node = self.asking.tree.get(path)?;
        let (stat, owner, counters) = (node.stat(), node.owner(), node.counters());
        Some(Record {
            version: counters.version,
            cversion: counters.cversion,
            aversion: counters.aversion,
            children: stat.num_children,
            is_ephemeral: matches!(owner, Owner::Session(_)),
            data_len: usize::try_from(stat.data_length).unwrap_or(0),
            acl: node.shared_acl(),
        })
    }

    /// The znode will be like this, or be gone.
    pub(super) fn put(&mut self, path: &str, record: Option<Record>) {
        let path = if path.is_empty() { "/" } else { path };
        if let Some(changes) = &mut self.changes {
            changes.insert(path.to_owned(), record);
        }
    }

    /// That who asks has one of these permissions.
    pub(super) fn check_acl(&self, acl: &[Acl], wanted: Perms) -> Result<(), ErrorCode> {
        acl::check(self.asking.config, acl, wanted, self.asking.ids)
    }

    /// That so much more is within the hard quotas.
    pub(super) fn check_quota(
        &self,
        path: &str,
        znodes: i64,
        before: usize,
        data: usize,
    ) -> Result<(), ErrorCode> {
        let [before, data] = [before, data].map(|len| i64::try_from(len).unwrap_or(i64::MAX));
        let Asking { tree, config, .. } = self.asking;
        quota::check(tree, config, path, znodes, data.saturating_sub(before))
    }
}
