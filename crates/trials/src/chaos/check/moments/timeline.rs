//! What each znode was, and when, as it follows from the transactions.

use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;

use zookit_proto::{SessionId, Stat, Zxid};
use zookit_server::core::{Change, Owner, Transaction};

/// All znodes that there ever were, but those that every server begins with.
#[derive(Debug, Default)]
pub(super) struct Timelines {
    znodes: HashMap<String, Timeline>,
    refusals: BTreeSet<Zxid>,
}

/// A znode, again and again.
#[derive(Debug, Default)]
struct Timeline {
    /// What it was from a zxid on; `None`: it was not there.
    states: Vec<(Zxid, Option<State>)>,
    /// What was below it from a zxid on.
    below: Vec<(Zxid, Below)>,
}

#[derive(Debug, Clone)]
struct State {
    czxid: Zxid,
    ctime: i64,
    mtime: i64,
    version: i32,
    owner: SessionId,
    data: Option<String>,
}

/// The children of a znode.
#[derive(Debug, Clone, Copy, Default)]
struct Below {
    created: i32,
    count: i32,
    /// The sum of a hash of each name: the same for the same names.
    print: u64,
}

fn print(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

fn split(path: &str) -> (&str, &str) {
    match path.rsplit_once('/') {
        Some(("", name)) => ("/", name),
        Some((parent, name)) => (parent, name),
        None => ("", path),
    }
}

/// The newest that is not behind this zxid.
fn at<T>(list: &[(Zxid, T)], zxid: Zxid) -> Option<usize> {
    list.partition_point(|(from, _)| *from <= zxid).checked_sub(1)
}

/// The one that began with just this zxid, and when it ended.
fn from<T>(list: &[(Zxid, T)], zxid: Zxid) -> Option<(&T, Zxid)> {
    let place = at(list, zxid)?;
    let (_, value) = list.get(place).filter(|(begun, _)| *begun == zxid)?;
    let end = list.get(place + 1).map_or(Zxid(i64::MAX), |(next, _)| *next);
    Some((value, end))
}

/// What is from a zxid on, replacing what was said of the same zxid before.
fn push<T>(list: &mut Vec<(Zxid, T)>, zxid: Zxid, value: T) {
    if list.last().is_some_and(|(last, _)| *last == zxid) {
        list.pop();
    }
    list.push((zxid, value));
}

impl Timelines {
    pub(super) fn add(&mut self, transaction: &Transaction) {
        let Transaction { zxid, time_ms, change, .. } = transaction;
        self.apply(*zxid, *time_ms, change);
    }

    fn apply(&mut self, zxid: Zxid, time_ms: i64, change: &Change) {
        match change {
            Change::Create { path, data, owner, .. } => {
                let owner = match owner {
                    Owner::Session(owner) => *owner,
                    _ => SessionId::NONE,
                };
                let data = data.as_ref().map(|data| String::from_utf8_lossy(data).into_owned());
                let (ctime, mtime, version) = (time_ms, time_ms, 0);
                let state = State { czxid: zxid, ctime, mtime, version, owner, data };
                self.create(zxid, &path.to_str(), state);
            }
            Change::Delete { path } => self.delete(zxid, &path.to_str()),
            Change::SetData { path, data, version } => {
                let data = data.as_ref().map(|data| String::from_utf8_lossy(data).into_owned());
                let timeline = self.znodes.entry(path.to_str().into_owned()).or_default();
                if let Some((_, Some(state))) = timeline.states.last() {
                    let (version, mtime) = (*version, time_ms);
                    let state = State { version, mtime, data, ..state.clone() };
                    push(&mut timeline.states, zxid, Some(state));
                }
            }
            Change::CloseSession { ephemerals } => {
                ephemerals.iter().for_each(|path| self.delete(zxid, &path.to_str()));
            }
            Change::Error(_) => drop(self.refusals.insert(zxid)),
            Change::Multi(changes) => {
                if changes.iter().any(|change| matches!(change, Change::Error(_))) {
                    self.refusals.insert(zxid);
                } else {
                    changes.iter().for_each(|change| self.apply(zxid, time_ms, change));
                }
            }
            Change::SetAcl { .. } | Change::Check { .. } | Change::CreateSession { .. } => {}
        }
    }

    fn create(&mut self, zxid: Zxid, path: &str, state: State) {
        let timeline = self.znodes.entry(path.to_owned()).or_default();
        push(&mut timeline.states, zxid, Some(state));
        push(&mut timeline.below, zxid, Below::default());
        self.child(zxid, path, true);
    }

    fn delete(&mut self, zxid: Zxid, path: &str) {
        let timeline = self.znodes.entry(path.to_owned()).or_default();
        push(&mut timeline.states, zxid, None);
        self.child(zxid, path, false);
    }

    fn child(&mut self, zxid: Zxid, path: &str, comes: bool) {
        let (parent, name) = split(path);
        let timeline = self.znodes.entry(parent.to_owned()).or_default();
        let mut below = timeline.below.last().map(|(_, below)| *below).unwrap_or_default();
        below.created += i32::from(comes);
        below.count += if comes { 1 } else { -1 };
        let print = print(name);
        below.print =
            if comes { below.print.wrapping_add(print) } else { below.print.wrapping_sub(print) };
        push(&mut timeline.below, zxid, below);
    }

    /// The data that was written under a zxid; `None`: none was, and a stat cannot say so.
    pub(super) fn data_at(&self, path: &str, mzxid: Zxid) -> Option<Option<&str>> {
        let (state, _) = from(&self.znodes.get(path)?.states, mzxid)?;
        state.as_ref().map(|state| state.data.as_deref())
    }

    /// Whether these were the children of a znode from a zxid on.
    pub(super) fn had_children(&self, path: &str, pzxid: Zxid, names: &[String]) -> bool {
        let below = self.znodes.get(path).and_then(|znode| from(&znode.below, pzxid));
        let sum = names.iter().fold(0, |sum: u64, name| sum.wrapping_add(print(name)));
        below.is_some_and(|(below, _)| {
            below.print == sum && usize::try_from(below.count) == Ok(names.len())
        })
    }

    /// When a znode had this stat.
    pub(super) fn spans_of(&self, path: &str, stat: &Stat) -> Result<Vec<Range<i64>>, String> {
        let never = || format!("was told a stat of {path} that it never had: {stat:?}");
        let znode = self.znodes.get(path).ok_or_else(never)?;
        let (state, state_ends) = from(&znode.states, stat.mzxid).ok_or_else(never)?;
        let (below, below_ends) = from(&znode.below, stat.pzxid).ok_or_else(never)?;
        let state = state.as_ref().ok_or_else(never)?;
        let length = state.data.as_ref().map_or(0, String::len);
        let is_right = state.czxid == stat.czxid
            && (state.ctime, state.mtime) == (stat.ctime, stat.mtime)
            && (state.version, state.owner) == (stat.version, stat.ephemeral_owner)
            && usize::try_from(stat.data_length) == Ok(length)
            && below.count == stat.num_children
            && below.created * 2 - below.count == stat.cversion;
        if !is_right {
            return Err(format!("{}; it had {state:?} and {below:?}", never()));
        }
        let begun = stat.mzxid.max(stat.pzxid).0;
        let ended = state_ends.min(below_ends).0;
        Ok(std::iter::once(begun..ended).filter(|span| span.start < span.end).collect())
    }

    /// When a znode was not there.
    pub(super) fn absences(&self, path: &str) -> Vec<Range<i64>> {
        let states = self.znodes.get(path).map_or(&[][..], |znode| &znode.states);
        let mut absences = Vec::new();
        let mut since = Some(0);
        for (zxid, state) in states {
            match (since, state) {
                (Some(begun), Some(_)) => {
                    absences.push(begun..zxid.0);
                    since = None;
                }
                (None, None) => since = Some(zxid.0),
                _ => {}
            }
        }
        absences.extend(since.map(|begun| begun..i64::MAX));
        absences
    }

    /// The version that a znode had behind a transaction; `None`: it was not there.
    pub(super) fn version_at(&self, path: &str, zxid: Zxid) -> Option<i32> {
        let states = &self.znodes.get(path)?.states;
        let (_, state) = states.get(at(states, zxid)?)?;
        state.as_ref().map(|state| state.version)
    }

    /// Whether a transaction is the refusal of a request.
    pub(super) fn is_refusal(&self, zxid: Zxid) -> bool {
        self.refusals.contains(&zxid)
    }
}
