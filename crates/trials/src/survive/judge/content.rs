//! Writes against what the servers hold: what was answered is there, what was refused or not sent is
//! not, and nothing is there twice.

use std::collections::{BTreeMap, BTreeSet};

use super::Case;
use crate::survive::traffic::home::Register;
use crate::survive::traffic::notes::{Deed, End, Write};

pub(super) fn look(case: &Case<'_>) -> Vec<String> {
    let mut faults = creates(case);
    faults.extend(appends(case));
    for register in Register::ALL {
        faults.extend(sets(case, register));
    }
    faults
}

fn of<'a>(case: &Case<'a>, deed: Deed) -> impl Iterator<Item = &'a Write> {
    case.noted.writes.iter().filter(move |write| write.deed == deed)
}

/// What is wrong about a write of which there are so many.
fn count(write: &Write, there: usize) -> Option<String> {
    let value = &write.value;
    let (_, end) = write.ended.as_ref()?;
    match (end, there) {
        (_, 2..) => Some(format!("{value} was written {there} times")),
        (End::Answered(_), 0) => Some(format!("{value} was answered, and is not there")),
        (End::Refused(_) | End::NotSent(_), 1) => {
            Some(format!("{value} ended {end}, and is there"))
        }
        _ => None,
    }
}

fn creates(case: &Case<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    let mut known = BTreeSet::new();
    for write in of(case, Deed::Create) {
        let there = case.truth.creates.get(&write.value);
        faults.extend(count(write, usize::from(there.is_some())));
        known.insert(&write.value);
        if let (Some(stat), Some((_, End::Answered(done)))) = (there, &write.ended)
            && done.stat.is_some_and(|told| told.czxid != stat.czxid)
        {
            faults.push(format!("{} was told with another czxid than it has", write.value));
        }
    }
    let unknown = case.truth.creates.keys().filter(|name| !known.contains(name));
    faults.extend(unknown.map(|name| format!("{name} is there, and nobody wrote it")));
    faults
}

fn appends(case: &Case<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    let mut by_data: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (path, (data, _)) in &case.truth.appends {
        by_data.entry(data).or_default().push(path);
    }
    for write in of(case, Deed::Append) {
        let there = by_data.remove(write.value.as_str()).unwrap_or_default();
        faults.extend(count(write, there.len()));
        if let (Some((_, End::Answered(done))), [path]) = (&write.ended, &there[..])
            && done.path != *path
        {
            faults.push(format!("{} was told as {}, and is {path}", write.value, done.path));
        }
    }
    faults.extend(by_data.keys().map(|data| format!("{data} is there, and nobody wrote it")));
    faults
}

/// A version counts how often a register was set: as often as was answered, and at most once more
/// for each set that is in doubt, each in its place.
fn sets(case: &Case<'_>, register: Register) -> Vec<String> {
    let mut faults = Vec::new();
    let mut doubts: Vec<&str> = Vec::new();
    let mut newest = (0, String::new());
    let is_set = |write: &&Write| matches!(write.deed, Deed::Set(of, _) if of == register);
    for write in case.noted.writes.iter().filter(is_set) {
        let value = &write.value;
        match write.ended.as_ref().map(|(_, end)| end) {
            Some(End::Answered(done)) => {
                let Some(stat) = done.stat else { continue };
                let sets = stat.version - newest.0;
                if sets < 1 || usize::try_from(sets).is_ok_and(|sets| sets > 1 + doubts.len()) {
                    let (doubts, before) = (doubts.len(), newest.0);
                    faults.push(format!(
                        "{value} made version {} of version {before}, with {doubts} sets in doubt \
                         between",
                        stat.version
                    ));
                }
                if let Deed::Set(_, Some(version)) = write.deed
                    && stat.version != version + 1
                {
                    faults.push(format!("{value} of version {version} made {}", stat.version));
                }
                newest = (stat.version, value.clone());
                doubts.clear();
            }
            Some(End::NoReply(_)) => doubts.push(value),
            Some(End::Refused(_) | End::NotSent(_)) | None => {}
        }
    }
    let Some((data, stat)) = case.truth.registers.get(&register) else { return faults };
    let more = stat.version - newest.0;
    if more < 0 || usize::try_from(more).is_ok_and(|more| more > doubts.len()) {
        faults.push(format!(
            "{register:?} has version {}, and was told to have {} with {} sets in doubt behind",
            stat.version,
            newest.0,
            doubts.len()
        ));
    }
    let right = if more == 0 { *data == newest.1 } else { doubts.contains(&data.as_str()) };
    if !right {
        faults.push(format!("{register:?} holds {data:?} in version {}", stat.version));
    }
    faults
}
