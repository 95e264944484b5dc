//! The ACLs in use, each kept once: a million znodes have but a few different ones.

use std::collections::BTreeMap;
use std::sync::Arc;

use zookit_proto::types::Acl;

/// A shared ACL.
pub type SharedAcl = Arc<[Acl]>;

/// Which ACL a znode has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AclId(u32);

/// Every ACL that some znode has, and how many have it.
#[derive(Debug, Clone, Default)]
pub(super) struct Acls {
    by_id: Vec<Option<(SharedAcl, usize)>>,
    ids: BTreeMap<SharedAcl, u32>,
    free: Vec<u32>,
}

impl Acls {
    /// The number of this ACL, which one more znode has from now on.
    pub(super) fn add(&mut self, acl: &[Acl]) -> AclId {
        if let Some(&id) = self.ids.get(acl) {
            if let Some(Some((_, users))) = self.by_id.get_mut(id as usize) {
                *users = users.saturating_add(1);
            }
            return AclId(id);
        }
        let shared = SharedAcl::from(acl);
        let entry = Some((Arc::clone(&shared), 1));
        let id = match self.free.pop() {
            Some(id) => id,
            None => u32::try_from(self.by_id.len()).unwrap_or(u32::MAX),
        };
        match self.by_id.get_mut(id as usize) {
            Some(slot) => *slot = entry,
            None => self.by_id.push(entry),
        }
        self.ids.insert(shared, id);
        AclId(id)
    }

    /// One znode less has this ACL.
    pub(super) fn remove(&mut self, AclId(id): AclId) {
        let Some(slot) = self.by_id.get_mut(id as usize) else { return };
        let Some((acl, users)) = slot else { return };
        *users = users.saturating_sub(1);
        if *users == 0 {
            self.ids.remove(acl);
            *slot = None;
            self.free.push(id);
        }
    }

    /// The ACL with this number; an empty one, which allows all, if there is none.
    pub(super) fn get(&self, AclId(id): AclId) -> &[Acl] {
        match self.by_id.get(id as usize) {
            Some(Some((acl, _))) => acl,
            _ => &[],
        }
    }

    /// The same, to keep.
    pub(super) fn shared(&self, AclId(id): AclId) -> SharedAcl {
        match self.by_id.get(id as usize) {
            Some(Some((acl, _))) => Arc::clone(acl),
            _ => Arc::new([]),
        }
    }
}

#[cfg(test)]
mod tests {
    use zookit_proto::types::Perms;

    use super::*;

    #[test]
    fn an_acl_is_kept_once_and_as_long_as_it_is_used() {
        let mut acls = Acls::default();
        let (open, read) = ([Acl::world(Perms::ALL)], [Acl::world(Perms::READ)]);
        let first = acls.add(&open);
        assert_eq!(acls.add(&open), first);
        let second = acls.add(&read);
        acls.remove(first);
        assert_eq!(acls.get(first), &open);
        acls.remove(first);
        assert_eq!(acls.get(first), &[]);
        assert_eq!(acls.get(second), &read);
        assert_eq!(acls.add(&open), first);
        assert_eq!(acls.ids.len(), 2);
    }
}
