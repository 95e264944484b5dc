//! Which znodes the server deletes on its own.
//!
//! A container goes when its last child has gone; one that never had a child stays, or goes after
//! a time. A znode with a time to live goes when it has no children and its data was not set for
//! that long: what happens to its children does not count.
//!
//! A server looks at them every [`container_check_interval`](super::Config) and deletes
//! one after the other, so many a minute; each is looked at once more then, by
//! [`prepare::reap`](super::prepare::reap).
//!
//! Facts: `ContainerManager` of Apache ZooKeeper.

use zookit_proto::Text;

use super::{Config, Counters, Owner, Tree};

/// The znodes to delete, in the order of their paths. `time_ms` is the clock of the znodes' times:
/// milliseconds since the Unix epoch.
#[must_use]
pub fn candidates(tree: &Tree, config: &Config, time_ms: i64) -> Vec<Text> {
    let mut paths: Vec<_> = tree
        .childless_extended()
        .filter(|(_, owner, counters)| is_due(*owner, counters, config, time_ms))
        .map(|(path, ..)| path)
        .collect();
    paths.sort_unstable();
    paths.into_iter().map(Text::from).collect()
}

fn is_due(owner: Owner, counters: &Counters, config: &Config, time_ms: i64) -> bool {
    let unchanged_ms = time_ms.saturating_sub(counters.mtime);
    match owner {
        Owner::Container if counters.cversion > 0 => true,
        Owner::Container => config.container_max_never_used.is_some_and(|longest| {
            unchanged_ms > i64::try_from(longest.as_millis()).unwrap_or(i64::MAX)
        }),
        Owner::Ttl { ms } => unchanged_ms > ms,
        Owner::Persistent | Owner::Session(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use zookit_proto::types::{Acl, Perms};
    use zookit_proto::{ErrorCode, SessionId};

    use super::*;
    use crate::core::testing::Replica;
    use crate::core::{Change, prepare};

    fn create(replica: &mut Replica, path: &str, owner: Owner) {
        let (path, acl) = (path.into(), vec![Acl::world(Perms::ALL)]);
        replica.commit(Change::Create { path, data: None, acl, owner, parent_cversion: -1 });
    }

    fn delete(replica: &mut Replica, path: &str) {
        replica.commit(Change::Delete { path: path.into() });
    }

    #[test]
    fn a_container_goes_when_it_had_a_child_and_has_none() {
        let mut replica = Replica::default();
        for path in ["/used", "/unused", "/in-use"] {
            create(&mut replica, path, Owner::Container);
        }
        for path in ["/used/a", "/in-use/a", "/in-use/b"] {
            create(&mut replica, path, Owner::Persistent);
        }
        delete(&mut replica, "/used/a");
        delete(&mut replica, "/in-use/a");
        let due = |replica: &Replica, time_ms| candidates(&replica.tree, &replica.config, time_ms);
        assert_eq!(due(&replica, i64::MAX), ["/used"]);
        replica.config.container_max_never_used = Some(Duration::from_secs(60));
        assert_eq!(due(&replica, 2000 + 60_000), ["/used"]);
        assert_eq!(due(&replica, 2001 + 60_000), ["/unused", "/used"]);
    }

    #[test]
    fn a_time_to_live_begins_anew_with_the_data_and_not_with_children() {
        let mut replica = Replica::default();
        create(&mut replica, "/t", Owner::Ttl { ms: 10_000 });
        let due = |replica: &Replica, time_ms| {
            !candidates(&replica.tree, &replica.config, time_ms).is_empty()
        };
        assert!(!due(&replica, 11_000));
        assert!(due(&replica, 11_001));
        create(&mut replica, "/t/a", Owner::Persistent);
        assert!(!due(&replica, i64::MAX));
        delete(&mut replica, "/t/a");
        assert!(due(&replica, 11_001));
        replica.commit(Change::SetData { path: "/t".into(), data: None, version: 1 });
        assert!(!due(&replica, 14_000));
        assert!(due(&replica, 14_001));
    }

    #[test]
    fn what_happened_since_is_looked_at_once_more() {
        let mut replica = Replica::default();
        create(&mut replica, "/c", Owner::Container);
        create(&mut replica, "/c/a", Owner::Session(SessionId(1)));
        let reap = |replica: &Replica, path: &str| {
            prepare::reap(&replica.tree, &replica.config, &path.into())
        };
        assert_eq!(reap(&replica, "/c"), Err(ErrorCode::NotEmpty));
        assert_eq!(reap(&replica, "/c/a"), Err(ErrorCode::BadVersion));
        assert_eq!(reap(&replica, "/none"), Err(ErrorCode::NoNode));
        delete(&mut replica, "/c/a");
        let change = reap(&replica, "/c").unwrap();
        assert_eq!(change, Change::Delete { path: "/c".into() });
        replica.commit(change);
        assert!(!replica.tree.contains("/c"));
    }
}
