//! What came of a read, as the mirror takes it; and how long to wait when reads come to nothing.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Sleep, sleep};
use zookit_client::{Client, Error, NodeData};

use crate::cache::mirror::Answer;

/// The first wait after reads that came to nothing; each doubles it.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// What is known of how reads end.
#[derive(Debug, Default)]
pub(super) struct Fate {
    failures: u32,
    waiting: Option<Pin<Box<Sleep>>>,
    /// What no other attempt will mend.
    pub(super) fatal: Option<Error>,
}

impl Fate {
    /// A value, or what became of its request.
    pub(super) fn answer<T>(
        &mut self,
        client: &Client,
        outcome: Result<T, Error>,
        value: impl FnOnce(T) -> Answer,
    ) -> Answer {
        match outcome {
            Ok(found) => value(found),
            Err(error) => self.failed(client, error),
        }
    }

    pub(super) fn data(&mut self, client: &Client, outcome: Result<NodeData, Error>) -> Answer {
        self.answer(client, outcome, |node| Answer::Data(node.data, node.stat))
    }

    /// What an error is to the mirror.
    pub(super) fn failed(&mut self, client: &Client, error: Error) -> Answer {
        // What was under way when the client was closed has no reply, and says no more.
        let is_over = client.state().is_terminal()
            || error.is_closed()
            || error.is_auth_failed()
            || client.pinned_to().is_some() && error.is_session_lost();
        if is_over {
            self.fatal = Some(error);
            return Answer::Again;
        }
        match &error {
            _ if error.is_no_node() => Answer::NoNode,
            _ if error.is_transient() => self.again(),
            Error::Refused(refused) => Answer::Refused(refused.code()),
            Error::NotSent(not_sent) => match not_sent.reason() {
                zookit_client::error::NotSentReason::Argument(_) => Answer::Name,
                // Not on this server; on another one, or later.
                _ => self.again(),
            },
            Error::NoReply(_) => Answer::Unreadable,
        }
    }

    fn again(&mut self) -> Answer {
        self.failures = self.failures.max(1);
        Answer::Again
    }

    /// Several outcomes have been looked at: where any came to nothing, the next reads wait.
    pub(super) fn settle(&mut self, are_good: bool) {
        if are_good {
            self.failures = 0;
        } else if self.waiting.is_none() {
            let doubled = FIRST_WAIT.saturating_mul(1 << (self.failures.max(1) - 1).min(16));
            self.waiting = Some(Box::pin(sleep(doubled.min(LONGEST_WAIT))));
            self.failures = self.failures.saturating_add(1);
        }
    }

    /// Whether reads are to wait.
    pub(super) const fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// Ready when a wait is over.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(waiting) = &mut self.waiting else { return Poll::Pending };
        if waiting.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        self.waiting = None;
        Poll::Ready(())
    }
}
