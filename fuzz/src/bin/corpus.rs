//! Writes the corpus: every sample of zookit-proto, and every frame of its recordings.
//!
//! A file is named after its content, so that nothing is there twice. What else is in a corpus (an
//! input that once found something) stays.

use std::fs;
use std::io;
use std::path::Path;

use zookit_fuzz::{Case, conversations, handshakes, kind_of, multis, replies, requests, streams};
use zookit_proto::OpCode;
use zookit_proto::header::{ReplyHeader, RequestHeader};
use zookit_proto::recording::{self, FrameKind, RecordedFrame};
use zookit_proto::tap::Direction;

/// The one version whose recording is enough for a corpus.
const RECORDING: &str = "../crates/proto/tests/recordings/apache-3.9.5.frames";

/// A hash that is the same with every compiler: 64-bit FNV-1a.
fn fnv1a(bytes: &[u8]) -> u64 {
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, mix)
}

fn write(target: &str, cases: &[Case]) -> io::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let directory = here.join("tests/__fuzz__").join(target).join("corpus");
    fs::create_dir_all(&directory)?;
    for case in cases {
        let input = case.to_input();
        fs::write(directory.join(format!("{:016x}", fnv1a(&input))), input)?;
    }
    println!("{target}: {} inputs", cases.len());
    Ok(())
}

/// What stands behind a recorded frame's header, as a case of the target it belongs to.
fn case_of(frame: &RecordedFrame) -> (&'static str, Case) {
    let behind = |header: usize| frame.payload.get(header..).unwrap_or_default().to_vec();
    match (frame.kind, frame.direction) {
        (FrameKind::Connect, Direction::ToServer) => {
            ("connect", Case { kind: 0, bytes: behind(0) })
        }
        (FrameKind::Connect, Direction::ToClient) => {
            ("connect", Case { kind: 1, bytes: behind(0) })
        }
        (FrameKind::Operation(opcode), direction) => {
            let to_server = direction == Direction::ToServer;
            let header = if to_server { RequestHeader::LENGTH } else { ReplyHeader::LENGTH };
            let bytes = behind(header);
            match opcode {
                OpCode::Multi | OpCode::MultiRead => {
                    ("multi", Case { kind: u8::from(!to_server), bytes })
                }
                _ if to_server => ("request", Case { kind: kind_of(opcode), bytes }),
                _ => ("reply", Case { kind: kind_of(opcode), bytes }),
            }
        }
    }
}

fn main() -> io::Result<()> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(RECORDING))?;
    let frames = recording::parse(&text)
        .map_err(|(line, error)| io::Error::other(format!("{RECORDING}:{line}: {error}")))?;
    let recorded: Vec<_> = frames.iter().map(case_of).collect();
    for (target, samples) in [
        ("frame", streams()),
        ("request", requests()),
        ("reply", replies()),
        ("multi", multis()),
        ("connect", handshakes()),
        ("conversation", conversations()),
    ] {
        let recorded = recorded.iter().filter(|(of, _)| *of == target).map(|(_, case)| case);
        let cases: Vec<_> = samples.into_iter().chain(recorded.cloned()).collect();
        write(target, &cases)?;
    }
    Ok(())
}
