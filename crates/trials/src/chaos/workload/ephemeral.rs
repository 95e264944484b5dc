//! Ephemeral znodes: each client has its own znode to make them under, and each generation of it its
//! own names there. What is made in one session is asked for in that session alone.

use super::{Lane, ROOT};
use crate::chaos::client::Operation;
use crate::chaos::history::{Ask, Function, Outcome, Workload};

/// A generation has no more of them than this.
const MOST: usize = 4;

/// The znode below which the ephemeral znodes of a client are.
pub(super) fn parent(client: u32) -> String {
    format!("{ROOT}/ephemeral/{client}")
}

pub(super) async fn run(lane: &mut Lane) {
    let own = lane.subject.id().0;
    // Of the generation at hand.
    let mut generation = 0;
    let mut made: Vec<String> = Vec::new();
    while lane.goes_on().await {
        let now = lane.subject.client().generation().0;
        if generation != now {
            (generation, made) = (now, Vec::new());
        }
        let one = |function, ask| {
            Operation::one(Workload::Ephemeral, function, own.to_string(), ask).pinned()
        };
        match lane.rng.u8(0..10) {
            0..5 if made.len() < MOST => {
                let path = format!("{}/g{generation}-{}", parent(own), lane.data());
                let (data, ephemeral, sequential) = (String::new(), true, false);
                let create = Ask::Create { path: path.clone(), data, ephemeral, sequential };
                if lane.run(one(Function::Create, create)).await.outcome == Outcome::Ok {
                    made.push(path);
                }
            }
            5 | 6 if !made.is_empty() => {
                let path = made.swap_remove(lane.rng.usize(0..made.len()));
                lane.run(one(Function::Delete, Ask::Delete { path, version: None })).await;
            }
            _ => {
                // Another one's as well as the own.
                let whose = lane.rng.u32(1..=own.max(6));
                let ask = Ask::Children { path: parent(whose), watch: false };
                let read = Operation::fenced(Workload::Ephemeral, whose.to_string(), ask);
                lane.run(read).await;
            }
        }
    }
}
