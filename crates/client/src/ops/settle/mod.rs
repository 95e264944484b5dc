//! Answers to a lost reply: writes that find out what became of them.
//!
//! When the reply to a write is lost nobody knows whether it was applied, and sending it again
//! blindly may do it twice. Each room here has one way out:
//!
//! * `protected`: a create whose name carries an id, so that it is found again;
//! * `owned`: an ephemeral create, found again by its owner;
//! * `deleting`: a delete that goes on until it is done, whoever still waits for it;
//! * `guarded`: a set of a known version, found again by the next one;
//! * `unique`: ids for names, and what was created under them.
//!
//! All but the delete look behind a [fence](Client::fence): a server that lags may not show yet what
//! the lost write did, and the fence decides that it will not be applied later.

mod deleting;
mod guarded;
mod owned;
mod protected;
mod unique;

pub use deleting::GuaranteedDelete;
pub use owned::Owned;

use zookit_proto::mutant::{self, Mutant};

use crate::client::Client;
use crate::error::Error;
use crate::ops::RetryPolicy;

/// How often a write is sent whose reply was lost each time and which was found not applied.
const MOST_ATTEMPTS: u32 = 5;

impl Client {
    /// Waits for a fence behind a loss; from then on what was lost is decided.
    async fn decided(&self) -> Result<(), Error> {
        let policy = RetryPolicy { max_attempts: MOST_ATTEMPTS, ..RetryPolicy::default() };
        self.retry(policy, |_| self.fence()).await.map(drop)
    }

    /// Reads behind a fence what a lost write may have done.
    async fn look<T>(&self, read: impl Fn(&Self) -> crate::answer::Answer<T>) -> Result<T, Error> {
        if !mutant::on(Mutant::LookedWithoutFence) {
            self.decided().await?;
        }
        self.retry(RetryPolicy::default(), |_| read(self)).await
    }
}
