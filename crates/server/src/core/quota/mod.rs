//! Quotas: limits to the number of znodes, and to their data, at and below a path.
//!
//! They are a convention among znodes. Whoever wants `/a` limited creates
//! `/zookeeper/quota/a/zookeeper_limits`, with the limits as its data, and
//! `/zookeeper/quota/a/zookeeper_stats`, in which the server counts from then on.
//! The limits are soft, which here means nothing, or hard; hard ones refuse what exceeds them where
//! `enforceQuota` is on.
//!
//! Facts: `DataTree`, `PathTrie` and `ZooKeeperServer.checkQuota` of Apache ZooKeeper.

mod check;
mod track;

use std::collections::BTreeSet;

pub(crate) use check::check;
pub(crate) use track::Track;

use super::java;

const QUOTA: &str = "/zookeeper/quota";
const LIMITS: &str = "zookeeper_limits";
const STATS: &str = "zookeeper_stats";

/// The znode with the limits of a path.
fn limits_path(path: &str) -> String {
    format!("{QUOTA}{path}/{LIMITS}")
}

/// The znode with the count of a path.
pub(crate) fn stats_path(path: &str) -> String {
    format!("{QUOTA}{path}/{STATS}")
}

/// Which paths have a quota.
#[derive(Debug, Clone, Default)]
pub(crate) struct Quotas {
    paths: BTreeSet<String>,
}

impl Quotas {
    /// A znode was created: if it has limits their path has a quota now. If it is for the count of
    /// a path, that path is the answer: it is to be counted.
    pub(crate) fn after_create(&mut self, parent: &str, name: &str) -> Option<String> {
        let path = parent.strip_prefix(QUOTA)?;
        // A real server ends when limits are set for the root; here they are no quota.
        if name == LIMITS && components(path).next().is_some() {
            self.paths.insert(joined(components(path)));
        }
        (name == STATS).then(|| path.to_owned())
    }

    /// A znode was deleted.
    pub(crate) fn after_delete(&mut self, parent: &str, name: &str) {
        if let Some(path) = parent.strip_prefix(QUOTA).filter(|_| name == LIMITS) {
            self.paths.remove(&joined(components(path)));
        }
    }

    /// The quota that a znode counts for: that of the longest path above it, or its own.
    pub(crate) fn prefix_of(&self, path: &str) -> Option<String> {
        if self.paths.is_empty() {
            return None;
        }
        let (mut prefix, mut longest) = (String::new(), None);
        for component in components(path) {
            prefix.push('/');
            prefix.push_str(component);
            if self.paths.contains(&prefix) {
                longest = Some(prefix.clone());
            }
        }
        longest
    }
}

/// The components that count: not those of spaces alone.
fn components(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|component| !java::trim(component).is_empty())
}

fn joined<'a>(components: impl Iterator<Item = &'a str>) -> String {
    components.flat_map(|component| ["/", component]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_path_with_limits_counts() {
        let mut quotas = Quotas::default();
        assert_eq!(quotas.after_create("/zookeeper/quota/a", LIMITS), None);
        assert_eq!(quotas.after_create("/zookeeper/quota/a", STATS), Some("/a".to_owned()));
        quotas.after_create("/zookeeper/quota/a/b/c", LIMITS);
        for (path, prefix) in [
            ("/", None),
            ("/b", None),
            ("/ab", None),
            ("/a", Some("/a")),
            ("/a/b", Some("/a")),
            ("/a/b/c", Some("/a/b/c")),
            ("/a/b/c/d", Some("/a/b/c")),
        ] {
            assert_eq!(quotas.prefix_of(path).as_deref(), prefix, "{path}");
        }
        quotas.after_delete("/zookeeper/quota/a/b/c", LIMITS);
        assert_eq!(quotas.prefix_of("/a/b/c").as_deref(), Some("/a"));
        quotas.after_delete("/zookeeper/quota/a", STATS);
        assert_eq!(quotas.prefix_of("/a").as_deref(), Some("/a"));
    }

    #[test]
    fn the_root_and_places_elsewhere_get_no_quota() {
        let mut quotas = Quotas::default();
        quotas.after_create("/zookeeper/quota", LIMITS);
        quotas.after_create("/a", LIMITS);
        quotas.after_delete("/zookeeper", LIMITS);
        assert_eq!(quotas.prefix_of("/a"), None);
        assert_eq!(quotas.after_create("/zookeeper/quota", STATS), Some(String::new()));
    }
}
