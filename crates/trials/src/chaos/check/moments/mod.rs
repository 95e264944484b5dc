//! Moments: every answer is the tree of one moment, and of one that its client could be shown.
//!
//! From the transactions follows what each znode was when (`timeline.rs`). A stat says which of its
//! states a read showed, and so between which two transactions the read took place. All that an
//! answer shows must have been true at one moment; that moment does not lie before what the client
//! knew when it asked, nor before the fence that it asked behind, nor behind what it knew when it was
//! answered. So nobody reads what was never committed, goes back in time, or sees half of a
//! transaction. A refusal must be right, too: at its zxid, if it took one.

mod timeline;

use std::ops::Range;

use zookit_proto::{ErrorCode, Stat, Zxid};

use super::{Found, Op};
use crate::chaos::history::{Answer, Ask, Event, History, Told};
use timeline::Timelines;

/// Zxids at which something is true: each range from its start to before its end.
type Spans = Vec<Range<i64>>;

/// Checks every answer and every refusal.
#[must_use]
pub fn check(history: &History, ops: &[Op<'_>]) -> Vec<Found> {
    let mut timelines = Timelines::default();
    for line in &history.lines {
        if let Event::Transaction(transaction) = &line.event {
            timelines.add(transaction);
        }
    }
    let judged = ops.iter().filter_map(|op| {
        let what = judge(&timelines, op)?;
        Some(Found::new("moments", format!("{} {what}", op.words())))
    });
    judged.collect()
}

/// What is wrong with an operation.
fn judge(timelines: &Timelines, op: &Op<'_>) -> Option<String> {
    let (complete, _) = op.complete?;
    let mut low = op.seen();
    for (asked, (_, told)) in op.invoke.calls.iter().zip(&complete.ends) {
        let what = match told {
            Told::Answered(_, Some(zxid)) if asked.ask == Ask::Fence => {
                low = low.max(*zxid);
                None
            }
            // What was written is true from its transaction on, and was told of just that.
            Told::Answered(answer, Some(zxid)) => {
                wrong(timelines, &asked.ask, answer, zxid.0..zxid.0 + 1)
            }
            Told::Answered(answer, None) => {
                let window = low.0..complete.seen.0.max(low.0) + 1;
                wrong(timelines, &asked.ask, answer, window)
            }
            Told::Refused(code, zxid) => {
                let window = low.0..complete.seen.0.max(low.0) + 1;
                refused(timelines, &asked.ask, *code, *zxid, window)
            }
            Told::NotSent | Told::NoReply => None,
        };
        if what.is_some() {
            return what;
        }
    }
    None
}

/// What is wrong with an answer that can only be of these zxids.
fn wrong(timelines: &Timelines, ask: &Ask, answer: &Answer, window: Range<i64>) -> Option<String> {
    let mut spans = vec![window.clone()];
    if let Err(what) = narrow(timelines, ask, answer, &mut spans) {
        return Some(what);
    }
    let words = || {
        format!(
            "was told what was true at no moment from {:#x} up to before {:#x}",
            window.start, window.end
        )
    };
    spans.is_empty().then(|| format!("{}: {answer:?}", words()))
}

/// Leaves of the spans those in which the answer is true.
fn narrow(
    timelines: &Timelines,
    ask: &Ask,
    answer: &Answer,
    spans: &mut Spans,
) -> Result<(), String> {
    match (ask, answer) {
        (Ask::Multi(asks) | Ask::Reads(asks), Answer::Many(answers)) => {
            for (ask, answer) in asks.iter().zip(answers) {
                if let Ok(answer) = answer {
                    narrow(timelines, ask, answer, spans)?;
                }
            }
            Ok(())
        }
        (_, Answer::Created(path, Some(stat))) => of_stat(timelines, path, stat, spans),
        (_, Answer::Stat(stat)) => of_stat(timelines, ask.path().unwrap_or_default(), stat, spans),
        (Ask::Get { path, .. }, Answer::Data(data, stat)) => {
            let there = timelines.data_at(path, stat.mzxid);
            if there.is_some_and(|there| there != data.as_deref()) {
                return Err(format!(
                    "was told {data:?} of {path}, and {there:?} was written there"
                ));
            }
            of_stat(timelines, path, stat, spans)
        }
        // Those of a multiRead come without a stat, and no workload asks for them.
        (Ask::Children { path, .. }, Answer::Children(names, stat)) => {
            if !timelines.had_children(path, stat.pzxid, names) {
                let names = names.join(", ");
                return Err(format!("was told children of {path} that it never had: {names}"));
            }
            of_stat(timelines, path, stat, spans)
        }
        _ => Ok(()),
    }
}

fn of_stat(
    timelines: &Timelines,
    path: &str,
    stat: &Stat,
    spans: &mut Spans,
) -> Result<(), String> {
    let true_in = timelines.spans_of(path, stat)?;
    *spans = intersection(spans, &true_in);
    Ok(())
}

/// What is wrong with a refusal.
fn refused(
    timelines: &Timelines,
    ask: &Ask,
    code: ErrorCode,
    zxid: Option<Zxid>,
    window: Range<i64>,
) -> Option<String> {
    let path = ask.path().unwrap_or_default();
    let says = |what: &str| Some(format!("was refused with {code}, and {what}"));
    match (ask, code) {
        (Ask::Get { .. } | Ask::Exists { .. } | Ask::Children { .. }, ErrorCode::NoNode) => {
            let absent = timelines.absences(path);
            let never = intersection(&vec![window], &absent).is_empty();
            if never { says("it was there all the time") } else { None }
        }
        (ask, code) if ask.is_write() => {
            let before = Zxid(zxid.filter(|zxid| timelines.is_refusal(*zxid))?.0 - 1);
            let is_right = match ask {
                Ask::Multi(asks) => asks.iter().any(|ask| can_be(timelines, ask, code, before)),
                ask => can_be(timelines, ask, code, before),
            };
            if is_right { None } else { says("it could be done then") }
        }
        _ => None,
    }
}

/// Whether a write can have been refused so behind this transaction.
fn can_be(timelines: &Timelines, ask: &Ask, code: ErrorCode, before: Zxid) -> bool {
    let path = ask.path().unwrap_or_default();
    let there = timelines.version_at(path, before);
    match (ask, code) {
        (Ask::Create { sequential: false, .. }, ErrorCode::NodeExists) => there.is_some(),
        (Ask::Create { .. }, ErrorCode::NoNode) => {
            let parent = path.rsplit_once('/').map_or("/", |(parent, _)| parent);
            timelines.version_at(parent, before).is_none()
        }
        (Ask::Create { .. }, ErrorCode::NodeExists | ErrorCode::BadVersion) => false,
        (_, ErrorCode::NoNode) => there.is_none(),
        (
            Ask::Delete { version: Some(wanted), .. }
            | Ask::Set { version: Some(wanted), .. }
            | Ask::Check { version: wanted, .. },
            ErrorCode::BadVersion,
        ) => there.is_some_and(|there| there != *wanted),
        (_, ErrorCode::BadVersion) => false,
        // Any other refusal is about something else than the tree.
        _ => true,
    }
}

fn intersection(some: &Spans, others: &[Range<i64>]) -> Spans {
    let pairs = some.iter().flat_map(|one| others.iter().map(move |other| (one, other)));
    let both = pairs.map(|(one, other)| one.start.max(other.start)..one.end.min(other.end));
    both.filter(|both| both.start < both.end).collect()
}

#[cfg(test)]
mod tests;
