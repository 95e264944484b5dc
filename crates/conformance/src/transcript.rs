//! What a real server answered to scripts, as text: committed, and compared without Java.
//!
//! ```text
//! # Apache ZooKeeper 3.9.5
//! script 17
//! connect 0 new 30000 rw nothing
//! < 0 connected s0 timeout 30000 password true Some(false)
//! = +1
//! > 0 create 000000022f61ffffffff…
//! < 0 create Ok +2 "/a"
//! = +2
//! ```
//! The lines of a step are those of [`script`](crate::script); behind them stands what was seen of
//! it, and the newest zxid.

use std::fmt::Write as _;

use crate::Outcome;
use crate::differential::Cells;
use crate::generate::{self, Options};
use crate::observe::observe;
use crate::script::{Step, parse_step, write_step};
use crate::target::Which;

/// A script is kept if it has something that was met less often than this before.
const OFTEN: u64 = 2;

/// One part in so many of a transcript is for scripts in which a session expires.
const EXPIRY_SHARE: usize = 15;

/// So many scripts are looked at.
const SEEDS: u64 = 600;

/// A script and what was seen of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// From which it was made.
    pub seed: u64,
    /// Its steps.
    pub steps: Vec<Step>,
    /// What was seen of each.
    pub seen: Vec<String>,
}

/// Records what a server answers to scripts that show as much as fits into so many bytes.
///
/// # Errors
/// There is no server, or it does not let itself be tidied up.
pub fn record(server: &Which, version: &str, options: Options, limit: usize) -> Outcome<String> {
    let mut text = format!(
        "# Apache ZooKeeper {version}, standalone. Recorded by `cargo xtask conformance record`.\n"
    );
    let mut target = server.quiet_target();
    let mut cells = Cells::default();
    for seed in 0..SEEDS {
        let steps = generate::script(seed, options);
        let seen = observe(&mut *target, &steps)?;
        let mut met = Cells::default();
        met.count(&steps, &seen);
        if !cells.gains_from(&met, OFTEN) {
            continue;
        }
        let mut script = format!("script {seed}\n");
        for (step, seen) in steps.iter().zip(&seen) {
            write_step(step, &mut script);
            let _ = write!(script, "{seen}");
        }
        // Some room is kept for the rare ones that wait for the end of a session.
        let expires = steps.iter().any(|step| matches!(step, Step::Expire { .. }));
        let room = if expires { limit } else { limit - limit / EXPIRY_SHARE };
        if text.len() + script.len() <= room {
            text.push_str(&script);
            cells.merge(&met);
        }
    }
    Ok(text)
}

/// Reads a transcript.
///
/// # Errors
/// The line that is none of one.
pub fn parse(text: &str) -> Outcome<Vec<Recorded>> {
    let mut all: Vec<Recorded> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        if let Some(seed) = line.strip_prefix("script ") {
            all.push(Recorded { seed: seed.parse()?, steps: Vec::new(), seen: Vec::new() });
            continue;
        }
        let last = all.last_mut().ok_or("a transcript begins with a script")?;
        if parse_step(line, &mut last.steps)? {
            last.seen.resize(last.steps.len(), String::new());
            continue;
        }
        let seen = last.seen.last_mut().ok_or_else(|| format!("{line:?} is seen of no step"))?;
        seen.push_str(line);
        seen.push('\n');
    }
    Ok(all)
}

/// Carries a recorded script out on a server; `Some` is the first step of which something else is
/// seen, and what.
///
/// # Errors
/// There is no server, or it does not let itself be tidied up.
pub fn replay(recorded: &Recorded, server: &Which) -> Outcome<Option<String>> {
    let seen = observe(&mut *server.quiet_target(), &recorded.steps)?;
    let pairs = recorded.steps.iter().zip(&recorded.seen).zip(&seen).enumerate();
    for (at, ((step, before), now)) in pairs {
        let now = now.to_string();
        if now != *before {
            let step = crate::script::show(step);
            return Ok(Some(format!(
                "script {}, step {at}: {step}\nrecorded:\n{before}{server}:\n{now}",
                recorded.seed
            )));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transcript_is_scripts_with_what_was_seen() {
        let text = "# a comment\nscript 7\nconnect 0 new 1 rw nothing\n< 0 closed\n=\n\
                    > 0 ping\n>& 0 ping\n< 0 not connected\n=\nscript 8\n";
        let all = parse(text).unwrap();
        assert_eq!(all.len(), 2);
        assert_eq!((all[0].seed, all[0].steps.len()), (7, 2));
        assert_eq!(all[0].seen, ["< 0 closed\n=\n", "< 0 not connected\n=\n"]);
        assert!(all[1].steps.is_empty());
        assert!(parse("< 0 closed\n").is_err());
        assert!(parse("script 1\n< 0 closed\n").is_err());
    }
}
