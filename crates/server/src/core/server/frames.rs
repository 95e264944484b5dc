//! Received bytes, cut into what they are: a word, a handshake, requests.
//!
//! A length that cannot be followed closes the connection without an answer, as soon as its four
//! bytes are there.

use bytes::{Buf as _, Bytes, BytesMut};
use zookit_proto::OpCode;
use zookit_proto::four_letter::FourLetterWord;
use zookit_proto::frame::PREFIX;

use super::super::connection::{ConnectionId, Line, Stage};
use super::{MUCH_OUTPUT, Server, following};

/// So many requests of a connection wait for others at most; what is behind them is not read.
const MANY_WAITING: usize = 1000;

/// What stands at the front of received bytes.
enum Front {
    /// The payload of a frame.
    Frame(Bytes),
    /// The beginning of one.
    Part,
    /// Nothing that can be understood.
    Garbage,
}

fn cut(bytes: &mut BytesMut, limit: usize) -> Front {
    let Some(prefix) = bytes.first_chunk::<PREFIX>() else { return Front::Part };
    match usize::try_from(i32::from_be_bytes(*prefix)) {
        Ok(length) if length <= limit => {
            if bytes.len().saturating_sub(PREFIX) < length {
                return Front::Part;
            }
            bytes.advance(PREFIX);
            Front::Frame(bytes.split_to(length).freeze())
        }
        _ => Front::Garbage,
    }
}

/// What a payload asks for.
fn opcode_of(payload: &[u8]) -> Option<OpCode> {
    let number = payload.get(4..)?.first_chunk()?;
    Some(OpCode::from_number(i32::from_be_bytes(*number)))
}

impl Server {
    /// Carries out all that is whole.
    pub(super) fn frames(&mut self, id: ConnectionId, bytes: &mut BytesMut) {
        loop {
            let Some(connection) = self.connections.get(&id) else { return bytes.clear() };
            match (connection.line, connection.stage) {
                (Line::HalfOpen, _) | (Line::Whole, Stage::Closing) => return bytes.clear(),
                (Line::Frozen, _) => return,
                (Line::Whole, Stage::Handshake(_) | Stage::Session) => {}
            }
            if connection.delayed.is_some() || connection.output.len() >= MUCH_OUTPUT {
                return;
            }
            if connection.awaits_session {
                return;
            }
            if self.take_waiting(id) {
                continue;
            }
            let waiting =
                self.connections.get(&id).map_or(0, |connection| connection.waiting.len());
            if waiting >= MANY_WAITING {
                return;
            }
            let Some(connection) = self.connections.get(&id) else { return bytes.clear() };
            if let Stage::Handshake(_) = connection.stage {
                if let Some(first) = bytes.first_chunk() {
                    if let Some(word) = FourLetterWord::from_bytes(*first) {
                        if self.word(id, word, bytes) {
                            continue;
                        }
                        return;
                    }
                }
            }
            match cut(bytes, self.config.max_buffer) {
                Front::Frame(payload) => self.payload(id, payload),
                Front::Part => return,
                Front::Garbage => self.close(id),
            }
        }
    }

    fn payload(&mut self, id: ConnectionId, payload: Bytes) {
        self.received = self.received.saturating_add(1);
        self.statistics.received(PREFIX.saturating_add(payload.len()));
        let Some(connection) = self.connections.get_mut(&id) else { return };
        (connection.heard, connection.asked) = (self.now, self.now);
        connection.counters.received = connection.counters.received.saturating_add(1);
        match connection.stage {
            Stage::Handshake(_) => self.handshake(id, payload),
            Stage::Session => self.request(id, payload),
            Stage::Closing => {}
        }
    }

    /// Whether a request has to wait for what the leader was given before it, or for others that
    /// wait.
    pub(super) fn has_to_wait(&self, id: ConnectionId, opcode: OpCode) -> bool {
        self.connections.get(&id).is_some_and(|connection| {
            let passes = connection.undecided == 0 || following::is_leaders(opcode);
            !connection.waiting.is_empty() || !passes
        })
    }

    /// Takes the next request that need not wait any more. False if there is none.
    fn take_waiting(&mut self, id: ConnectionId) -> bool {
        let Some(connection) = self.connections.get_mut(&id) else { return false };
        let Some((_, next)) = connection.waiting.front() else { return false };
        if connection.undecided > 0 && !opcode_of(next).is_some_and(following::is_leaders) {
            return false;
        }
        let Some((asked, payload)) = connection.waiting.pop_front() else { return false };
        connection.asked = asked;
        self.heard_request(id, payload);
        true
    }
}
