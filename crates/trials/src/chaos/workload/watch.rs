//! Watches: some change a few znodes, and some watch them in all ways there are.

use super::{Lane, ROOT};
use crate::chaos::client::{Held, Operation};
use crate::chaos::history::{Ask, Function, Workload};

/// How many znodes are watched, and how many each has below it now and then.
pub(super) const NODES: usize = 6;
const BELOW: usize = 3;

/// A client holds no more one-shot watches, and no more persistent ones, than this.
const MOST: usize = 6;

/// A znode that is watched.
pub(super) fn node(number: usize) -> String {
    format!("{ROOT}/watch/{number}")
}

/// Changes what is watched.
pub(super) async fn change(lane: &mut Lane) {
    let one = |function, ask| Operation::one(Workload::Watch, function, "", ask);
    while lane.goes_on().await {
        let path = node(lane.rng.usize(0..NODES));
        let below = format!("{path}/{}", lane.rng.usize(0..BELOW));
        let operation = match lane.rng.u8(0..8) {
            0..4 => {
                let data = lane.data();
                one(Function::Write, Ask::Set { path, data, version: None })
            }
            4..6 => {
                let data = lane.data();
                let (path, ephemeral, sequential) = (below, false, false);
                one(Function::Create, Ask::Create { path, data, ephemeral, sequential })
            }
            _ => one(Function::Delete, Ask::Delete { path: below, version: None }),
        };
        lane.run(operation).await;
    }
}

/// Watches; what it holds at the end stays held until its client closes.
pub(super) async fn watch(lane: &mut Lane) {
    let mut one_shots: Vec<Held> = Vec::new();
    let mut persistent: Vec<Held> = Vec::new();
    while lane.goes_on().await {
        one_shots.retain(|held| !held.is_over());
        persistent.retain(|held| !held.is_over());
        let place = lane.rng.usize(0..MOST);
        match lane.rng.u8(0..12) {
            0 if place < one_shots.len() => drop(one_shots.swap_remove(place)),
            1 if place < persistent.len() => drop(persistent.swap_remove(place)),
            2..4 if persistent.len() < MOST => {
                let path = match lane.rng.u8(0..3) {
                    0 => format!("{ROOT}/watch"),
                    _ => node(lane.rng.usize(0..NODES)),
                };
                let recursive = lane.rng.bool();
                let held = arm(lane, Ask::Watch { path, recursive }).await;
                persistent.extend(held);
            }
            _ if one_shots.len() < MOST => {
                let path = node(lane.rng.usize(0..NODES));
                let below = format!("{path}/{}", lane.rng.usize(0..BELOW));
                let ask = match lane.rng.u8(0..6) {
                    0 => Ask::Get { path, watch: true },
                    1 => Ask::Children { path, watch: true },
                    2 => Ask::Exists { path, watch: true },
                    3 => Ask::Get { path: below, watch: true },
                    _ => Ask::Exists { path: below, watch: true },
                };
                let held = arm(lane, ask).await;
                one_shots.extend(held);
            }
            _ => {}
        }
    }
    // The watches are looked at when all is at rest: whoever ends its client ends them.
    for held in one_shots.into_iter().chain(persistent) {
        held.keep();
    }
}

async fn arm(lane: &mut Lane, ask: Ask) -> Option<Held> {
    let operation = Operation::one(Workload::Watch, Function::Watch, "", ask);
    lane.run(operation).await.watch
}
