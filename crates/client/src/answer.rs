//! The future of one submitted operation.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use zookit_proto::frame::PREFIX;
use zookit_proto::header::RequestHeader;
use zookit_proto::wire::{DecodeError, decode};
use zookit_proto::{ErrorCode, Text, Zxid};
use zookit_session::{Endpoint, NotSent, Outcome, Ticket};

use crate::chroot::Chroot;
use crate::error::{About, Error, FailedOperation, NoReplyReason};
use crate::shared::{Completion, Shared};
use crate::watch::Watcher;

/// The reply to come of an operation that was submitted when its method was called.
///
/// It borrows nothing and can be kept, moved to another task, or dropped: the request stands in
/// its place in the order of submission in any case.
///
/// # Cancel safety
/// Dropping it never takes a write back: one that has not left yet still leaves, and nobody hears
/// what became of it. A read that has not left yet is skipped.
///
/// The reply is decoded by the task that awaits it.
#[must_use = "the request is on its way in any case, but only the future tells what became of it"]
pub struct Answer<T>(Progress<T>);

enum Progress<T> {
    /// Ended before it began.
    Ready(Result<T, Error>),
    Waiting {
        shared: Arc<Shared>,
        ticket: Ticket,
        ask: Ask<T>,
    },
    Done,
}

/// What the future needs to make a value, or an error, of a reply.
pub(crate) struct Ask<T> {
    pub(crate) frame: AskFrame,
    pub(crate) decode: Decode<T>,
    /// What it means when there is no such znode, where that is an answer and no error.
    pub(crate) absent: Option<fn(&mut AskFrame) -> T>,
}

/// The part of an [`Ask`] that does not depend on the value.
pub(crate) struct AskFrame {
    pub(crate) about: About,
    /// The request's own frame, if its path is to be read off it: an error needs the path, and an
    /// answer does not, so no copy of it is made for each request.
    pub(crate) request: Option<Bytes>,
    pub(crate) chroot: Chroot,
    /// Handed out with the value, or dropped with the error.
    pub(crate) watcher: Option<Watcher>,
    /// Of a multi: its operations.
    pub(crate) parts: Vec<Part>,
    /// Of the reply's header.
    pub(crate) zxid: Zxid,
}

/// What to call an operation of a multi.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) operation: &'static str,
    pub(crate) path: Box<str>,
}

pub(crate) type Decode<T> = fn(&mut AskFrame, Bytes) -> Result<T, Fault>;

/// Why a reply whose header says `Ok` has no value.
#[derive(Debug)]
pub(crate) enum Fault {
    Undecodable(DecodeError),
    WrongResults,
    /// Of a multi: an operation failed.
    Failed {
        index: usize,
        code: ErrorCode,
    },
}

impl From<DecodeError> for Fault {
    fn from(error: DecodeError) -> Self {
        Self::Undecodable(error)
    }
}

impl<T> Answer<T> {
    pub(crate) fn waiting(shared: Arc<Shared>, ticket: Ticket, ask: Ask<T>) -> Self {
        Self(Progress::Waiting { shared, ticket, ask })
    }

    /// Nothing to wait for.
    pub(crate) const fn ready(value: T) -> Self {
        Self(Progress::Ready(Ok(value)))
    }

    pub(crate) const fn failed(error: Error) -> Self {
        Self(Progress::Ready(Err(error)))
    }

    pub(crate) fn not_sent(about: About, reason: NotSent) -> Self {
        Self::failed(Error::not_sent(about, reason))
    }
}

/// No part of it is ever pinned.
impl<T> Unpin for Answer<T> {}

impl<T> Future for Answer<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let completion = match &self.0 {
            Progress::Waiting { shared, ticket, .. } => {
                match shared.poll_completion(*ticket, context) {
                    Poll::Ready(completion) => Some(completion),
                    Poll::Pending => return Poll::Pending,
                }
            }
            Progress::Ready(_) | Progress::Done => None,
        };
        match (std::mem::replace(&mut self.0, Progress::Done), completion) {
            (Progress::Waiting { shared, mut ask, .. }, Some(completion)) => {
                Poll::Ready(ask.resolve(completion, &shared))
            }
            (Progress::Ready(result), _) => Poll::Ready(result),
            _ => panic!("an answer was polled after it had resolved"),
        }
    }
}

impl<T> Drop for Answer<T> {
    fn drop(&mut self) {
        if let Progress::Waiting { shared, ticket, .. } = &self.0 {
            shared.abandon(*ticket);
        }
    }
}

/// The path that a request's body begins with.
pub(crate) fn path_of(request: &Bytes) -> Option<Text> {
    let body = request.get(PREFIX + RequestHeader::LENGTH..)?;
    decode("path", request.slice_ref(body)).ok()
}

impl<T> fmt::Debug for Answer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let progress = match &self.0 {
            Progress::Ready(_) => "ready",
            Progress::Waiting { .. } => "waiting",
            Progress::Done => "done",
        };
        f.debug_tuple("Answer").field(&progress).finish()
    }
}

impl<T> Ask<T> {
    /// Makes a value, or an error, of how the request ended.
    fn resolve(&mut self, completion: Completion, shared: &Shared) -> Result<T, Error> {
        self.resolve_with(completion, shared, |_| {})
    }

    /// The same; `complete` adds to the frame what only an error needs.
    pub(crate) fn resolve_with(
        &mut self,
        completion: Completion,
        shared: &Shared,
        complete: impl FnOnce(&mut AskFrame),
    ) -> Result<T, Error> {
        let owned = |server: Option<Arc<Endpoint>>| server.map(|server| Endpoint::clone(&server));
        let frame = &mut self.frame;
        match completion.outcome {
            Outcome::Answered { zxid, body } => {
                frame.zxid = zxid;
                (self.decode)(frame, body).map_err(|fault| {
                    shared.counters.fault(&fault);
                    complete(frame);
                    frame.fault(fault, zxid, owned(shared.state.server()))
                })
            }
            Outcome::Refused { code, zxid } => match self.absent {
                Some(absent) if code == ErrorCode::NoNode => Ok(absent(frame)),
                _ => {
                    complete(frame);
                    let server = owned(completion.server);
                    Err(Error::refused(frame.about(), server, code, zxid, None))
                }
            },
            Outcome::NotSent(reason) => {
                complete(frame);
                let diagnosis = match reason {
                    NotSent::Deadline => shared.state.diagnosis(),
                    _ => None,
                };
                Err(Error::not_sent_because(frame.about(), reason, diagnosis))
            }
            Outcome::NoReply(reason) => {
                complete(frame);
                let reason = NoReplyReason::Session(reason);
                Err(Error::no_reply(frame.about(), owned(completion.server), reason))
            }
        }
    }
}

impl AskFrame {
    /// What the request was, with its path spelled out.
    pub(crate) fn about(&mut self) -> About {
        let About { operation, class, .. } = self.about;
        let path = self.about.path.take().or_else(|| {
            let path = path_of(self.request.as_ref()?)?;
            Some(self.chroot.to_client(&path).into())
        });
        About { operation, path, class }
    }

    /// The server said `Ok`: either one of a multi's operations says otherwise, or nobody knows.
    fn fault(&mut self, fault: Fault, zxid: Zxid, server: Option<Endpoint>) -> Error {
        let about = self.about();
        let reason = match fault {
            Fault::Failed { index, code } => {
                let failed = self.parts.get(index).map(|part| FailedOperation {
                    index,
                    operation: part.operation,
                    path: part.path.to_string(),
                });
                return Error::refused(about, server, code, zxid, failed);
            }
            Fault::Undecodable(error) => NoReplyReason::Undecodable(error),
            Fault::WrongResults => NoReplyReason::WrongResults,
        };
        Error::no_reply(about, server, reason)
    }
}
