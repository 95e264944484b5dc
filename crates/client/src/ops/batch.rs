//! Many requests, one call, one future.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use zookit_proto::Stat;
use zookit_proto::types::Acl;

use super::{CreateOptions, MultiOutcome, Prepared, Transaction};
use crate::answer::Answer;
use crate::client::Client;
use crate::data::{Children, Created, Data, NodeAcl, NodeData, Version};
use crate::error::Error;

/// Requests collected to be submitted together; see [`Client::batch`].
///
/// `T` is what each of them answers: with requests of one kind the value of that kind, and
/// [`BatchValue`], or any type of one's own that the values turn into, with several kinds.
#[must_use = "a batch does nothing until it is submitted"]
pub struct Batch<T> {
    client: Client,
    prepared: Vec<Prepared<T>>,
}

impl Client {
    /// Collects requests, to submit them in one go and to wait for all of them with one future:
    /// what each of them costs beside its bytes is then paid once.
    ///
    /// It is no transaction: each request ends in its own way, and those of others may be executed
    /// between them. [`multi`](Self::multi) is one.
    ///
    /// # Examples
    /// Of one kind:
    /// ```no_run
    /// # use zookit_client::{Client, NodeData};
    /// # async fn f(client: Client) -> Result<(), zookit_client::Error> {
    /// let mut batch = client.batch::<NodeData>();
    /// for name in client.get_child_names("/members").await? {
    ///     batch.get_data(&format!("/members/{name}"));
    /// }
    /// for node in batch.submit().await {
    ///     println!("{:?}", node?.data);
    /// }
    /// # Ok(()) }
    /// ```
    /// Of several kinds:
    /// ```no_run
    /// # use zookit_client::{BatchValue, Client, Version};
    /// # async fn f(client: Client) {
    /// let mut batch = client.batch::<BatchValue>();
    /// batch.set_data("/a", "1", Version::Any).exists("/b").delete("/c", Version::Any);
    /// println!("{:?}", batch.submit().await);
    /// # }
    /// ```
    #[doc(alias = "pipeline")]
    pub fn batch<T>(&self) -> Batch<T> {
        Batch { client: self.clone(), prepared: Vec::new() }
    }
}

/// The methods that collect a request, for this batch and the blocking one.
macro_rules! for_each_collected {
    ($then:ident) => {
        $then! {
            /// As [`Client::create`].
            create(path: &str, data: impl Into<Data>, options: impl Into<CreateOptions>) -> Created,
                prepare_create(path, data.into(), options.into());
            /// As [`Client::delete`].
            delete(path: &str, version: Version) -> (), prepare_delete(path, version);
            /// As [`Client::exists`].
            exists(path: &str) -> Option<Stat>, prepare_exists(path);
            /// As [`Client::get_data`].
            get_data(path: &str) -> NodeData, prepare_get_data(path);
            /// As [`Client::set_data`].
            set_data(path: &str, data: impl Into<Data>, version: Version) -> Stat,
                prepare_set_data(path, data.into(), version);
            /// As [`Client::get_children`].
            get_children(path: &str) -> Children, prepare_get_children(path);
            /// As [`Client::get_child_names`].
            get_child_names(path: &str) -> Vec<String>, prepare_get_child_names(path);
            /// As [`Client::get_acl`].
            get_acl(path: &str) -> NodeAcl, prepare_get_acl(path);
            /// As [`Client::set_acl`].
            set_acl(path: &str, acl: Vec<Acl>, version: Version) -> Stat,
                prepare_set_acl(path, acl, version);
            /// As [`Client::sync`].
            sync(path: &str) -> (), prepare_sync(path);
            /// As [`Client::multi`].
            multi(transaction: Transaction) -> Vec<MultiOutcome>, prepare_multi(transaction);
        }
    };
}
pub(crate) use for_each_collected;

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
                    self.prepared.push(self.client.$prepare($($passed),*));
                    self
                }
            )*
        }
    };
}

for_each_collected!(collect);

impl<T> Batch<T> {
    /// How many requests it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.prepared.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.prepared.is_empty()
    }

    /// Submits all of them, in their order and with nothing of this client's between them. The
    /// future answers when the last of them has ended: a result for each, in their order.
    ///
    /// # Errors
    /// Each result is what the request's own method would have answered. Those past the bound on
    /// requests end *not sent*, and all behind them too; [`reserve`](Client::reserve) makes room
    /// for all of them beforehand.
    ///
    /// # If no reply comes
    /// Each result says it for its own request.
    ///
    /// # Cancel safety
    /// Submitted when called: dropping the future takes no write back, and skips the reads that
    /// have not left yet.
    ///
    /// # Ordering
    /// As if their methods had been called one after the other.
    ///
    /// # Examples
    /// See [`Client::batch`].
    pub fn submit(&mut self) -> BatchAnswer<T> {
        let answers = self.client.send_all(std::mem::take(&mut self.prepared));
        let results = answers.iter().map(|_| None).collect();
        BatchAnswer { answers, results, left: None }
    }
}

impl<T> fmt::Debug for Batch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// The replies to come of a [`Batch`].
#[must_use = "the requests are on their way in any case, but only the future tells what became of \
              them"]
pub struct BatchAnswer<T> {
    answers: Vec<Answer<T>>,
    results: Vec<Option<Result<T, Error>>>,
    /// How many from the front have not resolved; all of them before the first poll.
    left: Option<usize>,
}

/// No part of it is ever pinned.
impl<T> Unpin for BatchAnswer<T> {}

impl<T> Future for BatchAnswer<T> {
    type Output = Vec<Result<T, Error>>;

    /// From the back: replies come in order, so that when the last is there the others are too,
    /// and the task is woken once.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let left = this.left.get_or_insert(this.answers.len());
        while let Some(last) = left.checked_sub(1) {
            match Pin::new(&mut this.answers[last]).poll(context) {
                Poll::Ready(result) => this.results[last] = Some(result),
                Poll::Pending => return Poll::Pending,
            }
            *left = last;
        }
        let results = std::mem::take(&mut this.results);
        Poll::Ready(results.into_iter().map(|result| result.expect("all have resolved")).collect())
    }
}

impl<T> fmt::Debug for BatchAnswer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchAnswer").field("len", &self.answers.len()).finish_non_exhaustive()
    }
}

/// The value of a request in a [`Batch`] of several kinds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BatchValue {
    /// Of delete and sync: done.
    Done,
    /// Of create.
    Created(Created),
    /// Of exists.
    Exists(Option<Stat>),
    /// Of get_data.
    Data(NodeData),
    /// Of set_data and set_acl.
    Stat(Stat),
    /// Of get_children.
    Children(Children),
    /// Of get_child_names.
    Names(Vec<String>),
    /// Of get_acl.
    Acl(NodeAcl),
    /// Of multi.
    Outcomes(Vec<MultiOutcome>),
}

impl From<()> for BatchValue {
    fn from((): ()) -> Self {
        Self::Done
    }
}

macro_rules! batch_value_from {
    ($($value:ty => $variant:ident,)*) => { $(
        impl From<$value> for BatchValue {
            fn from(value: $value) -> Self {
                Self::$variant(value)
            }
        }
    )* };
}

batch_value_from! {
    Created => Created,
    Option<Stat> => Exists,
    NodeData => Data,
    Stat => Stat,
    Children => Children,
    Vec<String> => Names,
    NodeAcl => Acl,
    Vec<MultiOutcome> => Outcomes,
}
