//! Recorded frames as text: what a real server said, kept to be decoded again and again.
//!
//! ```text
//! # Apache ZooKeeper 3.9.5
//! > connect 000000000000000000000000000075300000000000000000000000100000…
//! < connect 000000000000753001000000000000000000001000000000000000000000…
//! > getData 0000000100000004000000022f6100
//! < getData 00000001000000000000000500000000…
//! ```
//!
//! A line is a frame: `>` to the server or `<` to the client, the operation, and the payload
//! without its length in hexadecimal.
//! The operation is ZooKeeper's name or a number, and `connect` for the handshake; a reply has
//! that of the request it answers.
//! `>!` is a request that was broken on purpose. `#` begins a comment.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use bytes::Bytes;
use thiserror::Error;

use crate::OpCode;
use crate::tap::Direction;

/// A frame that was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedFrame {
    /// Which way it went.
    pub direction: Direction,
    /// Whether it was broken on purpose, so that it must not decode.
    pub broken: bool,
    /// What it is.
    pub kind: FrameKind,
    /// All of it behind the length.
    pub payload: Bytes,
}

/// What a frame is: without it a reply cannot be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FrameKind {
    /// A half of the handshake.
    Connect,
    /// A request for this operation, or its reply.
    Operation(OpCode),
}

/// A line that is no frame.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// It begins neither with `>`, `>!` or `<`.
    #[error("{0:?} is no direction")]
    Direction(String),
    /// Its operation is neither a name nor a number.
    #[error("{0:?} is no operation")]
    Operation(String),
    /// Its payload is not hexadecimal.
    #[error("the payload is not hexadecimal at digit {0}")]
    Payload(usize),
    /// It has fewer or more than three parts.
    #[error("a frame is a direction, an operation and a payload")]
    Parts,
}

/// Reads a recording: its frames, in order.
///
/// # Errors
/// The number of the first line that is no frame, counted from 1, and why.
pub fn parse(recording: &str) -> Result<Vec<RecordedFrame>, (usize, RecordingError)> {
    let lines = recording.lines().map(str::trim).zip(1..);
    let frames = lines.filter(|(line, _)| !line.is_empty() && !line.starts_with('#'));
    frames.map(|(line, number)| line.parse().map_err(|error| (number, error))).collect()
}

/// Reads hexadecimal digits; `Err` is the place of one that is none, or of one too few.
fn parse_hex(text: &str) -> Result<Bytes, usize> {
    let digits = text.chars().enumerate().map(|(at, digit)| digit.to_digit(16).ok_or(at));
    let digits = digits.collect::<Result<Vec<_>, _>>()?;
    let bytes = digits.chunks(2).map(|pair| match *pair {
        [high, low] => u8::try_from(high << 4 | low).map_err(|_| text.len()),
        _ => Err(text.len()),
    });
    bytes.collect()
}

impl FromStr for FrameKind {
    type Err = RecordingError;

    fn from_str(text: &str) -> Result<Self, RecordingError> {
        if text == "connect" {
            return Ok(Self::Connect);
        }
        let named = OpCode::ALL.iter().find(|opcode| opcode.name() == Some(text)).copied();
        named
            .or_else(|| text.parse().ok().map(OpCode::from_number))
            .map(Self::Operation)
            .ok_or_else(|| RecordingError::Operation(text.to_owned()))
    }
}

impl fmt::Display for FrameKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect => f.write_str("connect"),
            Self::Operation(opcode) => match opcode.name() {
                Some(name) => f.write_str(name),
                None => write!(f, "{}", opcode.number()),
            },
        }
    }
}

impl FromStr for RecordedFrame {
    type Err = RecordingError;

    fn from_str(line: &str) -> Result<Self, RecordingError> {
        let mut parts = line.split_ascii_whitespace();
        let (Some(direction), Some(kind), payload, None) =
            (parts.next(), parts.next(), parts.next().unwrap_or_default(), parts.next())
        else {
            return Err(RecordingError::Parts);
        };
        let (direction, broken) = match direction {
            ">" => (Direction::ToServer, false),
            ">!" => (Direction::ToServer, true),
            "<" => (Direction::ToClient, false),
            other => return Err(RecordingError::Direction(other.to_owned())),
        };
        let payload = parse_hex(payload).map_err(RecordingError::Payload)?;
        Ok(Self { direction, broken, kind: kind.parse()?, payload })
    }
}

impl fmt::Display for RecordedFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char(match self.direction {
            Direction::ToServer => '>',
            Direction::ToClient => '<',
        })?;
        f.write_str(if self.broken { "! " } else { " " })?;
        write!(f, "{} ", self.kind)?;
        self.payload.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_is_read_line_by_line() {
        let recording = "# a comment\n\n> ping fffffffe0000000b\n>! create 00\n< 999 0A\n";
        let frames = parse(recording).unwrap();
        let lines: Vec<_> = frames.iter().map(ToString::to_string).collect();
        assert_eq!(lines, ["> ping fffffffe0000000b", ">! create 00", "< 999 0a"]);
        assert!(frames[1].broken);
        assert_eq!(frames[2].kind, FrameKind::Operation(OpCode::Unknown(999)));
    }

    #[test]
    fn a_bad_line_is_named_with_its_reason() {
        for (line, error) in [
            ("? ping 00", RecordingError::Direction("?".into())),
            ("> nothing 00", RecordingError::Operation("nothing".into())),
            ("> ping 0g", RecordingError::Payload(1)),
            ("> ping 000", RecordingError::Payload(3)),
            ("> ping 00 00", RecordingError::Parts),
            (">", RecordingError::Parts),
        ] {
            assert_eq!(parse(&format!("# one\n{line}")), Err((2, error)), "{line}");
        }
    }
}
