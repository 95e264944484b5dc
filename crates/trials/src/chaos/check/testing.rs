//! Histories made by hand, for the tests of the checkers.

use std::time::Duration;

use zookit_proto::{Stat, Zxid};
use zookit_session::Generation;
use zookit_sim::observe::{Call, ClientId};

use super::{Found, Op, operations};
use crate::chaos::history::{
    Answer, Ask, Asked, Complete, Event, Function, Invoke, Line, Outcome, Told, Workload,
};

/// Operations of one workload, each of a process of its own.
pub(super) struct Script {
    workload: Workload,
    lines: Vec<(usize, Event)>,
    next: u64,
}

impl Script {
    pub(super) const fn new(workload: Workload) -> Self {
        Self { workload, lines: Vec::new(), next: 0 }
    }

    /// An operation from one moment to another.
    fn operation(
        &mut self,
        function: Function,
        (begun, over): (usize, usize),
        asks: Vec<Ask>,
        told: Told,
        outcome: Outcome,
    ) {
        self.next += 1;
        let process = self.next;
        let calls = asks.into_iter().map(|ask| Asked { call: Call(process), ask, watcher: None });
        let invoke = Invoke {
            process,
            workload: self.workload,
            function,
            key: "1".into(),
            client: ClientId(1),
            generation: Generation(1),
            pinned: false,
            connection: 0,
            seen: Zxid(0),
            calls: calls.collect(),
        };
        let ends = vec![(Call(process), told)];
        let complete = Complete { process, outcome, seen: Zxid(0), ends };
        self.lines.push((begun, Event::Invoke(invoke)));
        self.lines.push((over, Event::Complete(complete)));
    }

    /// Behind all others.
    fn then(&mut self, function: Function, asks: Vec<Ask>, told: Told, outcome: Outcome) {
        let at = self.lines.iter().map(|(at, _)| *at).max().unwrap_or(0);
        self.operation(function, (at + 1, at + 2), asks, told, outcome);
    }

    fn ended(outcome: Outcome, answer: Answer) -> Told {
        match outcome {
            Outcome::Ok => Told::Answered(answer, None),
            Outcome::Fail => Told::NotSent,
            Outcome::Info => Told::NoReply,
        }
    }

    fn create(&mut self, function: Function, name: &str, outcome: Outcome) {
        let path = format!("/q/{name}");
        let (data, ephemeral, sequential) = (String::new(), false, false);
        let ask = Ask::Create { path: path.clone(), data, ephemeral, sequential };
        let told = Self::ended(outcome, Answer::Created(path, None));
        self.then(function, vec![ask], told, outcome);
    }

    pub(super) fn add(&mut self, name: &str, outcome: Outcome) {
        self.create(Function::Add, name, outcome);
    }

    pub(super) fn put(&mut self, name: &str, outcome: Outcome) {
        self.create(Function::Enqueue, name, outcome);
    }

    pub(super) fn take(&mut self, name: &str, outcome: Outcome) {
        let ask = Ask::Delete { path: format!("/q/{name}"), version: None };
        let told = Self::ended(outcome, Answer::Done);
        self.then(Function::Dequeue, vec![ask], told, outcome);
    }

    pub(super) fn list(&mut self, names: &[&str]) {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let told = Told::Answered(Answer::Children(names, Stat::default()), None);
        let asks = vec![Ask::Fence, Ask::Children { path: "/q".into(), watch: false }];
        self.then(Function::Read, asks, told, Outcome::Ok);
    }

    pub(super) fn counted(&mut self, one: &str, other: &str) {
        let data = |text: &str| Ok(Answer::Data(Some(text.into()), Stat::default()));
        let told = Told::Answered(Answer::Many(vec![data(one), data(other)]), None);
        self.then(Function::Read, vec![Ask::Fence], told, Outcome::Ok);
    }

    pub(super) fn generate(&mut self, number: i32, begun: usize, over: usize) {
        let stat = Stat { version: number, ..Stat::default() };
        let ask = Ask::Set { path: "/n".into(), data: String::new(), version: None };
        let told = Told::Answered(Answer::Stat(stat), None);
        self.operation(Function::Generate, (begun, over), vec![ask], told, Outcome::Ok);
    }

    fn check(&self, check: fn(&[Op<'_>]) -> Vec<Found>) -> Vec<Found> {
        let mut lines = self.lines.clone();
        lines.sort_by_key(|(at, _)| *at);
        let line = |(_, event)| Line { at: Duration::ZERO, event };
        let lines: Vec<_> = lines.into_iter().map(line).collect();
        check(&operations(&lines))
    }

    pub(super) fn passes(&self, check: fn(&[Op<'_>]) -> Vec<Found>) {
        assert_eq!(self.check(check), []);
    }

    /// Something is found, and this is said of it.
    pub(super) fn is_caught(&self, check: fn(&[Op<'_>]) -> Vec<Found>, what: &str) {
        let found = self.check(check);
        assert!(found.iter().any(|found| found.what.contains(what)), "{found:?}");
    }
}
