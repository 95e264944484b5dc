//! The bounded worlds that are explored whole, each small enough for seconds.

use crate::network::Nodes;
use crate::properties as at;
use crate::rules::{Budget, Scope};

/// Reads and writes over connections that break.
pub(crate) const FATES: Scope = Scope {
    budget: Budget { writes: 3, reads: 1, cuts: 2, ..Budget::NONE },
    members: 2,
    changes: &[],
    reaches: &[
        at::LOST_AND_APPLIED,
        at::LOST_AND_VOID,
        at::APPLIED_AFTER_LOSS,
        at::SHED_BEHIND_LOSS,
        at::STALE_HANDSHAKE,
        at::MEMBER_BEHIND,
    ],
};

/// Sessions that expire, are presumed dead and are buried.
pub(crate) const GENERATIONS: Scope = Scope {
    budget: Budget { writes: 2, cuts: 2, expiries: 1, presumptions: 2, ..Budget::NONE },
    members: 2,
    changes: &[],
    reaches: &[
        at::BURIED_ALIVE,
        at::BURIED_GONE,
        at::STILLBORN,
        at::DEAD_BUT_CONNECTED,
        at::THIRD_GENERATION,
    ],
};

/// One-shot watches on both nodes, changed apart and together.
pub(crate) const ONE_SHOTS: Scope = Scope {
    budget: Budget { one_shots: Nodes::BOTH, others: 2, cuts: 2, ..Budget::NONE },
    members: 1,
    changes: &[Nodes::A, Nodes::B, Nodes::BOTH],
    reaches: &[at::REPLAY],
};

/// Reads and a one-shot watch at members of which one lags, over sessions that may end.
pub(crate) const LAGGING: Scope = Scope {
    budget: Budget {
        reads: 1,
        one_shots: Nodes::A,
        others: 2,
        cuts: 1,
        expiries: 1,
        ..Budget::NONE
    },
    members: 2,
    changes: &[Nodes::A],
    reaches: &[at::REPLAY, at::SESSION_LOST, at::MEMBER_BEHIND, at::DEAD_BUT_CONNECTED],
};

/// A persistent watch, with a one-shot watch on its path and another elsewhere.
pub(crate) const STREAMS: Scope = Scope {
    budget: Budget { one_shots: Nodes::BOTH, streams: 1, others: 3, cuts: 1, ..Budget::NONE },
    members: 1,
    changes: &[Nodes::A],
    reaches: &[at::GAP, at::REPLAY, at::SHARED],
};

/// A lost write, and what a fence and a read say about it.
pub(crate) const JUDGING: Scope = Scope {
    budget: Budget { writes: 1, fences: 1, reads: 1, cuts: 2, ..Budget::NONE },
    members: 2,
    changes: &[],
    reaches: &[at::JUDGED_APPLIED, at::JUDGED_VOID, at::APPLIED_AFTER_LOSS],
};
