//! Histories: what happened in a run, as lines that this and other checkers read.
//!
//! A history is a file of JSON lines. The first is the run itself; each other one is something that
//! happened, in its order. What processes do is written as Jepsen, Elle, Knossos and Porcupine's
//! readers know it; all else has a `type` of its own, which they are to leave out.
//!
//! The first line: `{"type": "start", "schema": "zookit-chaos-1", "seed", "seconds", "members",
//! "release", "wallUs"}`; `wallUs` is the Unix time in microseconds at which `time` was 0.
//!
//! | member | of | meaning |
//! |---|---|---|
//! | `index`, `time` | all | its number, and nanoseconds since the run began |
//! | `type` | operations | `invoke`; `ok`: it took effect; `fail`: it had none and never will; `info`: nobody knows |
//! | `process` | operations | who: does one thing at a time, and nothing behind an `info` |
//! | `workload`, `key`, `f`, `value` | operations | what it means: the table below |
//! | `client`, `generation`, `pinned` | invoke | through which client, in which of its sessions, and whether in that alone |
//! | `connection` | invoke | on which of its connections: twice those it had before, one more while it is away |
//! | `seen` | operations | the newest zxid that the client knew of |
//! | `calls` | invoke | the requests, submitted at once: `call`, `ask`, and the `watcher` that it arms |
//! | `ends` | ok, fail, info | how they ended: `end` is one of `answered`, `refused`, `not sent`, `no reply` |
//!
//! Zxids and ids of sessions are strings, `"0x1f"`. An operation is one request, or a read behind a
//! fence. `key` separates what is independent: within one workload, two keys never meet.
//!
//! | workload | f | value |
//! |---|---|---|
//! | `register` | `read` behind a fence, `peek` without | `[version, data]`, or null |
//! | | `cas` | `[version, data]`: the version that it must have, and the new data; it has the next version then |
//! | | `write` | the new data |
//! | `counter` | `read`, `peek` | `[[version, data], [version, data]]` of both counters, read at one moment |
//! | | `increment` | `[version, number]`: the version that the first must have, and what both are then |
//! | `set` | `add` | the path of the element |
//! | | `read`, `peek` | the names |
//! | `ids` | `generate` | the number |
//! | `queue` | `enqueue` | the item |
//! | | `peek` | the names |
//! | | `dequeue` | the path of the item |
//! | `ephemeral` | `create`, `delete` | the path; `KEY` is its client's, and within it each generation has its own |
//! | | `read` | the names |
//! | `watch` | `write`, `create`, `delete` | changes for those who watch |
//! | | `watch` | the path that is watched |
//! | `frame` | | what has to be there before, the last reads of everything, and ends of sessions |
//!
//! Beside operations there are `state`, `trusted`, `notice` and `dropped` of clients; accidents, as
//! Jepsen's nemesis writes them (`"process": "nemesis"`, `mended` where it is over); `calm` and
//! `settled`; what is left then (`client-left`, `member-left`); and last the `transaction`s that the
//! servers agreed on. A `fault` says that the run itself failed, and proves nothing.
//!
//! * [`ask`]: requests and how they end; [`mod@line`]: lines; [`mod@json`]: both as JSON;
//! * [`recorder`]: writes lines as they happen.

pub mod ask;
pub mod json;
pub mod line;
pub mod recorder;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Write};
use std::path::Path;

use serde_json::{Value, json};

pub use ask::{Answer, Ask, Told};
pub use line::{Accident, Asked, Complete, Event, Function, Invoke, Line, Outcome, Workload};
pub use recorder::Recorder;

/// The schema that is written, and the only one that is read.
const SCHEMA: &str = "zookit-chaos-1";

/// What a run is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// What all that was chosen follows from.
    pub seed: u64,
    /// How long accidents were to happen, in seconds.
    pub seconds: u64,
    /// How many members the ensemble has.
    pub members: usize,
    /// What they run.
    pub release: String,
    /// When it began: microseconds since the Unix epoch.
    pub wall_us: i64,
}

/// A run, as it was written down.
#[derive(Debug, Clone)]
pub struct History {
    /// What it is.
    pub start: Start,
    /// What happened, in its order.
    pub lines: Vec<Line>,
}

impl Start {
    fn to_json(&self) -> Value {
        json!({"type": "start", "schema": SCHEMA, "seed": self.seed, "seconds": self.seconds,
               "members": self.members, "release": self.release, "wallUs": self.wall_us})
    }

    fn from_json(value: &Value) -> Option<Self> {
        if value.get("type")?.as_str()? != "start" || value.get("schema")?.as_str()? != SCHEMA {
            return None;
        }
        Some(Self {
            seed: value.get("seed")?.as_u64()?,
            seconds: value.get("seconds")?.as_u64()?,
            members: usize::try_from(value.get("members")?.as_u64()?).ok()?,
            release: value.get("release")?.as_str()?.to_owned(),
            wall_us: value.get("wallUs")?.as_i64()?,
        })
    }
}

impl History {
    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read, or has a line that is none; the error says which.
    pub fn read(path: &Path) -> io::Result<Self> {
        Self::from_lines(BufReader::new(File::open(path)?).lines())
    }

    fn from_lines(lines: impl Iterator<Item = io::Result<String>>) -> io::Result<Self> {
        let mut values = lines.enumerate().map(|(at, line)| {
            let value: Result<Value, _> = serde_json::from_str(&line?);
            value.map(|value| (at, value)).map_err(|error| invalid(at, &error.to_string()))
        });
        let first = values.next().transpose()?;
        let start = first.as_ref().and_then(|(_, value)| Start::from_json(value));
        let start = start.ok_or_else(|| invalid(0, "this does not begin a history"))?;
        let lines = values.map(|value| {
            let (at, value) = value?;
            json::from_json(&value).map_err(|error| invalid(at, &error.to_string()))
        });
        Ok(Self { start, lines: lines.collect::<io::Result<_>>()? })
    }

    /// Writes it.
    ///
    /// # Errors
    /// As writing has them.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{}", self.start.to_json())?;
        let mut open = BTreeMap::new();
        for (index, line) in (0..).zip(&self.lines) {
            writeln!(out, "{}", json::to_json(index, line, &mut open))?;
        }
        Ok(())
    }
}

fn invalid(at: usize, what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("line {}: {what}", at + 1))
}
