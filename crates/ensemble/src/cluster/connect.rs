//! Clients of a cluster.

use zookit_client::blocking::Client as BlockingClient;
use zookit_client::{Client, ConnectError, ConnectOptions};

use super::Cluster;
use crate::{blocking, config};

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

/// For `reconfig`.
impl From<config::Member> for zookit_client::Member {
    fn from(member: config::Member) -> Self {
        let address = |address: config::MemberAddress| zookit_client::MemberAddress {
            host: address.host,
            quorum_port: address.peer_port,
            election_port: address.election_port,
        };
        Self {
            id: i64::try_from(member.id).unwrap_or(i64::MAX),
            addresses: member.addresses.into_iter().map(address).collect(),
            role: match member.role {
                Some(config::Role::Observer) => zookit_client::MemberRole::Observer,
                Some(config::Role::Participant) | None => zookit_client::MemberRole::Participant,
            },
            client_address: member.client.map(|client| client.to_string()),
        }
    }
}

/// The same for programs without a runtime.
impl blocking::Cluster {
    /// A client that knows of one member alone.
    ///
    /// # Errors
    ///
    /// As those of [`Client::connect`].
    ///
    /// # Panics
    ///
    /// If there is no member of this number.
    pub fn connect(&self, at: usize) -> Result<BlockingClient, ConnectError> {
        self.connect_with(at, ConnectOptions::default())
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
    pub fn connect_with(
        &self,
        at: usize,
        options: ConnectOptions,
    ) -> Result<BlockingClient, ConnectError> {
        BlockingClient::connect_with(self.client_address(at).to_string(), options)
    }

    /// A client that knows of all members.
    ///
    /// # Errors
    ///
    /// As those of [`Client::connect`].
    pub fn connect_all(&self) -> Result<BlockingClient, ConnectError> {
        self.connect_all_with(ConnectOptions::default())
    }

    /// The same, with options.
    ///
    /// # Errors
    ///
    /// As those of [`Client::connect_with`].
    pub fn connect_all_with(
        &self,
        options: ConnectOptions,
    ) -> Result<BlockingClient, ConnectError> {
        BlockingClient::connect_with(self.connect_string(), options)
    }
}
