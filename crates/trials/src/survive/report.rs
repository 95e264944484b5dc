//! What is printed: a line a scenario, and a table of all in the end.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use zookit_ensemble::Version;

use super::declared::{Declared, Expected};
use super::scenario::{self, Scenario};
use super::verdict::{Measured, Verdict};

/// Prints a line; whoever closes the pipe has read enough.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// A scenario on a release.
pub(crate) struct Row {
    pub(crate) scenario: &'static Scenario,
    pub(crate) version: Version,
    pub(crate) members: usize,
    pub(crate) took: Duration,
    pub(crate) end: End,
}

/// What became of a scenario.
#[derive(Debug)]
pub(crate) enum End {
    /// It does not apply to the release.
    Skipped(&'static str),
    /// It could not be carried out.
    Failed(String),
    CarriedOut(Box<Verdict>),
}

impl Row {
    /// Whether nothing is wrong.
    pub(crate) fn is_right(&self) -> bool {
        match &self.end {
            End::Skipped(_) => true,
            End::Failed(_) => false,
            End::CarriedOut(verdict) => verdict.faults.is_empty(),
        }
    }

    /// What the clients were told, a line for each piece of it.
    pub(crate) fn details(&self) -> String {
        match &self.end {
            End::CarriedOut(verdict) => {
                verdict.details.iter().map(|line| format!("  · {line}\n")).collect()
            }
            End::Skipped(_) | End::Failed(_) => String::new(),
        }
    }

    /// What was seen, in a line; and what was wrong, a line for each.
    pub(crate) fn line(&self) -> String {
        let Self { scenario, version, took, .. } = self;
        let head = format!("{version} {:<24}", scenario.name);
        match &self.end {
            End::Skipped(why) => format!("{head} skipped: {why}"),
            End::Failed(why) => format!("{head} COULD NOT BE CARRIED OUT: {why}"),
            End::CarriedOut(verdict) => {
                let right = if verdict.faults.is_empty() { "ok   " } else { "WRONG" };
                let mut line = format!("{head} {right} {:5.1} s", took.as_secs_f64());
                if let Some(measured) = &verdict.measured {
                    let _ = write!(line, "  {measured}");
                }
                for seen in &verdict.seen {
                    let _ = write!(line, "; {seen}");
                }
                for fault in &verdict.faults {
                    let _ = write!(line, "\n  - {fault}");
                }
                line
            }
        }
    }
}

/// The scenarios, and what may survive each, as Markdown.
pub(crate) fn list() -> String {
    let mut list = "\
| scenario | what happens | the clients that are hit | all others | until served, beyond 2 × raw |
|---|---|---|---|---|"
        .to_owned();
    for Scenario { name, about, declared, .. } in scenario::ALL {
        let declared = declared.map_or_else(
            || " | | ".to_owned(),
            |Declared { hit, others, behind_raw }| {
                format!("{} | {} | {behind_raw:?}", hit.name, others.name)
            },
        );
        let _ = write!(list, "\n| `{name}` | {about} | {declared} |");
    }
    list.push_str(
        "\n\n| a client | session | ephemerals | one-shot watches | connection | gap of its \
         persistent watch | requests end |\n|---|---|---|---|---|---|---|",
    );
    for expected in Expected::ALL {
        let _ = write!(list, "\n{expected}");
    }
    list
}

const HEAD: &str = "\
| ZooKeeper | members | scenario | result | requests: answered / refused / not sent / no reply | \
clients: all / reconnected / expired | watches: events / gaps / fired | \
until served: write, read, raw (ms) | write ÷ raw | besides |
|---|---|---|---|---|---|---|---|---|---|";

/// All of them, as Markdown.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut table = format!("\n{HEAD}");
    for row in rows {
        let Row { scenario, version, members, .. } = row;
        let _ = write!(table, "\n| {version} | {members} | {} |", scenario.name);
        let cells = match &row.end {
            End::Skipped(why) => format!(" skipped: {why} | | | | | | |"),
            End::Failed(_) => " **could not be carried out** | | | | | | |".to_owned(),
            End::CarriedOut(verdict) => cells(verdict),
        };
        table.push_str(&cells);
    }
    table
}

fn cells(verdict: &Verdict) -> String {
    let right = verdict.faults.is_empty();
    let result = if right {
        "as declared".to_owned()
    } else {
        format!("**{} faults**", verdict.faults.len())
    };
    let numbers = verdict.measured.as_ref().map_or_else(
        || " | | | | |".to_owned(),
        |measured| {
            let Measured { answered, refused, not_sent, no_reply, .. } = measured;
            let Measured { clients, reconnected, expired, events, gaps, fired, .. } = measured;
            let ms = |wait: Duration| wait.as_millis();
            format!(
                " {answered} / {refused} / {not_sent} / {no_reply} | \
                 {clients} / {reconnected} / {expired} | {events} / {gaps} / {fired} | \
                 {}, {}, {} | {:.2} |",
                ms(measured.writes_waited),
                ms(measured.reads_waited),
                ms(measured.raw_waited),
                measured.ratio()
            )
        },
    );
    let seen = if right { verdict.seen.join("; ") } else { String::new() };
    format!(" {result} |{numbers} {seen} |")
}
