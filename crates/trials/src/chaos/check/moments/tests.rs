//! Histories made by hand: answers that are right, and lies.

use std::time::Duration;

use bytes::Bytes;
use zookit_proto::{SessionId, Text};
use zookit_server::core::{Change, Owner, Transaction};
use zookit_session::Generation;
use zookit_sim::observe::{Call, ClientId};

use super::*;
use crate::chaos::check::operations;
use crate::chaos::history::{Asked, Complete, Function, Invoke, Line, Outcome, Start, Workload};

/// A history under construction. `/a` is made at 1, and set to `x` at 2 and to `y` at 3, its child
/// `/a/c` comes at 4 and goes at 5; 6 is the refusal of a request.
struct Script {
    transactions: Vec<Transaction>,
    operations: Vec<Event>,
}

fn create(path: &str, data: &'static str) -> Change {
    Change::Create {
        path: Text::from(path),
        data: Some(Bytes::from_static(data.as_bytes())),
        acl: Vec::new(),
        owner: Owner::Persistent,
        parent_cversion: 1,
    }
}

fn set(data: &'static str, version: i32) -> Change {
    let data = Some(Bytes::from_static(data.as_bytes()));
    Change::SetData { path: "/a".into(), data, version }
}

impl Script {
    fn new() -> Self {
        let changes = vec![
            create("/a", "0"),
            set("x", 1),
            set("y", 2),
            create("/a/c", ""),
            Change::Delete { path: "/a/c".into() },
            Change::Error(ErrorCode::NodeExists),
        ];
        let transactions = changes.into_iter().zip(1..).map(|(change, zxid)| {
            let (session, time_ms) = (SessionId(9), 1_000 + zxid);
            Transaction { zxid: Zxid(zxid), time_ms, session, change }
        });
        Self { transactions: transactions.collect(), operations: Vec::new() }
    }

    /// Requests, how they ended, and what was known before and afterwards.
    fn ask(mut self, asks: Vec<Ask>, tellings: Vec<Told>, (low, high): (i64, i64)) -> Self {
        let process = u64::try_from(self.operations.len()).unwrap();
        let call = |at: usize| Call(process * 10 + u64::try_from(at).unwrap());
        let calls = asks.into_iter().enumerate();
        let calls = calls.map(|(at, ask)| Asked { call: call(at), ask, watcher: None });
        let ends = tellings.into_iter().enumerate().map(|(at, told)| (call(at), told)).collect();
        self.operations.push(Event::Invoke(Invoke {
            process,
            workload: Workload::Frame,
            function: Function::Read,
            key: String::new(),
            client: ClientId(1),
            generation: Generation(1),
            pinned: false,
            connection: 0,
            seen: Zxid(low),
            calls: calls.collect(),
        }));
        let (outcome, seen) = (Outcome::Ok, Zxid(high));
        self.operations.push(Event::Complete(Complete { process, outcome, seen, ends }));
        self
    }

    /// A read of `/a` that shows this.
    fn read(self, data: &str, stat: Stat, window: (i64, i64)) -> Self {
        let told = Told::Answered(Answer::Data(Some(data.into()), stat), None);
        self.ask(vec![Ask::Get { path: "/a".into(), watch: false }], vec![told], window)
    }

    fn found(self) -> Vec<Found> {
        let transactions = self.transactions.into_iter().map(Event::Transaction);
        let events = self.operations.into_iter().chain(transactions);
        let lines = events.map(|event| Line { at: Duration::ZERO, event }).collect();
        let release = String::new();
        let start = Start { seed: 0, seconds: 0, members: 1, release, wall_us: 0 };
        let history = History { start, lines };
        check(&history, &operations(&history.lines))
    }

    fn passes(self) {
        assert_eq!(self.found(), []);
    }

    fn caught(self, what: &str) {
        let found = self.found();
        assert!(found.iter().any(|found| found.what.contains(what)), "{what}: {found:?}");
    }
}

/// The stat of `/a` between two of its transactions: set at `mzxid`, its children changed at `pzxid`.
fn stat(mzxid: i64, pzxid: i64) -> Stat {
    Stat {
        czxid: Zxid(1),
        mzxid: Zxid(mzxid),
        pzxid: Zxid(pzxid),
        ctime: 1_001,
        mtime: 1_000 + mzxid,
        version: i32::try_from(mzxid).unwrap() - 1,
        cversion: [0, 1, 2][usize::try_from((pzxid - 3).max(0)).unwrap()],
        aversion: 0,
        ephemeral_owner: SessionId(0),
        data_length: 1,
        num_children: i32::from(pzxid == 4),
    }
}

#[test]
fn reads_of_any_moment_that_may_be_shown_pass() {
    Script::new()
        .read("0", stat(1, 1), (0, 6))
        .read("x", stat(2, 1), (2, 2))
        .read("y", stat(3, 1), (3, 6))
        .read("y", stat(3, 4), (0, 6))
        .read("y", stat(3, 5), (5, 6))
        .passes();
}

#[test]
fn data_that_was_never_written_caught() {
    Script::new().read("z", stat(2, 1), (0, 6)).caught("was told Some(\"z\") of /a");
}

#[test]
fn a_stat_that_never_was_caught() {
    Script::new().read("x", stat(2, 4), (0, 6)).caught("no moment");
    let wrong = Stat { version: 7, ..stat(2, 1) };
    Script::new().read("x", wrong, (0, 6)).caught("a stat of /a that it never had");
    let wrong = Stat { num_children: 3, ..stat(3, 4) };
    Script::new().read("y", wrong, (0, 6)).caught("a stat of /a that it never had");
    let wrong = Stat { mzxid: Zxid(6), ..stat(3, 1) };
    Script::new().read("y", wrong, (0, 6)).caught("a stat of /a that it never had");
}

#[test]
fn the_past_caught() {
    Script::new().read("x", stat(2, 1), (3, 6)).caught("no moment from 0x3");
}

#[test]
fn the_future_caught() {
    Script::new().read("y", stat(3, 1), (0, 2)).caught("up to before 0x3");
}

#[test]
fn what_was_before_the_fence_caught() {
    let fenced = |zxid, data: &str, stat| {
        let fence = Told::Answered(Answer::Done, Some(Zxid(zxid)));
        let data = Told::Answered(Answer::Data(Some(data.into()), stat), None);
        let asks = vec![Ask::Fence, Ask::Get { path: "/a".into(), watch: false }];
        Script::new().ask(asks, vec![fence, data], (0, 6))
    };
    fenced(2, "x", stat(2, 1)).passes();
    fenced(3, "x", stat(2, 1)).caught("no moment from 0x3");
}

#[test]
fn two_moments_in_one_answer_are_caught() {
    let both = |(one, first): (&str, Stat), (other, second): (&str, Stat)| {
        let get = || Ask::Get { path: "/a".into(), watch: false };
        let data = |data: &str, stat| Ok(Answer::Data(Some(data.into()), stat));
        let told = Told::Answered(Answer::Many(vec![data(one, first), data(other, second)]), None);
        Script::new().ask(vec![Ask::Reads(vec![get(), get()])], vec![told], (0, 6))
    };
    both(("x", stat(2, 1)), ("x", stat(2, 1))).passes();
    both(("x", stat(2, 1)), ("y", stat(3, 1))).caught("no moment");
}

#[test]
fn children_that_never_were_are_caught() {
    let list = |names: &[&str], stat| {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let told = Told::Answered(Answer::Children(names, stat), None);
        let ask = Ask::Children { path: "/a".into(), watch: false };
        Script::new().ask(vec![ask], vec![told], (0, 6))
    };
    list(&["c"], stat(3, 4)).passes();
    list(&[], stat(3, 5)).passes();
    list(&["d"], stat(3, 4)).caught("children of /a that it never had: d");
    list(&["c"], stat(3, 5)).caught("children of /a that it never had: c");
}

#[test]
fn an_absence_that_never_was_caught() {
    let absent = |path: &str, window| {
        let ask = Ask::Exists { path: path.into(), watch: false };
        Script::new().ask(vec![ask], vec![Told::Refused(ErrorCode::NoNode, None)], window)
    };
    absent("/a", (0, 6)).passes();
    absent("/a", (1, 6)).caught("it was there all the time");
    absent("/a/c", (4, 6)).passes();
    absent("/a/c", (4, 4)).caught("it was there all the time");
    absent("/never", (4, 4)).passes();
}

#[test]
fn a_write_that_tells_another_ones_transaction_caught() {
    let write = |zxid: i64| {
        let ask = Ask::Set { path: "/a".into(), data: "x".into(), version: None };
        let told = Told::Answered(Answer::Stat(stat(2, 1)), Some(Zxid(zxid)));
        Script::new().ask(vec![ask], vec![told], (0, 6))
    };
    write(2).passes();
    write(3).caught("no moment");
}

#[test]
fn a_refusal_without_a_reason_caught() {
    let refused =
        |ask, code| Script::new().ask(vec![ask], vec![Told::Refused(code, Some(Zxid(6)))], (0, 6));
    let create = |path: &str| {
        let (path, data, ephemeral, sequential) = (path.into(), String::new(), false, false);
        Ask::Create { path, data, ephemeral, sequential }
    };
    let set = |version| Ask::Set { path: "/a".into(), data: "z".into(), version };
    refused(create("/a"), ErrorCode::NodeExists).passes();
    refused(create("/b"), ErrorCode::NodeExists).caught("it could be done then");
    refused(create("/b/c"), ErrorCode::NoNode).passes();
    refused(create("/a/c"), ErrorCode::NoNode).caught("it could be done then");
    refused(set(Some(1)), ErrorCode::BadVersion).passes();
    refused(set(Some(2)), ErrorCode::BadVersion).caught("it could be done then");
    refused(set(None), ErrorCode::BadVersion).caught("it could be done then");
    refused(set(None), ErrorCode::NoNode).caught("it could be done then");
    refused(Ask::Multi(vec![create("/b"), set(Some(1))]), ErrorCode::BadVersion).passes();
}
