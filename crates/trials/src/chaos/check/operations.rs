//! Operations: what was begun, together with what came of it.

use std::collections::BTreeMap;

use zookit_proto::Zxid;

use crate::chaos::history::Workload;
use crate::chaos::history::{Answer, Ask, Complete, Event, Function, Invoke, Line, Outcome, Told};

/// An operation of a history. Moments are places in it.
#[derive(Debug, Clone, Copy)]
pub struct Op<'a> {
    /// What was begun.
    pub invoke: &'a Invoke,
    /// When.
    pub begun: usize,
    /// What came of it, and when; `None` if the history ends before.
    pub complete: Option<(&'a Complete, usize)>,
}

impl<'a> Op<'a> {
    /// How it ended; one that did not is one of which nobody knows.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.complete.map_or(Outcome::Info, |(complete, _)| complete.outcome)
    }

    /// When it was over for its process.
    #[must_use]
    pub fn over(&self) -> Option<usize> {
        self.complete.map(|(_, at)| at)
    }

    /// Its last request: the one that matters.
    #[must_use]
    pub fn ask(&self) -> Option<&'a Ask> {
        self.invoke.calls.last().map(|asked| &asked.ask)
    }

    /// How its last request ended.
    #[must_use]
    pub fn told(&self) -> Option<&'a Told> {
        self.complete.and_then(|(complete, _)| complete.ends.last()).map(|(_, told)| told)
    }

    /// What the last request was answered, if the operation took effect.
    #[must_use]
    pub fn answer(&self) -> Option<&'a Answer> {
        self.told().and_then(Told::answer).filter(|_| self.outcome() == Outcome::Ok)
    }

    /// Whether it is this of that.
    #[must_use]
    pub fn is(&self, workload: Workload, function: Function) -> bool {
        (self.invoke.workload, self.invoke.function) == (workload, function)
    }

    /// Whether it is a read of which it is certain that it shows what was told before.
    #[must_use]
    pub fn is_fenced(&self) -> bool {
        self.invoke.calls.first().is_some_and(|asked| asked.ask == Ask::Fence)
    }

    /// The newest transaction that its client knew of when it was begun.
    #[must_use]
    pub const fn seen(&self) -> Zxid {
        self.invoke.seen
    }

    /// For a report.
    #[must_use]
    pub fn words(&self) -> String {
        let Invoke { process, client, workload, function, .. } = self.invoke;
        let path = self.ask().and_then(Ask::path).unwrap_or_default();
        let call = self.invoke.calls.last().map_or(0, |asked| asked.call.0);
        format!(
            "{} of {} ({path}; call {call}, process {process}, client {})",
            function.name(),
            workload.name(),
            client.0
        )
    }
}

/// All operations, in the order in which they were begun.
#[must_use]
pub fn operations(lines: &[Line]) -> Vec<Op<'_>> {
    let mut open = BTreeMap::new();
    let mut all: Vec<Op<'_>> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        match &line.event {
            Event::Invoke(invoke) => {
                open.insert(invoke.process, all.len());
                all.push(Op { invoke, begun: at, complete: None });
            }
            Event::Complete(complete) => {
                let place = open.remove(&complete.process);
                if let Some(op) = place.and_then(|place| all.get_mut(place)) {
                    op.complete = Some((complete, at));
                }
            }
            _ => {}
        }
    }
    all
}
