//! Writes down what happens, as it happens.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;
use zookit_session::WatcherId;
use zookit_sim::observe::Call;

use super::{Complete, Event, History, Invoke, Line, Outcome, Start, json};

/// What two clocks say within this was said at one moment.
const SAME_MOMENT: Duration = Duration::from_micros(50);

/// The notes of a run. Clones are the same.
///
/// Lines stand in the order in which they were made, and have times in that order.
#[derive(Debug, Clone)]
pub struct Recorder(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    start: Start,
    origin: Instant,
    /// What everybody's clock said then, and the clock that only goes forward.
    clocks: (SystemTime, std::time::Instant),
    lines: Vec<Line>,
    out: Option<BufWriter<File>>,
    open: BTreeMap<u64, Invoke>,
    failed: Option<io::Error>,
    next_call: u64,
    next_process: u64,
    next_watcher: u64,
    counts: Counts,
}

/// How many operations ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// They took effect.
    pub ok: u64,
    /// They had no effect.
    pub fail: u64,
    /// Nobody knows.
    pub info: u64,
}

impl Counts {
    /// All that ended.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.ok + self.fail + self.info
    }
}

impl Recorder {
    /// Begins to write, to this file if there is one: now is time 0, and the servers' clocks say
    /// `wall_ms`, or what everybody's do.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn begin(mut start: Start, file: Option<&Path>, wall_ms: Option<i64>) -> io::Result<Self> {
        let (origin, wall) = clocks();
        let wall = wall.duration_since(UNIX_EPOCH).unwrap_or_default();
        let wall = i64::try_from(wall.as_micros()).unwrap_or(i64::MAX);
        start.wall_us = wall_ms.map_or(wall, |ms| ms.saturating_mul(1_000));
        let mut out = file.map(File::create).transpose()?.map(BufWriter::new);
        if let Some(out) = &mut out {
            writeln!(out, "{}", start.to_json())?;
        }
        Ok(Self(Arc::new(Mutex::new(Inner {
            start,
            origin,
            clocks: (SystemTime::now(), std::time::Instant::now()),
            lines: Vec::new(),
            out,
            open: BTreeMap::new(),
            failed: None,
            next_call: 0,
            next_process: 0,
            next_watcher: 0,
            counts: Counts::default(),
        }))))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something happened.
    pub fn note(&self, event: Event) {
        self.lock().note(event);
    }

    /// How long the run has lasted at a moment of Tokio's clock; nothing before it began.
    #[must_use]
    pub fn time_of(&self, moment: Instant) -> Duration {
        moment.saturating_duration_since(self.lock().origin)
    }

    /// By how much everybody's clock was set since the run began.
    #[must_use]
    pub fn clock_was_set_by(&self) -> Duration {
        let (wall, origin) = self.lock().clocks;
        let passed = wall.elapsed().unwrap_or_default();
        passed.abs_diff(origin.elapsed())
    }

    /// A process that has done nothing yet.
    #[must_use]
    pub fn process(&self) -> u64 {
        let mut inner = self.lock();
        inner.next_process += 1;
        inner.next_process
    }

    /// A number for a request.
    #[must_use]
    pub fn call(&self) -> Call {
        let mut inner = self.lock();
        inner.next_call += 1;
        Call(inner.next_call)
    }

    /// A number for a watcher.
    #[must_use]
    pub fn watcher(&self) -> WatcherId {
        let mut inner = self.lock();
        inner.next_watcher += 1;
        WatcherId(inner.next_watcher)
    }

    /// How many operations ended how.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.lock().counts
    }

    /// Ends the run, and gives what was written.
    ///
    /// # Errors
    /// The file could not be written.
    pub fn finish(&self) -> io::Result<History> {
        let mut inner = self.lock();
        if let Some(error) = inner.failed.take() {
            return Err(error);
        }
        if let Some(mut out) = inner.out.take() {
            out.flush()?;
        }
        Ok(History { start: inner.start.clone(), lines: std::mem::take(&mut inner.lines) })
    }
}

/// Both clocks at one moment: transactions have the servers' time, to the millisecond, and stand among
/// lines by it. Whoever is held up between one clock and the other looks again.
fn clocks() -> (Instant, SystemTime) {
    loop {
        let before = std::time::Instant::now();
        let (origin, wall) = (Instant::now(), SystemTime::now());
        if before.elapsed() < SAME_MOMENT {
            return (origin, wall);
        }
    }
}

impl Inner {
    fn note(&mut self, event: Event) {
        if let Event::Complete(Complete { outcome, .. }) = &event {
            match outcome {
                Outcome::Ok => self.counts.ok += 1,
                Outcome::Fail => self.counts.fail += 1,
                Outcome::Info => self.counts.info += 1,
            }
        }
        let line = Line { at: self.origin.elapsed(), event };
        if let Some(out) = &mut self.out {
            let index = u64::try_from(self.lines.len()).unwrap_or(u64::MAX);
            let written = writeln!(out, "{}", json::to_json(index, &line, &mut self.open));
            self.failed = self.failed.take().or_else(|| written.err());
        }
        self.lines.push(line);
    }
}
