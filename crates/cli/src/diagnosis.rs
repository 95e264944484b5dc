//! From what the client says to what the user reads: message, outcome, hint, exit code.
//!
//! The client's error knows the operation; the [`Task`] knows what the user wanted, and so what to
//! suggest.

use zookit::error::{NoReplyReason, NotSentReason};
use zookit::proto::path;
use zookit::session::{Loss, NoReply, NotSent};
use zookit::{ArgumentError, ConnectError, Error, ErrorCode, Reason};

use crate::error::Failure;
use crate::exit;

/// What the user wanted of which znode.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Task<'a> {
    pub(crate) action: Action,
    pub(crate) path: &'a str,
}

/// What the verbs do, as far as that differs in what to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Get,
    Set,
    Create {
        kind: Kind,
        parents: bool,
    },
    Rm,
    /// So many were deleted before it failed.
    RmRecursive {
        deleted: u64,
    },
    Ls,
    Stat,
    Watch,
    Lock,
    Elect,
}

/// What is created, as far as not every server can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Plain,
    Ttl,
    Container,
}

impl Action {
    const fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Set => "set",
            Self::Create { .. } => "create",
            Self::Rm | Self::RmRecursive { .. } => "delete",
            Self::Ls => "list",
            Self::Stat => "stat",
            Self::Watch => "watch",
            Self::Lock => "lock",
            Self::Elect => "stand for leader at",
        }
    }

    pub(crate) const fn creates(self) -> bool {
        matches!(self, Self::Create { .. })
    }

    const fn writes(self) -> bool {
        self.creates() || matches!(self, Self::Set | Self::Rm | Self::RmRecursive { .. })
    }
}

impl Task<'_> {
    /// The failure of this task, without the place, which the connection knows.
    pub(crate) fn failed(self, error: &Error) -> Failure {
        // A task may take several requests; the one that failed may be about another znode.
        let at_fault = error.path().unwrap_or(self.path);
        let why = match error {
            Error::Refused(refused) => self.refusal(refused.code(), at_fault),
            Error::NotSent(not_sent) => unsent(not_sent.reason()),
            Error::NoReply(no_reply) => unanswered(no_reply.reason()),
        };
        let mut message = format!("cannot {} {}: ", self.action.name(), self.path);
        if at_fault != self.path {
            message.push_str(&format!("{} of {at_fault}: ", error.operation()));
        }
        let mut failure = Failure::new(self.exit_code(error), message + &why);
        if let Some(outcome) = self.partial(error) {
            failure = failure.outcome(outcome);
        } else if error.may_have_applied() {
            failure = failure
                .outcome("unknown: the request was sent, and may or may not have been applied")
                .hint("`zk stat` shows what is there now");
        } else if self.action.writes() {
            failure = failure.outcome(self.nothing_more());
        }
        match self.hint(error) {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }

    fn exit_code(self, error: &Error) -> u8 {
        match self.action {
            Action::RmRecursive { deleted: 1.. } => exit::PARTIAL,
            _ => exit_code(error),
        }
    }

    /// What was done of a task that was done in part.
    fn partial(self, error: &Error) -> Option<String> {
        let Action::RmRecursive { deleted: deleted @ 1.. } = self.action else { return None };
        let znodes = if deleted == 1 { "1 znode was" } else { &format!("{deleted} znodes were") };
        let more = if error.may_have_applied() { ", and more may have been" } else { "" };
        Some(format!("{znodes} deleted{more}"))
    }

    /// What is known when the request that failed changed nothing.
    fn nothing_more(self) -> &'static str {
        match self.action {
            Action::Create { parents: true, .. } => {
                "it was not created; parents that were missing may have been"
            }
            _ => "nothing changed",
        }
    }

    fn refusal(self, code: ErrorCode, at_fault: &str) -> String {
        let parent = path::parent(at_fault).unwrap_or(path::ROOT);
        let why = match code {
            ErrorCode::NoNode if self.action.creates() => {
                format!("the parent {parent} does not exist")
            }
            ErrorCode::NoChildrenForEphemerals => {
                format!("the parent {parent} is ephemeral and cannot have children")
            }
            ErrorCode::NoNode => "it does not exist".into(),
            ErrorCode::NodeExists => "it exists already".into(),
            ErrorCode::NotEmpty => "it has children".into(),
            ErrorCode::BadVersion => "it has another version".into(),
            ErrorCode::NoAuth => "the ACL does not allow it".into(),
            ErrorCode::AuthFailed => "the credentials are not accepted".into(),
            ErrorCode::Unimplemented => "the server does not support it".into(),
            ErrorCode::NotReadOnly => "the server is read-only".into(),
            ErrorCode::QuotaExceeded => "a quota would be exceeded".into(),
            ErrorCode::ThrottledOp => "the server is overloaded and did not do it".into(),
            ErrorCode::BadArguments => "the server takes the arguments for invalid".into(),
            _ => "the server refused".into(),
        };
        format!("{why} ({code})")
    }

    fn hint(self, error: &Error) -> Option<&'static str> {
        if let Error::NotSent(not_sent) = error {
            if let NotSentReason::Argument(ArgumentError::TooLarge { .. }) = not_sent.reason() {
                return Some(JUTE_MAXBUFFER);
            }
        }
        match (error.code()?, self.action) {
            (ErrorCode::NoNode, Action::Create { parents: false, .. }) => {
                Some("--parents creates it")
            }
            (ErrorCode::NoNode, Action::Set) => Some("`zk create` makes a znode"),
            (ErrorCode::NodeExists, _) => Some("`zk set` changes the data of a znode that exists"),
            (ErrorCode::NotEmpty, Action::Rm) => Some("--recursive deletes what is below it too"),
            (ErrorCode::NotEmpty, Action::RmRecursive { .. }) => {
                Some("someone creates znodes there at the same time; try again")
            }
            (ErrorCode::BadVersion, _) => Some("`zk stat` shows the version it has"),
            (ErrorCode::NoAuth, _) => Some("credentials go into --auth-file or ZK_AUTH"),
            (ErrorCode::Unimplemented, Action::Create { kind: Kind::Ttl, .. }) => Some(
                "times to live need extendedTypesEnabled=true in the servers' zoo.cfg, and \
                 ZooKeeper 3.5.3 or later",
            ),
            (ErrorCode::Unimplemented, Action::Create { kind: Kind::Container, .. }) => {
                Some("containers need ZooKeeper 3.5.1 or later")
            }
            (ErrorCode::Unimplemented, Action::Watch) => {
                Some("persistent watches need ZooKeeper 3.6 or later")
            }
            (ErrorCode::ThrottledOp, _) => Some("try again later"),
            _ => None,
        }
    }
}

/// What to do about a request that is too large.
pub(crate) const JUTE_MAXBUFFER: &str =
    "if the servers let more through, say so with --jute-maxbuffer";

fn unsent(reason: &NotSentReason) -> String {
    match reason {
        NotSentReason::Argument(error) => error.to_string(),
        NotSentReason::Session(reason) => reason.to_string(),
        _ => "it was not sent".into(),
    }
}

fn unanswered(reason: &NoReplyReason) -> String {
    match reason {
        NoReplyReason::Session(reason) => reason.to_string(),
        NoReplyReason::Undecodable(error) => format!("the reply could not be read: {error}"),
        _ => "the reply does not fit the request".into(),
    }
}

/// The exit code for an error of the client.
pub(crate) fn exit_code(error: &Error) -> u8 {
    match error {
        Error::Refused(refused) => code_for(refused.code()),
        Error::NotSent(not_sent) => match not_sent.reason() {
            NotSentReason::Argument(_) => exit::USAGE,
            NotSentReason::Session(NotSent::SessionLost) => exit::SESSION,
            NotSentReason::Session(NotSent::AuthFailed) => exit::NO_AUTH,
            NotSentReason::Session(NotSent::Unsupported(_)) => exit::UNAVAILABLE,
            _ => exit::CONNECTION,
        },
        Error::NoReply(no_reply) => match no_reply.reason() {
            NoReplyReason::Session(NoReply::Lost(Loss::Expiry)) => exit::SESSION,
            NoReplyReason::Session(NoReply::Lost(Loss::AuthFailed)) => exit::NO_AUTH,
            _ => exit::CONNECTION,
        },
    }
}

const fn code_for(code: ErrorCode) -> u8 {
    match code {
        ErrorCode::NoNode => exit::NO_NODE,
        ErrorCode::NodeExists | ErrorCode::NotEmpty | ErrorCode::NoChildrenForEphemerals => {
            exit::IN_THE_WAY
        }
        ErrorCode::BadVersion => exit::BAD_VERSION,
        ErrorCode::NoAuth | ErrorCode::AuthFailed | ErrorCode::SessionClosedRequireSaslAuth => {
            exit::NO_AUTH
        }
        ErrorCode::SessionExpired | ErrorCode::SessionMoved => exit::SESSION,
        ErrorCode::BadArguments | ErrorCode::InvalidAcl => exit::USAGE,
        _ => exit::UNAVAILABLE,
    }
}

/// No session: what was tried is in the error.
pub(crate) fn not_connected(error: &ConnectError, servers: &str) -> Failure {
    let code = match error {
        ConnectError::ConnectString(_) => exit::USAGE,
        ConnectError::Ended { reason: Reason::AuthRefused(_) | Reason::SaslFailed, .. } => {
            exit::NO_AUTH
        }
        _ => exit::CONNECTION,
    };
    let failure = Failure::new(code, format!("cannot connect to {servers}: {error}"));
    match code {
        exit::CONNECTION => failure.hint("is a ZooKeeper serving there? --timeout waits longer"),
        exit::NO_AUTH => failure.hint("credentials come from --auth-file or ZK_AUTH"),
        _ => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_of_the_server_has_its_exit_code() {
        for (code, exit) in [
            (ErrorCode::NoNode, 3),
            (ErrorCode::NodeExists, 4),
            (ErrorCode::NotEmpty, 4),
            (ErrorCode::NoChildrenForEphemerals, 4),
            (ErrorCode::BadVersion, 5),
            (ErrorCode::NoAuth, 6),
            (ErrorCode::AuthFailed, 6),
            (ErrorCode::SessionClosedRequireSaslAuth, 6),
            (ErrorCode::SessionExpired, 8),
            (ErrorCode::SessionMoved, 8),
            (ErrorCode::NotReadOnly, 10),
            (ErrorCode::QuotaExceeded, 10),
            (ErrorCode::ThrottledOp, 10),
            (ErrorCode::Unimplemented, 10),
            (ErrorCode::BadArguments, 2),
            (ErrorCode::Unknown(-4711), 10),
        ] {
            assert_eq!(code_for(code), exit, "{code}");
        }
    }

    #[test]
    fn a_refusal_names_the_parent_where_it_is_the_one_that_is_missing() {
        let create = Action::Create { kind: Kind::Plain, parents: false };
        let create = Task { action: create, path: "/a/b" };
        let why = create.refusal(ErrorCode::NoNode, "/a/b");
        assert_eq!(why, "the parent /a does not exist (NoNode)");
        let get = Task { action: Action::Get, path: "/a/b" };
        assert_eq!(get.refusal(ErrorCode::NoNode, "/a/b"), "it does not exist (NoNode)");
        let why = get.refusal(ErrorCode::Unknown(-4711), "/a/b");
        assert_eq!(why, "the server refused (ErrorCode(-4711))");
    }
}
