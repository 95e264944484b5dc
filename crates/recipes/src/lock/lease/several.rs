//! Several leases, of which each name has one.

use std::time::Duration;

use zookit_client::Client;
use zookit_proto::path::join as join_path;

use super::{LeaseTerm, TimedLease, TimedLeaseGuard};
use crate::Error;

/// So many [timed leases](TimedLease) below one path, `0`, `1` and so on: for what so many machines
/// should go on doing.
///
/// ```
/// # use std::time::Duration;
/// # use zookit_client::Client;
/// use zookit_recipes::TimedLeases;
///
/// # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
/// let hour = Duration::from_secs(3600);
/// let workers = |name| TimedLeases::new(&client, "/leases/workers", 2, name);
/// assert!(workers("host-1").try_acquire(hour).await?.is_some());
/// assert!(workers("host-2").try_acquire(hour).await?.is_some());
/// assert!(workers("host-3").try_acquire(hour).await?.is_none());
/// # Ok(()) }
/// # zookit_doctest::with_client(f);
/// ```
#[derive(Debug, Clone)]
#[doc(alias = "MultiNonBlockingLease")]
pub struct TimedLeases(Vec<TimedLease>);

impl TimedLeases {
    /// So many leases below a path, which need not exist, for whoever has this name.
    #[must_use]
    pub fn new(client: &Client, path: &str, count: u32, name: &str) -> Self {
        let lease =
            |number: u32| TimedLease::new(client, &join_path(path, &number.to_string()), name);
        Self((0..count).map(lease).collect())
    }

    /// Those of them, in their order.
    #[must_use]
    pub fn leases(&self) -> &[TimedLease] {
        &self.0
    }

    /// Takes the one that this name has again, or else the first that can be had; `None` if others
    /// have all of them. See [`TimedLease::try_acquire`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancel safety
    /// As there.
    pub async fn try_acquire(&self, time: Duration) -> Result<Option<TimedLeaseGuard>, Error> {
        let mut terms = Vec::with_capacity(self.0.len());
        for lease in &self.0 {
            terms.push(lease.term().await?);
        }
        // Or one would take a second one when an earlier one is free, and keep both.
        for place in own_first(&terms, self.0.first().map_or("", |lease| &lease.name)) {
            if let Some(guard) = self.0[place].try_acquire(time).await? {
                return Ok(Some(guard));
            }
        }
        Ok(None)
    }
}

/// In which order they are tried.
fn own_first(terms: &[Option<LeaseTerm>], name: &str) -> Vec<usize> {
    let is_own = |place: &usize| terms[*place].as_ref().is_some_and(|term| term.holder == name);
    let (own, others): (Vec<_>, Vec<_>) = (0..terms.len()).partition(is_own);
    [own, others].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ones_own_is_tried_first() {
        let term = |holder: &str| Some(LeaseTerm { holder: holder.to_owned(), end: 0 });
        let terms = [None, term("b"), term("a"), term("c")];
        assert_eq!(own_first(&terms, "a"), [2, 0, 1, 3]);
        assert_eq!(own_first(&terms, "d"), [0, 1, 2, 3]);
        assert_eq!(own_first(&[], "d"), [0; 0]);
    }
}
