//! A connection: two ways, each a queue of parcels that arrive one behind the other.

use std::collections::VecDeque;
use std::task::Waker;

use bytes::{Bytes, BytesMut};
use zookit_server::core::{ConnectionId, Time};

/// A connection of a run; no number is used twice in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct LineId(pub(super) u64);

/// Which of the two ways of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    ToServer,
    ToClient,
}

/// How a way ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// In order, behind all that was sent.
    Fin,
    /// What is still under way is lost.
    Reset,
}

/// What travels.
#[derive(Debug)]
pub(super) enum Parcel {
    Bytes(Bytes),
    End(End),
}

/// One direction of a connection.
#[derive(Debug, Default)]
pub(super) struct Way {
    /// Under way, with the times of their arrivals, which never decrease.
    pub(super) flight: VecDeque<(Time, Parcel)>,
    /// Nothing arrives before that.
    pub(super) stalled: Time,
    /// Bytes under way: bounded, as a kernel's buffers are.
    pub(super) bytes: usize,
    /// An end was sent or happened: nothing more is taken.
    pub(super) ended: bool,
    /// All bytes that have arrived.
    pub(super) arrived: usize,
}

impl Way {
    /// When what is sent now arrives, at the earliest.
    pub(super) fn not_before(&self, time: Time) -> Time {
        self.flight.back().map_or(time, |(last, _)| time.max(*last))
    }

    /// Loses all that is under way but the first so many bytes of it; an end is lost too.
    pub(super) fn truncate(&mut self, mut keep: usize) {
        self.bytes = self.bytes.min(keep);
        let mut kept = VecDeque::new();
        for (time, parcel) in self.flight.drain(..) {
            match parcel {
                Parcel::Bytes(mut bytes) if keep > 0 => {
                    bytes.truncate(keep);
                    keep -= bytes.len();
                    kept.push_back((time, Parcel::Bytes(bytes)));
                }
                Parcel::Bytes(_) => {}
                // It did not happen: another end takes its place.
                Parcel::End(_) => self.ended = false,
            }
        }
        self.flight = kept;
    }
}

/// A connection as the network has it.
#[derive(Debug)]
pub(super) struct Line {
    /// Which client's: what dialed it.
    pub(super) client: u32,
    /// To which member.
    pub(super) member: usize,
    /// The member's end of it; `None` once that is gone.
    pub(super) connection: Option<ConnectionId>,
    pub(super) to_server: Way,
    pub(super) to_client: Way,
    /// What the member left: the beginning of a frame, or what it does not want yet.
    pub(super) kept: BytesMut,
    /// What has arrived at the client and was not read yet.
    pub(super) readable: BytesMut,
    /// How it ended for the client, behind what is readable.
    pub(super) end: Option<End>,
    /// The client has let it go.
    pub(super) dropped: bool,
    pub(super) reader: Option<Waker>,
    pub(super) writer: Option<Waker>,
}

impl Line {
    pub(super) fn new(client: u32, member: usize, connection: ConnectionId) -> Self {
        Self {
            client,
            member,
            connection: Some(connection),
            to_server: Way::default(),
            to_client: Way::default(),
            kept: BytesMut::new(),
            readable: BytesMut::new(),
            end: None,
            dropped: false,
            reader: None,
            writer: None,
        }
    }

    pub(super) fn way(&mut self, direction: Direction) -> &mut Way {
        match direction {
            Direction::ToServer => &mut self.to_server,
            Direction::ToClient => &mut self.to_client,
        }
    }

    /// Wakes whoever waits at the client's end.
    pub(super) fn wake(&mut self) {
        for waker in [self.reader.take(), self.writer.take()].into_iter().flatten() {
            waker.wake();
        }
    }

    /// Nobody looks at it any more.
    pub(super) fn is_over(&self) -> bool {
        self.dropped && self.connection.is_none() && self.to_server.flight.is_empty()
    }
}
