//! The checkers of a history.
//!
//! * [`witness`]: the simulator's checkers (`zookit_sim::check`), fed with what clients were told and
//!   with the transactions of the servers: fates, order, watches, sessions, trust, liveness, leaks;
//! * [`moments`]: every answer and every refusal is the tree of one moment, and of one that the client
//!   could be shown;
//! * [`linear`]: registers and counters behave as if each operation took effect at one moment between
//!   its beginning and its end. This asks nothing of the servers' logs;
//! * [`set`], [`ids`], [`queue`], [`counter`], [`ephemeral`]: what each of these workloads is about,
//!   from what clients were told alone.
//!
//! All look at a [`History`], however it came about, and find something or do not.

pub mod counter;
pub mod ephemeral;
pub mod ids;
pub mod linear;
pub mod moments;
pub mod operations;
pub mod queue;
mod report;
pub mod set;
#[cfg(test)]
mod testing;
pub mod witness;

pub use operations::{Op, operations};
pub use report::Report;

use super::history::{Event, History};

/// A promise that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Which checker says so.
    pub checker: &'static str,
    /// What, in a sentence that names calls, paths and zxids.
    pub what: String,
}

impl Found {
    fn new(checker: &'static str, what: String) -> Self {
        Self { checker, what }
    }
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.checker, self.what)
    }
}

/// Asks all checkers.
#[must_use]
pub fn check(history: &History) -> Report {
    let ops = operations(&history.lines);
    let mut report = Report::of(history, &ops);
    for line in &history.lines {
        if let Event::Fault(what) = &line.event {
            report.found.push(Found::new("run", what.clone()));
        }
    }
    report.found.extend(witness::check(history));
    report.found.extend(moments::check(history, &ops));
    let linear = linear::check(&ops, linear::Bounds::default());
    report.linear(&linear);
    report.found.extend(linear.found);
    report.found.extend(set::check(&ops));
    report.found.extend(ids::check(&ops));
    report.found.extend(queue::check(&ops));
    report.found.extend(counter::check(&ops));
    report.found.extend(ephemeral::check(&ops));
    report
}
