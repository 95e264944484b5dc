//! What may survive an accident: declared before it happens, as data, and compared by the judge.

use std::fmt;
use std::time::Duration;

/// What is expected of a scenario with steady traffic.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Declared {
    /// Of the clients that the accident hits, by the scenario's own word …
    pub(crate) hit: Expected,
    /// … and of all others.
    pub(crate) others: Expected,
    /// How much longer than twice as long as the raw prober a client may be without a write that is
    /// answered. Twice: its waits between attempts grow with the outage, and not beyond it.
    pub(crate) behind_raw: Duration,
}

/// What is expected of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Expected {
    /// What all of this is called, in a word.
    pub(crate) name: &'static str,
    /// Its session.
    pub(crate) session: Fate,
    /// The ephemeral znodes that it was told it has.
    pub(crate) ephemerals: Fate,
    /// Its connection.
    pub(crate) connection: Fate,
    /// Its one-shot watches: what is not kept ends, and says so.
    pub(crate) one_shots: Fate,
    /// Whether its persistent watch is told of a gap; without one it tells every event.
    pub(crate) gap: Told,
    /// How its requests may end, besides with an answer.
    pub(crate) arms: &'static [Arm],
}

/// What becomes of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is there all the time.
    Kept,
    /// It may be lost.
    MayGo,
    /// It is lost.
    Lost,
}

impl Fate {
    /// Whether what was seen is what was declared.
    pub(crate) const fn allows(self, lost: bool) -> bool {
        match self {
            Self::Kept => !lost,
            Self::MayGo => true,
            Self::Lost => lost,
        }
    }
}

/// Whether something is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    Never,
    Perhaps,
    Surely,
}

impl Told {
    /// Whether what was seen is what was declared.
    pub(crate) const fn allows(self, told: bool) -> bool {
        match self {
            Self::Never => !told,
            Self::Perhaps => true,
            Self::Surely => told,
        }
    }
}

/// A way in which a request ends without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Arm {
    /// A write went out, and its connection was lost: *no reply*.
    WriteLost,
    /// A write was submitted behind such a one: *not sent*.
    BehindLostWrite,
    /// A write's session was gone before it could leave: *not sent*.
    SessionLost,
    /// A read was sent on connection after connection, and each was lost: *no reply*.
    ReadLost,
    /// A server that only reads was asked to write: *refused*.
    ReadOnly,
    /// A server that another one has taken the session over from was asked to write: *refused*.
    SessionMoved,
}

/// What a lost connection may do to requests.
const LOSSES: &[Arm] = &[Arm::WriteLost, Arm::BehindLostWrite, Arm::ReadLost];
/// What a lost session may do to them.
const EXPIRY: &[Arm] = &[Arm::WriteLost, Arm::BehindLostWrite, Arm::ReadLost, Arm::SessionLost];

impl Expected {
    /// Nothing happens to it, but that answers may take longer.
    pub(crate) const UNTOUCHED: Self = Self {
        name: "untouched",
        session: Fate::Kept,
        ephemerals: Fate::Kept,
        connection: Fate::Kept,
        one_shots: Fate::Kept,
        gap: Told::Never,
        arms: &[],
    };

    /// It loses its connection, and nothing else.
    pub(crate) const RECONNECTS: Self = Self {
        name: "reconnects",
        connection: Fate::Lost,
        gap: Told::Surely,
        arms: LOSSES,
        ..Self::UNTOUCHED
    };

    /// It may lose its connection.
    pub(crate) const MAY_RECONNECT: Self = Self {
        name: "may reconnect",
        connection: Fate::MayGo,
        gap: Told::Perhaps,
        arms: LOSSES,
        ..Self::UNTOUCHED
    };

    /// It loses its session.
    pub(crate) const EXPIRES: Self = Self {
        name: "expires",
        session: Fate::Lost,
        ephemerals: Fate::Lost,
        connection: Fate::Lost,
        one_shots: Fate::Lost,
        gap: Told::Surely,
        arms: EXPIRY,
    };
}

impl Expected {
    /// All there are.
    pub(crate) const ALL: [Self; 4] =
        [Self::UNTOUCHED, Self::RECONNECTS, Self::MAY_RECONNECT, Self::EXPIRES];
}

impl fmt::Display for Expected {
    /// What the word means.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, session, ephemerals, connection, one_shots, gap, arms } = self;
        let gap = match gap {
            Told::Never => "none told",
            Told::Perhaps => "may be told",
            Told::Surely => "told",
        };
        write!(
            f,
            "| *{name}* | {session} | {ephemerals} | {one_shots} | {connection} | {gap} | answered"
        )?;
        arms.iter().try_for_each(|arm| write!(f, ", {arm}"))?;
        f.write_str(" |")
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kept => "kept",
            Self::MayGo => "may go",
            Self::Lost => "lost",
        })
    }
}

impl fmt::Display for Arm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WriteLost => "write no reply",
            Self::BehindLostWrite => "write not sent behind one",
            Self::SessionLost => "write not sent (session lost)",
            Self::ReadLost => "read no reply (lost each time)",
            Self::ReadOnly => "write refused (read-only)",
            Self::SessionMoved => "write refused (moved)",
        })
    }
}
