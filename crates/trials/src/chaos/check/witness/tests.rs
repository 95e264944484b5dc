//! One run on the simulated ensemble, and what is found when something of it is changed.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use zookit_proto::{ErrorCode, Zxid};
use zookit_server::core::Change;
use zookit_session::{State, WatchNotice};

use super::super::{Report, check};
use crate::chaos::history::{Answer, Ask, Event, Function, History, Outcome, Told, Workload};
use crate::chaos::run::{Settings, play};
use crate::chaos::target::{Simulated, Target};

/// A run in which nothing is wrong, made once.
fn good() -> History {
    static GOOD: OnceLock<History> = OnceLock::new();
    GOOD.get_or_init(|| {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_time().start_paused(true).build().unwrap();
        let settings =
            Settings { seed: 7, lasting: Duration::from_secs(45), rate: 60, ..Settings::default() };
        runtime.block_on(async {
            let target: Arc<dyn Target> = Arc::new(Simulated::start(3, 7));
            play(settings, target, None, &|_| {}).await.expect("a run").0
        })
    })
    .clone()
}

/// Changes the first event that can be changed.
fn with(change: impl Fn(&mut Event) -> bool) -> Report {
    let mut history = good();
    let changed = history.lines.iter_mut().any(|line| change(&mut line.event));
    assert!(changed, "there is nothing to change");
    check(&history)
}

/// Takes out the first event of which this is true.
fn without(is: impl Fn(&Event) -> bool) -> Report {
    let mut history = good();
    let place =
        history.lines.iter().position(|line| is(&line.event)).expect("something to take out");
    history.lines.remove(place);
    check(&history)
}

fn is_caught(report: &Report, checkers: &[&str]) {
    let all: Vec<_> = report.found.iter().map(|found| found.checker).collect();
    for checker in checkers {
        assert!(all.contains(checker), "{checker}: {:?}", report.found);
    }
}

/// The number of the first call of this function that took effect, not too early in the run.
fn call_of(history: &History, workload: Workload, function: Function) -> (u64, Ask) {
    let ops = super::super::operations(&history.lines);
    let mut ops = ops.iter().filter(|op| op.is(workload, function) && op.outcome() == Outcome::Ok);
    let op = ops.nth(3).expect("an operation of this kind");
    (op.invoke.process, op.ask().expect("a request").clone())
}

/// Changes how the operation of this process that asks this was told to end.
fn told_otherwise(workload: Workload, function: Function, told: &Told, outcome: Outcome) -> Report {
    let mut history = good();
    let (process, ask) = call_of(&history, workload, function);
    let mut is_open = false;
    let changed = history.lines.iter_mut().any(|line| match &mut line.event {
        Event::Invoke(invoke) if invoke.process == process => {
            is_open = invoke.calls.last().is_some_and(|asked| asked.ask == ask);
            false
        }
        Event::Complete(complete) if complete.process == process && is_open => {
            complete.outcome = outcome;
            if let Some((_, end)) = complete.ends.last_mut() {
                *end = told.clone();
            }
            true
        }
        _ => false,
    });
    assert!(changed, "there is no such operation");
    check(&history)
}

#[test]
fn a_good_run_passes_and_much_comes_about_in_it() {
    let report = check(&good());
    assert!(report.passes(), "{report}");
    assert_eq!(report.workloads.len(), Workload::ALL.len(), "{report}");
    assert!(report.operations() > 2_000 && report.lost > 10 && report.notices > 200, "{report}");
    assert!(report.workloads.values().map(|counts| counts[2]).sum::<u64>() > 5, "{report}");
}

#[test]
fn a_good_run_passes_again_when_it_was_written_and_read() {
    let path = std::env::temp_dir().join(format!("zookit-history-{}.jsonl", std::process::id()));
    let history = good();
    history.write(&mut std::fs::File::create(&path).unwrap()).unwrap();
    let read = History::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(read.start, history.start);
    let (first, second) = (check(&history), check(&read));
    assert!(second.passes(), "{second}");
    assert_eq!(first.to_string(), second.to_string());
}

/// What readers of Jepsen's histories build upon.
#[test]
fn a_process_does_one_thing_at_a_time_and_nothing_behind_what_nobody_knows() {
    let mut processes = BTreeMap::new();
    for line in &good().lines {
        match &line.event {
            Event::Invoke(invoke) => {
                let before = processes.insert(invoke.process, None);
                let may = matches!(before, None | Some(Some(Outcome::Ok | Outcome::Fail)));
                assert!(may, "process {}: {before:?}", invoke.process);
            }
            Event::Complete(complete) => {
                let before = processes.insert(complete.process, Some(complete.outcome));
                assert_eq!(before, Some(None), "process {}", complete.process);
            }
            _ => {}
        }
    }
}

#[test]
fn an_acknowledged_write_that_the_servers_lost_is_caught() {
    let history = good();
    let (_, ask) = call_of(&history, Workload::Register, Function::Cas);
    let Ask::Set { data, .. } = ask else { panic!("a cas is a setData") };
    let of_it = |change: &Change| matches!(change, Change::SetData { data: Some(of), .. } if of == data.as_bytes());
    let report = without(
        |event| matches!(event, Event::Transaction(transaction) if of_it(&transaction.change)),
    );
    is_caught(&report, &["fate", "moments"]);
}

#[test]
fn a_refused_write_that_took_effect_is_caught() {
    let refused = Told::Refused(ErrorCode::BadVersion, None);
    let report = told_otherwise(Workload::Register, Function::Cas, &refused, Outcome::Fail);
    is_caught(&report, &["fate", "linear"]);
}

#[test]
fn a_write_that_was_not_sent_and_took_effect_is_caught() {
    let report = told_otherwise(Workload::Set, Function::Add, &Told::NotSent, Outcome::Fail);
    is_caught(&report, &["fate", "set"]);
}

#[test]
fn a_write_without_a_reply_that_took_effect_passes() {
    for (workload, function) in
        [(Workload::Register, Function::Cas), (Workload::Counter, Function::Increment)]
    {
        let report = told_otherwise(workload, function, &Told::NoReply, Outcome::Info);
        assert!(report.passes(), "{report}");
    }
}

#[test]
fn a_read_that_lies_is_caught() {
    let report = with(|event| match event {
        Event::Complete(complete) if complete.outcome == Outcome::Ok => {
            complete.ends.len() == 2
                && complete.ends.iter_mut().any(|(_, told)| match told {
                    Told::Answered(Answer::Data(Some(data), _), _) if data.starts_with("c") => {
                        *data = "a lie".into();
                        true
                    }
                    _ => false,
                })
        }
        _ => false,
    });
    is_caught(&report, &["linear", "moments"]);
}

#[test]
fn a_notice_that_was_not_told_is_caught() {
    let is_event = |event: &Event| {
        matches!(event, Event::Notice(_, _, WatchNotice::Event { zxid: Some(_), .. }))
    };
    is_caught(&without(is_event), &["watches"]);
}

#[test]
fn a_session_that_ended_early_is_caught() {
    let report = with(|event| match event {
        Event::State(_, change) if change.state == State::Suspended => {
            change.state = State::Closed;
            true
        }
        _ => false,
    });
    is_caught(&report, &["sessions"]);
}

#[test]
fn an_operation_that_never_ends_is_caught() {
    let mut history = good();
    let place = history.lines.iter().rposition(
        |line| matches!(&line.event, Event::Complete(complete) if complete.ends.len() == 2),
    );
    history.lines.remove(place.unwrap());
    is_caught(&check(&history), &["liveness"]);
}

#[test]
fn a_member_that_is_left_behind_is_caught() {
    let report = with(|event| match event {
        Event::MemberLeft(left) => {
            left.zxid = Zxid(1);
            true
        }
        _ => false,
    });
    is_caught(&report, &["leaks"]);
}

#[test]
fn a_run_that_failed_proves_nothing() {
    let mut history = good();
    let fault = Event::Fault("the clock stood still".into());
    let line = crate::chaos::history::Line { at: Duration::ZERO, event: fault };
    history.lines.insert(0, line);
    let report = check(&history);
    assert!(!report.passes());
    is_caught(&report, &["run"]);
}
