//! The reply to come of an operation that was submitted and not waited for.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::wait::wait;
use crate::answer::Answer;
use crate::error::Error;
use crate::network::BoxFuture;

/// The reply to come of an operation that was made through [`Client::submit`].
///
/// It borrows nothing, can be kept, given to another thread, or dropped: the request stands in its
/// place in the order of submission in any case. Dropping it takes no write back, and skips a read
/// that has not left yet.
///
/// [`Client::submit`]: super::Client::submit
///
/// # Examples
/// ```
/// # use zookit_client::blocking::Client;
/// # fn f(client: Client) -> Result<(), zookit_client::Error> {
/// let nodes = ["/a", "/b", "/c"].map(|path| client.submit().get_data(path));
/// for node in nodes {
///     println!("{:?}", node.wait()?.data);
/// }
/// # Ok(()) }
/// # zookit_doctest::blocking::with_client(f);
/// ```
#[must_use = "the request is on its way in any case, but only `wait` tells what became of it"]
pub struct Pending<T>(Reply<T>);

enum Reply<T> {
    Plain(Answer<T>),
    /// One whose value is not yet the blocking one.
    Other(BoxFuture<'static, Result<T, Error>>),
}

impl<T> Pending<T> {
    pub(super) const fn plain(answer: Answer<T>) -> Self {
        Self(Reply::Plain(answer))
    }

    pub(super) fn other(future: impl Future<Output = Result<T, Error>> + Send + 'static) -> Self {
        Self(Reply::Other(Box::pin(future)))
    }

    /// Waits for the reply: at most until the deadline that the request was submitted with.
    ///
    /// # Errors
    /// Those of the operation.
    ///
    /// # Panics
    /// On the client's own thread, if the reply is not there.
    pub fn wait(self) -> Result<T, Error> {
        match self.0 {
            Reply::Plain(answer) => wait(answer),
            Reply::Other(future) => wait(future),
        }
    }
}

/// For the composite operations of the async client, which await what a closure submits.
pub(super) struct Awaited<T>(pub(super) Pending<T>);

impl<T> Future for Awaited<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0.0 {
            Reply::Plain(answer) => Pin::new(answer).poll(context),
            Reply::Other(future) => future.as_mut().poll(context),
        }
    }
}

impl<T> fmt::Debug for Pending<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending").finish_non_exhaustive()
    }
}
