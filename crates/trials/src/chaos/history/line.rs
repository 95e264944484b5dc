//! What a history is made of: lines, each of them something that happened.

use std::time::Duration;

use zookit_proto::{SessionId, Zxid};
use zookit_server::core::Transaction;
use zookit_session::{Generation, StateChange, WatchKind, WatchNotice, WatcherId};
use zookit_sim::check::{ClientLeft, MemberLeft};
use zookit_sim::observe::{Call, ClientId};

use super::ask::{Ask, Told};

/// Something that happened, and when.
#[derive(Debug, Clone)]
pub struct Line {
    /// Since the run began, by a clock that only goes forward.
    pub at: Duration,
    /// What.
    pub event: Event,
}

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// A process begins an operation.
    Invoke(Invoke),
    /// An operation is over for its process.
    Complete(Complete),
    /// The state of a client changed.
    State(ClientId, StateChange),
    /// Until when a client trusts its session has changed; since the run began. `None`: not at all.
    Trusted(ClientId, SessionId, Option<Duration>),
    /// A watcher was told something.
    Notice(ClientId, WatcherId, WatchNotice),
    /// A client dropped a watcher.
    Dropped(ClientId, WatcherId),
    /// Something is done to the servers or to the network, or is mended again.
    Accident(Accident),
    /// Nothing goes wrong any more, and no process begins anything but the last reads.
    Calm,
    /// All is at rest, and every client still there: what is left is looked at here.
    Settled,
    /// What a client has then.
    ClientLeft(ClientLeft),
    /// What a member has then.
    MemberLeft(MemberLeft),
    /// The servers agreed on it; these stand at the end, in the order of their zxids.
    Transaction(Transaction),
    /// Something that went wrong with the run itself: then nothing can be said of it.
    Fault(String),
}

/// A process begins an operation: one request, or a read behind a fence.
#[derive(Debug, Clone, PartialEq)]
pub struct Invoke {
    /// Who: one thing at a time, and nothing behind an operation of which nobody knows how it ended.
    pub process: u64,
    /// What for.
    pub workload: Workload,
    /// What it is to that.
    pub function: Function,
    /// What is operated on, where the workload has several of a kind.
    pub key: String,
    /// Through which client.
    pub client: ClientId,
    /// In which generation of it.
    pub generation: Generation,
    /// Whether it may only be sent in that.
    pub pinned: bool,
    /// Which of its connections the client is on, or waits for: twice the number of those it had
    /// before, and one more while it is away. Grows with each loss and each connection.
    pub connection: u64,
    /// The newest transaction that the client knew of.
    pub seen: Zxid,
    /// The requests, submitted at this moment and in this order.
    pub calls: Vec<Asked>,
}

/// A request of an operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// Its number; none is used twice.
    pub call: Call,
    /// What it asks for.
    pub ask: Ask,
    /// The watcher that the reply arms.
    pub watcher: Option<(WatcherId, WatchKind)>,
}

/// An operation is over for its process.
#[derive(Debug, Clone, PartialEq)]
pub struct Complete {
    /// Whose.
    pub process: u64,
    /// How.
    pub outcome: Outcome,
    /// The newest transaction that the client knew of then.
    pub seen: Zxid,
    /// How the requests ended, in their order.
    pub ends: Vec<(Call, Told)>,
}

/// How an operation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It took effect.
    Ok,
    /// It had no effect and never will.
    Fail,
    /// Nobody knows: it may have taken effect, may do so any time, or never.
    Info,
}

impl Outcome {
    /// That of an operation whose requests ended so.
    #[must_use]
    pub fn of(calls: &[Asked], ends: &[(Call, Told)]) -> Self {
        let all_answered = ends.iter().all(|(_, told)| matches!(told, Told::Answered(..)));
        // An exists of what is not there is refused on the wire, and answered for all that.
        let is_absent = |(asked, (_, told)): (&Asked, &(Call, Told))| {
            matches!(asked.ask, Ask::Exists { .. })
                && matches!(told, Told::Refused(code, _) if *code == zookit_proto::ErrorCode::NoNode)
        };
        let may_have_applied = |(asked, (_, told)): (&Asked, &(Call, Told))| {
            asked.ask.is_write() && *told == Told::NoReply
        };
        if all_answered || calls.iter().zip(ends).all(is_absent) {
            Self::Ok
        } else if calls.iter().zip(ends).any(may_have_applied) {
            Self::Info
        } else {
            Self::Fail
        }
    }

    /// The word of Jepsen's histories.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Fail => "fail",
            Self::Info => "info",
        }
    }
}

/// Something is done to the servers or to the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accident {
    /// What, in a word: `kill`, `pause`, `isolate`.
    pub function: String,
    /// To whom, and for how long.
    pub value: String,
    /// Whether members may lose from now on what they heard of sessions, until it is mended.
    pub cuts_members: bool,
    /// False: it begins. True: it has been mended.
    pub mended: bool,
}

macro_rules! names {
    ($(#[$meta:meta])* $name:ident { $( $(#[$doc:meta])* $variant:ident = $text:literal, )* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $( $(#[$doc])* $variant, )* }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )* ];

            /// The name in a history.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $( Self::$variant => $text, )* }
            }

            /// The one of this name.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.name() == name)
            }
        }
    };
}

names! {
    /// What an operation is for.
    Workload {
        /// Compare-and-set registers.
        Register = "register",
        /// Sets of elements that are only added.
        Set = "set",
        /// Numbers that must be unique.
        Ids = "ids",
        /// Two counters that must stay equal.
        Counter = "counter",
        /// A queue.
        Queue = "queue",
        /// Ephemeral znodes.
        Ephemeral = "ephemeral",
        /// Changes, for those who watch, and watching.
        Watch = "watch",
        /// What has to be there before, and is read behind it all.
        Frame = "frame",
    }
}

names! {
    /// What an operation is to its workload.
    Function {
        /// A read behind a fence, which shows whatever was told before.
        Read = "read",
        /// A read without a fence, which may show the past.
        Peek = "peek",
        /// An unconditional write.
        Write = "write",
        /// A write of one version only.
        Cas = "cas",
        /// Two counters one up.
        Increment = "increment",
        /// An element more.
        Add = "add",
        /// A number.
        Generate = "generate",
        /// An item more.
        Enqueue = "enqueue",
        /// An item less.
        Dequeue = "dequeue",
        /// A znode more.
        Create = "create",
        /// A znode less.
        Delete = "delete",
        /// Waiting for changes.
        Watch = "watch",
        /// The end of a session.
        Close = "close",
    }
}
