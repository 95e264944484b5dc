//! What can be chosen before a run: the rules of the design, one of which may be broken, and the
//! scope, which bounds how much of everything may happen.

use crate::network::Nodes;

/// One rule of the client, as the model obeys it unless a run breaks it on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// A write that was sent and not answered ends in *no reply*; it is never sent again.
    WritesAreSentOnce,
    /// What was handed to the transport is never said to be *not sent*.
    SentIsNotUnsent,
    /// A write still unsent behind a lost write ends in *not sent*.
    NothingFollowsALostWrite,
    /// An unsent write of an expired session ends in *not sent*; the next session never gets it.
    WritesStayInTheirGeneration,
    /// A session that was only presumed dead is contacted before the next one is opened.
    ThePresumedDeadAreBuried,
    /// Burial is over when the server said so, not when closeSession was sent.
    BurialIsConfirmed,
    /// Requests wait for the session's id; none rides behind the request for a new session.
    NothingRidesBehindANewHandshake,
    /// Expiry was reported when it was presumed; burial reports nothing.
    ExpiryIsReportedOnce,
    /// Every handshake, also that of a new session, carries the zxid seen.
    HandshakesCarryTheZxidSeen,
    /// Where notifications carry a zxid (3.9), the zxid of the handshake counts them too.
    EventsRaiseTheZxidOfTheHandshake,
    /// The zxid of setWatches counts replies only, never notifications.
    EventsDoNotRaiseTheZxidOfSetWatches,
    /// All batches of setWatches carry the zxid captured before the first.
    OneZxidForAllBatches,
    /// The replies to setWatches raise the zxid of the next setWatches only once all batches were
    /// answered: a restore that was cut short starts again from the same zxid.
    AnInterruptedRestoreStartsFromTheSameZxid,
    /// Watches are set again on each new connection.
    WatchesAreSetAgain,
    /// A one-shot watch that is served by the path's persistent watch is still listed as a
    /// one-shot watch by setWatches.
    SharedOneShotsAreListed,
    /// A persistent watch gets a gap for the time without connection.
    GapsArePublished,
    /// The gap reaches a stream before any event of the new connection does.
    TheGapComesFirst,
    /// What became of a lost write is read behind a fence.
    FenceBeforeJudging,
    /// (the server's) A session that moved takes no request from the connection it left.
    AMovedSessionIsDeafToItsOldConnection,
}

/// How much may happen in one run. Everything that is not listed can happen at any time, any
/// number of times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Budget {
    /// Writes submitted; each stands for the creation of an ephemeral and a change of node A.
    pub(crate) writes: u8,
    /// Plain reads of node A.
    pub(crate) reads: u8,
    /// Fences.
    pub(crate) fences: u8,
    /// The nodes that one read each leaves a one-shot watch on.
    pub(crate) one_shots: Nodes,
    /// Persistent watches on node A.
    pub(crate) streams: u8,
    /// Transactions of others.
    pub(crate) others: u8,
    /// Connections cut by the network, as the client sees it.
    pub(crate) cuts: u8,
    /// Sessions expired by the server.
    pub(crate) expiries: u8,
    /// Sessions that the client presumes to be dead.
    pub(crate) presumptions: u8,
}

/// A bounded world: everything within it is explored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope {
    pub(crate) budget: Budget,
    /// 1, or 2 of which the second may lag.
    pub(crate) members: u8,
    /// What one transaction of others may change, as sets of nodes.
    pub(crate) changes: &'static [Nodes],
    /// Names of the situations that the exploration has to come across, or it proves nothing.
    pub(crate) reaches: &'static [&'static str],
}

impl Budget {
    /// Nothing at all; scopes name what they add.
    pub(crate) const NONE: Self = Self {
        writes: 0,
        reads: 0,
        fences: 0,
        one_shots: Nodes(0),
        streams: 0,
        others: 0,
        cuts: 0,
        expiries: 0,
        presumptions: 0,
    };
}
