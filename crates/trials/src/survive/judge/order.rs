//! Writes took effect in the order of their submission, and none behind one that was lost and never
//! took effect.

use std::collections::BTreeMap;

use zookit_client::Zxid;

use super::Case;
use crate::survive::traffic::home::Register;
use crate::survive::traffic::notes::{Deed, End, Write};

pub(super) fn look(case: &Case<'_>) -> Vec<String> {
    let mut by_data = BTreeMap::new();
    for (data, stat) in case.truth.appends.values() {
        by_data.insert(data.as_str(), stat.czxid);
    }
    let mut faults = Vec::new();
    let mut newest: Option<(Zxid, &Write)> = None;
    for write in &case.noted.writes {
        let Some(zxid) = zxid(case, &by_data, write) else { continue };
        if let Some((before, earlier)) = newest
            && zxid <= before
        {
            faults.push(format!(
                "{} was submitted behind {}, and took effect at {zxid}, before {before}",
                write.value, earlier.value
            ));
        }
        newest = Some((zxid, write));
    }
    faults.extend(holes(case, &by_data));
    faults
}

/// The transaction of a write, if it is known to have been one.
fn zxid(case: &Case<'_>, by_data: &BTreeMap<&str, Zxid>, write: &Write) -> Option<Zxid> {
    match write.deed {
        Deed::Create => case.truth.creates.get(&write.value).map(|stat| stat.czxid),
        Deed::Append => by_data.get(write.value.as_str()).copied(),
        Deed::Set(..) => match &write.ended {
            Some((_, End::Answered(done))) => done.stat.map(|stat| stat.mzxid),
            _ => None,
        },
        Deed::Ephemeral => case.truth.ephemerals.get(&write.value).map(|stat| stat.czxid),
    }
}

/// A write that was lost and is not there, and one that was submitted behind it, before anybody
/// could know of the loss, and is there.
fn holes(case: &Case<'_>, by_data: &BTreeMap<&str, Zxid>) -> Vec<String> {
    let mut faults = Vec::new();
    let mut lost: Option<&Write> = None;
    // One task submits these, and notes what has ended before it submits more.
    let lane = |write: &&Write| {
        matches!(
            write.deed,
            Deed::Create | Deed::Append | Deed::Set(Register::Set | Register::Swap, _)
        )
    };
    for write in case.noted.writes.iter().filter(lane) {
        let Some((ended, end)) = &write.ended else { continue };
        let took_effect = zxid(case, by_data, write).is_some();
        if let Some(lost) = lost
            && took_effect
            && lost.ended.as_ref().is_some_and(|(known, _)| write.submitted < *known)
        {
            faults.push(format!(
                "{} took effect, and {}, submitted before it, was lost {:?} after that and never did",
                write.value,
                lost.value,
                ended.saturating_duration_since(write.submitted)
            ));
        }
        // What became of a set that got no reply shows only in later versions.
        let decidable = !matches!(write.deed, Deed::Set(..));
        if end.is_no_reply() && !took_effect && decidable {
            lost = Some(write);
        }
    }
    faults
}
