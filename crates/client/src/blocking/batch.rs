//! Many requests, one call, one wait.

use std::fmt;

use zookit_proto::Stat;
use zookit_proto::types::Acl;

use super::client::Client;
use super::wait::wait;
use crate::data::{Children, Created, Data, NodeAcl, NodeData, Version};
use crate::error::Error;
use crate::ops::{CreateOptions, MultiOutcome, Transaction, for_each_collected};

/// Requests collected to be submitted together; see [`Client::batch`].
///
/// `T` is what each of them answers: with requests of one kind the value of that kind, and
/// [`BatchValue`](crate::BatchValue), or any type of one's own that the values turn into, with
/// several kinds.
#[must_use = "a batch does nothing until it is submitted"]
pub struct Batch<T> {
    // Before the client: the last async handle must go before the thread is waited for.
    batch: crate::Batch<T>,
    /// Keeps the thread.
    _client: Client,
}

macro_rules! collect {
    ($( $(#[$meta:meta])* $name:ident($($argument:ident: $kind:ty),*) -> $value:ty,
        $prepare:ident($($passed:expr),*); )*) => {
        impl<T> Batch<T> {
            $(
                $(#[$meta])*
                pub fn $name(&mut self, $($argument: $kind),*) -> &mut Self
                where
                    T: From<$value>,
                {
                    self.batch.$name($($argument),*);
                    self
                }
            )*
        }
    };
}

for_each_collected!(collect);

impl<T> Batch<T> {
    pub(super) fn new(client: &Client) -> Self {
        Self { batch: client.inner().batch(), _client: client.clone() }
    }

    /// How many requests it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.batch.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.batch.is_empty()
    }

    /// Submits all of them, in their order and with nothing of this client's between them, and
    /// waits until the last of them has ended. Answers a result for each, in their order; the batch
    /// is then empty.
    ///
    /// # Errors
    /// As [the async one](crate::Batch::submit).
    ///
    /// # If no reply comes
    /// Each result says it for its own request.
    ///
    /// # Ordering
    /// As if their methods had been called one after the other.
    ///
    /// # Panics
    /// On the client's own thread.
    ///
    /// # Examples
    /// See [`Client::batch`].
    pub fn submit(&mut self) -> Vec<Result<T, Error>> {
        wait(self.batch.submit())
    }
}

impl<T> fmt::Debug for Batch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.batch.fmt(f)
    }
}
