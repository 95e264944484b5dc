//! How errors come about.

use std::sync::Arc;

use zookit_proto::{ErrorCode, Zxid};
use zookit_session::{Diagnosis, Endpoint};

use super::{
    About, ArgumentError, Error, FailedOperation, NoReply, NoReplyInner, NoReplyReason, NotSent,
    NotSentInner, NotSentReason, Refused, RefusedInner,
};

impl Error {
    pub(crate) fn refused(
        about: About,
        server: Option<Endpoint>,
        code: ErrorCode,
        zxid: Zxid,
        failed: Option<FailedOperation>,
    ) -> Self {
        Self::Refused(Refused(Box::new(RefusedInner { about, server, code, zxid, failed })))
    }

    pub(crate) fn not_sent(about: About, reason: zookit_session::NotSent) -> Self {
        Self::not_sent_because(about, reason, None)
    }

    pub(crate) fn not_sent_because(
        about: About,
        reason: zookit_session::NotSent,
        diagnosis: Option<Arc<Diagnosis>>,
    ) -> Self {
        let reason = NotSentReason::Session(reason);
        Self::NotSent(NotSent(Box::new(NotSentInner { about, reason, diagnosis })))
    }

    pub(crate) fn argument(about: About, error: ArgumentError) -> Self {
        let (reason, diagnosis) = (NotSentReason::Argument(error), None);
        Self::NotSent(NotSent(Box::new(NotSentInner { about, reason, diagnosis })))
    }

    pub(crate) fn no_reply(about: About, server: Option<Endpoint>, reason: NoReplyReason) -> Self {
        Self::NoReply(NoReply(Box::new(NoReplyInner { about, server, reason })))
    }
}
