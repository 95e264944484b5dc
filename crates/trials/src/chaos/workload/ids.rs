//! Numbers that nobody gets twice: the version of a znode that is set, and the number of a
//! sequential znode.

use super::{Lane, ROOT, keys};
use crate::chaos::client::Operation;
use crate::chaos::history::{Ask, Function, Workload};

/// The key of the numbers that are versions.
const VERSIONS: &str = "versions";

/// The znode whose versions they are.
pub(super) fn counter() -> String {
    format!("{ROOT}/ids/counter")
}

pub(super) async fn run(lane: &mut Lane) {
    while lane.goes_on().await {
        let Some((key, path)) = keys::next(lane, |lane| &lane.common.sequences, &[]).await else {
            continue;
        };
        let operation = if lane.rng.bool() {
            let (path, data) = (counter(), lane.data());
            let ask = Ask::Set { path, data, version: None };
            Operation::one(Workload::Ids, Function::Generate, VERSIONS, ask)
        } else {
            let (path, data) = (format!("{path}/id-"), lane.data());
            let ask = Ask::Create { path, data, ephemeral: false, sequential: true };
            Operation::one(Workload::Ids, Function::Generate, key, ask)
        };
        lane.run(operation).await;
    }
}
