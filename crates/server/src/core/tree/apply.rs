//! Carrying out transactions.

use bytes::Bytes;
use zookit_proto::path::{name, parent};
use zookit_proto::types::{Acl, EventType};
use zookit_proto::{ErrorCode, SessionId, Text, Zxid};

use super::Tree;
use super::acls::SharedAcl;
use super::node::{Children, Counters, Node};
use crate::core::quota::{Track, stats_path};
use crate::core::{Change, Owner, Transaction, Written};

/// What a transaction did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// What its request is answered.
    pub written: Written,
    /// What watches hear of, in this order; a deletion is one event here, which is for the watches
    /// on the data and for those on the children.
    pub events: Vec<Event>,
}

/// Something that watches hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub event: EventType,
    /// To which znode.
    pub path: Text,
    /// The ACL that says who may hear of it: the znode's, as it is or as it was.
    pub acl: SharedAcl,
}

impl Tree {
    /// Carries a transaction out.
    ///
    /// A transaction that does not fit the tree, which never comes from *prepare*, changes nothing
    /// and is answered with the error.
    pub fn apply(&mut self, transaction: &Transaction) -> Applied {
        let mut events = Vec::new();
        let written = self.change(transaction, &transaction.change, &mut events);
        Applied { written, events }
    }

    fn change(
        &mut self,
        transaction: &Transaction,
        change: &Change,
        events: &mut Vec<Event>,
    ) -> Written {
        let failed = || Written::Failed(ErrorCode::NoNode);
        match change {
            Change::Create { path, data, acl, owner, parent_cversion } => {
                let new = New { path, data, acl, owner: *owner, parent_cversion: *parent_cversion };
                self.create(transaction, &new, events).unwrap_or_else(failed)
            }
            Change::Delete { path } => match self.delete(transaction.zxid, path, events) {
                Some(()) => Written::Done,
                None => failed(),
            },
            Change::SetData { path, data, version } => {
                self.set_data(transaction, path, data, *version, events).unwrap_or_else(failed)
            }
            Change::SetAcl { path, acl, aversion } => {
                self.set_acl(path, acl, *aversion).unwrap_or_else(failed)
            }
            Change::Check { .. } | Change::CreateSession { .. } => Written::Done,
            Change::Multi(changes) => {
                let change = |change| self.change(transaction, change, events);
                Written::Multi(changes.iter().map(change).collect())
            }
            Change::CloseSession { ephemerals } => {
                self.close_session(transaction.zxid, transaction.session, ephemerals, events);
                Written::Done
            }
            Change::Error(code) => Written::Failed(*code),
        }
    }

    fn create(
        &mut self,
        transaction: &Transaction,
        new: &New<'_>,
        events: &mut Vec<Event>,
    ) -> Option<Written> {
        let path = new.path.to_str();
        let parent_path = parent(&path)?;
        let parent_id = self.find(parent_path)?;
        if self.contains(&path) {
            return Some(Written::Failed(ErrorCode::NodeExists));
        }
        let parent_acl = self.acls.shared(self.nodes.get(parent_id)?.acl);
        let zxid = transaction.zxid;
        count_child(&mut self.nodes.get_mut(parent_id)?.counters, new.parent_cversion, zxid);
        let acl = self.acls.add(new.acl);
        let node = Node {
            path: path.as_ref().into(),
            // A copy of its own: a slice would keep the whole request.
            data: new.data.as_ref().map(|data| Bytes::copy_from_slice(data)),
            acl,
            owner: new.owner,
            counters: Counters::created(zxid, transaction.time_ms),
            children: Children::NONE,
            parent: Some(parent_id),
            elder: None,
            younger: None,
        };
        let id = self.attach(node)?;
        let stat = self.nodes.get(id)?.stat();
        self.quota_after_create(parent_path, name(&path));
        let bytes = new.data.as_ref().map_or(0, Bytes::len);
        self.quota_update(&path, i64::try_from(bytes).unwrap_or(i64::MAX), 1);
        let event = |event, path: &str, acl| Event { event, path: path.into(), acl };
        events.push(event(EventType::NodeCreated, &path, self.acls.shared(acl)));
        events.push(event(EventType::NodeChildrenChanged, parent_path, parent_acl));
        Some(Written::Created { path: new.path.detach(), stat })
    }

    fn delete(&mut self, zxid: Zxid, path: &[u8], events: &mut Vec<Event>) -> Option<()> {
        let path = std::str::from_utf8(path).ok()?;
        let id = self.find(path)?;
        let node = self.nodes.get(id)?;
        if node.children.count > 0 {
            return None;
        }
        let (parent_id, acl) = (node.parent?, self.acls.shared(node.acl));
        let node = self.detach(id)?;
        self.acls.remove(node.acl);
        let parent = self.nodes.get_mut(parent_id)?;
        parent.counters.pzxid = parent.counters.pzxid.max(zxid);
        let (parent_path, parent_acl) = (parent.path.clone(), self.acls.shared(parent.acl));
        self.quotas.after_delete(&parent_path, name(path));
        let bytes = i64::try_from(node.data_len()).unwrap_or(i64::MAX);
        self.quota_update(path, bytes.saturating_neg(), -1);
        let event = |event, path: &str, acl| Event { event, path: path.into(), acl };
        events.push(event(EventType::NodeDeleted, path, acl));
        events.push(event(EventType::NodeChildrenChanged, &parent_path, parent_acl));
        Some(())
    }

    fn set_data(
        &mut self,
        transaction: &Transaction,
        path: &Text,
        data: &Option<Bytes>,
        version: i32,
        events: &mut Vec<Event>,
    ) -> Option<Written> {
        let path = path.to_str();
        let id = self.find(&path)?;
        let node = self.nodes.get_mut(id)?;
        let before = node.data_len();
        node.data = data.as_ref().map(|data| Bytes::copy_from_slice(data));
        node.counters.version = version;
        node.counters.mzxid = transaction.zxid;
        node.counters.mtime = transaction.time_ms;
        let (stat, acl) = (node.stat(), self.acls.shared(node.acl));
        let [before, now] = [before, node.data_len()].map(|n| i64::try_from(n).unwrap_or(i64::MAX));
        let grown = now.saturating_sub(before);
        self.data_size = self.data_size.saturating_add(grown);
        self.quota_update(&path, grown, 0);
        events.push(Event { event: EventType::NodeDataChanged, path: path.as_ref().into(), acl });
        Some(Written::Stat(stat))
    }

    fn set_acl(&mut self, path: &Text, acl: &[Acl], aversion: i32) -> Option<Written> {
        let id = self.find(&path.to_str())?;
        let acl = self.acls.add(acl);
        let node = self.nodes.get_mut(id)?;
        let old = std::mem::replace(&mut node.acl, acl);
        node.counters.aversion = aversion;
        let stat = node.stat();
        self.acls.remove(old);
        Some(Written::Stat(stat))
    }

    /// The session is forgotten first, so that no deletion must look for its znode there.
    fn close_session(
        &mut self,
        zxid: Zxid,
        session: SessionId,
        ephemerals: &[Text],
        events: &mut Vec<Event>,
    ) {
        self.ephemerals.forget(session);
        for path in ephemerals {
            self.delete(zxid, path, events);
        }
    }
}

/// What a create creates.
struct New<'a> {
    path: &'a Text,
    data: &'a Option<Bytes>,
    acl: &'a [Acl],
    owner: Owner,
    parent_cversion: i32,
}

/// A child was created. A number that is not greater is not taken, as a real server does that
/// reads its log twice: so the number sticks when it would overflow, and the pzxid with it.
const fn count_child(parent: &mut Counters, cversion: i32, zxid: Zxid) {
    let cversion = match cversion {
        -1 => parent.cversion.wrapping_add(1),
        cversion => cversion,
    };
    if cversion > parent.cversion {
        parent.cversion = cversion;
        parent.pzxid = zxid;
    }
}

/// Quotas: the counts that the server keeps below `/zookeeper/quota`. They are no transactions of
/// their own, and neither stats nor watches tell of them.
impl Tree {
    fn quota_after_create(&mut self, parent: &str, name: &str) {
        if let Some(path) = self.quotas.after_create(parent, name) {
            let (count, bytes) = self.count_and_bytes(&path);
            self.set_quota_data(&path, |_| Some(Track::of(count, bytes)));
        }
    }

    fn quota_update(&mut self, path: &str, bytes: i64, count: i64) {
        if let Some(prefix) = self.quotas.prefix_of(path) {
            self.set_quota_data(&prefix, |data| {
                let mut track = Track::parse(data?)?;
                track.grow(count, bytes);
                Some(track)
            });
        }
    }

    /// Changes the count of a path, if there is one and it is to be understood: a real server ends
    /// if it is not.
    fn set_quota_data(&mut self, path: &str, change: impl Fn(Option<&[u8]>) -> Option<Track>) {
        let id = self.find(&stats_path(path));
        let Some(node) = id.and_then(|id| self.nodes.get_mut(id)) else { return };
        if let Some(track) = change(node.data.as_deref()) {
            node.data = Some(Bytes::from(track.to_data()));
        }
    }

    /// How many znodes there are at and below a path, and how much data they have.
    fn count_and_bytes(&self, path: &str) -> (i64, i64) {
        let (mut count, mut bytes): (i64, i64) = (0, 0);
        let mut open: Vec<_> = self.find(path).into_iter().collect();
        while let Some(node) = open.pop().and_then(|id| self.nodes.get(id)) {
            count = count.saturating_add(1);
            bytes = bytes.saturating_add(i64::try_from(node.data_len()).unwrap_or(i64::MAX));
            let mut child = node.children.eldest;
            while let Some((id, node)) = child.and_then(|id| Some((id, self.nodes.get(id)?))) {
                open.push(id);
                child = node.younger;
            }
        }
        (count, bytes)
    }
}
