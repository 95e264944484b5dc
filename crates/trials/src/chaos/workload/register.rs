//! Registers: read behind a fence or without, set by version or without.

use super::{Lane, keys};
use crate::chaos::client::Operation;
use crate::chaos::history::{Answer, Ask, Function, Workload};

pub(super) async fn run(lane: &mut Lane) {
    // What this process knows of the key that it used last.
    let mut known: (String, Option<i32>) = (String::new(), None);
    while lane.goes_on().await {
        let Some((key, path)) = keys::next(lane, |lane| &lane.common.registers, &[]).await else {
            continue;
        };
        if known.0 != key {
            known = (key.clone(), Some(0));
        }
        let operation = choose(lane, &key, &path, known.1);
        let ended = lane.run(operation).await;
        known.1 = match ended.answer() {
            Some(Answer::Data(_, stat) | Answer::Stat(stat)) => Some(stat.version),
            _ => None,
        };
    }
}

fn choose(lane: &mut Lane, key: &str, path: &str, version: Option<i32>) -> Operation {
    let path = path.to_owned();
    let one = |function, ask| Operation::one(Workload::Register, function, key, ask);
    let choice = lane.rng.u8(0..20);
    match version {
        Some(version) if choice < 9 => {
            let data = lane.data();
            one(Function::Cas, Ask::Set { path, data, version: Some(version) })
        }
        _ if choice == 9 => {
            let data = lane.data();
            one(Function::Write, Ask::Set { path, data, version: None })
        }
        _ if choice < 13 => one(Function::Peek, Ask::Get { path, watch: false }),
        _ => Operation::fenced(Workload::Register, key, Ask::Get { path, watch: false }),
    }
}
