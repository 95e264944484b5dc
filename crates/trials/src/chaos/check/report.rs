//! What came of a history, in numbers and in words.

use std::collections::BTreeMap;
use std::fmt;

use zookit_server::core::Change;

use super::{Found, Op, linear};
use crate::chaos::history::{Accident, Event, History, Outcome, Workload};

/// What came of a history.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// What was found; empty is what everybody hopes for.
    pub found: Vec<Found>,
    /// Of each workload: operations that took effect, had none, and of which nobody knows.
    pub workloads: BTreeMap<&'static str, [u64; 3]>,
    /// Transactions that the servers agreed on.
    pub transactions: u64,
    /// Sessions that began.
    pub sessions: u64,
    /// Sessions that clients told as expired.
    pub expired: u64,
    /// Connections that were lost.
    pub lost: u64,
    /// Things that watchers were told.
    pub notices: u64,
    /// Accidents by their names.
    pub accidents: BTreeMap<String, u64>,
    /// Keys whose operations were found to be linearizable.
    pub linear_keys: u64,
    /// Operations on them.
    pub linear_operations: u64,
    /// Keys of which that could not be decided within bounds. They prove nothing.
    pub undecided: Vec<String>,
}

impl Report {
    pub(super) fn of(history: &History, ops: &[Op<'_>]) -> Self {
        let mut report = Self::default();
        for op in ops {
            let counts = report.workloads.entry(op.invoke.workload.name()).or_default();
            let [ok, fail, info] = counts;
            match op.outcome() {
                Outcome::Ok => *ok += 1,
                Outcome::Fail => *fail += 1,
                Outcome::Info => *info += 1,
            }
        }
        for line in &history.lines {
            report.count(&line.event);
        }
        report
    }

    fn count(&mut self, event: &Event) {
        match event {
            Event::Transaction(transaction) => {
                self.transactions += 1;
                let begins = matches!(transaction.change, Change::CreateSession { .. });
                self.sessions += u64::from(begins);
            }
            Event::State(_, change) => match change.state {
                zookit_session::State::Expired => self.expired += 1,
                zookit_session::State::Suspended => self.lost += 1,
                _ => {}
            },
            Event::Notice(..) => self.notices += 1,
            Event::Accident(Accident { function, mended: false, .. }) => {
                *self.accidents.entry(function.clone()).or_default() += 1;
            }
            _ => {}
        }
    }

    pub(super) fn linear(&mut self, linear: &linear::Judged) {
        self.linear_keys = linear.keys;
        self.linear_operations = linear.operations;
        self.undecided.clone_from(&linear.undecided);
    }

    /// Operations of the workloads that ended, one way or the other. What makes their znodes before,
    /// and reads all of them at the end, is none.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.of_workloads(|counts| counts.iter().sum())
    }

    fn of_workloads(&self, of: impl Fn(&[u64; 3]) -> u64) -> u64 {
        let frame = Workload::Frame.name();
        let workloads = self.workloads.iter().filter(|(name, _)| **name != frame);
        workloads.map(|(_, counts)| of(counts)).sum()
    }

    /// Whether nothing was found, and nothing is left undecided.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.found.is_empty() && self.undecided.is_empty()
    }
}

/// A table and a sentence, in Markdown.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| workload | took effect | had none | nobody knows |")?;
        writeln!(f, "|---|--:|--:|--:|")?;
        for (workload, [ok, fail, info]) in &self.workloads {
            writeln!(f, "| {workload} | {ok} | {fail} | {info} |")?;
        }
        let all = [0, 1, 2].map(|at| self.of_workloads(|counts| counts[at]));
        writeln!(f, "| all but frame | {} | {} | {} |", all[0], all[1], all[2])?;
        writeln!(f)?;
        let accidents = self.accidents.iter().map(|(name, count)| format!("{count} {name}"));
        let accidents = accidents.collect::<Vec<_>>().join(", ");
        writeln!(f, "Accidents: {}.", if accidents.is_empty() { "none" } else { &accidents })?;
        writeln!(
            f,
            "{} operations; {} transactions, {} sessions, of which {} expired before their clients \
             closed them; {} connections lost, {} notices of watches.",
            self.operations(),
            self.transactions,
            self.sessions,
            self.expired,
            self.lost,
            self.notices
        )?;
        writeln!(
            f,
            "{} operations on {} keys are linearizable; {} keys are undecided.",
            self.linear_operations,
            self.linear_keys,
            self.undecided.len()
        )?;
        for key in &self.undecided {
            writeln!(f, "Undecided: {key}.")?;
        }
        for found in &self.found {
            writeln!(f, "Violation: {found}.")?;
        }
        write!(f, "Violations: {}.", self.found.len())
    }
}
