//! A queue: items are sequential znodes, whose names have what they are; whoever deletes one has it.

use super::{Lane, ROOT};
use crate::chaos::client::Operation;
use crate::chaos::history::{Answer, Ask, Function, Workload};

/// With more items than that nobody adds any.
const MOST: usize = 60;

/// The znode below which they are.
pub(super) fn parent() -> String {
    format!("{ROOT}/queue")
}

/// What is in the queue, as its readers find it.
pub(super) fn listing() -> Ask {
    Ask::Children { path: parent(), watch: false }
}

pub(super) async fn run(lane: &mut Lane) {
    let one = |function, ask| Operation::one(Workload::Queue, function, "", ask);
    // The items that this process saw last.
    let mut seen: Vec<String> = Vec::new();
    while lane.goes_on().await {
        match lane.rng.u8(0..9) {
            0..4 if seen.len() < MOST => {
                let data = lane.data();
                let path = format!("{}/{data}-", parent());
                let ask = Ask::Create { path, data, ephemeral: false, sequential: true };
                lane.run(one(Function::Enqueue, ask)).await;
            }
            _ => {
                let listed = lane.run(one(Function::Peek, listing())).await;
                let Some(Answer::Children(names, _)) = listed.answer() else { continue };
                seen.clone_from(names);
                // The oldest first; of the first few any, so that not all want the same.
                seen.sort_by(|a, b| number(a).cmp(number(b)));
                if seen.is_empty() {
                    continue;
                }
                let name = &seen[lane.rng.usize(0..seen.len().min(4))];
                let path = format!("{}/{name}", parent());
                let ask = Ask::Delete { path, version: None };
                lane.run(one(Function::Dequeue, ask)).await;
            }
        }
    }
}

/// The number at the end of a name, as text of one length.
fn number(name: &str) -> &str {
    name.len().checked_sub(10).and_then(|at| name.get(at..)).unwrap_or(name)
}
