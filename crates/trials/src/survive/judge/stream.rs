//! A persistent watch: each change is told, once and in its place, or lies in a gap that is told.

use std::collections::BTreeMap;

use zookit_client::{EventType, WatchNotice, Zxid};

use super::Case;
use crate::survive::traffic::changer::{Change, Outcome};

/// Fewer events prove nothing.
const FEWEST: usize = 30;

pub(super) fn look(case: &Case<'_>) -> Vec<String> {
    if !case.streams {
        return Vec::new();
    }
    let mut told: BTreeMap<(i32, &str), Vec<Option<Zxid>>> = BTreeMap::new();
    let mut gaps = Vec::new();
    let mut faults = Vec::new();
    let mut order = Vec::new();
    for (_, notice) in &case.noted.stream {
        match notice {
            // Told of the znode itself, besides the events of those below: servers before 3.9.
            WatchNotice::Event(event) if event.event_type == EventType::NodeChildrenChanged => {}
            WatchNotice::Event(event) => {
                let key = (number(event.event_type), event.path.as_str());
                told.entry(key).or_default().push(event.zxid);
                order.push(key);
            }
            WatchNotice::Gap { after, until } => gaps.push((*after, *until)),
            WatchNotice::Ended(end) => faults.push(format!("the persistent watch ended: {end}")),
        }
    }
    faults.extend(in_order(case.changes, &order));
    faults.extend(case.changes.iter().filter_map(|change| account(change, &mut told, &gaps)));
    let invented = |((event, path), zxids): (&(i32, &str), &Vec<_>)| {
        format!("event {event} of {path} was told {} times, and nobody did that", zxids.len())
    };
    faults.extend(told.iter().map(invented));
    if order.len() < FEWEST {
        faults.push(format!("only {} events were told: that proves nothing", order.len()));
    }
    if !case.expected.gap.allows(!gaps.is_empty()) {
        let declared = case.expected.gap;
        faults.push(format!("a gap was declared {declared:?}, and there were {}", gaps.len()));
    }
    let connected =
        case.noted.states.iter().filter(|(_, update)| update.change.state.is_connected());
    let reconnects = connected.count();
    if gaps.len() != reconnects {
        faults.push(format!("{reconnects} new connections, and {} gaps", gaps.len()));
    }
    faults
}

fn number(event: EventType) -> i32 {
    match event {
        EventType::NodeCreated => 1,
        EventType::NodeDeleted => 2,
        EventType::NodeDataChanged => 3,
        EventType::NodeChildrenChanged => 4,
        _ => 0,
    }
}

/// Whether a change was told or lies in a gap; what was told of it is used up.
fn account<'a>(
    change: &'a Change,
    told: &mut BTreeMap<(i32, &'a str), Vec<Option<Zxid>>>,
    gaps: &[(Zxid, Zxid)],
) -> Option<String> {
    let Change { event, path, outcome } = change;
    let told = told.remove(&(number(*event), path.as_str())).unwrap_or_default();
    match (outcome, &told[..]) {
        (Outcome::NotMade, []) | (Outcome::InDoubt, [] | [_]) => None,
        (Outcome::NotMade, _) => Some(format!("{event:?} of {path} was told, and not made")),
        (Outcome::Made(after, until), []) => {
            let in_gap = gaps.iter().any(|gap| gap.0 < *until && *after < gap.1);
            (!in_gap)
                .then(|| format!("{event:?} of {path}, at {until}, was neither told nor in a gap"))
        }
        (Outcome::Made(after, until), [zxid]) => {
            let right = zxid.is_none_or(|zxid| *after < zxid && zxid <= *until);
            (!right).then(|| format!("{event:?} of {path}, at {until}, was told of {zxid:?}"))
        }
        (_, many) => Some(format!("{event:?} of {path} was told {} times", many.len())),
    }
}

/// Events come in the order of the changes.
fn in_order(changes: &[Change], told: &[(i32, &str)]) -> Option<String> {
    let places: BTreeMap<_, _> = changes
        .iter()
        .enumerate()
        .map(|(place, change)| ((number(change.event), change.path.as_str()), place))
        .collect();
    let known: Vec<_> = told.iter().filter_map(|event| places.get(event)).collect();
    let wrong = known.windows(2).find(|two| two[0] > two[1])?;
    let name = |place: &usize| format!("{:?} of {}", changes[*place].event, changes[*place].path);
    Some(format!("{} was told before {}", name(wrong[0]), name(wrong[1])))
}
