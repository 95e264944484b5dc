//! What the way is like: one direction of a connection, or of those to come.

use std::time::Duration;

use zookit_proto::tap::Direction;

use crate::cut::Cut;

/// What one direction is like. The default is as if there were no proxy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Conditions {
    pub(crate) delay: Duration,
    /// At most so much is added to the delay.
    pub(crate) jitter: Duration,
    /// Bytes a second.
    pub(crate) bandwidth: Option<u64>,
    /// Nothing is taken from the sender, and nothing given to the receiver.
    pub(crate) held: bool,
    /// What the sender sends is taken, and thrown away.
    pub(crate) swallowing: bool,
    /// After so many more bytes the connection is cut.
    pub(crate) left: Option<(u64, Cut)>,
}

impl Conditions {
    /// Whether bytes pass as they come.
    pub(crate) fn are_clear(&self) -> bool {
        *self == Self::default()
    }
}

/// Something for each direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Both<T> {
    to_server: T,
    to_client: T,
}

impl<T> Both<T> {
    pub(crate) const fn of(&self, direction: Direction) -> &T {
        match direction {
            Direction::ToServer => &self.to_server,
            Direction::ToClient => &self.to_client,
        }
    }

    pub(crate) const fn of_mut(&mut self, direction: Direction) -> &mut T {
        match direction {
            Direction::ToServer => &mut self.to_server,
            Direction::ToClient => &mut self.to_client,
        }
    }
}
