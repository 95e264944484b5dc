//! What replies do.

use std::sync::Arc;

use bytes::Bytes;
use zookit_proto::Stat;

use super::arena::{Brief, Flags, NodeId};
use super::queue::{Cause, Job, Kind};
use super::{Answer, Event, Mirror, Unread, Watching};

impl Mirror {
    /// What came of a read. All events that were there before it came are to be handed in before.
    pub(crate) fn answer(&mut self, job: Job, answer: Answer) {
        if self.is_valid(job) {
            self.take_answer(job, answer);
        } else if matches!(answer, Answer::Unreadable)
            && self.nodes.generation(job.node) == job.generation
        {
            // The connection went with it, and a gap has come since: the next sync must not run
            // into the same again.
            self.avoid(job);
        }
        self.finish(job);
        self.grow_back();
    }

    fn take_answer(&mut self, job: Job, answer: Answer) {
        let Job { node: id, cause, .. } = job;
        match answer {
            Answer::Data(data, stat) => self.data(id, cause, data, &stat),
            Answer::Names(names) => self.names(id, cause, names),
            Answer::NoNode => {
                self.remove(id);
                if Self::is_root(id) && self.watching == Watching::Once {
                    self.ask(id, Kind::Exists, cause);
                }
            }
            Answer::Exists(true) => self.ask(id, Kind::Data, cause),
            // Its watch tells.
            Answer::Exists(false) => {}
            Answer::Refused(code) => self.bar(id, Unread::Refused(code), cause),
            Answer::Name => self.bar(id, Unread::Name, cause),
            Answer::Again => self.ask(id, job.kind, cause),
            Answer::Unreadable => {
                self.avoid(job);
                match (job.single, job.kind) {
                    (false, _) => self.ask(id, job.kind, cause),
                    (true, Kind::List) => self.go_without_listing(id, cause),
                    (true, _) => self.bar(id, Unread::Unreadable, cause),
                }
            }
        }
    }

    /// A read had a reply that could not be read, or was with one that had: next time it is alone,
    /// and then not made any more.
    fn avoid(&mut self, job: Job) {
        let place = self.nodes.at(job.node);
        match (job.single, job.kind) {
            (false, _) => place.flags.set(Flags::SINGLE),
            (true, Kind::List) => {
                if !place.is(Flags::UNLISTABLE) {
                    place.flags.set(Flags::UNLISTABLE);
                    let path = self.path_of(job.node);
                    self.tell(|| Event::Unlisted { path });
                }
            }
            (true, _) => place.flags.set(Flags::HOPELESS),
        }
    }

    fn data(&mut self, id: NodeId, cause: Cause, data: Option<Bytes>, stat: &Stat) {
        let node = self.nodes.get(id);
        let known = node.stat;
        if node.is(Flags::PRESENT) && stat.mzxid < known.mzxid {
            return;
        }
        let is_anew = known.czxid.0 != 0 && known.czxid != stat.czxid;
        if is_anew {
            self.end_incarnation(id, cause);
        }
        self.store(id, data, stat);
        let fewer = known.num_children - known.num_children / 4;
        let node = self.nodes.at(id);
        if stat.num_children < fewer {
            node.flags.clear(Flags::UNLISTABLE);
        }
        let are_same = node.is(Flags::LISTED) && known.pzxid == stat.pzxid;
        if node.is(Flags::LEAF) || node.listed == self.queue.sync() {
            return;
        }
        if self.watching == Watching::Persistently {
            if are_same {
                return self.go_without_listing(id, cause);
            }
            if stat.num_children == 0 {
                node.flags.set(Flags::LISTED);
                return self.listed(id);
            }
            node.flags.clear(Flags::LISTED);
        }
        if self.nodes.get(id).is(Flags::UNLISTABLE) {
            self.go_without_listing(id, cause);
        } else {
            self.ask(id, Kind::List, cause);
        }
    }

    /// Another znode has the path: what was below the last one went before it.
    fn end_incarnation(&mut self, id: NodeId, cause: Cause) {
        match self.watching {
            Watching::Persistently => self.remove_unseen(id),
            Watching::Once => {
                while let Some(child) = self.nodes.get(id).eldest.some() {
                    self.remove(child);
                }
                // The watches that are left are about the last one.
                let is_queued = self.nodes.get(id).is(Flags::DATA_QUEUED);
                self.renew(id);
                if is_queued {
                    self.ask(id, Kind::Data, cause);
                }
            }
        }
        self.drop_data(id, |path, old| Event::Deleted { path, old });
        let node = self.nodes.at(id);
        node.listed = 0;
        node.flags.clear(Flags::LISTED);
        node.flags.clear(Flags::UNLISTABLE);
    }

    /// Puts data and stat in their place, if they fit, and tells.
    fn store(&mut self, id: NodeId, data: Option<Bytes>, stat: &Stat) {
        let data = data.filter(|_| self.shape.data);
        let node = self.nodes.get(id);
        let is_present = node.is(Flags::PRESENT);
        let had = node.data.as_ref().map_or(0, |data| data.len());
        let has = data.as_ref().map_or(0, Bytes::len);
        if Self::is_root(id) {
            self.root_unread = None;
        }
        if self.bytes - had > self.shape.max_bytes.saturating_sub(has) {
            return self.leave_out(id, stat);
        }
        let is_same = is_present && node.stat.mzxid == stat.mzxid;
        let old = (is_present && !is_same && self.telling).then(|| self.cached(id));
        let data = match data {
            _ if is_same => None,
            Some(data) if data.is_empty() => Some(Arc::clone(&self.empty)),
            data => data.map(|data| Arc::from(&data[..])),
        };
        let node = self.nodes.at(id);
        node.stat = Brief::of(stat);
        node.flags.set(Flags::PRESENT);
        node.flags.clear(Flags::BARRED);
        node.flags.clear(Flags::HOPELESS);
        if is_same {
            return;
        }
        node.data = data;
        self.bytes = self.bytes - had + has;
        self.present += usize::from(!is_present);
        if self.telling {
            let (path, now) = (self.path_of(id), self.cached(id));
            self.log.push(match old {
                None => Event::Created { path, now },
                Some(old) => Event::Changed { path, old, now },
            });
        }
    }

    /// Its data do not fit.
    fn leave_out(&mut self, id: NodeId, stat: &Stat) {
        let is_first = !std::mem::replace(&mut self.full, true);
        if self.nodes.get(id).is(Flags::PRESENT) {
            self.drop_data(id, |path, old| Event::Full { path, old: Some(old) });
        } else if is_first {
            let path = self.path_of(id);
            self.tell(|| Event::Full { path, old: None });
        }
        let node = self.nodes.at(id);
        node.stat = Brief::of(stat);
        node.flags.set(Flags::BARRED);
    }

    /// It cannot be read. What is known to be below it is read all the same.
    pub(super) fn bar(&mut self, id: NodeId, why: Unread, cause: Cause) {
        let node = self.nodes.get(id);
        if node.is(Flags::PRESENT) {
            self.drop_data(id, |path, old| Event::Unread { path, old: Some(old), why });
        } else if !node.is(Flags::BARRED) {
            let path = self.path_of(id);
            self.tell(|| Event::Unread { path, old: None, why });
        }
        self.nodes.at(id).flags.set(Flags::BARRED);
        if Self::is_root(id) {
            self.root_unread = Some(why);
        }
        // Not listed: once it can be read again, its stat tells whether it is to be.
        self.see_children(id, cause);
    }

    /// The children that are known are all there are, or all that can be known: each is read.
    fn go_without_listing(&mut self, id: NodeId, cause: Cause) {
        self.nodes.at(id).listed = self.queue.sync();
        self.see_children(id, cause);
    }

    fn see_children(&mut self, id: NodeId, cause: Cause) {
        let mut child = self.nodes.get(id).eldest;
        while let Some(id) = child.some() {
            child = self.nodes.get(id).younger;
            self.see(id, cause);
        }
    }

    fn names(&mut self, id: NodeId, cause: Cause, names: Vec<String>) {
        self.listings = self.listings.wrapping_add(1).max(1);
        // First: who is not admitted takes it back.
        self.nodes.at(id).flags.set(Flags::LISTED);
        for name in names {
            let Some(child) = self.child(id, &name).or_else(|| self.admit(id, &name)) else {
                continue;
            };
            self.nodes.at(child).found = self.listings;
            self.see(child, cause);
        }
        self.listed(id);
    }

    /// The children are known: those that are not among them go.
    fn listed(&mut self, id: NodeId) {
        match self.watching {
            Watching::Persistently => self.remove_unseen(id),
            Watching::Once => {
                let listing = self.listings;
                self.remove_children(id, |node| node.found != listing);
            }
        }
        self.nodes.at(id).listed = self.queue.sync();
    }

    /// The children of which nothing has been heard since the sync began.
    fn remove_unseen(&mut self, id: NodeId) {
        let sync = self.queue.sync();
        self.remove_children(id, |node| node.seen != sync);
    }

    fn remove_children(&mut self, id: NodeId, is_gone: impl Fn(&super::Node) -> bool) {
        let mut child = self.nodes.get(id).eldest;
        while let Some(id) = child.some() {
            let node = self.nodes.get(id);
            child = node.younger;
            if is_gone(node) {
                self.remove(id);
            }
        }
    }
}
