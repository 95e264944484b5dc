//! One-shot watches: each fires for a change that there was, or waits because there was none, or
//! ends because its session is gone and says so.

use zookit_client::{EventType, WatchEnded};

use super::Case;
use crate::survive::traffic::notes::{OneShot, OneShotEnd};
use crate::survive::traffic::one_shots::Kind;

/// Fewer that fired prove nothing.
const FEWEST: usize = 5;

pub(super) fn look(case: &Case<'_>) -> Vec<String> {
    let one_shots = &case.noted.one_shots;
    let mut faults: Vec<_> = one_shots.iter().filter_map(fault).collect();
    for kind in Kind::ALL {
        let of = || one_shots.iter().filter(|one_shot| one_shot.kind == kind);
        let fired = of().filter(|one| matches!(one.end, OneShotEnd::Fired { .. })).count();
        if fired < FEWEST {
            faults.push(format!("only {fired} watches for {kind:?} fired: that proves nothing"));
        }
        if !of().any(|one| matches!(one.end, OneShotEnd::Waiting { .. })) {
            faults.push(format!("no watch for {kind:?} was there in the end"));
        }
    }
    let lost = one_shots.iter().any(|one| matches!(one.end, OneShotEnd::Ended(_)));
    if !case.expected.one_shots.allows(lost) {
        let declared = case.expected.one_shots;
        let what = if lost { "some ended" } else { "none ended" };
        faults.push(format!("one-shot watches were declared {declared:?}, and {what}"));
    }
    faults
}

fn fault(one_shot: &OneShot) -> Option<String> {
    let OneShot { kind, armed, end } = one_shot;
    let wrong = match end {
        OneShotEnd::Fired { event, found } => match kind {
            // It may have come and gone meanwhile, and gone or come again.
            Kind::Exists => match armed {
                None => *event != EventType::NodeCreated,
                Some(_) => !matches!(event, EventType::NodeDeleted | EventType::NodeDataChanged),
            },
            Kind::Data => found <= armed || *event != EventType::NodeDataChanged,
            Kind::Children => found <= armed || *event != EventType::NodeChildrenChanged,
        },
        OneShotEnd::Ended(ended) => *ended != WatchEnded::SessionLost,
        OneShotEnd::Waiting { found } => found != armed,
    };
    wrong.then(|| format!("a watch for {kind:?}, left at {armed:?}: {end:?}"))
}
