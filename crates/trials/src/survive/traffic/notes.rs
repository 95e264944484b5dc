//! What a client was told, and when.

use std::collections::BTreeMap;
use std::fmt;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;
use zookit_client::error::{NoReplyReason, NotSentReason};
use zookit_client::{
    Error, ErrorCode, EventType, Generation, SessionId, Stat, StateUpdate, WatchEnded, WatchNotice,
    Zxid,
};

use super::home::Register;
use super::one_shots::Kind;

/// A write, and what became of it.
#[derive(Debug, Clone)]
pub(crate) struct Write {
    pub(crate) deed: Deed,
    /// What it writes, which no other write does; or the path that it makes.
    pub(crate) value: String,
    pub(crate) submitted: Instant,
    /// The session it was submitted in.
    pub(crate) generation: Generation,
    /// When it ended, and how; not yet.
    pub(crate) ended: Option<(Instant, End<Done>)>,
}

/// What a write does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Creates a znode by a name that is used once.
    Create,
    /// Creates a sequential znode; its data are used once.
    Append,
    /// Sets a register, in whatever version or in this one, to data that are used once.
    Set(Register, Option<i32>),
    /// Creates an ephemeral znode by a name that is used once.
    Ephemeral,
}

/// What a write's answer tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Done {
    pub(crate) path: String,
    /// Servers before 3.5 do not tell that of a create.
    pub(crate) stat: Option<Stat>,
}

/// The four ways in which a request ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End<T> {
    Answered(T),
    Refused(ErrorCode),
    NotSent(NotSentReason),
    NoReply(NoReplyReason),
}

impl<T> End<T> {
    pub(crate) fn of(result: Result<T, Error>) -> Self {
        match result {
            Ok(value) => Self::Answered(value),
            Err(Error::Refused(refused)) => Self::Refused(refused.code()),
            Err(Error::NotSent(not_sent)) => Self::NotSent(not_sent.reason().clone()),
            Err(Error::NoReply(no_reply)) => Self::NoReply(no_reply.reason().clone()),
        }
    }

    pub(crate) const fn is_no_reply(&self) -> bool {
        matches!(self, Self::NoReply(_))
    }
}

impl<T> fmt::Display for End<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered(_) => f.write_str("answered"),
            Self::Refused(code) => write!(f, "refused ({code})"),
            Self::NotSent(NotSentReason::Session(reason)) => write!(f, "not sent ({reason})"),
            Self::NotSent(NotSentReason::Argument(reason)) => write!(f, "not sent ({reason})"),
            Self::NotSent(_) => f.write_str("not sent"),
            Self::NoReply(NoReplyReason::Session(reason)) => write!(f, "no reply ({reason})"),
            Self::NoReply(_) => f.write_str("no reply (it cannot be read)"),
        }
    }
}

/// A read of a register.
#[derive(Debug, Clone)]
pub(crate) struct Read {
    pub(crate) register: Register,
    /// The newest version that this client had been told of when it asked.
    pub(crate) at_least: i32,
    pub(crate) ended: Option<(Instant, End<Value>)>,
}

/// What a read of a register shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) data: String,
    pub(crate) stat: Stat,
}

/// A one-shot watch.
#[derive(Debug, Clone)]
pub(crate) struct OneShot {
    pub(crate) kind: Kind,
    /// What the read showed that left it.
    pub(crate) armed: Sight,
    pub(crate) end: OneShotEnd,
}

/// What a read shows of what a one-shot watch is about: the number of the newest change of it;
/// `None` is no znode.
pub(crate) type Sight = Option<Zxid>;

/// What became of a one-shot watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OneShotEnd {
    /// It fired, and then this was there.
    Fired { event: EventType, found: Sight },
    /// It ended without.
    Ended(WatchEnded),
    /// It was waiting still when everything had been told; this was there then.
    Waiting { found: Sight },
}

/// All notes about one client.
#[derive(Debug)]
pub(crate) struct Notes {
    noted: Mutex<Noted>,
}

/// What the judge gets to see.
#[derive(Debug, Clone, Default)]
pub(crate) struct Noted {
    pub(crate) index: usize,
    /// The session that the traffic began in.
    pub(crate) first_session: SessionId,
    /// In the order of their submission.
    pub(crate) writes: Vec<Write>,
    pub(crate) reads: Vec<Read>,
    pub(crate) one_shots: Vec<OneShot>,
    pub(crate) stream: Vec<(Instant, WatchNotice)>,
    pub(crate) states: Vec<(Instant, StateUpdate)>,
    /// The newest version of each register that an answer to a write has told of.
    newest: BTreeMap<Register, i32>,
    /// When the reads, and the writes, of which one is always under way, were answered.
    pub(crate) read_beats: Vec<Instant>,
    pub(crate) write_beats: Vec<Instant>,
    /// Until when each session was trusted at most.
    pub(crate) trusted: BTreeMap<SessionId, Instant>,
    /// What could not be noted, and why.
    pub(crate) troubles: Vec<String>,
}

impl Notes {
    pub(super) fn new(index: usize, first_session: SessionId) -> Self {
        Self { noted: Mutex::new(Noted { index, first_session, ..Noted::default() }) }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All of them, for good.
    pub(crate) fn take(&self) -> Noted {
        mem::take(&mut *self.lock())
    }

    /// Notes a write that is being submitted; the answer is its place.
    pub(super) fn begin_write(&self, deed: Deed, value: String, generation: Generation) -> usize {
        let submitted = Instant::now();
        let mut noted = self.lock();
        noted.writes.push(Write { deed, value, submitted, generation, ended: None });
        noted.writes.len() - 1
    }

    pub(super) fn end_write(&self, place: usize, end: End<Done>) {
        let mut noted = self.lock();
        if let (Deed::Set(register, _), End::Answered(done)) = (noted.writes[place].deed, &end) {
            let version = done.stat.map_or(0, |stat| stat.version);
            noted.newest.insert(register, version);
        }
        noted.writes[place].ended = Some((Instant::now(), end));
    }

    /// The newest version of the register that any answer has told of.
    pub(super) fn newest_version(&self, register: Register) -> i32 {
        self.lock().newest.get(&register).copied().unwrap_or(0)
    }
}
