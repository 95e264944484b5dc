//! Bugs that clients have had, to be put back one at a time: what finds them finds others too.
//!
//! They are there only with `--cfg zookit_mutants`; without it [`on`] is `false` wherever it stands,
//! and nothing of them is built. `zookit-sim --mutant NAME` looks for the run that betrays one.
//!
//! A place where the code can go wrong on purpose is one `if mutant::on(Mutant::X)`, or one term of
//! a condition. They stand where a bug of the kind would be made.

#[cfg(zookit_mutants)]
use std::sync::atomic::{AtomicUsize, Ordering};

/// What one line of the table below says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// By which it is called on a command line.
    pub name: &'static str,
    /// What is wrong.
    pub wrong: &'static str,
    /// Who had it or has it, as far as it is on record; empty where it is not.
    pub known: &'static str,
}

macro_rules! mutants {
    ($($mutant:ident $name:literal: $wrong:literal, $known:literal;)*) => {
        /// A bug.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Mutant {
            $(
                #[doc = $wrong]
                $mutant,
            )*
        }

        impl Mutant {
            /// All of them, as in the table.
            pub const ALL: &[Self] = &[$(Self::$mutant),*];

            /// Its line of the table.
            #[must_use]
            pub const fn about(self) -> About {
                match self {
                    $(Self::$mutant => About { name: $name, wrong: $wrong, known: $known },)*
                }
            }
        }
    };
}

mutants! {
    // Requests
    WriteSentAgain "write-sent-again":
        "a write without a reply is sent again on the next connection",
        "jetcd 0.8.2 (Jepsen)";
    LostWriteToldNotSent "lost-write-told-not-sent":
        "a write that was sent, and whose reply was lost, is told as not sent", "";
    HalfWrittenBatchSentAgain "half-written-batch-sent-again":
        "of a batch that the transport took in part, the whole counts as not sent", "";
    WriteBehindLostWrite "write-behind-lost-write":
        "a write submitted behind a lost one is sent all the same", "";
    RefusedToldDone "refused-told-done":
        "what the server refused is told as done", "";
    LateReplyShiftsQueue "late-reply-shifts-queue":
        "a deadline takes its request out of those whose replies are due, and xids are not compared",
        "zookeeper-async 5.0.0 takes replies in order, whatever their xid";
    XidNotVerified "xid-not-verified":
        "a dropped future takes its request out of those whose replies are due, and xids are not \
         compared",
        "zookeeper-async 5.0.0 takes replies in order, whatever their xid";
    EndedTwice "ended-twice":
        "a request told as late is told again when its reply comes", "";
    NoDeadlineInFlight "no-deadline-in-flight":
        "a request that was sent waits for its reply, whatever its deadline",
        "ZOOKEEPER-2251, Java before 3.5.5";
    KeptInReverse "kept-in-reverse":
        "requests kept over a lost connection are put back in reverse order", "";
    BatchRestGoesLast "batch-rest-goes-last":
        "what the window leaves of a batch is put behind all that was submitted since", "";
    DroppedWriteSkipped "dropped-write-skipped":
        "an unsent write of a dropped future is skipped, though those behind it are sent", "";

    // What was seen
    ZxidNotKept "zxid-not-kept":
        "the handshake says zxid 0, so that a server that lags takes the client",
        "zookeeper-client before 0.7.0";
    ZxidEndsWithSession "zxid-ends-with-session":
        "the next session begins at zxid 0, so that a server that lags takes it", "";
    ToldZxidInHandshake "told-zxid-in-handshake":
        "the handshake leaves out the zxids of events, so that a read can be older than one", "";
    ZxidAdvancedByEvents "zxid-advanced-by-events":
        "watches are set again as of an event whose twin of the same transaction was not told", "";
    ZxidAdvancedByRestore "zxid-advanced-by-restore":
        "a restore cut short counts as done, so that the next one asks for too little", "";

    // Watches
    WatchesNotRestored "watches-not-restored":
        "watches are not set again on the next connection",
        "rust-zookeeper issue 97, kazoo issue 151";
    RestoredInOneFrame "restored-in-one-frame":
        "all watches are set again by one frame, which a server refuses when it is too long",
        "ZOOKEEPER-706, Java and C before 3.5.3";
    ReadOvertakesRestore "read-overtakes-restore":
        "requests leave on a new connection before the watches are set again", "";
    ReplayIgnored "replay-ignored":
        "events that a server replays while watches are set again are dropped", "";
    ChildRestoredAsData "child-restored-as-data":
        "a child watch is set again as a data watch", "";
    ExistRestoredAsData "exist-restored-as-data":
        "a watch on a znode that does not exist is set again as one on its data", "";
    RecursiveRestoredAsPlain "recursive-restored-as-plain":
        "a recursive watch is set again as one of its path alone", "";
    PersistentNotRestored "persistent-not-restored":
        "persistent watches are not set again on the next connection", "";
    GapNotTold "gap-not-told":
        "a persistent watch is not told that the connection was away", "";
    EventBehindReply "event-behind-reply":
        "an event is told behind replies that came after it", "";
    EventsOfMultiMissed "events-of-multi-missed":
        "of several events of one transaction only the first is told",
        "zookeeper-client 0.11.1";
    OneShotDemotesPersistent "one-shot-demotes-persistent":
        "a read with a watch on a path with a persistent watch asks the server for a one-shot one",
        "ZOOKEEPER-4466, servers before 3.9.0 then forget the persistent one";
    OneShotKept "one-shot-kept":
        "a one-shot watch stays when it has fired", "";
    MissingNotWatched "missing-not-watched":
        "a watch left by exists on a znode that is not there is forgotten", "";
    RefusedReadArms "refused-read-arms":
        "a read that was refused leaves its watch", "";
    DerivedChildrenMissed "derived-children-missed":
        "a child watch under a recursive watch is not told of the children", "";
    WatchLeftOnServer "watch-left-on-server":
        "the server's watch stays when its last watcher is dropped", "";
    WatchTakenFromFellow "watch-taken-from-fellow":
        "the server's watch is removed with one watcher while another one waits", "";

    // Sessions
    ExpiryNeverReported "expiry-never-reported":
        "while no server can be reached the session is never taken for gone",
        "ZOOKEEPER-4508, node-zookeeper issue 20";
    ExpiryReportedLate "expiry-reported-late":
        "a session of which nothing is heard is taken for gone after four timeouts", "";
    ExpirySwallowed "expiry-swallowed":
        "an expiry that the server tells of is not reported; the next session just goes on", "";
    ExpiryReportedTwice "expiry-reported-twice":
        "a session taken for gone is reported again when a server says that it is", "";
    WriteCrossesGeneration "write-crosses-generation":
        "a write submitted in one session is sent in the next", "";
    PinnedCrossesGeneration "pinned-crosses-generation":
        "a request pinned to one session is sent in the next", "";
    ResumedAfterExpiry "resumed-after-expiry":
        "a session reported expired that still lives is taken up again", "";
    NoBurial "no-burial":
        "a session taken for gone is left alive, with its ephemeral znodes, while the next begins",
        "CURATOR-604: a lock counts what the session before left";
    PasswordForgotten "password-forgotten":
        "the session is asked for again with an empty password", "";
    TimeoutNotNegotiated "timeout-not-negotiated":
        "the client counts with the timeout it asked for, not with the one granted",
        "Curator when it learned of lost sessions (CURATOR-247)";
    TrustFromReply "trust-from-reply":
        "trust in the session is counted from when a reply came, not from when it was asked for", "";
    TrustWithoutMargin "trust-without-margin":
        "trust lasts for the whole timeout, as if the clocks of client and server ran alike", "";
    TrustOutlivesSession "trust-outlives-session":
        "a session that the server has ended is trusted on", "";
    PingNotSent "ping-not-sent":
        "an idle client sends no pings", "";
    StallNotNoticed "stall-not-noticed":
        "a server that is silent is never left",
        "tokio-zookeeper 0.4.0";
    CloseNotSent "close-not-sent":
        "the session is told as closed and left to its timeout", "";

    // Connecting
    HotLoop "hot-loop":
        "the next attempt follows a failed one at once, always",
        "go-zookeeper issue 159, node-zookeeper issue 14";
    HangsInRestore "hangs-in-restore":
        "a connection lost while watches are set again is not followed by another",
        "kazoo issue 241 hangs on reconnecting";
    CredentialsNotReplayed "credentials-not-replayed":
        "credentials are told to the first connection only",
        "go-zookeeper before pull request 139, kazoo issue 172";
    CredentialsBehindRequests "credentials-behind-requests":
        "credentials are told to a new connection behind the requests that need them", "";

    // Of the whole client
    SlotFreedEarly "slot-freed-early":
        "the place of a dropped future is given to another one before its reply has come", "";
    ProtectedCreateNotLookedFor "protected-create-not-looked-for":
        "a protected create whose reply was lost is made again without a look",
        "zk-ruby issue 54: two znodes of one lock";
    OwnedByAnybody "owned-by-anybody":
        "an ephemeral znode that is there counts as one's own, whosever it is",
        "CURATOR-604";
    DeleteGivesUp "delete-gives-up":
        "a guaranteed delete ends with the connection",
        "CURATOR-678, CURATOR-486, kazoo issue 732";
    OverflowUntold "overflow-untold":
        "what a slow reader of a persistent watch has no room for is dropped without a gap", "";
    LookedWithoutFence "looked-without-fence":
        "what became of a lost write is looked up at a server that may lag", "ZOOKEEPER-1675";

    // Of recipes
    ClaimOutlivesSession "claim-outlives-session":
        "a claim counts as held when its session is over and the next one is open",
        "CURATOR-604, CURATOR-696";
    ClaimOfAnybody "claim-of-anybody":
        "behind a lost reply the first znode of the queue counts as one's own, whosever it is", "";
    ClaimMadeAgain "claim-made-again":
        "a claim whose create had no reply is made again without a look",
        "zk-ruby issue 54: two znodes of one lock";
    ClaimLeftWhenDropped "claim-left-when-dropped":
        "a claim that is dropped leaves its znode",
        "CURATOR-79, CURATOR-335, for threads that are interrupted";
    JoinEndsWithCaller "join-ends-with-caller":
        "a future that is dropped while its znode is created knows nothing of that znode", "";
    LostCreateNotSwept "lost-create-not-swept":
        "a claim that is given up while the fate of its create is unknown is not looked for", "";
    WaitsForTheFirst "waits-for-the-first":
        "all who wait watch the first of the queue, and a release wakes them all", "";
    WokenHolds "woken-holds":
        "who is woken by the one before it holds, without a look at who else is before it", "";
    MissingHolds "missing-holds":
        "who does not find its own znode in the queue holds", "CURATOR-171";
    DoubtfulTrusted "doubtful-trusted":
        "a claim is trusted until its session is known to be over", "";
    GuardWithoutCheck "guard-without-check":
        "a guarded write is sent without the check of the claim's znode", "";
    RegistrationAdopts "registration-adopts":
        "whatever is at the path of an instance counts as its registration",
        "CURATOR-154: a znode of the session before, about to vanish";
    RegistrationNotRestored "registration-not-restored":
        "an instance is not registered again in the next session", "";
    CacheIgnoresGaps "cache-ignores-gaps":
        "a cache goes on behind a gap without a look at what it has missed", "";
    LeaderUnwatched "leader-unwatched":
        "a leader does not watch its own znode, and leads on when somebody deletes it",
        "CURATOR-171";
    DoubtLedOver "doubt-led-over":
        "a leader in doubt stands as leading until its session is known to be over", "";
    TreeForgetsWatches "tree-forgets-watches":
        "the one-shot watches of a cache that ended with their session are not set again", "";
    BarrierWokenEnters "barrier-woken-enters":
        "who waits at a double barrier enters when it is woken, whatever for", "curator issue 1290";
    BarrierLeftUnwaited "barrier-left-unwaited":
        "who leaves a double barrier looks at those who left once, and does not wait", "";
    ConsumedWithoutVersion "consumed-without-version":
        "an item is consumed under whichever lock there is, also another one's", "";
    TakenLeftWhenDropped "taken-left-when-dropped":
        "an item whose taker is dropped stays locked", "";
    AddedByAnybody "added-by-anybody":
        "an addition whose reply was lost counts as made, whatever its mark says", "CURATOR-584";
    AddedAgain "added-again":
        "an addition whose reply was lost is made again without a look at its mark", "";
    ReaderPassesWriter "reader-passes-writer":
        "a reader waits for nobody", "";
}

/// Which is put back: its number, or none.
#[cfg(zookit_mutants)]
static CHOSEN: AtomicUsize = AtomicUsize::new(usize::MAX);

/// Puts one back, for the whole process, and takes out the one before.
#[cfg(zookit_mutants)]
pub fn choose(mutant: Option<Mutant>) {
    CHOSEN.store(mutant.map_or(usize::MAX, |mutant| mutant as usize), Ordering::Relaxed);
}

/// Whether this one is put back.
#[cfg(zookit_mutants)]
#[must_use]
pub fn on(mutant: Mutant) -> bool {
    CHOSEN.load(Ordering::Relaxed) == mutant as usize
}

/// Whether this one is put back: never.
#[cfg(not(zookit_mutants))]
#[must_use]
pub const fn on(_: Mutant) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_has_a_name_of_its_own_and_none_is_there_by_itself() {
        let names: BTreeSet<_> = Mutant::ALL.iter().map(|mutant| mutant.about().name).collect();
        assert_eq!(names.len(), Mutant::ALL.len());
        for mutant in Mutant::ALL {
            assert!(!on(*mutant), "{mutant:?}");
            let plain = |c: char| c.is_ascii_lowercase() || c == '-';
            assert!(mutant.about().name.chars().all(plain), "{mutant:?}");
        }
    }
}
