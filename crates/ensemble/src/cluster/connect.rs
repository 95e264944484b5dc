//! Clients of a cluster.

use zookit_client::{Client, ConnectError, ConnectOptions};

use super::Cluster;

impl Cluster {
    /// A client that knows of one member alone.
    ///
    /// # Errors
    ///
    /// As those of [`Client::connect`].
    ///
    /// # Panics
    ///
    /// If there is no member of this number.
    pub async fn connect(&self, at: usize) -> Result<Client, ConnectError> {
        self.connect_with(at, ConnectOptions::default()).await
    }

    /// The same, with options.
    ///
    /// # Errors
    ///
    /// As those of [`Client::connect_with`].
    ///
    /// # Panics
    ///
    /// If there is no member of this number.
    pub async fn connect_with(
        &self,
        at: usize,
        options: ConnectOptions,
    ) -> Result<Client, ConnectError> {
        let address = self.blocking.client_address(at).to_string();
        Client::connect_with(address, options).await
    }

    /// A client that knows of all members.
    ///
    /// # Errors
    ///
    /// As those of [`Client::connect`].
    pub async fn connect_all(&self) -> Result<Client, ConnectError> {
        self.connect_all_with(ConnectOptions::default()).await
    }

    /// The same, with options.
    ///
    /// # Errors
    ///
    /// As those of [`Client::connect_with`].
    pub async fn connect_all_with(&self, options: ConnectOptions) -> Result<Client, ConnectError> {
        Client::connect_with(self.connect_string(), options).await
    }
}
