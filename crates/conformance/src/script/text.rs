//! Steps as lines of text.
//!
//! ```text
//! connect 0 new 30000 rw nothing
//! > 0 create 000000022f61000000026869…
//! >& 0 getData 000000022f6100
//! drop 0
//! expire 1
//! ```
//! `>` begins a step of requests, `>&` sends one more together with it. A request is a slot, the
//! operation and the body in hexadecimal.

use std::fmt::Write as _;

use bytes::Bytes;
use zookit_proto::recording::FrameKind;

use super::{Ask, Hello, SLOTS, Seen, Step, Who};

/// A line that is no step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLine(pub String);

impl std::fmt::Display for BadLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} is no step", self.0)
    }
}

impl std::error::Error for BadLine {}

/// Appends the lines of a step.
pub fn write_step(step: &Step, out: &mut String) {
    match step {
        Step::Connect { slot, hello } => {
            let who = match hello.who {
                Who::New => "new",
                Who::Own => "own",
                Who::WrongPassword => "wrong-password",
                Who::Unknown => "unknown",
            };
            let read_only = match hello.read_only {
                None => "short",
                Some(false) => "rw",
                Some(true) => "ro",
            };
            let seen = match hello.seen {
                Seen::Nothing => "nothing",
                Seen::Current => "current",
                Seen::Ahead => "ahead",
            };
            let _ = writeln!(out, "connect {slot} {who} {} {read_only} {seen}", hello.timeout_ms);
        }
        Step::Ask { slot, asks } => {
            for (at, ask) in asks.iter().enumerate() {
                let mark = if at == 0 { ">" } else { ">&" };
                let _ = write!(out, "{mark} {slot} {}", FrameKind::Operation(ask.opcode));
                out.push_str(if ask.body.is_empty() { "" } else { " " });
                for byte in &ask.body {
                    let _ = write!(out, "{byte:02x}");
                }
                out.push('\n');
            }
        }
        Step::Drop { slot } => {
            let _ = writeln!(out, "drop {slot}");
        }
        Step::Expire { slot } => {
            let _ = writeln!(out, "expire {slot}");
        }
    }
}

/// Reads a line into `steps`: as a step, or as one more request of the last one. `false`: it is a
/// line of another kind.
///
/// # Errors
/// It begins as a step and is none.
pub fn parse_step(line: &str, steps: &mut Vec<Step>) -> Result<bool, BadLine> {
    let bad = || BadLine(line.to_owned());
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let step = match words.as_slice() {
        ["connect", rest @ ..] => connect(rest).ok_or_else(bad)?,
        ["drop", slot] => Step::Drop { slot: parse_slot(slot).ok_or_else(bad)? },
        [">", rest @ ..] => {
            let (slot, ask) = ask(rest).ok_or_else(bad)?;
            Step::Ask { slot, asks: vec![ask] }
        }
        [">&", rest @ ..] => {
            let (slot, ask) = ask(rest).ok_or_else(bad)?;
            return match steps.last_mut() {
                Some(Step::Ask { slot: last, asks }) if *last == slot => {
                    asks.push(ask);
                    Ok(true)
                }
                _ => Err(bad()),
            };
        }
        ["expire", slot] => Step::Expire { slot: parse_slot(slot).ok_or_else(bad)? },
        ["drop" | "expire", ..] => return Err(bad()),
        _ => return Ok(false),
    };
    steps.push(step);
    Ok(true)
}

fn parse_slot(word: &str) -> Option<usize> {
    word.parse().ok().filter(|slot| *slot < SLOTS)
}

fn connect(words: &[&str]) -> Option<Step> {
    let [slot, who, timeout, read_only, seen] = words else { return None };
    let who = match *who {
        "new" => Who::New,
        "own" => Who::Own,
        "wrong-password" => Who::WrongPassword,
        "unknown" => Who::Unknown,
        _ => return None,
    };
    let read_only = match *read_only {
        "short" => None,
        "rw" => Some(false),
        "ro" => Some(true),
        _ => return None,
    };
    let seen = match *seen {
        "nothing" => Seen::Nothing,
        "current" => Seen::Current,
        "ahead" => Seen::Ahead,
        _ => return None,
    };
    let hello = Hello { who, timeout_ms: timeout.parse().ok()?, read_only, seen };
    Some(Step::Connect { slot: parse_slot(slot)?, hello })
}

fn ask(words: &[&str]) -> Option<(usize, Ask)> {
    let (slot, opcode, body) = match words {
        [slot, opcode] => (slot, opcode, ""),
        [slot, opcode, body] => (slot, opcode, *body),
        _ => return None,
    };
    let Ok(FrameKind::Operation(opcode)) = opcode.parse() else { return None };
    Some((parse_slot(slot)?, Ask { opcode, body: parse_hex(body)? }))
}

fn parse_hex(text: &str) -> Option<Bytes> {
    let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
    let pair = |pair: &[u32]| match *pair {
        [high, low] => u8::try_from(high << 4 | low).ok(),
        _ => None,
    };
    digits?.chunks(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
connect 0 new 30000 rw nothing
connect 2 wrong-password -1 short ahead
> 0 getData 000000022f6100
>& 0 ping
> 1 99 00ff
drop 1
expire 2
";

    #[test]
    fn steps_survive_the_way_to_text_and_back() {
        let mut steps = Vec::new();
        for line in TEXT.lines() {
            assert_eq!(parse_step(line, &mut steps), Ok(true), "{line}");
        }
        assert_eq!(steps.len(), 6);
        let mut text = String::new();
        steps.iter().for_each(|step| write_step(step, &mut text));
        assert_eq!(text, TEXT);
    }

    #[test]
    fn what_is_no_step_is_said_to_be_none() {
        let mut steps = Vec::new();
        assert_eq!(parse_step("< 0 closed", &mut steps), Ok(false));
        for line in
            ["connect 0 new", "drop 9", "expire", "> 0 nothing 00", "> 0 ping 0", ">& 0 ping"]
        {
            assert_eq!(parse_step(line, &mut steps), Err(BadLine(line.to_owned())));
        }
    }
}
