//! How errors read: operation, path, server, and what is known of the outcome.

use std::fmt;

use super::{About, ArgumentError, Error, NoReply, NoReplyReason, NotSent, NotSentReason, Refused};

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "{} of {path}", self.operation),
            None => f.write_str(self.operation),
        }
    }
}

/// What became of it, in one sentence; nothing that [`source`](std::error::Error::source) says.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refused) => refused.fmt(f),
            Self::NotSent(not_sent) => not_sent.fmt(f),
            Self::NoReply(no_reply) => no_reply.fmt(f),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(inner) = self;
        write!(f, "{} was refused", inner.about)?;
        if let Some(server) = &inner.server {
            write!(f, " by {server}")?;
        }
        if let Some(failed) = &inner.failed {
            write!(
                f,
                " for its operation {}, {} of {}",
                failed.index, failed.operation, failed.path
            )?;
        }
        write!(f, ": {}", inner.code)
    }
}

impl fmt::Display for NotSent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(inner) = self;
        match &inner.reason {
            NotSentReason::Argument(ArgumentError::TooLarge { bytes, limit }) => write!(
                f,
                "{} is {} bytes; the server's jute.maxbuffer is probably {}",
                inner.about,
                super::argument::Grouped(*bytes),
                super::argument::Grouped(*limit)
            ),
            NotSentReason::Argument(error) => write!(f, "{} was not sent: {error}", inner.about),
            NotSentReason::Session(reason) => write!(f, "{} was not sent: {reason}", inner.about),
        }?;
        match &inner.diagnosis {
            Some(found) => write!(f, "; {} takes no session: {}", found.server, found.cause),
            None => Ok(()),
        }
    }
}

impl fmt::Display for NoReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(inner) = self;
        let server: &dyn fmt::Display = match &inner.server {
            Some(server) => server,
            None => &"the server",
        };
        match &inner.reason {
            NoReplyReason::Session(reason) => {
                write!(f, "{} went to {server} and got no reply", inner.about)?;
                if Error::NoReply(self.clone()).may_have_applied() {
                    f.write_str(", so it may or may not have been applied")?;
                }
                write!(f, ": {reason}")
            }
            NoReplyReason::Undecodable(_) => {
                write!(f, "{}: {server} said Ok, and the rest could not be decoded", inner.about)
            }
            NoReplyReason::WrongResults => {
                write!(f, "{}: {server} said Ok, with results of other operations", inner.about)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use zookit_proto::wire::{DecodeError, DecodeErrorKind};
    use zookit_proto::{Class, ErrorCode, Zxid};
    use zookit_session::{Endpoint, Loss};

    use super::*;
    use crate::error::FailedOperation;

    fn about(operation: &'static str, class: Class) -> About {
        About { operation, path: Some("/x".into()), class }
    }

    fn server() -> Option<Endpoint> {
        Some(Endpoint::new("h1", 2181))
    }

    #[test]
    fn a_refusal_names_operation_path_server_and_code() {
        let get = about("getData", Class::Read);
        let error = Error::refused(get, server(), ErrorCode::NoNode, Zxid(5), None);
        assert_eq!(error.to_string(), "getData of /x was refused by h1:2181: NoNode");
        assert!(error.is_no_node() && !error.is_node_exists() && !error.may_have_applied());
        assert_eq!((error.operation(), error.path()), ("getData", Some("/x")));
        assert_eq!(error.server(), server().as_ref());
    }

    #[test]
    fn a_refused_multi_names_the_operation_that_failed() {
        let multi = About { operation: "multi", path: None, class: Class::Write };
        let failed = FailedOperation { index: 1, operation: "delete", path: "/y".into() };
        let error = Error::refused(multi, server(), ErrorCode::NotEmpty, Zxid(5), Some(failed));
        assert_eq!(
            error.to_string(),
            "multi was refused by h1:2181 for its operation 1, delete of /y: NotEmpty"
        );
        assert_eq!(error.path(), Some("/y"));
    }

    #[test]
    fn a_request_too_large_says_how_large() {
        let too_large = ArgumentError::TooLarge { bytes: 2_097_230, limit: 1_048_575 };
        let error = Error::argument(about("create", Class::Write), too_large);
        assert_eq!(
            error.to_string(),
            "create of /x is 2,097,230 bytes; the server's jute.maxbuffer is probably 1,048,575"
        );
    }

    #[test]
    fn only_a_write_without_a_reply_may_have_been_applied() {
        let lost = || NoReplyReason::Session(zookit_session::NoReply::Lost(Loss::Fin));
        let write = Error::no_reply(about("setData", Class::Write), server(), lost());
        assert!(write.may_have_applied());
        assert_eq!(
            write.to_string(),
            "setData of /x went to h1:2181 and got no reply, so it may or may not have been \
             applied: the server closed the connection"
        );
        let read = Error::no_reply(about("getData", Class::Read), None, lost());
        assert!(!read.may_have_applied());
        assert_eq!(
            read.to_string(),
            "getData of /x went to the server and got no reply: the server closed the connection"
        );
    }

    #[test]
    fn what_could_not_be_decoded_is_the_source_and_not_repeated() {
        let kind = DecodeErrorKind::Null;
        let decode = DecodeError { record: "SetDataReply", field: "stat", at: 0, kind };
        let source = decode.to_string();
        let reason = NoReplyReason::Undecodable(decode);
        let error = Error::no_reply(about("setData", Class::Write), server(), reason);
        assert_eq!(error.source().unwrap().to_string(), source);
        assert!(!error.to_string().contains(&source));
        assert!(error.to_string().contains("said Ok"));
        assert!(error.may_have_applied());
    }
}
