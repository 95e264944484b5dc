//! The suite: named cases, each a fact of the protocol, and the versions for which it holds.
//!
//! A case brings its own sessions and finds an empty tree. It runs on any server that is configured
//! as `cargo xtask zookeeper` configures one; what is about time lasts as long as it must on a real
//! one, and no time at all on ours.

mod access;
pub(crate) mod bench;
mod hostile;
mod multi;
mod odd;
mod sessions;
mod time;
mod watches;
mod znodes;

pub use bench::{Bench, Client};

use zookit_server::core::Profile;

use crate::Outcome;
use crate::observe::tidy;
use crate::target::{Target, Which};

/// A fact, and how to see whether a server knows it.
#[derive(Clone, Copy)]
pub struct Case {
    /// The fact.
    pub name: &'static str,
    /// For which versions it holds.
    pub holds: fn(Profile) -> bool,
    /// An error if it does not hold.
    pub run: fn(&mut Bench<'_>) -> Outcome,
}

/// For every version.
const fn always(_: Profile) -> bool {
    true
}

/// From 3.9 on.
fn from_3_9(profile: Profile) -> bool {
    profile >= Profile::V3_9_5
}

/// Before 3.9.
fn before_3_9(profile: Profile) -> bool {
    !from_3_9(profile)
}

/// From the releases that filter by ACL and refuse a lone check: 3.8.5 and 3.9.3.
fn fixed(profile: Profile) -> bool {
    profile >= Profile::V3_8_6
}

/// 3.8.0 alone.
fn old(profile: Profile) -> bool {
    !fixed(profile)
}

/// All of them.
#[must_use]
pub fn cases() -> Vec<Case> {
    let rooms: [&[Case]; 8] = [
        sessions::CASES,
        znodes::CASES,
        multi::CASES,
        watches::CASES,
        access::CASES,
        hostile::CASES,
        odd::CASES,
        time::CASES,
    ];
    rooms.concat()
}

/// Runs the cases that hold for this version, and whose names have `filter` in them. Returns the
/// names with what went wrong, if anything did.
///
/// # Errors
/// There is no server, or it does not let itself be tidied up.
pub fn run(
    server: &Which,
    profile: Profile,
    filter: &str,
) -> Outcome<Vec<(&'static str, Option<String>)>> {
    let mut done = Vec::new();
    let mut target = server.target();
    for case in cases().iter().filter(|case| (case.holds)(profile) && case.name.contains(filter)) {
        done.push((case.name, run_case(case, &mut *target, profile)?));
    }
    Ok(done)
}

fn run_case(case: &Case, target: &mut dyn Target, profile: Profile) -> Outcome<Option<String>> {
    tidy(target)?;
    let mut bench = Bench::new(target, profile);
    let result = (case.run)(&mut bench);
    bench.close_all()?;
    Ok(result.err().map(|error| error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_case_has_a_name_of_its_own_and_holds_somewhere() {
        let cases = cases();
        let names: BTreeSet<_> = cases.iter().map(|case| case.name).collect();
        assert_eq!(names.len(), cases.len());
        for case in &cases {
            assert!(Profile::ALL.into_iter().any(case.holds), "{}", case.name);
        }
    }
}
