//! What events do.

use zookit_client::{EventType, WatchedEvent};

use super::Mirror;
use super::arena::{Flags, NodeId};
use super::queue::{Job, Kind};

impl Mirror {
    /// An event of the persistent watch. All that were there before a reply came are to be handed in
    /// before that.
    pub(crate) fn event(&mut self, event: &WatchedEvent) {
        match event.event_type {
            EventType::NodeCreated => self.created(event),
            EventType::NodeDataChanged => {
                let Some(id) = self.find(&event.path) else { return };
                let node = self.nodes.get(id);
                let is_known = |zxid| node.is(Flags::PRESENT) && zxid <= node.stat.mzxid;
                if !event.zxid.is_some_and(is_known) {
                    self.changed(id);
                }
            }
            EventType::NodeDeleted => {
                if let Some(id) = self.find(&event.path) {
                    self.remove(id);
                }
            }
            // Told of the root alone, by a watch that is not recursive: nothing below it is
            // followed then.
            _ => {}
        }
        self.grow_back();
    }

    /// What the one-shot watch that a read left told of; of its end without an event too. Whatever
    /// that was, its read is made again: these may come in any order.
    pub(crate) fn event_of(&mut self, job: Job) {
        if !self.is_valid(job) {
            return;
        }
        if job.kind == Kind::List {
            let cause = self.queue.cause_of_event();
            self.ask(job.node, Kind::List, cause);
        } else {
            self.changed(job.node);
        }
    }

    /// A znode was created, and whatever came below it later is told of as well: there is nothing
    /// to list.
    fn created(&mut self, event: &WatchedEvent) {
        let id = match self.find(&event.path) {
            Some(id) => {
                let node = self.nodes.get(id);
                let is_known = |zxid| node.is(Flags::PRESENT) && zxid <= node.stat.czxid;
                if event.zxid.is_some_and(is_known) {
                    return;
                }
                // What is under way may not have found it yet.
                self.renew(id);
                id
            }
            None => {
                let Some((parent, name)) = event.path.rsplit_once('/') else { return };
                let parent = if parent.is_empty() { "/" } else { parent };
                // One of whom we do not know yet will be listed, and the listing is newer than this.
                let Some(parent) = self.find(parent) else { return };
                let Some(id) = self.admit(parent, name) else { return };
                id
            }
        };
        let sync = self.queue.sync();
        let node = self.nodes.at(id);
        let is_new = !node.is(Flags::PRESENT) && !node.is(Flags::BARRED) && node.seen == 0;
        node.seen = sync;
        if is_new {
            node.listed = sync;
            node.flags.set(Flags::LISTED);
        }
        let cause = self.queue.cause_of_event();
        self.ask(id, Kind::Data, cause);
    }

    /// What was asked about a place, or waits to be, is void from now on.
    pub(super) fn renew(&mut self, id: NodeId) {
        self.nodes.renew(id);
        let node = self.nodes.at(id);
        node.flags.clear(Flags::DATA_QUEUED);
        node.flags.clear(Flags::LIST_QUEUED);
    }

    fn changed(&mut self, id: NodeId) {
        let cause = self.queue.cause_of_event();
        self.nodes.at(id).flags.clear(Flags::HOPELESS);
        self.ask(id, Kind::Data, cause);
    }
}
