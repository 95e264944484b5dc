//! Room for requests, waited for instead of being refused.

use std::ops::Deref;
use std::sync::Arc;

use zookit_proto::Class;
use zookit_session::NotSent;

use crate::client::Client;
use crate::error::{About, Error};
use crate::shared::Reserving;

/// A handle with room for a number of requests; see [`Client::reserve`].
///
/// It has all the methods of a [`Client`]. Each request made through it, or through a clone of the
/// client in it, uses one of the places; when none is left it is a handle like any other. Places
/// that are left when all of them are dropped are given back.
#[derive(Debug, Clone)]
pub struct Reserved {
    client: Client,
}

impl Reserved {
    /// How many places are left.
    #[must_use]
    pub fn left(&self) -> usize {
        self.client.reservation.as_ref().map_or(0, |reservation| reservation.left())
    }
}

impl Deref for Reserved {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Client {
    /// Waits until there is room for this many requests, and keeps it for the handle that it
    /// answers.
    ///
    /// Without it a request past [`max_requests`](zookit_session::Limits::max_requests) is *not
    /// sent*, which tells a caller that it is too fast but not when to go on. Whoever waits is
    /// served first come, first served, and while somebody waits, requests without a reservation
    /// count as past the bound.
    ///
    /// The bound on bytes holds besides, and a request whose caller was answered by its deadline
    /// still takes its place until the server's reply comes: then even a reserved one may end *not
    /// sent*.
    ///
    /// # Errors
    /// *Not sent* with `QueueFull` if there can never be room for so many, and if the client ends
    /// meanwhile.
    ///
    /// # If no reply comes
    /// Nothing is sent.
    ///
    /// # Cancel safety
    /// Dropping the future gives up the place in the queue.
    ///
    /// # Ordering
    /// None: a reservation is room, not a place in the order of submission.
    ///
    /// # Examples
    /// ```
    /// # use zookit_client::{Client, Version};
    /// # async fn f(client: Client) -> Result<(), zookit_client::Error> {
    /// # let updates = [("/a".to_owned(), "1"), ("/b".to_owned(), "2")];
    /// for (path, data) in updates {
    ///     // At most as many as there is room for are in flight.
    ///     let room = client.reserve(1).await?;
    ///     let answer = room.set_data(&path, data, Version::Any);
    ///     # drop(answer);
    /// }
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "acquire")]
    #[doc(alias = "permit")]
    pub async fn reserve(&self, requests: usize) -> Result<Reserved, Error> {
        let failed = |reason| {
            let about = About { operation: "reserve", path: None, class: Class::Read };
            Error::not_sent(about, reason)
        };
        let shared = &self.handle.shared;
        if requests > shared.max_requests() {
            return Err(failed(NotSent::QueueFull));
        }
        let reservation = Reserving::new(Arc::clone(shared), requests).await.map_err(failed)?;
        let client = Self { reservation: Some(Arc::new(reservation)), ..self.clone() };
        Ok(Reserved { client })
    }
}
