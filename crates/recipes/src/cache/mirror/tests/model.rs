//! A server, and the line from it to a mirror: what is on its way is told late, but in order.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bytes::Bytes;
use zookit_client::{EventType, Stat, WatchedEvent, Zxid};
use zookit_proto::path::{join, name, parent};

use super::super::{Answer, Job, Kind, Mirror, Watching};
use crate::cache::event::{Cached, Event};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Znode {
    pub(super) czxid: i64,
    pub(super) mzxid: i64,
    pzxid: i64,
    version: i32,
}

/// What is on its way.
#[derive(Debug)]
enum Item {
    Event(WatchedEvent),
    /// To which read, and the one-shot watch that it left.
    Reply(Job, String, Answer, Option<usize>),
    Gap,
}

/// What is watched by a one-shot watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Watched {
    Data,
    Children,
    Existence,
}

pub(super) struct Model {
    pub(super) mirror: Mirror,
    pub(super) tree: BTreeMap<String, Znode>,
    pub(super) zxid: i64,
    watching: Watching,
    with_zxids: bool,
    requests: VecDeque<(Job, String)>,
    line: VecDeque<Item>,
    /// One-shot watches that the server keeps.
    armed: Vec<(usize, String, Watched)>,
    /// The reads whose watches are kept here.
    kept: BTreeMap<usize, Job>,
    /// Those that have fired, and are not yet heard of.
    fired: Vec<usize>,
    next_watch: usize,
    /// What cannot be read.
    pub(super) forbidden: BTreeSet<String>,
    pub(super) replay: Replay,
}

/// The cache as its log tells it.
#[derive(Debug, Default)]
pub(super) struct Replay {
    pub(super) tree: BTreeMap<String, Cached>,
    pub(super) initialized: usize,
    pub(super) interrupted: usize,
    pub(super) resynchronized: usize,
    pub(super) full: usize,
    pub(super) unread: Vec<String>,
}

impl Model {
    pub(super) fn new(mut mirror: Mirror, watching: Watching, with_zxids: bool) -> Self {
        let root = Znode { czxid: 0, mzxid: 0, pzxid: 0, version: 0 };
        mirror.set_telling(true);
        mirror.begin(watching);
        Self {
            mirror,
            tree: BTreeMap::from([("/".to_owned(), root)]),
            zxid: 1,
            watching,
            with_zxids,
            requests: VecDeque::new(),
            line: VecDeque::new(),
            armed: Vec::new(),
            kept: BTreeMap::new(),
            fired: Vec::new(),
            next_watch: 0,
            forbidden: BTreeSet::new(),
            replay: Replay::default(),
        }
    }

    /// A transaction of one operation.
    pub(super) fn create(&mut self, path: &str) {
        self.zxid += 1;
        self.create_within(path);
    }

    pub(super) fn create_within(&mut self, path: &str) {
        let zxid = self.zxid;
        let above = parent(path).unwrap();
        if self.tree.contains_key(path) || !self.tree.contains_key(above) {
            return;
        }
        self.tree.get_mut(above).unwrap().pzxid = zxid;
        let znode = Znode { czxid: zxid, mzxid: zxid, pzxid: zxid, version: 0 };
        self.tree.insert(path.to_owned(), znode);
        self.happens(EventType::NodeCreated, path);
    }

    pub(super) fn delete(&mut self, path: &str) {
        self.zxid += 1;
        self.delete_within(path);
    }

    pub(super) fn delete_within(&mut self, path: &str) {
        if path == "/" || !self.tree.contains_key(path) || !self.children(path).is_empty() {
            return;
        }
        self.tree.remove(path);
        self.tree.get_mut(parent(path).unwrap()).unwrap().pzxid = self.zxid;
        self.happens(EventType::NodeDeleted, path);
    }

    pub(super) fn set(&mut self, path: &str) {
        self.zxid += 1;
        let zxid = self.zxid;
        if let Some(znode) = self.tree.get_mut(path) {
            (znode.mzxid, znode.version) = (zxid, znode.version + 1);
            self.happens(EventType::NodeDataChanged, path);
        }
    }

    fn happens(&mut self, event_type: EventType, path: &str) {
        if self.watching == Watching::Persistently {
            let zxid = self.with_zxids.then_some(Zxid(self.zxid));
            let event = WatchedEvent { event_type, path: path.to_owned(), zxid };
            self.line.push_back(Item::Event(event));
            return;
        }
        let above = parent(path).unwrap_or_default();
        let is_of_children = event_type != EventType::NodeDataChanged;
        let is_deleted = event_type == EventType::NodeDeleted;
        let (fire, keep) = std::mem::take(&mut self.armed).into_iter().partition(
            |(_, watched, what): &(usize, String, Watched)| match what {
                Watched::Data | Watched::Existence => watched == path,
                Watched::Children => {
                    is_of_children && watched == above || is_deleted && watched == path
                }
            },
        );
        self.armed = keep;
        let fire: Vec<(usize, String, Watched)> = fire;
        self.fired.extend(fire.into_iter().map(|(watch, ..)| watch));
    }

    fn children(&self, path: &str) -> Vec<String> {
        let below = self.tree.keys().filter(|other| parent(other) == Some(path));
        below.map(|path| name(path).to_owned()).collect()
    }

    /// The mirror asks, so often.
    pub(super) fn ask(&mut self, most: usize) -> usize {
        let mut path = String::new();
        let mut asked = 0;
        while asked < most {
            let Some(job) = self.mirror.take(&mut path) else { break };
            self.requests.push_back((job, path.clone()));
            asked += 1;
        }
        // What was void is done with.
        self.note();
        asked
    }

    /// What has happened so far, happened before the watch was set.
    pub(super) fn is_past(&mut self) {
        self.line.clear();
    }

    /// A read that was taken by hand.
    pub(super) fn requests_push(&mut self, job: Job, path: &str) {
        self.requests.push_back((job, path.to_owned()));
    }

    /// How many reads are made until nothing is left to do.
    pub(super) fn rounds(&mut self) -> usize {
        let mut asked = 0;
        while self.mirror.has_jobs() {
            asked += self.ask(1);
            self.serve(1);
            self.deliver(usize::MAX, 0);
        }
        asked
    }

    /// The server answers, so many requests.
    pub(super) fn serve(&mut self, most: usize) -> usize {
        for served in 0..most {
            let Some((job, path)) = self.requests.pop_front() else { return served };
            let (answer, watched) = self.execute(job.kind, &path);
            let watch = watched.filter(|_| self.watching == Watching::Once).map(|watched| {
                self.next_watch += 1;
                self.armed.push((self.next_watch, path.clone(), watched));
                self.next_watch
            });
            self.line.push_back(Item::Reply(job, path, answer, watch));
        }
        most
    }

    fn execute(&self, kind: Kind, path: &str) -> (Answer, Option<Watched>) {
        let znode = self.tree.get(path);
        if kind == Kind::Exists {
            return (Answer::Exists(znode.is_some()), Some(Watched::Existence));
        }
        let Some(znode) = znode else { return (Answer::NoNode, None) };
        if self.forbidden.contains(path) {
            return (Answer::Refused(zookit_client::ErrorCode::NoAuth), None);
        }
        if kind == Kind::List {
            return (Answer::Names(self.children(path)), Some(Watched::Children));
        }
        let stat = Stat {
            czxid: Zxid(znode.czxid),
            mzxid: Zxid(znode.mzxid),
            pzxid: Zxid(znode.pzxid),
            version: znode.version,
            num_children: i32::try_from(self.children(path).len()).unwrap(),
            ..Stat::default()
        };
        (Answer::Data(Some(data_of(znode)), stat), Some(Watched::Data))
    }

    /// So much of what is on its way comes through; events may be heard of before the replies
    /// before them, but not behind those behind them.
    pub(super) fn deliver(&mut self, most: usize, ahead: usize) -> usize {
        for delivered in 0..most {
            for _ in 0..ahead {
                let event = self.line.iter().position(|item| !matches!(item, Item::Reply(..)));
                let event = event.and_then(|place| self.line.remove(place));
                self.handle(event);
            }
            let Some(item) = self.line.pop_front() else { return delivered };
            self.handle(Some(item));
        }
        most
    }

    fn handle(&mut self, item: Option<Item>) {
        match item {
            Some(Item::Event(event)) => self.mirror.event(&event),
            Some(Item::Reply(job, _, answer, watch)) => {
                let was_valid = self.mirror.is_valid(job);
                self.mirror.answer(job, answer);
                if let Some(watch) = watch.filter(|_| was_valid) {
                    self.kept.insert(watch, self.mirror.renewed(job));
                }
            }
            Some(Item::Gap) => {
                self.kept.clear();
                self.mirror.begin(self.watching);
            }
            None => {}
        }
        self.note();
    }

    /// One of the one-shot watches that have fired is heard of.
    pub(super) fn hear(&mut self, which: usize) -> usize {
        let waits_for = |watch: usize, line: &VecDeque<Item>| {
            line.iter()
                .any(|item| matches!(item, Item::Reply(_, _, _, left) if *left == Some(watch)))
        };
        let line = &self.line;
        let ready: Vec<_> =
            self.fired.iter().copied().filter(|watch| !waits_for(*watch, line)).collect();
        if ready.is_empty() {
            return 0;
        }
        let watch = ready[which % ready.len()];
        self.fired.retain(|other| *other != watch);
        if let Some(job) = self.kept.remove(&watch) {
            self.mirror.event_of(job);
            self.note();
        }
        1
    }

    /// The connection is lost: what was on its way is. Reads are asked again on the next one.
    pub(super) fn cut(&mut self) {
        let mut again = VecDeque::new();
        let mut gap = self.watching == Watching::Persistently;
        for item in std::mem::take(&mut self.line) {
            match item {
                Item::Reply(job, path, _, watch) => {
                    self.armed.retain(|(other, ..)| Some(*other) != watch);
                    self.fired.retain(|other| Some(*other) != watch);
                    again.push_back((job, path));
                }
                Item::Gap => gap = true,
                Item::Event(_) => {}
            }
        }
        again.append(&mut self.requests);
        self.requests = again;
        if gap {
            self.line.push_back(Item::Gap);
        }
    }

    /// The session is over, and its watches with it.
    pub(super) fn expire(&mut self) {
        self.cut();
        self.armed.clear();
        self.fired.clear();
        self.line.retain(|item| !matches!(item, Item::Gap));
        self.line.push_front(Item::Gap);
    }

    /// The watch was read too slowly: the newest of its events are lost.
    pub(super) fn overflow(&mut self, kept: usize) {
        let mut events = 0;
        let mut gap = None;
        let mut place = 0;
        self.line.retain(|item| {
            place += 1;
            let is_event = matches!(item, Item::Event(_));
            events += usize::from(is_event);
            let lost = is_event && events > kept;
            if lost {
                gap.get_or_insert(place - 1);
            }
            !lost
        });
        if let Some(place) = gap {
            self.line.insert(place, Item::Gap);
        }
    }

    /// All comes through, until nothing is left to do.
    pub(super) fn settle(&mut self) {
        for _ in 0..10_000 {
            let moved = self.ask(usize::MAX) + self.serve(usize::MAX) + self.deliver(usize::MAX, 0);
            if moved + self.hear(0) == 0 {
                return;
            }
        }
        panic!("it does not come to rest");
    }

    fn note(&mut self) {
        for event in self.mirror.drain_log() {
            self.replay.note(event);
        }
    }

    /// What a mirror of the path should have.
    pub(super) fn expected(&self, path: &str) -> BTreeMap<String, (i64, i64, Bytes)> {
        let below = if path == "/" { "/".to_owned() } else { format!("{path}/") };
        let tree = self.tree.iter();
        tree.filter(|(other, _)| *other == path || other.starts_with(&below))
            .map(|(path, znode)| (path.clone(), (znode.czxid, znode.mzxid, data_of(znode))))
            .collect()
    }

    pub(super) fn mirrored(&self) -> BTreeMap<String, (i64, i64, Bytes)> {
        let tree = super::super::Tree::new(&self.mirror);
        let all = tree.iter().map(|node| (node.path().to_string(), summary(&node.to_cached())));
        all.collect()
    }
}

pub(super) fn summary(cached: &Cached) -> (i64, i64, Bytes) {
    let data = Bytes::copy_from_slice(cached.data.as_deref().unwrap_or_default());
    (cached.stat.czxid.0, cached.stat.mzxid.0, data)
}

fn data_of(znode: &Znode) -> Bytes {
    Bytes::from(format!("{}", znode.mzxid))
}

impl Replay {
    /// Each event must fit to what was told before.
    fn note(&mut self, event: Event) {
        match event {
            Event::Created { path, now } => {
                let had = self.tree.insert(path.to_string(), now);
                assert_eq!(had, None, "{path} was created twice");
            }
            Event::Changed { path, old, now } => {
                assert!(old.stat.mzxid < now.stat.mzxid, "{path} goes back");
                assert_eq!(old.stat.czxid, now.stat.czxid);
                self.took(&path, &old);
                self.tree.insert(path.to_string(), now);
            }
            Event::Deleted { path, old } => self.took(&path, &old),
            Event::Unread { path, old, .. } => {
                if let Some(old) = old {
                    self.took(&path, &old);
                }
                self.unread.push(path.to_string());
            }
            Event::Full { path, old } => {
                self.full += 1;
                if let Some(old) = old {
                    self.took(&path, &old);
                }
            }
            Event::Initialized => self.initialized += 1,
            Event::Interrupted => {
                assert_eq!(self.interrupted, self.resynchronized);
                self.interrupted += 1;
            }
            Event::Resynchronized => self.resynchronized += 1,
            Event::Unlisted { .. } | Event::Missed => {}
        }
    }

    /// Stats may have been read again without a word: what they say of children is not told.
    fn took(&mut self, path: &str, old: &Cached) {
        let had = self.tree.remove(path).unwrap_or_else(|| panic!("{path} was not there"));
        assert_eq!(summary(&had), summary(old), "{path} was something else");
    }
}

/// The path of the child of a path.
pub(super) fn below(path: &str, name: &str) -> String {
    join(path, name)
}
