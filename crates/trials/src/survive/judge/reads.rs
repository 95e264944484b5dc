//! What reads showed: what was written, never what was not, and time does not run backwards.

use std::collections::{BTreeMap, BTreeSet};

use super::Case;
use crate::survive::traffic::home::Register;
use crate::survive::traffic::notes::{Deed, End, Value};

/// What is known of a register.
#[derive(Default)]
struct Known<'a> {
    /// What may have been in it at one time or another.
    possible: BTreeSet<&'a str>,
    /// What its versions were told to hold.
    versions: BTreeMap<i32, &'a str>,
}

pub(super) fn look(case: &Case<'_>) -> Vec<String> {
    Register::ALL.into_iter().flat_map(|register| look_at(case, register)).collect()
}

fn known<'a>(case: &Case<'a>, register: Register) -> Known<'a> {
    let mut known = Known::default();
    known.possible.insert("");
    for write in &case.noted.writes {
        if !matches!(write.deed, Deed::Set(of, _) if of == register) {
            continue;
        }
        match write.ended.as_ref().map(|(_, end)| end) {
            Some(End::Answered(done)) => {
                known.possible.insert(&write.value);
                if let Some(stat) = done.stat {
                    known.versions.insert(stat.version, &write.value);
                }
            }
            Some(End::NoReply(_)) | None => drop(known.possible.insert(&write.value)),
            Some(End::Refused(_) | End::NotSent(_)) => {}
        }
    }
    known
}

fn look_at(case: &Case<'_>, register: Register) -> Vec<String> {
    let known = known(case, register);
    let mut faults = Vec::new();
    let mut newest = 0;
    let of = case.noted.reads.iter().filter(|read| read.register == register);
    for read in of {
        let Some((_, End::Answered(Value { data, stat }))) = &read.ended else { continue };
        let version = stat.version;
        if !known.possible.contains(data.as_str()) {
            faults.push(format!("a read of {register:?} shows {data:?}, which was never written"));
        }
        let told = known.versions.get(&version);
        if told.is_some_and(|told| *told != data.as_str()) {
            faults.push(format!("a read shows {data:?} as version {version}, which is {told:?}"));
        }
        if version < read.at_least {
            let at_least = read.at_least;
            faults.push(format!("a read shows version {version}, and {at_least} was told before"));
        }
        if version < newest {
            faults.push(format!("a read shows version {version} behind one that shows {newest}"));
        }
        newest = version;
    }
    faults
}
