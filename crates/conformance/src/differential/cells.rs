//! What was met: which operation with which code, and with which kinds of events.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use zookit_proto::types::EventType;
use zookit_proto::{ErrorCode, OpCode};
use zookit_server::core::Profile;

use super::reachable;
use crate::generate::Options;
use crate::observe::{Item, Seen};
use crate::script::Step;

/// The end of a session that nobody asked for, among the operations.
pub(super) const EXPIRY: &str = "expiry";

/// Something that can be met.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell {
    /// ZooKeeper's name of the operation; within a multi `multi:create`; or `EXPIRY`.
    pub operation: String,
    /// The code of its reply or of its result.
    pub code: ErrorCode,
    /// A kind of event that it caused; `None` is the reply itself.
    pub event: Option<EventType>,
}

/// How often what was met.
#[derive(Debug, Clone, Default)]
pub struct Cells(BTreeMap<Cell, u64>);

impl Cells {
    /// Counts what was seen of a script.
    pub fn count(&mut self, script: &[Step], seen: &[Seen]) {
        for (step, seen) in script.iter().zip(seen) {
            let requests = match step {
                Step::Ask { asks, .. } => asks.len(),
                Step::Expire { .. } => 1,
                Step::Connect { .. } | Step::Drop { .. } => continue,
            };
            let mut events = BTreeSet::new();
            let mut answered = None;
            for (_, item) in &seen.items {
                match item {
                    Item::Reply { opcode, code, results, .. } => {
                        self.add(opcode.to_string(), *code, None);
                        for (inner, code) in results {
                            self.add(format!("{opcode}:{inner}"), *code, None);
                        }
                        answered = Some((opcode.to_string(), *code));
                    }
                    Item::Expired => {
                        self.add(EXPIRY.to_owned(), ErrorCode::Ok, None);
                        answered = Some((EXPIRY.to_owned(), ErrorCode::Ok));
                    }
                    Item::Event { kind, .. } => {
                        events.insert(*kind);
                    }
                    _ => {}
                }
            }
            // Of requests that were sent together nobody knows which caused what.
            if let (1, Some((operation, code))) = (requests, answered) {
                for event in events {
                    self.add(operation.clone(), code, Some(event));
                }
            }
        }
    }

    fn add(&mut self, operation: String, code: ErrorCode, event: Option<EventType>) {
        *self.0.entry(Cell { operation, code, event }).or_default() += 1;
    }

    /// Adds what another run has met.
    pub fn merge(&mut self, other: &Self) {
        for (cell, count) in &other.0 {
            *self.0.entry(cell.clone()).or_default() += count;
        }
    }

    /// Whether another run has met something that this one has met less often than so.
    #[must_use]
    pub fn gains_from(&self, other: &Self, often: u64) -> bool {
        other.0.keys().any(|cell| self.0.get(cell).copied().unwrap_or(0) < often)
    }

    /// The cells that can be reached on a version and were met less often than this.
    #[must_use]
    pub fn below(&self, threshold: u64, profile: Profile, options: Options) -> Vec<(Cell, u64)> {
        let met = |cell: &Cell| self.0.get(cell).copied().unwrap_or(0);
        let cells = reachable(profile, options).into_iter().map(|cell| (met(&cell), cell));
        cells.filter(|(count, _)| *count < threshold).map(|(count, cell)| (cell, count)).collect()
    }

    /// The cells that were met although nothing says that they can be reached on that version.
    #[must_use]
    pub fn unexpected(&self, profile: Profile, options: Options) -> Vec<(Cell, u64)> {
        let known: BTreeSet<Cell> = reachable(profile, options).into_iter().collect();
        let met = self.0.iter().filter(|(cell, _)| !known.contains(cell));
        met.map(|(cell, count)| (cell.clone(), *count)).collect()
    }

    /// The table: an operation a line, its codes, and the events it caused.
    #[must_use]
    pub fn table(&self) -> String {
        let mut rows: BTreeMap<(&str, ErrorCode), (u64, String)> = BTreeMap::new();
        for (cell, count) in &self.0 {
            let row = rows.entry((&cell.operation, cell.code)).or_default();
            match cell.event {
                None => row.0 = *count,
                Some(event) => {
                    let _ = write!(row.1, " {event} {count}");
                }
            }
        }
        let mut text =
            String::from("operation                    code                         met  events\n");
        for ((operation, code), (count, events)) in rows {
            let code = code.to_string();
            let line = format!("{operation:28} {code:24} {count:>8} {events}");
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

impl std::fmt::Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.operation, self.code)?;
        self.event.map_or(Ok(()), |event| write!(f, " {event}"))
    }
}

/// For operations that are named by their opcode.
pub(super) fn named(opcode: OpCode) -> String {
    opcode.to_string()
}
