//! Asking a holder to release: a request that it hears, and may follow or not.
//!
//! # What it guarantees
//!
//! Who waits for [`revocation`](Claim::revocation) hears of a request that was made while its znode
//! is there, also one that was made before it began to wait, and over lost connections. Nothing is
//! taken from a holder: it goes on holding until it releases. (To take a lock away, delete the
//! holder's znode: [`lost`](Claim::lost) tells it, and [`guarded_multi`](Claim::guarded_multi)
//! refuses its writes from then on.)
//!
//! # How it works
//!
//! 1. [`revoke`] sets the data of the holder's znode to `__REVOKE__`. What the holder said of itself
//!    there is gone with that.
//! 2. The holder reads its data with a watch, and again whenever they change.
//!
//! # What can go wrong
//!
//! * *The reply to [`revoke`] is lost*: ask again; asked twice is asked once.
//! * *The holder has gone meanwhile*: [`revoke`] answers `false`, and changes nothing. A path of a
//!   claim is used once, so that nobody else is asked by mistake.
//! * *The holder must not read its own znode* (an [`acl`](crate::ClaimOptions::acl) without READ):
//!   [`revocation`](Claim::revocation) fails at once.
//!
//! # On disk
//!
//! As Curator's `Revoker`: it asks ours, and ours ask it. A claim of every kind hears: locks, leases
//! and leaderships.
//!
//! ```
//! # use zookit_client::Client;
//! use zookit_recipes::{Mutex, revoke};
//!
//! # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
//! let lock = Mutex::new(&client, "/locks/report");
//! let guard = lock.acquire().await?;
//!
//! // Somebody else is in a hurry.
//! let holder = lock.participants().await?.remove(0);
//! assert!(revoke(&client, &holder.path).await?);
//!
//! guard.revocation().await?;
//! guard.release().await?;
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```

use zookit_client::{Client, Version};

use crate::Error;
use crate::claim::{Claim, endless};

/// The data of a znode whose holder is asked to release.
const REVOKE: &[u8] = b"__REVOKE__";

/// Asks the holder of a znode to release: one of a lock's
/// [participants](crate::Mutex::participants), by its path. Answers whether the znode was there.
///
/// # Errors
/// The client's: no WRITE permission, among others.
///
/// # If no reply comes
/// It may have been asked; asking again does no harm.
///
/// # Cancel safety
/// Dropping the future takes nothing back.
#[doc(alias = "Revoker")]
#[doc(alias = "attemptRevoke")]
pub async fn revoke(client: &Client, path: &str) -> Result<bool, Error> {
    match client.set_data(path, REVOKE, Version::Any).await {
        Ok(_) => Ok(true),
        Err(error) if error.is_no_node() => Ok(false),
        Err(error) => Err(error.into()),
    }
}

impl Claim {
    /// Waits until somebody [asks](revoke) to release. What then becomes of it is for the holder to
    /// say; nothing is released by itself.
    ///
    /// It watches the data of the claim's own znode, from when it is first polled.
    ///
    /// # Errors
    /// [`Error::Lost`] if there is nothing to release any more: the session is over, or the znode
    /// was deleted. *Refused* if the znode may not be read.
    ///
    /// # Cancel safety
    /// Dropping the future removes the watch, and nothing else.
    #[doc(alias = "makeRevocable")]
    #[doc(alias = "RevocationListener")]
    pub async fn revocation(&self) -> Result<(), Error> {
        loop {
            let read = || self.client().get_data_and_watch(self.path());
            let (node, watch) = match self.client().retry(endless(), |_| read()).await {
                Ok(read) => read,
                Err(error) => return Err(self.lost_or(error)),
            };
            if node.data.as_deref() == Some(REVOKE) {
                return Ok(());
            }
            // Other data; or the znode is gone, or its session: the next look tells.
            drop(watch.await);
        }
    }
}
