//! States that follow each other, sessions, and the ephemeral znodes that go with them.

use std::collections::{BTreeMap, BTreeSet};

use zookit_client::{Generation, SessionId, State, Zxid};

use super::Case;
use crate::survive::traffic::notes::{Deed, End};

pub(super) fn look(case: &Case<'_>) -> Vec<String> {
    let mut faults = states(case);
    let changes = || case.noted.states.iter().map(|(_, update)| &update.change);
    let expired: BTreeSet<_> =
        changes().filter(|change| change.state == State::Expired).map(|c| c.generation).collect();
    let lost_connection = changes().any(|change| change.state == State::Suspended);
    let expected = case.expected;
    for (what, declared, lost) in [
        ("the session", expected.session, !expired.is_empty()),
        ("the connection", expected.connection, lost_connection),
    ] {
        if !declared.allows(lost) {
            let seen = if lost { "lost" } else { "kept" };
            faults.push(format!("{what} was declared {declared:?}, and was {seen}"));
        }
    }
    faults.extend(ephemerals(case, &expired));
    faults
}

/// Each state may follow the one before, and knows at least as much.
fn states(case: &Case<'_>) -> Vec<String> {
    use State::{AuthFailed, Closed, Connected, ConnectedReadOnly, Connecting, Expired, Suspended};
    let mut faults = Vec::new();
    let mut sessions: BTreeMap<Generation, SessionId> = BTreeMap::new();
    // The traffic began on a connection.
    let (mut was, mut generation, mut zxid) = (Connected, Generation(1), Zxid(0));
    for (_, update) in &case.noted.states {
        let change = &update.change;
        let legal = match was {
            Connecting => matches!(change.state, Connected | ConnectedReadOnly | Expired),
            Connected | ConnectedReadOnly => matches!(change.state, Suspended),
            Suspended => matches!(change.state, Connected | ConnectedReadOnly | Expired),
            Expired => change.state == Connecting,
            AuthFailed | Closed => false,
        };
        if !legal {
            faults.push(format!("{:?} behind {was:?}", change.state));
        }
        let due = if was == Expired { Generation(generation.0 + 1) } else { generation };
        if change.generation != due {
            faults.push(format!("{:?} of {:?}, where {due:?} is", change.state, change.generation));
        }
        if update.missed > 0 {
            faults.push(format!("{} changes of the state were not told", update.missed));
        }
        if change.zxid < zxid {
            faults.push(format!("it knew of {zxid}, and then only of {}", change.zxid));
        }
        if change.state.is_connected() {
            let session = *sessions.entry(change.generation).or_insert(change.session);
            if session != change.session {
                faults.push(format!("two sessions of {:?}", change.generation));
            }
        }
        (was, generation, zxid) = (change.state, change.generation, change.zxid);
    }
    if !was.is_connected() {
        faults.push(format!("it was {was:?} in the end"));
    }
    faults
}

/// The ephemeral znodes of a session that is gone are gone, and those of one that is not are there.
fn ephemerals(case: &Case<'_>, expired: &BTreeSet<Generation>) -> Vec<String> {
    let mut faults = Vec::new();
    let (mut kept, mut gone) = (0, 0);
    for write in case.noted.writes.iter().filter(|write| write.deed == Deed::Ephemeral) {
        let there = case.truth.ephemerals.contains_key(&write.value);
        let path = &write.value;
        match write.ended.as_ref().map(|(_, end)| end) {
            Some(End::Refused(_) | End::NotSent(_)) if there => {
                faults.push(format!("{path} is there, and its create was not done"));
            }
            _ if there && expired.contains(&write.generation) => {
                faults.push(format!("{path} is there, and its session is gone"));
            }
            Some(End::Answered(_)) if !there && !expired.contains(&write.generation) => {
                faults.push(format!("{path} is gone, and its session is not"));
            }
            Some(End::Answered(_)) if there => kept += 1,
            Some(End::Answered(_)) => gone += 1,
            _ => {}
        }
    }
    if !case.expected.ephemerals.allows(gone > 0) {
        let declared = case.expected.ephemerals;
        faults
            .push(format!("ephemerals were declared {declared:?}; {kept} are there, {gone} gone"));
    }
    faults
}
