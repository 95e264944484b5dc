//! Watches: those on data and those on children, in a table each.
//!
//! A connection watches a path or does not: to watch it twice is to watch it once, and each trigger
//! tells a connection once. When the connection goes, its watches go.
//!
//! Until 3.9 a connection has one mode for each path and table, the last that was asked for, and
//! recursive watches stand in both tables. From 3.9 on modes live side by side, and recursive
//! watches are watches on data alone.
//!
//! Facts: `WatchManager` and `DataTree` of Apache ZooKeeper, 3.8.0 and 3.9.5.

mod table;

pub(crate) use table::{Mode, Modes, Table};

use zookit_proto::Text;
use zookit_proto::types::{EventType, WatcherType};

use super::connection::ConnectionId;
use super::profile::Profile;

/// The watches of all connections.
#[derive(Debug)]
pub(crate) struct Watches {
    data: Table,
    child: Table,
    one_mode: bool,
}

impl Watches {
    pub(crate) fn new(profile: Profile) -> Self {
        let one_mode = profile < Profile::V3_9_5;
        Self { data: Table::new(one_mode), child: Table::new(one_mode), one_mode }
    }

    /// As getData and exists do.
    pub(crate) fn add_data(&mut self, connection: ConnectionId, path: &Text) {
        self.data.add(connection, path, Mode::Standard);
    }

    /// As getChildren does.
    pub(crate) fn add_child(&mut self, connection: ConnectionId, path: &Text) {
        self.child.add(connection, path, Mode::Standard);
    }

    /// As addWatch does.
    pub(crate) fn add_persistent(&mut self, connection: ConnectionId, path: &Text) {
        self.data.add(connection, path, Mode::Persistent);
        self.child.add(connection, path, Mode::Persistent);
    }

    /// As addWatch does.
    pub(crate) fn add_recursive(&mut self, connection: ConnectionId, path: &Text) {
        self.data.add(connection, path, Mode::Recursive);
        if self.one_mode {
            self.child.add(connection, path, Mode::Recursive);
        }
    }

    /// Whether this version knows the type.
    pub(crate) fn knows(&self, watcher_type: WatcherType) -> bool {
        match watcher_type {
            WatcherType::Children | WatcherType::Data | WatcherType::Any => true,
            WatcherType::Persistent | WatcherType::PersistentRecursive => !self.one_mode,
            _ => false,
        }
    }

    /// Whether a connection has such a watch. Before 3.9 the watch of any connection will do, by a
    /// mistake of the real server; `None` is what it stumbles over.
    pub(crate) fn contains(
        &self,
        connection: ConnectionId,
        path: &Text,
        watcher_type: WatcherType,
    ) -> Option<bool> {
        if self.one_mode {
            return match watcher_type {
                WatcherType::Children => self.child.is_watched_by_any(path),
                WatcherType::Data => self.data.is_watched_by_any(path),
                _ => {
                    Some(self.child.is_watched_by_any(path)? || self.data.is_watched_by_any(path)?)
                }
            };
        }
        let in_data = |mode| self.data.modes(connection, path).contains(mode);
        let in_child = |mode| self.child.modes(connection, path).contains(mode);
        Some(match watcher_type {
            WatcherType::Any => {
                self.data.is_watched(connection, path) || self.child.is_watched(connection, path)
            }
            WatcherType::Children => in_child(Mode::Standard),
            WatcherType::Data => in_data(Mode::Standard),
            WatcherType::Persistent => in_data(Mode::Persistent),
            WatcherType::PersistentRecursive => in_data(Mode::Recursive),
            _ => false,
        })
    }

    /// Removes such watches of a connection; false if there were none.
    pub(crate) fn remove(
        &mut self,
        connection: ConnectionId,
        path: &Text,
        watcher_type: WatcherType,
    ) -> bool {
        let standard = if self.one_mode { None } else { Some(Mode::Standard) };
        match watcher_type {
            WatcherType::Children => self.child.remove(connection, path, standard),
            WatcherType::Data => self.data.remove(connection, path, standard),
            WatcherType::Persistent => {
                let child = self.child.remove(connection, path, Some(Mode::Persistent));
                self.data.remove(connection, path, Some(Mode::Persistent)) || child
            }
            WatcherType::PersistentRecursive => {
                self.data.remove(connection, path, Some(Mode::Recursive))
            }
            WatcherType::Any => {
                let child = self.child.remove(connection, path, None);
                self.data.remove(connection, path, None) || child
            }
            _ => false,
        }
    }

    /// A connection is gone.
    pub(crate) fn remove_connection(&mut self, connection: ConnectionId) {
        self.data.remove_connection(connection);
        self.child.remove_connection(connection);
    }

    /// Something happened: whom to tell, each once.
    pub(crate) fn trigger(&mut self, event: EventType, path: &Text) -> Vec<ConnectionId> {
        match event {
            EventType::NodeChildrenChanged => self.child.trigger(path, event),
            EventType::NodeDeleted => {
                let mut told = self.data.trigger(path, event);
                told.extend(self.child.trigger(path, event));
                told.sort_unstable();
                told.dedup();
                told
            }
            _ => self.data.trigger(path, event),
        }
    }

    /// The watches on data: what the four-letter words tell of.
    pub(crate) const fn data(&self) -> &Table {
        &self.data
    }

    /// The watches on children.
    pub(crate) const fn child(&self) -> &Table {
        &self.child
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ConnectionId = ConnectionId(1);
    const B: ConnectionId = ConnectionId(2);

    #[test]
    fn one_deletion_is_told_once() {
        let mut watches = Watches::new(Profile::V3_9_5);
        let path = Text::from("/a");
        watches.add_data(A, &path);
        watches.add_child(A, &path);
        watches.add_child(B, &path);
        assert_eq!(watches.trigger(EventType::NodeDeleted, &path), [A, B]);
        assert_eq!(watches.data().len() + watches.child().len(), 0);
    }

    #[test]
    fn types_remove_their_own_from_3_9_on() {
        let mut watches = Watches::new(Profile::V3_9_5);
        let path = Text::from("/a");
        watches.add_persistent(A, &path);
        watches.add_data(A, &path);
        assert!(watches.remove(A, &path, WatcherType::Data));
        assert!(!watches.remove(A, &path, WatcherType::Children));
        assert_eq!(watches.contains(A, &path, WatcherType::Persistent), Some(true));
        assert!(watches.remove(A, &path, WatcherType::Any));
        assert!(!watches.remove(A, &path, WatcherType::Any));
    }

    #[test]
    fn before_3_9_the_type_data_removes_a_persistent_watch_too() {
        let mut watches = Watches::new(Profile::V3_8_6);
        let path = Text::from("/a");
        watches.add_persistent(A, &path);
        assert!(!watches.knows(WatcherType::Persistent));
        assert!(watches.remove(A, &path, WatcherType::Data));
        assert_eq!(watches.trigger(EventType::NodeDataChanged, &path), []);
        assert_eq!(watches.trigger(EventType::NodeChildrenChanged, &path), [A]);
    }

    /// Met by the differential runner on a real 3.8.0.
    #[test]
    fn before_3_9_a_watch_on_an_empty_path_is_not_found() {
        let mut watches = Watches::new(Profile::V3_8_0);
        watches.add_recursive(A, &"".into());
        assert_eq!(watches.contains(A, &"".into(), WatcherType::Any), Some(false));
        assert!(watches.remove(A, &"".into(), WatcherType::Any));
    }

    /// The recursive watch on children outlives the one on data, and hears of deletions.
    #[test]
    fn before_3_9_half_of_a_recursive_watch_survives_a_read_with_a_watch() {
        let mut watches = Watches::new(Profile::V3_8_0);
        watches.add_recursive(A, &"/a".into());
        watches.add_data(A, &"/a".into());
        assert_eq!(watches.trigger(EventType::NodeCreated, &"/a/b".into()), []);
        assert_eq!(watches.trigger(EventType::NodeChildrenChanged, &"/a".into()), []);
        assert_eq!(watches.trigger(EventType::NodeDeleted, &"/a/b".into()), [A]);
    }
}
