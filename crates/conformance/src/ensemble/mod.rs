//! Facts of an ensemble: conversations with several members at once, the same with our model of an
//! ensemble and with real ones.
//!
//! * [`Members`]: an ensemble of three, and what can be done to it. [`Model`] is ours, in virtual
//!   time; [`Real`] is three processes with proxies between them.
//! * [`Bench`]: what facts are made of; `facts/`: the facts, a topic a file.
//!
//! The facts are carried out one after the other on one ensemble, each with znodes of its own. What a
//! fact did to members is undone before the next one, also if it failed.

mod bench;
mod facts;
mod model;
mod real;

use std::io;
use std::time::{Duration, Instant};

pub use bench::Bench;
pub use model::Model;
pub use real::Real;
pub use zookit_ensemble::Version;

use crate::Outcome;
use crate::target::Stream;

/// How many members there are. They are counted from 0; ZooKeeper's own number is one more.
pub const SIZE: usize = 3;

/// What a member and its leader say to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// What the leader says.
    FromLeader,
    /// What the member says.
    ToLeader,
}

/// An ensemble of three members.
pub trait Members {
    /// The version that it behaves as.
    fn version(&self) -> Version;

    /// A new connection to a member.
    ///
    /// # Errors
    /// It is killed.
    fn dial(&mut self, member: usize) -> io::Result<Box<dyn Stream>>;

    /// How late it is, since it began.
    fn now(&self) -> Duration;

    /// Lets time pass.
    fn wait(&mut self, time: Duration);

    /// The member that leads. Waits until there is one, and the others that live follow it.
    ///
    /// # Errors
    /// There is none: too few live.
    fn leader(&mut self) -> Outcome<usize>;

    /// One way between a follower and its leader nothing arrives until it is
    /// [released](Self::release), and neither is told. No longer than a second or two: they notice
    /// by and by.
    ///
    /// # Errors
    /// There is no leader.
    fn hold(&mut self, follower: usize, way: Way) -> Outcome;

    /// What was held arrives.
    ///
    /// # Errors
    /// There is no network.
    fn release(&mut self) -> Outcome;

    /// Members end, together, as when their machines lose power.
    ///
    /// # Errors
    /// The system refuses.
    fn kill(&mut self, members: &[usize]) -> Outcome;

    /// All members that were killed come back with what they had, and all serve when this returns.
    ///
    /// # Errors
    /// They do not.
    fn revive(&mut self) -> Outcome;

    /// Whatever was done to members is undone.
    ///
    /// # Errors
    /// They do not serve.
    fn restore(&mut self) -> Outcome {
        self.release()?;
        self.revive()
    }

    /// All other members are killed, and this one serves those who can do with that it only reads,
    /// when this returns. It is one that gives sessions to them: from 3.7 on `localSessionsEnabled`
    /// is what a real one needs for that.
    ///
    /// # Errors
    /// It does not serve.
    fn leave_alone(&mut self, member: usize) -> Outcome;
}

/// A fact, and how to see whether an ensemble knows it.
#[derive(Clone, Copy)]
pub struct Fact {
    /// The fact.
    pub name: &'static str,
    /// For which versions it holds.
    pub holds: fn(Version) -> bool,
    /// An error if it does not hold.
    pub run: fn(&mut Bench<'_>) -> Outcome,
}

/// All of them.
#[must_use]
pub fn facts() -> Vec<Fact> {
    facts::all()
}

/// What became of a fact.
#[derive(Debug, Clone)]
pub struct Told {
    /// The fact.
    pub name: &'static str,
    /// What went wrong each time that it was tried, but for the time at which it held.
    pub errors: Vec<String>,
    /// Whether it held in the end.
    pub holds: bool,
    /// How long it took.
    pub took: Duration,
}

/// Carries out the facts that hold for the version of these members, and whose names have `filter`
/// in them. A fact that does not hold is tried so often altogether: sessions of a second, and real
/// members on a machine with other things to do, do not always go together.
///
/// # Errors
/// What a fact did to members cannot be undone.
pub fn run(members: &mut dyn Members, filter: &str, tries: usize) -> Outcome<Vec<Told>> {
    let version = members.version();
    let facts = facts().into_iter();
    let wanted = facts.filter(|fact| (fact.holds)(version) && fact.name.contains(filter));
    let (mut all, mut left, mut number) = (Vec::new(), Vec::new(), 0);
    for Fact { name, run, .. } in wanted {
        let begun = Instant::now();
        let mut told = Told { name, errors: Vec::new(), holds: false, took: Duration::ZERO };
        while !told.holds && told.errors.len() < tries {
            number += 1;
            members.restore()?;
            let mut bench = Bench::new(members, number)?;
            bench.end(std::mem::take(&mut left))?;
            match run(&mut bench) {
                Ok(()) => told.holds = true,
                Err(error) => told.errors.push(error.to_string()),
            }
            left = bench.left();
        }
        told.took = begun.elapsed();
        all.push(told);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_fact_has_a_name_of_its_own_and_holds_somewhere() {
        let facts = facts();
        let names: BTreeSet<_> = facts.iter().map(|fact| fact.name).collect();
        assert_eq!(names.len(), facts.len());
        for fact in &facts {
            assert!(Version::KNOWN.into_iter().any(fact.holds), "{}", fact.name);
        }
    }
}
