//! What became of a request that did not end in a value: three arms, and nothing between them.

mod argument;
mod connect;
mod display;
mod make;

use std::error::Error as StdError;
use std::sync::Arc;

use zookit_proto::wire::DecodeError;
use zookit_proto::{Class, ErrorCode, Zxid};
use zookit_session::{Diagnosis, Endpoint};

pub use argument::ArgumentError;
pub(crate) use connect::Attempts;
pub use connect::{Attempt, ConnectError};

/// How a request ended that has no value.
///
/// The arm says what is known of its effect; nothing is retried or hidden below it:
///
/// * [`Refused`](Self::Refused): the server answered with an error. Nothing changed.
/// * [`NotSent`](Self::NotSent): it never left, and never will. Nothing changed.
/// * [`NoReply`](Self::NoReply): it left, and no answer came. A write may have been applied, may
///   be applied even now, or may never be: [`may_have_applied`](Self::may_have_applied) is true.
///
/// ```
/// # use zookit_client::Error;
/// fn explain(error: &Error) -> &'static str {
///     match error {
///         Error::Refused(_) if error.is_no_node() => "there is no such znode",
///         Error::Refused(_) | Error::NotSent(_) => "nothing changed",
///         Error::NoReply(_) if error.may_have_applied() => "look before you try again",
///         Error::NoReply(_) => "a read: try again",
///     }
/// }
/// ```
///
/// Java's `KeeperException.ConnectionLossException` is a `NoReply` or a `NotSent` here,
/// `SessionExpiredException` mostly a `NotSent`.
#[derive(Debug, Clone)]
#[doc(alias = "KeeperException")]
#[doc(alias = "ConnectionLoss")]
#[doc(alias = "SessionExpired")]
pub enum Error {
    /// The server answered with an error code: nothing changed.
    Refused(Refused),
    /// It had no effect and never will.
    NotSent(NotSent),
    /// It left and no answer came: a write may or may not have been applied.
    NoReply(NoReply),
}

/// What the request was.
#[derive(Debug, Clone)]
pub(crate) struct About {
    /// ZooKeeper's name; one for all forms of create.
    pub(crate) operation: &'static str,
    /// As the caller gave it; `None` where there is none.
    pub(crate) path: Option<Box<str>>,
    pub(crate) class: Class,
}

/// The server's refusal.
#[derive(Debug, Clone)]
pub struct Refused(Box<RefusedInner>);

#[derive(Debug, Clone)]
struct RefusedInner {
    about: About,
    server: Option<Endpoint>,
    code: ErrorCode,
    zxid: Zxid,
    failed: Option<FailedOperation>,
}

/// The operation that made a multi fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedOperation {
    /// Its place in the transaction, counted from 0.
    pub index: usize,
    /// ZooKeeper's name for it.
    pub operation: &'static str,
    /// Its path, as the caller gave it.
    pub path: String,
}

/// A request that never left.
#[derive(Debug, Clone)]
pub struct NotSent(Box<NotSentInner>);

#[derive(Debug, Clone)]
struct NotSentInner {
    about: About,
    reason: NotSentReason,
    diagnosis: Option<Arc<Diagnosis>>,
}

/// Why a request never left.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotSentReason {
    /// The caller's arguments cannot be right.
    Argument(ArgumentError),
    /// The session could not or would not send it.
    Session(zookit_session::NotSent),
}

/// A request that left and was not answered.
#[derive(Debug, Clone)]
pub struct NoReply(Box<NoReplyInner>);

#[derive(Debug, Clone)]
struct NoReplyInner {
    about: About,
    server: Option<Endpoint>,
    reason: NoReplyReason,
}

/// Why no answer came.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoReplyReason {
    /// The connection, the deadline, or a reply that could not be followed.
    Session(zookit_session::NoReply),
    /// The server said `Ok`, but what it said besides could not be decoded.
    Undecodable(DecodeError),
    /// The server said `Ok`, but its results are not those of the operations it was given.
    WrongResults,
}

impl Refused {
    /// The server's code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        self.0.code
    }

    /// The last transaction the server had applied; of a write its own, for a refused write takes
    /// a transaction number too.
    #[must_use]
    pub fn zxid(&self) -> Zxid {
        self.0.zxid
    }

    /// Of a multi: the operation that failed, and with it all others.
    #[must_use]
    pub fn failed_operation(&self) -> Option<&FailedOperation> {
        self.0.failed.as_ref()
    }
}

impl NotSent {
    /// Why it never left.
    #[must_use]
    pub fn reason(&self) -> &NotSentReason {
        &self.0.reason
    }

    /// Of a request whose deadline passed while servers closed the connection without a word: why
    /// they did, as far as the one says that was asked last.
    #[must_use]
    pub fn diagnosis(&self) -> Option<&Diagnosis> {
        self.0.diagnosis.as_deref()
    }
}

impl NoReply {
    /// Why no answer came.
    #[must_use]
    pub fn reason(&self) -> &NoReplyReason {
        &self.0.reason
    }
}

macro_rules! code_predicates {
    ($( $(#[$meta:meta])* $name:ident => $code:ident, )*) => { $(
        $(#[$meta])*
        #[must_use]
        pub fn $name(&self) -> bool {
            self.code() == Some(ErrorCode::$code)
        }
    )* };
}

impl Error {
    /// The server's code, if it refused; and `Unimplemented` for what was *not sent* because the
    /// server has said before that it does not know the operation: it would only say so again, and
    /// close the connection behind it.
    ///
    /// So one question covers the first time and all others; which of them it was is for the arm
    /// to say. No other request that ended without a refusal has a code: the server said nothing.
    ///
    /// ```
    /// # use zookit_client::{Client, Error, ErrorCode};
    /// # async fn f(client: Client) -> Result<Option<i32>, Error> {
    /// match client.all_children_number("/").await {
    ///     Ok(number) => Ok(Some(number)),
    ///     // A server before 3.6.
    ///     Err(error) if error.code() == Some(ErrorCode::Unimplemented) => Ok(None),
    ///     Err(error) => Err(error),
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Refused(refused) => Some(refused.code()),
            Self::NotSent(not_sent) => match not_sent.reason() {
                NotSentReason::Session(zookit_session::NotSent::Unsupported(_)) => {
                    Some(ErrorCode::Unimplemented)
                }
                NotSentReason::Session(_) | NotSentReason::Argument(_) => None,
            },
            Self::NoReply(_) => None,
        }
    }

    /// Whether something may have changed: true for a write that ended in *no reply*, and for
    /// nothing else.
    #[must_use]
    pub fn may_have_applied(&self) -> bool {
        match self {
            Self::NoReply(no_reply) => {
                matches!(no_reply.0.about.class, Class::Write | Class::Close)
            }
            Self::Refused(_) | Self::NotSent(_) => false,
        }
    }

    /// Whether the same request, made again, may well end otherwise, without anybody having mended
    /// anything: the connection, the deadline, the queue, a server that was too busy, a session that
    /// is on its way out.
    ///
    /// The last of those is a write that was refused with `SessionExpired`: the leader has begun to
    /// end the session, which the client is yet to hear of. Nothing changed, and what is made later
    /// is made in the next session, or fails with [`is_session_lost`](Self::is_session_lost) where
    /// the handle is for this one.
    ///
    /// It does not say that making it again is safe; [`may_have_applied`](Self::may_have_applied)
    /// is about that.
    #[must_use]
    #[doc(alias = "retryable")]
    pub fn is_transient(&self) -> bool {
        use zookit_session::{Loss, NoReply, NotSent};
        match self {
            Self::Refused(refused) => {
                matches!(refused.code(), ErrorCode::ThrottledOp | ErrorCode::SessionExpired)
            }
            Self::NotSent(not_sent) => matches!(
                not_sent.reason(),
                NotSentReason::Session(
                    NotSent::QueueFull
                        | NotSent::Deadline
                        | NotSent::BehindLostWrite
                        | NotSent::SessionLost
                )
            ),
            Self::NoReply(no_reply) => match no_reply.reason() {
                NoReplyReason::Session(NoReply::Lost(loss)) => {
                    !matches!(loss, Loss::Close | Loss::AuthFailed | Loss::Unreadable)
                }
                NoReplyReason::Session(NoReply::Unreadable(_)) => false,
                NoReplyReason::Session(_) => true,
                NoReplyReason::Undecodable(_) | NoReplyReason::WrongResults => false,
            },
        }
    }

    /// ZooKeeper's name of the operation: `create`, `getData`, `multi`.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.about().operation
    }

    /// The path, as the caller gave it; of a multi that of the operation that failed.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Refused(Refused(inner)) if inner.failed.is_some() => {
                inner.failed.as_ref().map(|failed| failed.path.as_str())
            }
            _ => self.about().path.as_deref(),
        }
    }

    /// The server that refused, or to which the request had gone.
    #[must_use]
    pub fn server(&self) -> Option<&Endpoint> {
        match self {
            Self::Refused(refused) => refused.0.server.as_ref(),
            Self::NotSent(_) => None,
            Self::NoReply(no_reply) => no_reply.0.server.as_ref(),
        }
    }

    code_predicates! {
        /// Whether the znode, or the parent of one to be created, does not exist.
        #[doc(alias = "ErrNoNode")]
        #[doc(alias = "NoNodeError")]
        is_no_node => NoNode,
        /// Whether the znode to be created exists already.
        #[doc(alias = "ErrNodeExists")]
        #[doc(alias = "NodeExistsError")]
        is_node_exists => NodeExists,
        /// Whether the znode to be deleted has children.
        #[doc(alias = "ErrNotEmpty")]
        #[doc(alias = "NotEmptyError")]
        is_not_empty => NotEmpty,
        /// Whether the version is not the demanded one.
        #[doc(alias = "ErrBadVersion")]
        #[doc(alias = "BadVersionError")]
        is_bad_version => BadVersion,
        /// Whether the ACL does not allow it.
        #[doc(alias = "ErrNoAuth")]
        #[doc(alias = "NoAuthError")]
        is_no_auth => NoAuth,
        /// Whether an ephemeral znode was to get a child.
        #[doc(alias = "ErrNoChildrenForEphemerals")]
        is_no_children_for_ephemerals => NoChildrenForEphemerals,
        /// Whether the server cannot use the ACL.
        #[doc(alias = "ErrInvalidACL")]
        is_invalid_acl => InvalidAcl,
        /// Whether a quota would be exceeded.
        is_quota_exceeded => QuotaExceeded,
        /// Whether the server does not know the operation, or has it switched off; also where the
        /// client knew so, and did not send it.
        is_unimplemented => Unimplemented,
        /// Whether the server only reads.
        is_not_read_only => NotReadOnly,
        /// Whether the server was too busy to execute it.
        is_throttled => ThrottledOp,
    }

    /// Whether the client was closed before the request could be sent.
    #[must_use]
    #[doc(alias = "ErrClosing")]
    #[doc(alias = "ErrConnectionClosed")]
    pub fn is_closed(&self) -> bool {
        self.is_unsent(zookit_session::NotSent::Closed)
    }

    /// Whether the session ended before the request could be sent.
    #[must_use]
    #[doc(alias = "ErrSessionExpired")]
    #[doc(alias = "SessionExpiredError")]
    pub fn is_session_lost(&self) -> bool {
        self.is_unsent(zookit_session::NotSent::SessionLost)
    }

    /// Whether the server does not accept this client's credentials.
    #[must_use]
    #[doc(alias = "ErrAuthFailed")]
    #[doc(alias = "AuthFailedError")]
    pub fn is_auth_failed(&self) -> bool {
        self.is_unsent(zookit_session::NotSent::AuthFailed)
            || self.code() == Some(ErrorCode::AuthFailed)
    }

    /// Whether the reply was longer than this client takes: a listing, mostly. It would be so
    /// again; [`max_response`](zookit_session::Limits::max_response) is the bound.
    #[must_use]
    pub fn is_reply_too_large(&self) -> bool {
        use zookit_session::{NoReply, Unreadable};
        matches!(self, Self::NoReply(no_reply) if matches!(
            no_reply.reason(),
            NoReplyReason::Session(NoReply::Unreadable(Unreadable::TooLarge { .. }))
        ))
    }

    fn is_unsent(&self, reason: zookit_session::NotSent) -> bool {
        matches!(self, Self::NotSent(not_sent)
            if not_sent.0.reason == NotSentReason::Session(reason))
    }

    fn about(&self) -> &About {
        match self {
            Self::Refused(refused) => &refused.0.about,
            Self::NotSent(not_sent) => &not_sent.0.about,
            Self::NoReply(no_reply) => &no_reply.0.about,
        }
    }
}

/// The source is there only where it says more than the error itself: what could not be decoded.
impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::NoReply(NoReply(inner)) => match &inner.reason {
                NoReplyReason::Undecodable(error) => Some(error),
                NoReplyReason::Session(_) | NoReplyReason::WrongResults => None,
            },
            Self::Refused(_) | Self::NotSent(_) => None,
        }
    }
}
