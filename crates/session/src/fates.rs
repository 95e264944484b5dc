//! What becomes of a request in an accident: the one table.
//!
//! The session asks [`fate`] for every request it holds whenever something goes wrong, and
//! `docs/FATES.md` is [`markdown`] written down. Nothing else decides.

use std::fmt::Write as _;

use zookit_proto::{Class, OpCode};

use crate::outcome::{Loss, NotSent};

/// A request, as far as its fate depends on what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Class `Read`.
    Read,
    /// Class `Write`; also what this crate does not know.
    Write,
    /// addWatch.
    AddWatch,
    /// removeWatches.
    RemoveWatches,
    /// Authentication.
    Auth,
    /// closeSession.
    Close,
}

impl Kind {
    /// Every kind, in the order of the table.
    pub const ALL: [Self; 6] =
        [Self::Read, Self::Write, Self::AddWatch, Self::RemoveWatches, Self::Auth, Self::Close];

    /// The kind of an operation.
    #[must_use]
    pub const fn of(opcode: OpCode) -> Self {
        match (opcode.class(), opcode) {
            (Class::Read, _) => Self::Read,
            (Class::Watch, OpCode::RemoveWatches) => Self::RemoveWatches,
            (Class::Watch, _) => Self::AddWatch,
            (Class::Connection, _) => Self::Auth,
            (Class::Close, _) => Self::Close,
            (Class::Write | Class::Internal, _) => Self::Write,
        }
    }
}

/// Where a request was when it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Not sent: its last byte had not been accepted by the transport.
    Unsent,
    /// Not sent, and submitted behind a write that is lost by the same accident.
    BehindLostWrite,
    /// Sent, and not answered.
    Sent,
    /// Sent, and its caller was already told that the deadline has passed.
    AnsweredLate,
}

impl Stage {
    /// Every stage, in the order of the table.
    pub const ALL: [Self; 4] =
        [Self::Unsent, Self::BehindLostWrite, Self::Sent, Self::AnsweredLate];
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// The connection ended; why makes no difference to whom it meets.
    Lost(Loss),
    /// The session is gone. Whatever was sent was lost with the connection before.
    Expiry,
    /// The client was told to close and the bound of that has passed, or authentication failed.
    End,
    /// The request's own deadline.
    Deadline,
    /// The reply to this very request could not be read, and the connection is given up.
    UnreadableReply,
}

impl Cause {
    /// Every cause, in the order of the table.
    pub const ALL: [Self; 7] = [
        Self::Lost(Loss::Fin),
        Self::Lost(Loss::Reset),
        Self::Lost(Loss::Stall),
        Self::Expiry,
        Self::End,
        Self::Deadline,
        Self::UnreadableReply,
    ];
}

/// What becomes of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fate {
    /// It keeps its place and goes out on the next connection.
    Kept,
    /// It is sent again on the next connection, in its place; a read at most three times.
    SentAgain,
    /// It ends *not sent*.
    NotSent(NotSent),
    /// It ends *no reply*.
    NoReply,
    /// The accident did what it asks for: it ends *answered*.
    Done,
    /// It is made anew as a part of the next connection, and ends with that.
    Replayed,
    /// Nothing: its caller has been answered already.
    Over,
}

/// The fate of a request of this kind, at this stage, by this cause.
#[must_use]
pub const fn fate(kind: Kind, stage: Stage, cause: Cause) -> Fate {
    match (stage, kind) {
        (Stage::AnsweredLate, _) => Fate::Over,
        (stage, Kind::Read) => of_read(stage, cause),
        (stage, Kind::Write) => of_write(stage, cause),
        (stage, Kind::AddWatch) => of_read(stage, cause),
        (stage, Kind::RemoveWatches) => of_remove_watches(stage, cause),
        (stage, Kind::Auth) => of_auth(stage, cause),
        (stage, Kind::Close) => of_close(stage, cause),
    }
}

/// Reads change nothing, so they are simply asked again; they also cross into the next session.
const fn of_read(stage: Stage, cause: Cause) -> Fate {
    let sent = matches!(stage, Stage::Sent);
    match cause {
        Cause::Lost(_) | Cause::Expiry if sent => Fate::SentAgain,
        Cause::Lost(_) | Cause::Expiry => Fate::Kept,
        Cause::UnreadableReply if sent => Fate::NoReply,
        Cause::UnreadableReply => Fate::Kept,
        Cause::End if sent => Fate::NoReply,
        Cause::End => Fate::NotSent(NotSent::Closed),
        Cause::Deadline if sent => Fate::NoReply,
        Cause::Deadline => Fate::NotSent(NotSent::Deadline),
    }
}

/// Writes are sent once, never overtake a write that is lost, and never change sessions.
const fn of_write(stage: Stage, cause: Cause) -> Fate {
    match (stage, cause) {
        (Stage::Sent | Stage::AnsweredLate, _) => Fate::NoReply,
        (_, Cause::Expiry) => Fate::NotSent(NotSent::SessionLost),
        (_, Cause::End) => Fate::NotSent(NotSent::Closed),
        (_, Cause::Deadline) => Fate::NotSent(NotSent::Deadline),
        (Stage::BehindLostWrite, _) => Fate::NotSent(NotSent::BehindLostWrite),
        (Stage::Unsent, _) => Fate::Kept,
    }
}

/// A server's watches die with the connection, which is all that removeWatches asks for.
const fn of_remove_watches(stage: Stage, cause: Cause) -> Fate {
    match (stage, cause) {
        (_, Cause::Lost(_) | Cause::Expiry | Cause::End | Cause::UnreadableReply) => Fate::Done,
        (Stage::Sent, Cause::Deadline) => Fate::NoReply,
        (_, Cause::Deadline) => Fate::NotSent(NotSent::Deadline),
    }
}

/// Credentials belong to the handle: each connection is told all of them first, also one whose
/// caller has stopped waiting.
const fn of_auth(stage: Stage, cause: Cause) -> Fate {
    match (stage, cause) {
        (_, Cause::Lost(_) | Cause::Expiry | Cause::UnreadableReply) => Fate::Replayed,
        (_, Cause::Deadline) => Fate::NoReply,
        (Stage::Sent, Cause::End) => Fate::NoReply,
        (_, Cause::End) => Fate::NotSent(NotSent::Closed),
    }
}

/// Closing is tried on as many connections as its bound allows; a session that is gone is closed.
const fn of_close(stage: Stage, cause: Cause) -> Fate {
    match (stage, cause) {
        (_, Cause::Expiry) => Fate::Done,
        (Stage::Sent, Cause::Lost(_)) => Fate::SentAgain,
        (_, Cause::Lost(_)) => Fate::Kept,
        (Stage::Sent, Cause::UnreadableReply) => Fate::NoReply,
        (_, Cause::UnreadableReply) => Fate::Kept,
        (_, Cause::End | Cause::Deadline) => Fate::NoReply,
    }
}

impl Kind {
    const fn title(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::AddWatch => "addWatch",
            Self::RemoveWatches => "removeWatches",
            Self::Auth => "auth",
            Self::Close => "closeSession",
        }
    }
}

impl Stage {
    const fn title(self) -> &'static str {
        match self {
            Self::Unsent => "unsent",
            Self::BehindLostWrite => "unsent, behind a lost write",
            Self::Sent => "sent",
            Self::AnsweredLate => "sent, deadline passed",
        }
    }
}

impl Cause {
    const fn title(self) -> &'static str {
        match self {
            Self::Lost(Loss::Fin) => "closed (FIN)",
            Self::Lost(Loss::Reset) => "reset (RST)",
            Self::Lost(Loss::Stall) => "stall",
            Self::Lost(_) => "lost",
            Self::Expiry => "expiry",
            Self::End => "close bound passed",
            Self::Deadline => "its deadline",
            Self::UnreadableReply => "unreadable reply",
        }
    }
}

impl Fate {
    const fn title(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::SentAgain => "sent again",
            Self::NotSent(NotSent::Closed) => "not sent (closed)",
            Self::NotSent(NotSent::Deadline) => "not sent (deadline)",
            Self::NotSent(NotSent::SessionLost) => "not sent (session lost)",
            Self::NotSent(NotSent::BehindLostWrite) => "not sent (behind a lost write)",
            Self::NotSent(_) => "not sent",
            Self::NoReply => "**no reply**",
            Self::Done => "answered",
            Self::Replayed => "replayed",
            Self::Over => "-",
        }
    }
}

/// The table as a page: what stands in `docs/FATES.md`.
#[must_use]
pub fn markdown() -> String {
    let mut page = String::from(INTRODUCTION);
    for kind in Kind::ALL {
        let _ = write!(page, "\n## {}\n\n| where it was |", kind.title());
        for cause in Cause::ALL {
            let _ = write!(page, " {} |", cause.title());
        }
        let _ = write!(page, "\n|---|{}\n", "---|".repeat(Cause::ALL.len()));
        for stage in Stage::ALL {
            let _ = write!(page, "| {} |", stage.title());
            for cause in Cause::ALL {
                let _ = write!(page, " {} |", fate(kind, stage, cause).title());
            }
            page.push('\n');
        }
    }
    page
}

const INTRODUCTION: &str = "\
# What becomes of a request

Written by `zookit_session::fates::markdown`, the table the session itself asks; a test compares this
page with it, and another drives a session into every cell.
To write it again: `cargo run -p zookit-session --example fates > docs/FATES.md`.

*Sent* means that the transport has accepted the last byte of the frame (under TLS: the first).
At its own deadline a request that lies before the transport already counts as sent, since it can no
longer be held back.

* **kept**: keeps its place and goes out on the next connection.
* **sent again**: asked again on the next connection, in its place; a read three times at most, then *no reply*.
* **not sent**: had no effect and never will.
* **no reply**: it left, and nobody knows; of a read, merely no answer.
* **answered**: the accident did what was asked for.
* **replayed**: told to each new connection first, and answered then.
* **-**: its caller has been answered already; the reply, if it comes, only keeps the order.

A connection lost takes the watches on the server with it; those with local watchers are set again.
A request pinned to one session ends *not sent (session lost)* wherever it waits when that session is gone.
When credentials are refused, everything ends as at \"close bound passed\", with that reason.
Codes with which a server says that it does not know (SystemError, ConnectionLoss, OperationTimeout,
RequestTimeout) are *no reply* too.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_write_is_ever_sent_twice() {
        for stage in Stage::ALL {
            for cause in Cause::ALL {
                assert_ne!(fate(Kind::Write, stage, cause), Fate::SentAgain);
            }
        }
    }

    #[test]
    fn only_a_sent_write_ends_without_a_reply() {
        for stage in [Stage::Unsent, Stage::BehindLostWrite] {
            for cause in Cause::ALL {
                assert_ne!(fate(Kind::Write, stage, cause), Fate::NoReply);
            }
        }
    }
}
