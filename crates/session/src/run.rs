//! Many requests as one: what a run is, and how its frames and replies are told apart.
//!
//! A run is only a cheaper way to say the same: each of its requests has its own ticket, its own
//! place in the order, and its own fate. As long as all goes well it is queued, sent and answered
//! as one; as soon as anything else happens the session takes it apart into its requests.

use bytes::{Buf, Bytes};
use zookit_proto::header::ReplyHeader;
use zookit_proto::{Class, ErrorCode, OpCode, frame};

use crate::ids::{Generation, Ticket};
use crate::outcome::Outcome;
use crate::time::Time;

/// Requests for one operation, without watches, submitted together.
#[derive(Debug, Clone)]
pub struct Run {
    /// The caller's number for the first; those of the others follow it one by one.
    pub first: Ticket,
    /// What each asks for.
    pub opcode: OpCode,
    /// How many they are.
    pub count: u32,
    /// Their whole frames, one behind the other; the session fills in the xids.
    pub frames: Bytes,
    /// As of a [`Submission`](crate::Submission).
    pub deadline: Option<Time>,
    /// As of a [`Submission`](crate::Submission).
    pub pinned: Option<Generation>,
}

impl Run {
    /// Whether each of them can be sent: what the session does with the frames relies on this.
    pub(crate) fn is_sound(&self) -> bool {
        let ours = matches!(self.opcode.class(), Class::Connection | Class::Close);
        let opcode = self.opcode.number().to_be_bytes();
        let mut rest = &self.frames[..];
        let mut count = 0_u32;
        while let Some((frame, behind)) = rest.split_at_checked(frame_length(rest)) {
            if frame.get(8..12) != Some(&opcode[..]) {
                break;
            }
            rest = behind;
            count = count.saturating_add(1);
        }
        !ours && count > 0 && count == self.count && rest.is_empty()
    }
}

/// How long the first of these frames claims to be, its prefix included.
pub(crate) fn frame_length(frames: &[u8]) -> usize {
    let claimed = frames.first_chunk().map_or(0, |prefix| u32::from_be_bytes(*prefix));
    usize::try_from(claimed).unwrap_or(usize::MAX).saturating_add(frame::PREFIX)
}

/// Requests of a [`Run`] that were answered one behind the other: each of them is *answered* or
/// *refused*.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replies {
    /// The number of the first request; those of the others follow it.
    pub first: Ticket,
    /// How many they are.
    pub count: u32,
    /// How many of them are refusals.
    pub refused: u32,
    /// The whole frames of the replies.
    pub frames: Bytes,
}

impl Replies {
    /// Each reply, as it would be told alone.
    #[must_use]
    pub fn outcomes(self) -> Outcomes {
        Outcomes { next: self.first, frames: self.frames }
    }
}

/// The replies to requests of a [`Run`], told apart; see [`Replies::outcomes`].
#[derive(Debug)]
pub struct Outcomes {
    next: Ticket,
    frames: Bytes,
}

impl Iterator for Outcomes {
    type Item = (Ticket, Outcome);

    fn next(&mut self) -> Option<(Ticket, Outcome)> {
        let length = frame_length(&self.frames).min(self.frames.len());
        let ReplyHeader { zxid, err, .. } = ReplyHeader::of_frame(self.frames.get(..length)?)?;
        let ticket = self.next;
        self.next = Ticket(ticket.0.saturating_add(1));
        let mut body = self.frames.split_to(length);
        body.advance(frame::PREFIX.saturating_add(ReplyHeader::LENGTH));
        let outcome = match err {
            ErrorCode::Ok => Outcome::Answered { zxid, body },
            code => Outcome::Refused { code, zxid },
        };
        Some((ticket, outcome))
    }
}

/// Whether a reply says what became of its request, and nothing about the session or the server.
pub(crate) fn is_plain(code: ErrorCode) -> bool {
    let special =
        matches!(code, ErrorCode::Unimplemented | ErrorCode::SessionClosedRequireSaslAuth);
    code.is_ok() || code.is_refusal() && !special
}
