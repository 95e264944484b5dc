//! Sets: elements are added, each once, and the children of a znode are all of them.

use super::{Lane, keys};
use crate::chaos::client::Operation;
use crate::chaos::history::{Ask, Function, Workload};

pub(super) async fn run(lane: &mut Lane) {
    while lane.goes_on().await {
        let Some((key, path)) = keys::next(lane, |lane| &lane.common.sets, &[]).await else {
            continue;
        };
        match lane.rng.u8(0..10) {
            0 => {
                let adds = (0..lane.rng.usize(2..8)).map(|_| add(lane, &key, &path)).collect();
                lane.burst(adds).await;
            }
            1..6 => {
                let add = add(lane, &key, &path);
                lane.run(add).await;
            }
            6 => {
                let ask = Ask::Children { path, watch: false };
                lane.run(Operation::one(Workload::Set, Function::Peek, key, ask)).await;
            }
            _ => {
                let ask = Ask::Children { path, watch: false };
                lane.run(Operation::fenced(Workload::Set, key, ask)).await;
            }
        }
    }
}

fn add(lane: &mut Lane, key: &str, parent: &str) -> Operation {
    let path = format!("{parent}/{}", lane.data());
    let (data, ephemeral, sequential) = (String::new(), false, false);
    let ask = Ask::Create { path, data, ephemeral, sequential };
    Operation::one(Workload::Set, Function::Add, key, ask)
}
