//! Room for requests.

use std::ops::Deref;

use super::client::Client;

/// A handle with room for a number of requests; see [`Client::reserve`].
///
/// It has all the methods of a [`Client`]. Each request made through it, or through a clone of the
/// client in it, uses one of the places; when none is left it is a handle like any other. Places
/// that are left when all of them are dropped are given back.
#[derive(Debug, Clone)]
pub struct Reserved {
    // Before the client: the last async handle must go before the thread is waited for.
    reserved: crate::Reserved,
    client: Client,
}

impl Reserved {
    pub(super) const fn new(reserved: crate::Reserved, client: Client) -> Self {
        Self { reserved, client }
    }

    /// How many places are left.
    #[must_use]
    pub fn left(&self) -> usize {
        self.reserved.left()
    }
}

impl Deref for Reserved {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}
