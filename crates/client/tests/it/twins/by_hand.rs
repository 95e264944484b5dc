//! The twins whose signatures are not those of the async methods.

#![allow(dead_code, reason = "compiling it is the test")]

use zookit_client::blocking::{Client, Pending, Submitter};
use zookit_client::{
    Attempt, ConnectError, ConnectOptions, ConnectString, ConnectStringError, Error, RetryPolicy,
};

fn connect_lazy<S>(servers: S, options: ConnectOptions) -> Result<Client, ConnectError>
where
    S: TryInto<ConnectString>,
    ConnectStringError: From<S::Error>,
{
    Client::connect_lazy(servers, options)
}

fn linearizable_read<T>(
    client: &Client,
    read: impl Fn(&Submitter<'_>) -> Pending<T>,
) -> Result<T, Error> {
    client.linearizable_read(read)
}

fn retry<T>(
    client: &Client,
    policy: RetryPolicy,
    attempt: impl FnMut(Attempt) -> Result<T, Error>,
) -> Result<T, Error> {
    client.retry(policy, attempt)
}
