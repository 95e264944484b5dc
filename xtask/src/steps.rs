//! The steps of `check`, `ci` and `full`: named, timed, stopping at the first that fails.

use std::time::{Duration, Instant};

use crate::Outcome;
use crate::process::say;

/// The steps run so far.
#[derive(Default)]
pub(crate) struct Steps {
    done: Vec<Step>,
}

struct Step {
    name: &'static str,
    took: Duration,
    note: String,
}

/// How a step that did not fail ended.
pub(crate) enum Ended {
    Passed,
    /// Without a part that could not be done, and why.
    PassedWithout(String),
    Skipped(String),
}

impl Steps {
    /// Runs one step; its name is in the error when it fails.
    pub(crate) fn run(
        &mut self,
        name: &'static str,
        step: impl FnOnce() -> Outcome<Ended>,
    ) -> Outcome {
        say(&format!("\n==> {name}"));
        let begun = Instant::now();
        let ended = step();
        let took = begun.elapsed();
        let note = match &ended {
            Ok(Ended::Passed) => String::from("passed"),
            Ok(Ended::PassedWithout(part)) => format!("passed, without {part}"),
            Ok(Ended::Skipped(why)) => format!("skipped: {why}"),
            Err(_) => String::from("FAILED"),
        };
        self.done.push(Step { name, took, note });
        ended.map(|_| ()).map_err(|error| format!("step `{name}` failed: {error}"))
    }

    /// The closing table: step, time, how it ended.
    pub(crate) fn table(&self) -> String {
        let mut rows = vec![[String::from("step"), String::from("time"), String::from("result")]];
        for step in &self.done {
            let time = format!("{:.1} s", step.took.as_secs_f64());
            rows.push([step.name.to_owned(), time, step.note.clone()]);
        }
        table(&rows)
    }
}

/// Lines up rows of cells; the last column is not padded.
pub(crate) fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let width = rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
            line.push_str(&format!("{cell:width$}  "));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_is_named_and_stays_in_the_table() {
        let mut steps = Steps::default();
        steps.run("one", || Ok(Ended::Passed)).unwrap();
        steps.run("two", || Ok(Ended::Skipped("no time".to_owned()))).unwrap();
        steps.run("half", || Ok(Ended::PassedWithout("the rest: no time".to_owned()))).unwrap();
        let error = steps.run("three", || Err("broken".to_owned())).unwrap_err();
        assert_eq!(error, "step `three` failed: broken");
        let table = steps.table();
        let ends: Vec<&str> =
            table.lines().map(|line| line.rsplit("  ").next().unwrap().trim()).collect();
        let half = "passed, without the rest: no time";
        assert_eq!(ends, ["result", "passed", "skipped: no time", half, "FAILED"]);
    }

    #[test]
    fn cells_line_up() {
        let rows = [["a".to_owned(), "long".to_owned()], ["bcd".to_owned(), "e".to_owned()]];
        assert_eq!(table(&rows), "a    long\nbcd  e\n");
    }
}
