//! Asking a holder to release.

use zookit_client::blocking::Client;

use crate::{Error, lock};

/// As [the async one](lock::revocation::revoke); a guard hears of it by
/// [`revocation_within`](super::Guard::revocation_within).
///
/// # Errors
/// As there.
///
/// # Examples
/// ```
/// # use std::time::Duration;
/// # use zookit_client::blocking::Client;
/// use zookit_recipes::blocking::{Mutex, revoke};
///
/// # fn f(client: Client) -> Result<(), zookit_recipes::Error> {
/// let guard = Mutex::new(&client, "/locks/report").acquire()?;
/// assert!(!guard.revocation_within(Duration::ZERO)?);
/// revoke(&client, guard.path())?;
/// assert!(guard.revocation_within(Duration::from_secs(5))?);
/// guard.release()?;
/// # Ok(()) }
/// # zookit_doctest::blocking::with_client(f);
/// ```
pub fn revoke(client: &Client, path: &str) -> Result<bool, Error> {
    client.wait(lock::revocation::revoke(client.asynchronous(), path))
}
