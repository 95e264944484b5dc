//! Two counters that go up together: by a multi that checks the second and sets both, the first by
//! its version.

use super::{Lane, keys};
use crate::chaos::client::Operation;
use crate::chaos::history::{Answer, Ask, Function, Workload};

/// The names of the two.
const NAMES: [&str; 2] = ["a", "b"];

pub(super) async fn run(lane: &mut Lane) {
    let mut known: (String, Option<Counted>) = (String::new(), None);
    while lane.goes_on().await {
        let Some((key, path)) = keys::next(lane, |lane| &lane.common.counters, &NAMES).await else {
            continue;
        };
        if known.0 != key {
            known = (key.clone(), Some(Counted::default()));
        }
        let [first, second] = NAMES.map(|name| format!("{path}/{name}"));
        let operation = match known.1 {
            Some(counted) if lane.rng.u8(0..10) < 6 => increment(&key, first, second, counted),
            _ => {
                let get = |path| Ask::Get { path, watch: false };
                let reads = Ask::Reads(vec![get(first), get(second)]);
                if lane.rng.u8(0..4) == 0 {
                    Operation::one(Workload::Counter, Function::Peek, key, reads)
                } else {
                    Operation::fenced(Workload::Counter, key, reads)
                }
            }
        };
        let ended = lane.run(operation).await;
        known.1 = ended.answer().and_then(|answer| Counted::of(answer, known.1));
    }
}

/// What both counters are, as far as this process knows.
#[derive(Debug, Clone, Copy, Default)]
struct Counted {
    number: u64,
    /// Of each of the two.
    versions: [i32; 2],
}

impl Counted {
    /// What an answer says, where `before` was what the increment that it answers began with.
    fn of(answer: &Answer, before: Option<Self>) -> Option<Self> {
        let Answer::Many(answers) = answer else { return None };
        match answers.as_slice() {
            [Ok(Answer::Data(Some(first), one)), Ok(Answer::Data(_, other))] => {
                Some(Self { number: first.parse().ok()?, versions: [one.version, other.version] })
            }
            [_, Ok(Answer::Stat(one)), Ok(Answer::Stat(other))] => {
                let number = before?.number + 1;
                Some(Self { number, versions: [one.version, other.version] })
            }
            _ => None,
        }
    }
}

fn increment(key: &str, first: String, second: String, counted: Counted) -> Operation {
    let Counted { number, versions: [one, other] } = counted;
    let data = (number + 1).to_string();
    let ask = Ask::Multi(vec![
        Ask::Check { path: second.clone(), version: other },
        Ask::Set { path: first, data: data.clone(), version: Some(one) },
        Ask::Set { path: second, data, version: None },
    ]);
    Operation::one(Workload::Counter, Function::Increment, key, ask)
}
