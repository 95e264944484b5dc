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
