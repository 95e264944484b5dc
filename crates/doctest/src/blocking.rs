//! The same for examples without a runtime.

use zookit_client::{ConnectError, ConnectOptions, ConnectString, ConnectStringError, blocking};

use crate::{Ending, LIMIT, on_a_server, reach};

/// Runs an example with a client that is connected.
///
/// # Panics
/// It failed, or did not end in time.
pub fn with_client<F, E>(example: F)
where
    F: FnOnce(blocking::Client) -> E + Send + 'static,
    E: Ending,
{
    with_server(move || match Client::connect("zookeeper") {
        Ok(client) => example(client).check(),
        Err(error) => panic!("no client for the example: {error}"),
    });
}

/// Runs an example that connects by itself.
///
/// # Panics
/// It failed, or did not end in time.
pub fn with_server<F, E>(example: F)
where
    F: FnOnce() -> E + Send + 'static,
    E: Ending,
{
    on_a_server(LIMIT, || example().check());
}

/// Connects as the client of this name does, to the server of the example, whatever the hosts are.
#[derive(Debug)]
pub struct Client;

impl Client {
    /// As [`blocking::Client::connect`].
    ///
    /// # Errors
    /// Those of the same.
    pub fn connect<S>(servers: S) -> Result<blocking::Client, ConnectError>
    where
        S: TryInto<ConnectString>,
        ConnectStringError: From<S::Error>,
    {
        Self::connect_with(servers, ConnectOptions::default())
    }

    /// As [`blocking::Client::connect_with`].
    ///
    /// # Errors
    /// Those of the same.
    pub fn connect_with<S>(
        servers: S,
        options: ConnectOptions,
    ) -> Result<blocking::Client, ConnectError>
    where
        S: TryInto<ConnectString>,
        ConnectStringError: From<S::Error>,
    {
        blocking::Client::connect_with(servers, reach::connecting(options))
    }

    /// As [`blocking::Client::connect_lazy`].
    ///
    /// # Errors
    /// Those of the same.
    pub fn connect_lazy<S>(
        servers: S,
        options: ConnectOptions,
    ) -> Result<blocking::Client, ConnectError>
    where
        S: TryInto<ConnectString>,
        ConnectStringError: From<S::Error>,
    {
        blocking::Client::connect_lazy(servers, reach::connecting(options))
    }
}
