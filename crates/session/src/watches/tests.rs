//! What is packed against plain maps, over many histories by chance; each has its seed.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use zookit_proto::{ErrorCode, OpCode, Request, Text, Zxid, frame};

use super::watched::List;
use super::{Batch, Watches};
use crate::ids::WatcherId;
use crate::request::{WatchKind, WatchRequest};

const KINDS: [WatchKind; 5] = [
    WatchKind::Data,
    WatchKind::Exists,
    WatchKind::Children,
    WatchKind::Persistent,
    WatchKind::PersistentRecursive,
];

/// A path's watchers in the order in which they came.
type Watchers = Vec<(WatcherId, WatchKind, Option<List>)>;

/// The watches, and what is known of them in the plainest form.
#[derive(Default)]
struct World {
    watches: Watches,
    plain: BTreeMap<Vec<u8>, Watchers>,
    last: u64,
}

/// A batch that was decoded: data, exist, child, persistent and recursive watches.
#[derive(Debug, Default, PartialEq, Eq)]
struct Decoded {
    lists: [Vec<Vec<u8>>; 5],
    watchers: Vec<WatcherId>,
    bytes: usize,
}

impl World {
    fn add(&mut self, path: &[u8], kind: WatchKind, code: Option<ErrorCode>) {
        self.last += 1;
        let watcher = WatcherId(self.last);
        let path_text = Text::from_bytes(path.to_vec().into());
        let request = WatchRequest { watcher, kind, path: path_text };
        self.watches.add(&request);
        let of_path = self.plain.entry(path.to_vec()).or_default();
        let Some(code) = code else { return of_path.push((watcher, kind, None)) };
        let patch = self.watches.transmit(&request);
        self.watches.answered(&request, patch, code, Zxid(1));
        let armed = match (kind, code) {
            (WatchKind::Data | WatchKind::Exists, ErrorCode::Ok) => List::Data,
            (WatchKind::Exists, ErrorCode::NoNode) => List::Exist,
            (WatchKind::Children, ErrorCode::Ok) => List::Child,
            (_, ErrorCode::Ok) => List::Persistent,
            _ => return self.drop_unwatched(),
        };
        of_path.push((watcher, kind, Some(armed)));
    }

    fn drop_unwatched(&mut self) {
        self.plain.retain(|_, watchers| !watchers.is_empty());
    }

    fn remove(&mut self, watcher: WatcherId) {
        self.watches.remove(watcher);
        for watchers in self.plain.values_mut() {
            watchers.retain(|(id, ..)| *id != watcher);
        }
        self.drop_unwatched();
    }

    fn any_watcher(&self, rng: &mut Rng) -> Option<WatcherId> {
        let all: Vec<_> = self.plain.values().flatten().map(|(id, ..)| *id).collect();
        rng.choice(all)
    }

    fn check(&self) {
        let all: BTreeSet<_> = self.plain.values().flatten().map(|(id, ..)| *id).collect();
        assert_eq!(self.watches.len(), all.len());
        for id in 0..=self.last {
            assert_eq!(self.watches.contains(WatcherId(id)), all.contains(&WatcherId(id)));
        }
        for (path, watchers) in &self.plain {
            let place = self.watches.paths.find(path).unwrap();
            assert_eq!(self.watches.paths.path(place), path);
            let watched = self.watches.paths.get(place).unwrap().watchers();
            let found: Watchers = watched.map(|it| (it.id, it.kind, it.armed)).collect();
            assert_eq!(&found, watchers);
            for (id, ..) in watchers {
                assert_eq!(self.watches.paths.find_watcher(*id), Some(place));
            }
        }
    }

    /// What is to be sent, by the rules and nothing else.
    fn expected(&self, max_bytes: usize) -> Vec<Decoded> {
        let mut batches = Vec::new();
        for one_shots in [true, false] {
            let mut batch = Decoded::default();
            for (path, watchers) in &self.plain {
                let recursive = watchers.iter().any(|(_, kind, armed)| {
                    armed.is_some() && *kind == WatchKind::PersistentRecursive
                });
                for (id, _, armed) in watchers {
                    let Some(list) = armed else { continue };
                    if (*list != List::Persistent) != one_shots {
                        continue;
                    }
                    if !batch.watchers.is_empty() && batch.bytes + path.len() + 4 > max_bytes {
                        batches.push(std::mem::take(&mut batch));
                    }
                    let list = match list {
                        List::Data => 0,
                        List::Exist => 1,
                        List::Child => 2,
                        List::Persistent => 3 + usize::from(recursive),
                    };
                    if batch.lists[list].last() != Some(path) {
                        batch.lists[list].push(path.clone());
                        batch.bytes += path.len() + 4;
                    }
                    batch.watchers.push(*id);
                }
            }
            if !batch.watchers.is_empty() {
                batches.push(batch);
            }
        }
        batches
    }
}

fn decode(batch: Batch, zxid: Zxid) -> Decoded {
    let mut bytes = bytes::BytesMut::from(&batch.frame[..]);
    let payload = frame::next(&mut bytes, usize::MAX).unwrap().unwrap();
    assert!(bytes.is_empty());
    let body = payload.slice(8..);
    let lists = match Request::decode(batch.opcode, body).unwrap() {
        Request::SetWatches(it) => {
            assert_eq!((batch.opcode, it.relative_zxid), (OpCode::SetWatches, zxid));
            [it.data_watches, it.exist_watches, it.child_watches, vec![], vec![]]
        }
        Request::SetWatches2(it) => {
            assert_eq!((batch.opcode, it.relative_zxid), (OpCode::SetWatches2, zxid));
            assert!(
                !(it.persistent_watches.is_empty() && it.persistent_recursive_watches.is_empty())
            );
            let persistent = [it.persistent_watches, it.persistent_recursive_watches];
            let [persistent, recursive] = persistent;
            [it.data_watches, it.exist_watches, it.child_watches, persistent, recursive]
        }
        other => panic!("{other:?}"),
    };
    let bytes = lists.iter().flatten().map(|path| path.len() + 4).sum();
    let lists = lists.map(|list| list.iter().map(|path| path.to_vec()).collect());
    Decoded { lists, watchers: batch.watchers, bytes }
}

/// A path of one of several shapes: neighbours, strangers, and now and then a long one.
fn path(rng: &mut Rng) -> Vec<u8> {
    match rng.u32(..40) {
        0 => format!("/{}", "l".repeat(rng.usize(..3000))),
        1..20 => format!("/app/w-{:05}", rng.u32(..3000)),
        _ => format!("/{}/{}", rng.alphabetic(), rng.u16(..)),
    }
    .into_bytes()
}

fn code(rng: &mut Rng) -> Option<ErrorCode> {
    match rng.u32(..8) {
        0 => None,
        1 => Some(ErrorCode::NoAuth),
        2 | 3 => Some(ErrorCode::NoNode),
        _ => Some(ErrorCode::Ok),
    }
}

fn world(rng: &mut Rng) -> World {
    let mut world = World::default();
    let one_kind = rng.bool().then(|| rng.choice(KINDS).unwrap());
    for number in 0..rng.u32(..1200) {
        let ascending = rng.u32(..3) > 0;
        let path = if ascending { format!("/m/{number:06}").into_bytes() } else { path(rng) };
        let kind = one_kind.unwrap_or_else(|| rng.choice(KINDS).unwrap());
        let code = if one_kind.is_some() { Some(ErrorCode::Ok) } else { code(rng) };
        world.add(&path, kind, code);
        if rng.u32(..5) == 0 {
            let watcher = world.any_watcher(rng);
            watcher.into_iter().for_each(|watcher| world.remove(watcher));
        }
    }
    world
}

#[test]
fn every_path_and_watcher_is_found_where_it_is() {
    for seed in 0..60 {
        let rng = &mut Rng::with_seed(seed);
        let mut world = world(rng);
        world.check();
        while let Some(watcher) = world.any_watcher(rng) {
            world.remove(watcher);
            if rng.u32(..50) == 0 {
                world.watches.connection_lost();
                world.check();
            }
            if rng.u32(..4) == 0 {
                world.add(&path(rng), WatchKind::Data, Some(ErrorCode::Ok));
            }
        }
        world.check();
        assert_eq!(world.watches.paths.find(b"/m/000000"), None);
    }
}

#[test]
fn a_restore_sends_what_the_rules_say() {
    for seed in 0..120 {
        let rng = &mut Rng::with_seed(seed);
        let mut world = world(rng);
        let max_bytes = [60, 1000, 9000, 128 * 1024][rng.usize(..4)];
        world.watches.connection_lost();
        let zxid = Zxid(rng.i64(..));
        world.watches.begin_restore(zxid, max_bytes);
        let mut sent = Vec::new();
        while let Some(batch) = world.watches.next_batch() {
            sent.push(decode(batch, zxid));
        }
        assert!(!world.watches.is_restoring());
        assert!(sent == world.expected(max_bytes), "seed {seed}");
        world.check();
        for (path, watchers) in &world.plain {
            let has = |lists: &[List]| {
                watchers.iter().any(|(.., armed)| armed.is_some_and(|list| lists.contains(&list)))
            };
            let watched = world.watches.paths.get(world.watches.paths.find(path).unwrap()).unwrap();
            assert_eq!(watched.data, has(&[List::Data, List::Exist]));
            assert_eq!(watched.child, has(&[List::Child]));
        }
    }
}

#[test]
fn whoever_comes_or_goes_meanwhile_every_other_watch_is_set_once() {
    for seed in 0..120 {
        let rng = &mut Rng::with_seed(seed);
        let mut world = world(rng);
        world.watches.connection_lost();
        let armed = |world: &World| -> BTreeSet<WatcherId> {
            let all = world.plain.values().flatten();
            all.filter(|(.., armed)| armed.is_some()).map(|(id, ..)| *id).collect()
        };
        let mut stay = armed(&world);
        let before = stay.clone();
        world.watches.begin_restore(Zxid(7), [60, 1000, 3000][rng.usize(..3)]);
        let mut set = BTreeSet::new();
        while let Some(batch) = world.watches.next_batch() {
            for watcher in batch.watchers {
                assert!(set.insert(watcher), "seed {seed}: twice");
            }
            for _ in 0..rng.u32(..12) {
                if let Some(watcher) = world.any_watcher(rng) {
                    world.remove(watcher);
                    stay.remove(&watcher);
                }
                world.add(&path(rng), WatchKind::Exists, None);
            }
        }
        assert!(set.is_superset(&stay), "seed {seed}");
        assert!(before.is_superset(&set), "seed {seed}");
        world.check();
    }
}

#[test]
fn a_refused_batch_ends_its_watches_and_no_others() {
    for seed in 0..60 {
        let rng = &mut Rng::with_seed(seed);
        let mut world = world(rng);
        world.watches.connection_lost();
        world.watches.begin_restore(Zxid(7), 2000);
        let mut over = Vec::new();
        while let Some(batch) = world.watches.next_batch() {
            let refused = rng.bool();
            let code = if refused { ErrorCode::NoAuth } else { ErrorCode::Ok };
            let ended = world.watches.restored(&batch.watchers, code);
            let ended: Vec<_> = ended.into_iter().map(|(id, _)| id).collect();
            assert_eq!(ended, if refused { batch.watchers } else { Vec::new() });
            over.extend(ended);
        }
        for watcher in over {
            assert!(!world.watches.contains(watcher));
            world.remove(watcher);
        }
        world.check();
    }
}
