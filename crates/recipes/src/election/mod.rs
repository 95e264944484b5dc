//! Elections: one of many leads, and when it goes the next.
//!
//! * [`latch`]: stands in the background, and tells when it leads and when not.
//! * [`selector`]: runs a future while it leads, and drops it when the leadership is gone.
//!
//! Under both is a seat (`seat.rs`): a place in the queue of an election, which is kept over lost
//! connections as long as its session lives.

pub mod latch;
pub(crate) mod seat;
pub mod selector;

use std::ops::Deref;
use std::sync::Arc;

use crate::claim::{Claim, ClaimOptions};
use crate::naming::Kind;

/// A leadership: the [`Claim`] on which it rests, with its token.
///
/// It is for looking at, and for [guarding writes](Claim::guarded_multi) with. Keeping it does not
/// keep the leadership, and dropping it does not give it up: that is for the latch or the selector
/// from which it comes. It keeps the session open, as a clone of the client does.
#[derive(Debug, Clone)]
pub struct Leadership(Arc<Claim>);

impl Deref for Leadership {
    type Target = Claim;

    fn deref(&self) -> &Claim {
        &self.0
    }
}

/// When a leader stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[doc(alias = "ConnectionStateErrorPolicy")]
pub enum LeadUntil {
    /// When the leadership is doubtful: no server answered for so long that others may lead by now
    /// ([`Claim::doubted`]). Two never lead at once, as far as clocks and sessions go. If the
    /// session turns out to live it leads again, with the same token.
    #[default]
    #[doc(alias = "StandardConnectionStateErrorPolicy")]
    Doubted,
    /// When the leadership is lost for good ([`Claim::lost`]). Another may lead before that, for as
    /// long as the connection is away: for leaders whose every write is fenced.
    #[doc(alias = "SessionConnectionStateErrorPolicy")]
    Lost,
}

/// How one takes part in an election.
///
/// ```
/// use zookit_recipes::{ClaimOptions, ElectionOptions, LeadUntil, Naming};
/// let claim = ClaimOptions { naming: Naming::Kazoo, data: "host-1".into(), ..Default::default() };
/// let options = ElectionOptions { claim, until: LeadUntil::Lost };
/// # let _ = options;
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ElectionOptions {
    /// How the znode of a participant is made; its data is the participant's id.
    pub claim: ClaimOptions,
    /// When a leader stops; in doubt, by default.
    pub until: LeadUntil,
}

impl ElectionOptions {
    /// Takes part under this id, and is else as by default.
    #[must_use]
    pub fn with_id(id: &str) -> Self {
        let data = bytes::Bytes::copy_from_slice(id.as_bytes());
        Self { claim: ClaimOptions { data, ..ClaimOptions::default() }, ..Self::default() }
    }
}

/// Whoever stands in the queue, by whatever name. What is in none, as the mark of a writer, is in
/// nobody's way.
const fn in_the_way(kind: Kind) -> bool {
    matches!(kind, Kind::Lock | Kind::Read | Kind::Write | Kind::Latch)
}
