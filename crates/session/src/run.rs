//! Many requests as one: what a run is, and how its frames and replies are told apart.
//!
//! A run is only a cheaper way to say the same: each of its requests has its own ticket, its own
//! place in the order, and its own fate. As long as all goes well it is queued, sent and answered
//! as one; as soon as anything else happens the session takes it apart into its requests.

use std::sync::Arc;

use bytes::{Buf, Bytes};
use zookit_proto::header::ReplyHeader;
use zookit_proto::{Class, ErrorCode, OpCode, Time, frame};

use crate::ids::{Generation, Ticket};
use crate::outcome::Outcome;

/// Requests for one operation, without watches, submitted together.
#[derive(Debug, Clone)]
pub struct Run {
    /// The callers' numbers for them.
    pub tickets: Tickets,
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

/// The tickets of a run, in the order of its requests; cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tickets(Source);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    /// One after the other, from this one on.
    From(u64),
    /// These, but for so many at the front.
    These(Arc<Vec<Ticket>>, usize),
}

impl Tickets {
    /// This one and those that follow it, one by one and without an end.
    #[must_use]
    pub const fn from(Ticket(first): Ticket) -> Self {
        Self(Source::From(first))
    }

    /// The first; `None`: there is none left.
    #[must_use]
    pub fn first(&self) -> Option<Ticket> {
        match &self.0 {
            Source::From(first) => Some(Ticket(*first)),
            Source::These(tickets, skipped) => tickets.get(*skipped).copied(),
        }
    }

    /// Takes the first `count` away.
    pub(crate) fn skip(&mut self, count: u32) {
        match &mut self.0 {
            Source::From(first) => *first = first.saturating_add(u64::from(count)),
            Source::These(_, skipped) => *skipped = skipped.saturating_add(count as usize),
        }
    }

    /// Whether there are so many.
    fn are(&self, count: u32) -> bool {
        match &self.0 {
            Source::From(_) => true,
            Source::These(tickets, skipped) => {
                tickets.len().saturating_sub(*skipped) == count as usize
            }
        }
    }

    pub(crate) fn iter(&self, count: u32) -> impl Iterator<Item = Ticket> + use<> {
        let mut tickets = self.clone();
        (0..count).map_while(move |_| {
            let ticket = tickets.first();
            tickets.skip(1);
            ticket
        })
    }
}

impl FromIterator<Ticket> for Tickets {
    /// These, in this order.
    fn from_iter<I: IntoIterator<Item = Ticket>>(tickets: I) -> Self {
        Self(Source::These(Arc::new(tickets.into_iter().collect()), 0))
    }
}

impl Run {
    /// Whether each of them can be sent: what the session does with the frames relies on this.
    pub(crate) fn is_sound(&self) -> bool {
        let ours = matches!(self.opcode.class(), Class::Connection | Class::Close);
        let opcode = self.opcode.number().to_be_bytes();
        let mut rest = &self.frames[..];
        let mut count = 0_u32;
        while let Some((frame, behind)) = rest.split_at_checked(frame::length(rest)) {
            if frame.get(8..12) != Some(&opcode[..]) {
                break;
            }
            rest = behind;
            count = count.saturating_add(1);
        }
        !ours && count > 0 && count == self.count && rest.is_empty() && self.tickets.are(count)
    }
}

/// Requests of a [`Run`] that were answered one behind the other: each of them is *answered* or
/// *refused*.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replies {
    /// The numbers of the requests: as many of these, from the first on.
    pub tickets: Tickets,
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
        Outcomes { tickets: self.tickets, frames: self.frames }
    }
}

/// The replies to requests of a [`Run`], told apart; see [`Replies::outcomes`].
#[derive(Debug)]
pub struct Outcomes {
    tickets: Tickets,
    frames: Bytes,
}

impl Iterator for Outcomes {
    type Item = (Ticket, Outcome);

    fn next(&mut self) -> Option<(Ticket, Outcome)> {
        let length = frame::length(&self.frames).min(self.frames.len());
        let ReplyHeader { zxid, err, .. } = ReplyHeader::of_frame(self.frames.get(..length)?)?;
        let ticket = self.tickets.first()?;
        self.tickets.skip(1);
        let body = self.frames.slice(frame::PREFIX.saturating_add(ReplyHeader::LENGTH)..length);
        self.frames.advance(length);
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
