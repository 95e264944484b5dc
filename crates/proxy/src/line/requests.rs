//! What goes to the server, when somebody wants to see it: the opening, and requests.

use std::mem;
use std::time::Duration;

use bytes::Bytes;
use zookit_proto::frame::PREFIX;
use zookit_proto::header::RequestHeader;
use zookit_proto::{OpCode, Request};

use super::frames::{Kind, Step};
use super::pump::Pump;
use super::queue::Content;
use super::replies::Struck;
use crate::fault::{Asked, Effect};
use crate::shared::{Shared, State};

/// A request longer than this is not looked at.
const LONGEST: usize = 8 << 20;

impl Pump {
    /// Whether faults are to see the requests, or one of them is half seen.
    pub(super) fn looks_at_requests(&self, state: &State) -> bool {
        let waiting = self.frames.kind() != Kind::Opaque && state.faults.are_waiting();
        waiting || !self.assembly.is_empty()
    }

    pub(super) fn look_at_opening(&mut self, shared: &Shared, state: &mut State, bytes: Bytes) {
        let (Some(rule), Some(mut opening)) = (&shared.opening, self.opening.take()) else {
            return self.look_at_requests(state, bytes);
        };
        opening.extend_from_slice(&bytes);
        match rule.apply(opening) {
            Ok(bytes) => self.look_at_requests(state, bytes),
            Err(opening) => self.opening = Some(opening),
        }
    }

    fn look_at_requests(&mut self, state: &mut State, mut bytes: Bytes) {
        if !self.assembly.is_empty() {
            self.assembly.extend_from_slice(&mem::take(&mut bytes));
        } else {
            let passing = self.up_to_boundary(&bytes);
            self.queue.push(Content::Bytes(bytes.split_to(passing)), Duration::ZERO);
            self.assembly.extend_from_slice(&bytes);
        }
        while !self.closed {
            let Some(prefix) = self.assembly.first_chunk() else { return };
            let length = u32::from_be_bytes(*prefix) as usize;
            if !state.faults.are_waiting() || length > LONGEST {
                let rest = mem::take(&mut self.assembly).freeze();
                self.frames.pass(&rest);
                return self.queue.push(Content::Bytes(rest), Duration::ZERO);
            }
            if self.assembly.len() < PREFIX + length {
                return;
            }
            let frame = self.assembly.split_to(PREFIX + length).freeze();
            self.look_at_request(state, frame);
        }
    }

    /// How many of these bytes are before the next boundary between requests.
    fn up_to_boundary(&mut self, bytes: &[u8]) -> usize {
        let mut passing = 0;
        while !self.frames.at_boundary() {
            let (taken, step) = self.frames.step(&bytes[passing..]);
            passing += taken;
            if step == Step::More {
                break;
            }
        }
        passing
    }

    fn look_at_request(&mut self, state: &mut State, frame: Bytes) {
        let before = self.frames.last();
        let mut held_up = Duration::ZERO;
        if let Ok((header, body)) = RequestHeader::split(frame.slice(PREFIX..)) {
            let xid = header.xid;
            let request = Request::decode(OpCode::from_number(header.opcode), body).ok();
            let struck = request.and_then(|request| {
                let asked = Asked { connection: self.id, xid, request: &request };
                state.faults.strike(&asked)
            });
            if let Some((effect, cut)) = struck {
                state.statistics.struck += 1;
                match effect {
                    Effect::LoseRequest => {
                        return self.stop_at(Struck::BehindReplies { last: before, cut });
                    }
                    Effect::LoseReply => self.stop_at(Struck::Reply { xid, lost: true, cut }),
                    Effect::CutBehindReply => self.stop_at(Struck::Reply { xid, lost: false, cut }),
                    Effect::Delay(delay) => held_up = delay,
                }
            }
            self.frames.note(xid);
        }
        self.queue.push(Content::Bytes(frame), held_up);
    }

    /// The connection ends over a request; nothing behind it is passed on.
    fn stop_at(&mut self, struck: Struck) {
        self.struck = Some(struck);
        self.closed = true;
        self.assembly.clear();
    }
}
