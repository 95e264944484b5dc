//! The mirror against a server that does what it likes and a line that is late and breaks.

mod model;

use proptest::prelude::*;

use self::model::{Model, below, summary};
use super::{Answer, Mirror, Tree, Unread, Watching};
use crate::cache::event::Event;
use crate::cache::options::{CacheOptions, Filter, Scope};

const PATHS: [&str; 10] =
    ["/r", "/r/a", "/r/b", "/r/a/x", "/r/a/y", "/r/a/x/1", "/r/a/x/2", "/r/b/x", "/rx", "/s"];

#[derive(Debug, Clone)]
enum Step {
    Create(usize),
    Delete(usize),
    Set(usize),
    /// One transaction: the first goes, the second comes.
    Multi(usize, usize),
    Ask(usize),
    Serve(usize),
    Deliver(usize, usize),
    Hear(usize),
    Cut,
    Overflow(usize),
    Expire,
}

fn step() -> impl Strategy<Value = Step> {
    let path = 0..PATHS.len();
    prop_oneof![
        6 => path.clone().prop_map(Step::Create),
        4 => path.clone().prop_map(Step::Delete),
        4 => path.clone().prop_map(Step::Set),
        1 => (path.clone(), path).prop_map(|(gone, new)| Step::Multi(gone, new)),
        6 => (1..4_usize).prop_map(Step::Ask),
        6 => (1..4_usize).prop_map(Step::Serve),
        6 => (1..4_usize, 0..3_usize).prop_map(|(most, ahead)| Step::Deliver(most, ahead)),
        4 => (0..5_usize).prop_map(Step::Hear),
        1 => Just(Step::Cut),
        1 => (0..3_usize).prop_map(Step::Overflow),
        1 => Just(Step::Expire),
    ]
}

impl Model {
    fn walk(&mut self, step: &Step) {
        match *step {
            Step::Create(path) => self.create(PATHS[path]),
            Step::Delete(path) => self.delete(PATHS[path]),
            Step::Set(path) => self.set(PATHS[path]),
            Step::Multi(gone, new) => {
                self.zxid += 1;
                self.delete_within(PATHS[gone]);
                self.create_within(PATHS[new]);
            }
            Step::Ask(most) => drop(self.ask(most)),
            Step::Serve(most) => drop(self.serve(most)),
            Step::Deliver(most, ahead) => drop(self.deliver(most, ahead)),
            Step::Hear(which) => drop(self.hear(which)),
            Step::Cut => self.cut(),
            Step::Overflow(kept) => self.overflow(kept),
            Step::Expire => self.expire(),
        }
    }

    /// The mirror is the tree, and the log tells the same.
    fn check(&self, path: &str) {
        let replayed: Vec<_> =
            self.replay.tree.iter().map(|(path, cached)| (path.clone(), summary(cached))).collect();
        assert_eq!(replayed, self.mirrored().into_iter().collect::<Vec<_>>());
        assert_eq!(self.mirrored(), self.expected(path));
        assert_eq!(Tree::new(&self.mirror).len(), self.replay.tree.len());
        assert!(self.mirror.is_synchronized() && !self.mirror.has_jobs());
        assert_eq!(self.replay.initialized, 1);
        assert_eq!(self.replay.interrupted, self.replay.resynchronized);
    }
}

fn options() -> CacheOptions {
    CacheOptions::default()
}

proptest! {
    #[test]
    fn it_becomes_the_tree_whatever_happens_on_the_way(
        at_root in any::<bool>(),
        once in any::<bool>(),
        with_zxids in any::<bool>(),
        steps in proptest::collection::vec(step(), 0..120),
    ) {
        let path = if at_root { "/" } else { "/r" };
        let watching = if once { Watching::Once } else { Watching::Persistently };
        let mut model = Model::new(Mirror::new(path, &options()), watching, with_zxids);
        for step in &steps {
            model.walk(step);
        }
        model.settle();
        model.check(path);
        // It goes on from there.
        model.create("/r");
        model.set("/r");
        model.settle();
        model.check(path);
    }

    /// With a bound it has what fits, never more; what it tells is still what it has.
    #[test]
    fn bounds_hold_and_what_is_left_out_comes_in_when_there_is_room(
        bytes in any::<bool>(),
        steps in proptest::collection::vec(step(), 0..120),
    ) {
        let options = if bytes {
            CacheOptions { max_bytes: 7, ..options() }
        } else {
            CacheOptions { max_znodes: 4, ..options() }
        };
        let mut model = Model::new(Mirror::new("/r", &options), Watching::Persistently, true);
        for step in &steps {
            model.walk(step);
            let tree = Tree::new(&model.mirror);
            prop_assert!(tree.len() <= options.max_znodes && tree.bytes() <= options.max_bytes);
        }
        model.settle();
        let expected = model.expected("/r");
        for (path, found) in model.mirrored() {
            prop_assert_eq!(Some(&found), expected.get(&path), "{}", path);
        }
        let whole = model.mirrored() == expected;
        prop_assert!(whole || !model.mirror.is_whole());
        prop_assert!(model.mirror.is_whole() || model.replay.full > 0);
        // All but one go: there is room for that.
        for path in PATHS.iter().rev().filter(|path| path.starts_with("/r/")) {
            model.delete(path);
        }
        model.create("/r");
        model.set("/r");
        model.settle();
        let replayed = model.replay.tree.iter();
        let replayed = replayed.map(|(path, cached)| (path.clone(), summary(cached)));
        prop_assert_eq!(replayed.collect::<Vec<_>>(), model.mirrored().into_iter().collect::<Vec<_>>());
        prop_assert_eq!(model.mirrored(), model.expected("/r"));
    }
}

fn quiet(options: &CacheOptions) -> Model {
    let mut model = Model::new(Mirror::new("/r", options), Watching::Persistently, true);
    for path in PATHS {
        model.create(path);
    }
    model.is_past();
    model
}

fn paths(model: &Model) -> Vec<String> {
    model.mirrored().into_keys().collect()
}

/// Curator decides by the version alone, and does not see this.
#[test]
fn who_was_deleted_and_created_anew_while_nobody_looked_is_told_as_such() {
    let mut model = quiet(&options());
    model.settle();
    let before = model.replay.tree["/r/a/y"].clone();
    model.cut();
    model.delete("/r/a/y");
    model.create("/r/a/y");
    model.cut();
    model.settle();
    model.check("/r");
    let after = &model.replay.tree["/r/a/y"];
    assert_eq!(after.stat.version, before.stat.version);
    assert_ne!(after.stat.czxid, before.stat.czxid);
}

#[test]
fn a_listing_is_asked_for_only_where_children_may_have_changed() {
    let mut model = quiet(&options());
    // Of the znodes the four with children are listed.
    let mut path = String::new();
    let mut kinds = Vec::new();
    while let Some(job) = model.mirror.take(&mut path) {
        kinds.push(job.kind);
        assert_eq!(model.ask(0), 0);
        model.requests_push(job, &path);
        model.serve(1);
        model.deliver(usize::MAX, 0);
    }
    let lists = kinds.iter().filter(|kind| **kind == super::Kind::List).count();
    assert_eq!((kinds.len(), lists), (8 + 4, 4));
    model.check("/r");
    // After a gap in which nothing happened: the data alone.
    model.cut();
    model.deliver(1, 0);
    assert_eq!(model.rounds(), 8);
    model.check("/r");
}

#[test]
fn depth_and_filter_leave_out_what_they_say() {
    let mut model = quiet(&CacheOptions { max_depth: 1, ..options() });
    model.settle();
    assert_eq!(paths(&model), ["/r", "/r/a", "/r/b"]);
    model.create("/r/a/z");
    model.create("/r/c");
    model.set("/r/a/x");
    model.settle();
    assert_eq!(paths(&model), ["/r", "/r/a", "/r/b", "/r/c"]);
    let mut model = quiet(&CacheOptions { max_depth: 0, ..options() });
    model.settle();
    assert_eq!(paths(&model), ["/r"]);
    let filter = Filter::new(|path| match path {
        "/r/a" => Scope::Alone,
        "/r/b/x" => Scope::Nothing,
        _ => Scope::Whole,
    });
    let mut model = quiet(&CacheOptions { filter: Some(filter), ..options() });
    model.settle();
    model.set("/r/b/x");
    model.create(&below("/r/a", "z"));
    model.settle();
    assert_eq!(paths(&model), ["/r", "/r/a", "/r/b"]);
}

/// What does not fit is looked for in the next sync, though nobody came or went since.
#[test]
fn what_was_left_out_is_listed_again() {
    let mut model = quiet(&CacheOptions { max_znodes: 5, ..options() });
    model.settle();
    assert!(!model.mirror.is_whole());
    model.cut();
    model.settle();
    assert!(!model.mirror.is_whole());
}

#[test]
fn what_may_not_be_read_is_told_and_the_rest_works() {
    let mut model = quiet(&options());
    model.forbidden.insert("/r/a".to_owned());
    model.settle();
    assert_eq!(model.replay.unread, ["/r/a"]);
    assert_eq!(paths(&model), ["/r", "/r/b", "/r/b/x"]);
    // What happens below it is heard of.
    model.create("/r/a/z");
    model.set("/r/b");
    model.settle();
    assert_eq!(paths(&model), ["/r", "/r/a/z", "/r/b", "/r/b/x"]);
    // After a gap it is tried again, and not told again; once it may be read all of it is there.
    model.cut();
    model.settle();
    assert_eq!(model.replay.unread, ["/r/a"]);
    model.forbidden.clear();
    model.set("/r/a");
    model.settle();
    model.check("/r");
    // And when it is forbidden anew, it is no longer in the cache.
    model.forbidden.insert("/r/a".to_owned());
    model.set("/r/a");
    model.settle();
    assert_eq!(model.replay.unread, ["/r/a", "/r/a"]);
    assert!(!model.replay.tree.contains_key("/r/a"));
}

#[test]
fn a_sync_ends_while_others_write_without_pause() {
    let mut model = quiet(&options());
    for _ in 0..200 {
        model.set("/r/b");
        model.ask(2);
        model.serve(2);
        model.deliver(3, 0);
    }
    assert_eq!(model.replay.initialized, 1);
}

#[test]
fn what_cannot_be_read_is_tried_alone_and_then_left() {
    let mut mirror = Mirror::new("/r", &options());
    mirror.set_telling(true);
    mirror.begin(Watching::Persistently);
    let mut path = String::new();
    // With others, alone, and behind the gap that each loss of the connection is.
    let job = mirror.take(&mut path).unwrap();
    assert!(!job.single);
    mirror.answer(job, Answer::Unreadable);
    mirror.begin(Watching::Persistently);
    let job = mirror.take(&mut path).unwrap();
    assert!(job.single && mirror.take(&mut path).is_none());
    mirror.answer(job, Answer::Unreadable);
    assert!(mirror.take(&mut path).is_none());
    assert_eq!(mirror.root_unread(), Some(Unread::Unreadable));
    let told: Vec<_> = mirror.drain_log().collect();
    assert!(matches!(&told[..], [Event::Unread { old: None, .. }, Event::Initialized]), "{told:?}");
}

#[test]
fn without_data_there_are_stats() {
    let mut model = quiet(&CacheOptions { data: false, ..options() });
    model.settle();
    let tree = Tree::new(&model.mirror);
    assert_eq!(tree.len(), 8);
    assert!(tree.iter().all(|node| node.data().is_none() && node.stat().czxid.0 > 0));
    assert_eq!(tree.get("/r/a/x/1").unwrap().name(), "1");
    assert_eq!(tree.get("/r/a").unwrap().children().count(), 2);
    for absent in ["/r/a/", "/r//a", "/", "", "/rx", "r", "/r/a/x/1/2"] {
        assert!(tree.get(absent).is_none(), "{absent}");
    }
}
