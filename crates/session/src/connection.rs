//! What lives and dies with one connection.

use std::collections::VecDeque;
use std::time::Duration;

use crate::config::Limits;
use crate::endpoint::Endpoint;
use crate::event::Reason;
use crate::send_buffer::{SendBuffer, Span};
use zookit_proto::Time;

/// Unanswered pings that are remembered.
const MAX_PINGS: usize = 16;

/// One connection, from the moment the transport is up.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) endpoint: Endpoint,
    /// The server's place in the list; none there if the list changed and lost it.
    pub(crate) host: usize,
    /// How the session came to this connection.
    pub(crate) granted: Reason,
    /// How many watches were set again on it.
    pub(crate) restored: usize,
    pub(crate) out: SendBuffer,
    pub(crate) opened: Time,
    /// When the server was last heard of: see [`Connection::received`].
    heard: Time,
    /// When a request was last answered; at first, when the connection came up.
    pub(crate) answered: Time,
    /// When bytes were last handed to the transport.
    pub(crate) spoke: Time,
    /// Bytes of the incomplete frame at the last moment that counted as heard.
    progress: usize,
    /// When each ping still unanswered was sent.
    pub(crate) pings: VecDeque<Time>,
    /// The credentials still unanswered, in the order sent.
    pub(crate) auths: VecDeque<SentAuth>,
    /// Whether any byte has come.
    pub(crate) spoken_to: bool,
    /// Whether the server only reads.
    pub(crate) read_only: bool,
}

/// A credential on its way.
#[derive(Debug)]
pub(crate) struct SentAuth {
    /// Which of the handle's credentials.
    pub(crate) credential: usize,
    /// When it was sent.
    pub(crate) at: Time,
    /// Where it lies in the bytes sent.
    pub(crate) span: Span,
}

impl Connection {
    pub(crate) fn new(endpoint: Endpoint, host: usize, now: Time) -> Self {
        Self {
            endpoint,
            host,
            granted: Reason::NewSession,
            restored: 0,
            out: SendBuffer::default(),
            opened: now,
            answered: now,
            heard: now,
            spoke: now,
            progress: 0,
            pings: VecDeque::new(),
            auths: VecDeque::new(),
            spoken_to: false,
            read_only: false,
        }
    }

    /// Takes note of a ping. Of a server that answers everything but pings, no more than so many
    /// are remembered; a pong then counts for an older ping, which is on the safe side.
    pub(crate) fn pinged(&mut self, at: Time) {
        if self.pings.len() < MAX_PINGS {
            self.pings.push_back(at);
        }
    }

    /// Bytes came: so many frames, and so many bytes of one still incomplete.
    ///
    /// A whole frame counts as having heard of the server, and so does enough of a long one;
    /// a trickle of single bytes does not, so that it cannot pass for a living server.
    /// Returns whether it counted.
    pub(crate) fn received(&mut self, now: Time, frames: usize, incomplete: usize) -> bool {
        self.spoken_to = true;
        let progressed = incomplete.saturating_sub(self.progress) >= Limits::PROGRESS_BYTES;
        if frames > 0 || progressed {
            self.heard = now;
            self.progress = incomplete;
            return true;
        }
        false
    }

    /// When the server has been silent for so long that the connection is given up.
    pub(crate) const fn read_deadline(&self, timeout: Duration) -> Time {
        self.heard.after(two_thirds(timeout))
    }

    /// When a ping is due, so that the server hears of us in time.
    pub(crate) fn ping_due(&self, timeout: Duration) -> Time {
        let third = timeout.checked_div(3).unwrap_or_default();
        self.spoke.after(third.min(Limits::MAX_PING_INTERVAL))
    }
}

const fn two_thirds(timeout: Duration) -> Duration {
    match timeout.saturating_mul(2).checked_div(3) {
        Some(part) => part,
        None => timeout,
    }
}
