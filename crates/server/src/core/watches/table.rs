//! One table of watches: who watches which path, and in which modes.

use std::collections::{BTreeMap, BTreeSet};

use zookit_proto::Text;
use zookit_proto::types::EventType;

use super::super::connection::ConnectionId;

/// How a connection watches a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mode {
    /// Once.
    Standard,
    /// Again and again.
    Persistent,
    /// Again and again, and all below.
    Recursive,
}

/// A set of modes; never empty in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Modes(u8);

impl Modes {
    const fn bit(mode: Mode) -> u8 {
        match mode {
            Mode::Standard => 1,
            Mode::Persistent => 2,
            Mode::Recursive => 4,
        }
    }

    pub(crate) const fn contains(self, mode: Mode) -> bool {
        self.0 & Self::bit(mode) != 0
    }

    const fn with(self, mode: Mode) -> Self {
        Self(self.0 | Self::bit(mode))
    }

    const fn without(self, mode: Mode) -> Self {
        Self(self.0 & !Self::bit(mode))
    }

    const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// The watches on data, or those on children. All orders in it are those of connections and paths,
/// so that a run is like the next.
#[derive(Debug, Default)]
pub(crate) struct Table {
    /// Before 3.9 the last mode is the only one.
    one_mode: bool,
    by_path: BTreeMap<Text, Vec<(ConnectionId, Modes)>>,
    by_connection: BTreeMap<ConnectionId, BTreeSet<Text>>,
    /// How many of the watches are recursive: without any, no ancestor need be looked at.
    recursive: usize,
}

impl Table {
    pub(crate) fn new(one_mode: bool) -> Self {
        Self { one_mode, ..Self::default() }
    }

    /// A connection watches a path, from now on.
    pub(crate) fn add(&mut self, connection: ConnectionId, path: &Text, mode: Mode) {
        let path = match self.by_path.get_key_value(path) {
            Some((path, _)) => path.clone(),
            None => path.detach(),
        };
        let watchers = self.by_path.entry(path.clone()).or_default();
        let place = watchers.binary_search_by_key(&connection, |(watcher, _)| *watcher);
        let at = place.unwrap_or_else(|at| {
            watchers.insert(at, (connection, Modes::default()));
            self.by_connection.entry(connection).or_default().insert(path);
            at
        });
        if let Some((_, modes)) = watchers.get_mut(at) {
            let was = *modes;
            *modes = if self.one_mode { Modes::default() } else { was }.with(mode);
            count(&mut self.recursive, was, *modes);
        }
    }

    /// The modes in which a connection watches a path.
    pub(crate) fn modes(&self, connection: ConnectionId, path: &[u8]) -> Modes {
        let Some(watchers) = self.by_path.get(path) else { return Modes::default() };
        let place = watchers.binary_search_by_key(&connection, |(watcher, _)| *watcher);
        let found = place.ok().and_then(|at| watchers.get(at));
        found.map_or_else(Modes::default, |(_, modes)| *modes)
    }

    pub(crate) fn is_watched(&self, connection: ConnectionId, path: &[u8]) -> bool {
        !self.modes(connection, path).is_empty()
    }

    /// Whether anybody watches the path, as it was found out before 3.9: with the parents of the
    /// path at hand. `None`: a path that does not begin with a slash has one that is no path, and
    /// the real server stumbles over it, at once or when there is a recursive watch to look for. An
    /// empty path has no parents and is none, so that nothing is ever found there.
    pub(crate) fn is_watched_by_any(&self, path: &[u8]) -> Option<bool> {
        let rooted = path.first() == Some(&b'/');
        match self.by_path.contains_key(path) {
            _ if path.is_empty() => Some(false),
            _ if !rooted && !path.contains(&b'/') => None,
            false if !rooted && self.recursive > 0 => None,
            watched => Some(watched),
        }
    }

    /// A connection does not watch a path in this mode any more, or in none at all. False if it
    /// did not.
    pub(crate) fn remove(
        &mut self,
        connection: ConnectionId,
        path: &[u8],
        mode: Option<Mode>,
    ) -> bool {
        let Some(watchers) = self.by_path.get_mut(path) else { return false };
        let place = watchers.binary_search_by_key(&connection, |(watcher, _)| *watcher);
        let Some((at, modes)) =
            place.ok().and_then(|at| watchers.get_mut(at).map(|(_, modes)| (at, modes)))
        else {
            return false;
        };
        let was = *modes;
        *modes = mode.map_or_else(Modes::default, |mode| was.without(mode));
        let left = *modes;
        count(&mut self.recursive, was, left);
        if left.is_empty() {
            watchers.remove(at);
            if watchers.is_empty() {
                self.by_path.remove(path);
            }
            self.forget(connection, path);
        }
        was != left
    }

    fn forget(&mut self, connection: ConnectionId, path: &[u8]) {
        if let Some(paths) = self.by_connection.get_mut(&connection) {
            paths.remove(path);
            if paths.is_empty() {
                self.by_connection.remove(&connection);
            }
        }
    }

    /// A connection is gone, and its watches with it.
    pub(crate) fn remove_connection(&mut self, connection: ConnectionId) {
        for path in self.by_connection.remove(&connection).unwrap_or_default() {
            let Some(watchers) = self.by_path.get_mut(&path) else { continue };
            let place = watchers.binary_search_by_key(&connection, |(watcher, _)| *watcher);
            if let Ok(at) = place {
                let (_, modes) = watchers.remove(at);
                count(&mut self.recursive, modes, Modes::default());
            }
            if watchers.is_empty() {
                self.by_path.remove(&path);
            }
        }
    }

    /// Something happened at a path: whom to tell, each once, by connection. Watches of the
    /// standard mode at the path are gone behind it.
    pub(crate) fn trigger(&mut self, path: &[u8], event: EventType) -> Vec<ConnectionId> {
        let mut told = Vec::new();
        if self.by_path.is_empty() {
            return told;
        }
        self.trigger_at(path, event, &mut told);
        if self.recursive > 0 && !(self.one_mode && event == EventType::NodeChildrenChanged) {
            let mut at = path;
            while let Some(parent) = parent(at) {
                at = parent;
                let watchers = self.by_path.get(at).map_or(&[][..], Vec::as_slice);
                let recursive =
                    watchers.iter().filter(|(_, modes)| modes.contains(Mode::Recursive));
                told.extend(recursive.map(|(connection, _)| *connection));
            }
            told.sort_unstable();
            told.dedup();
        }
        told
    }

    fn trigger_at(&mut self, path: &[u8], event: EventType, told: &mut Vec<ConnectionId>) {
        let Some(watchers) = self.by_path.get_mut(path) else { return };
        // Only before 3.9 can a table of watches on children hold recursive ones.
        let deaf = |modes: Modes| {
            self.one_mode
                && event == EventType::NodeChildrenChanged
                && modes.contains(Mode::Recursive)
        };
        let mut done = Vec::new();
        watchers.retain_mut(|(connection, modes)| {
            if deaf(*modes) {
                return true;
            }
            told.push(*connection);
            *modes = modes.without(Mode::Standard);
            if modes.is_empty() {
                done.push(*connection);
            }
            !modes.is_empty()
        });
        if watchers.is_empty() {
            self.by_path.remove(path);
        }
        for connection in done {
            self.forget(connection, path);
        }
    }

    /// How many watches there are: of a connection on a path.
    pub(crate) fn len(&self) -> usize {
        self.by_connection.values().map(BTreeSet::len).sum()
    }

    /// Paths, and who watches them in which modes.
    pub(crate) fn by_path(&self) -> impl Iterator<Item = (&Text, &[(ConnectionId, Modes)])> {
        self.by_path.iter().map(|(path, watchers)| (path, watchers.as_slice()))
    }

    /// Connections, and what they watch.
    pub(crate) fn by_connection(&self) -> impl Iterator<Item = (ConnectionId, &BTreeSet<Text>)> {
        self.by_connection.iter().map(|(connection, paths)| (*connection, paths))
    }
}

/// Keeps count of recursive watches.
fn count(recursive: &mut usize, was: Modes, is: Modes) {
    match (was.contains(Mode::Recursive), is.contains(Mode::Recursive)) {
        (false, true) => *recursive = recursive.saturating_add(1),
        (true, false) => *recursive = recursive.saturating_sub(1),
        _ => {}
    }
}

/// The path of the parent; the root has none.
fn parent(path: &[u8]) -> Option<&[u8]> {
    if path == b"/" {
        return None;
    }
    match path.iter().rposition(|byte| *byte == b'/')? {
        0 => Some(b"/"),
        at => path.get(..at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ConnectionId = ConnectionId(1);
    const B: ConnectionId = ConnectionId(2);

    #[test]
    fn a_standard_watch_fires_once_and_leaves_nothing() {
        let mut table = Table::new(false);
        table.add(A, &"/a".into(), Mode::Standard);
        table.add(A, &"/a".into(), Mode::Standard);
        table.add(B, &"/a".into(), Mode::Standard);
        assert_eq!(table.len(), 2);
        assert_eq!(table.trigger(b"/a", EventType::NodeDataChanged), [A, B]);
        assert_eq!(table.trigger(b"/a", EventType::NodeDataChanged), []);
        assert_eq!((table.len(), table.by_path().count()), (0, 0));
    }

    #[test]
    fn modes_live_side_by_side_from_3_9_on() {
        let mut table = Table::new(false);
        table.add(A, &"/a".into(), Mode::Recursive);
        table.add(A, &"/a".into(), Mode::Standard);
        assert_eq!(table.trigger(b"/a", EventType::NodeDataChanged), [A]);
        assert_eq!(table.trigger(b"/a/b/c", EventType::NodeCreated), [A]);
        assert!(!table.remove(A, b"/a", Some(Mode::Standard)));
        assert!(table.remove(A, b"/a", Some(Mode::Recursive)));
        assert_eq!(table.trigger(b"/a/b/c", EventType::NodeCreated), []);
        assert_eq!(table.recursive, 0);
    }

    #[test]
    fn before_3_9_the_last_mode_is_the_only_one() {
        let mut table = Table::new(true);
        table.add(A, &"/a".into(), Mode::Recursive);
        assert_eq!(table.trigger(b"/a", EventType::NodeChildrenChanged), []);
        table.add(A, &"/a".into(), Mode::Standard);
        assert_eq!(table.recursive, 0);
        assert_eq!(table.trigger(b"/a/b", EventType::NodeCreated), []);
        assert_eq!(table.trigger(b"/a", EventType::NodeDataChanged), [A]);
        assert_eq!(table.trigger(b"/a", EventType::NodeDataChanged), []);
    }

    #[test]
    fn a_recursive_watch_on_the_root_hears_of_all() {
        let mut table = Table::new(false);
        table.add(B, &"/".into(), Mode::Recursive);
        table.add(A, &"/a/b".into(), Mode::Standard);
        table.add(B, &"/a".into(), Mode::Recursive);
        assert_eq!(table.trigger(b"/a/b", EventType::NodeDeleted), [A, B]);
        assert_eq!(table.trigger(b"/", EventType::NodeDataChanged), [B]);
        table.remove_connection(B);
        assert_eq!((table.recursive, table.len()), (0, 0));
    }

    #[test]
    fn a_name_is_not_the_beginning_of_another() {
        let mut table = Table::new(false);
        table.add(A, &"/a".into(), Mode::Recursive);
        assert_eq!(table.trigger(b"/ab", EventType::NodeCreated), []);
    }
}
