//! Keys that are used one after another.

use std::sync::Mutex;
use std::sync::PoisonError;

use zookit_proto::ErrorCode;

use super::{Lane, ROOT};
use crate::chaos::client::Operation;
use crate::chaos::history::{Ask, Function, Outcome, Told, Workload};

/// Keys of a workload: of each so many operations are made, and then the next one is used.
#[derive(Debug)]
pub(super) struct Keys {
    name: &'static str,
    most: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The key in use; 0 before the first.
    key: u64,
    used: u64,
    /// Whether somebody makes the next one.
    is_coming: bool,
}

impl Keys {
    pub(super) const fn new(name: &'static str, most: u64) -> Self {
        let state = State { key: 0, used: 0, is_coming: false };
        Self { name, most, state: Mutex::new(state) }
    }

    /// The key in use, which counts as used once more; and whether whoever asks is to make the next.
    fn take(&self) -> (u64, bool) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.used += 1;
        let is_due = (state.used > self.most || state.key == 0) && !state.is_coming;
        state.is_coming |= is_due;
        (state.key, is_due)
    }

    /// The next one is there, or it was not to be.
    fn made(&self, key: Option<u64>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.is_coming = false;
        if let Some(key) = key {
            (state.key, state.used) = (key, 0);
        }
    }

    fn path(&self, key: u64) -> String {
        format!("{ROOT}/{}/{key}", self.name)
    }
}

/// A key to be used now, with its path; `None` while there is none. `below` are the names of the
/// znodes that a key has below it.
pub(super) async fn next(
    lane: &mut Lane,
    of: impl Fn(&Lane) -> &Keys,
    below: &[&str],
) -> Option<(String, String)> {
    let (key, is_due) = of(lane).take();
    if is_due {
        let path = of(lane).path(key + 1);
        let is_there = make(lane, &path, below).await;
        of(lane).made(is_there.then_some(key + 1));
    }
    (key > 0).then(|| (key.to_string(), of(lane).path(key)))
}

/// Makes the znodes of a key. They must be new to all: a key on which nothing is known is left alone.
async fn make(lane: &mut Lane, path: &str, below: &[&str]) -> bool {
    let all = std::iter::once(path.to_owned());
    let all = all.chain(below.iter().map(|name| format!("{path}/{name}")));
    for path in all {
        let (data, ephemeral, sequential) = (String::from("0"), false, false);
        let ask = Ask::Create { path, data, ephemeral, sequential };
        let operation = Operation::one(Workload::Frame, Function::Create, "", ask);
        let ended = lane.run(operation).await;
        // Only those who make keys make these, so one that is there is as it was made.
        let is_there = matches!(ended.told.last(), Some(Told::Refused(ErrorCode::NodeExists, _)));
        if ended.outcome != Outcome::Ok && !is_there {
            return false;
        }
    }
    true
}
