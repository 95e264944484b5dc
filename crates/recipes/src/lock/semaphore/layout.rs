//! Where the turns and the leases of a semaphore are, and which names they have.

use zookit_client::CreateMode;
use zookit_proto::path::join as join_path;

use crate::naming::{Entry, Kind, Naming};

/// The two znodes of a semaphore: one whose children queue, and one whose children hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    naming: Naming,
    pub(super) locks: String,
    pub(super) leases: String,
}

impl Layout {
    pub(super) fn new(naming: Naming, path: &str) -> Self {
        let (locks, leases) = match naming {
            Naming::Kazoo => (format!("{path}-__lock__"), path.to_owned()),
            Naming::Curator | Naming::Go => (join_path(path, "locks"), join_path(path, "leases")),
        };
        Self { naming, locks, leases }
    }

    /// Those of kazoo have no number.
    pub(super) const fn mode(&self) -> CreateMode {
        match self.naming {
            Naming::Kazoo => CreateMode::Ephemeral,
            Naming::Curator | Naming::Go => CreateMode::EphemeralSequential,
        }
    }

    /// The name of a new lease, up to its number.
    pub(super) fn name(&self, id: &str) -> String {
        match self.naming {
            Naming::Kazoo => id.replace('-', ""),
            naming => naming.name(Kind::Lease, id),
        }
    }

    /// Whether a child is a lease, and nothing else that somebody put there.
    pub(super) fn is_lease(&self, name: &str) -> bool {
        match self.naming {
            Naming::Kazoo => name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit()),
            _ => Entry::read(name).is_some_and(|entry| entry.kind == Kind::Lease),
        }
    }

    /// Whether so many more may be held, beside those that are. A limit below zero is none.
    pub(super) fn has_room(&self, names: &[String], limit: i32, wanted: u32) -> bool {
        let held = names.iter().filter(|name| self.is_lease(name)).count();
        let limit = usize::try_from(limit).unwrap_or(0);
        usize::try_from(wanted).is_ok_and(|wanted| held.saturating_add(wanted) <= limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0f0e9aa2-8d24-4a9f-8f2c-4f5c2d6e7b10";

    #[test]
    fn the_znodes_are_where_the_others_have_them() {
        let curator = Layout::new(Naming::Curator, "/s");
        assert_eq!((&*curator.locks, &*curator.leases), ("/s/locks", "/s/leases"));
        assert_eq!(curator.name(ID), format!("_c_{ID}-lease-"));
        let kazoo = Layout::new(Naming::Kazoo, "/s");
        assert_eq!((&*kazoo.locks, &*kazoo.leases), ("/s-__lock__", "/s"));
        assert_eq!(kazoo.name(ID), ID.replace('-', ""));
        for (layout, number) in [(curator, "0000000001"), (kazoo, "")] {
            assert!(layout.is_lease(&format!("{}{number}", layout.name(ID))));
        }
    }

    #[test]
    fn there_is_room_up_to_the_limit_and_foreign_children_take_none() {
        let leases = |count: usize| -> Vec<String> {
            let leases = (0..count).map(|number| format!("_c_{ID}-lease-{number:010}"));
            leases.chain(["config".to_owned(), format!("_c_{ID}-lock-0000000009")]).collect()
        };
        let layout = Layout::new(Naming::Curator, "/s");
        for (held, limit, wanted, room) in [
            (0, 1, 1, true),
            (1, 1, 1, false),
            (0, 0, 1, false),
            (2, 5, 3, true),
            (2, 5, 4, false),
            // A limit that fell below what is held.
            (7, 5, 1, false),
            (0, -1, 1, false),
            (3, i32::MAX, u32::MAX, false),
        ] {
            assert_eq!(
                layout.has_room(&leases(held), limit, wanted),
                room,
                "{held} {limit} {wanted}"
            );
        }
    }
}
