//! Trying again, where the caller asks for it.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use zookit_session::Backoff;

use crate::client::Client;
use crate::error::Error;
use crate::random::Random;

/// How often and for how long [`Client::retry`] tries.
///
/// ```
/// use std::time::Duration;
/// use zookit_client::RetryPolicy;
/// let patient = RetryPolicy { max_elapsed: Duration::from_secs(300), ..Default::default() };
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts, the first one included; 5 by default. 0 counts as 1.
    pub max_attempts: u32,
    /// No attempt begins later than this after the first; 30 s by default.
    pub max_elapsed: Duration,
    /// How long to wait before the second attempt at most, by how much at most before any: each
    /// wait is drawn evenly between nothing and a bound that doubles, 100 ms to 5 s by default.
    pub backoff: Backoff,
    /// What the waits are drawn from; by default the client's own seed.
    pub seed: Option<u64>,
    /// Whether to go on also when an attempt may have been applied; not by default. The closure is
    /// told by [`Attempt::may_have_applied`], and it is for the closure then to look first.
    pub lost_writes: bool,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 5,
            max_elapsed: Duration::from_secs(30),
            backoff: Backoff::default(),
            seed: None,
            lost_writes: false,
        }
    }
}

/// What the closure of [`Client::retry`] is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// Which one it is, from 1.
    pub number: u32,
    /// Since the first began.
    pub elapsed: Duration,
    /// Whether an earlier one may have been applied: it ended in *no reply* of a write. Never,
    /// unless [`RetryPolicy::lost_writes`] is set.
    pub may_have_applied: bool,
}

impl Client {
    /// Makes an attempt, and after an error that making it again may mend, another one, within the
    /// bounds of the policy. Nothing else in this client retries.
    ///
    /// What is tried again is what is safe: requests that were *not sent*, reads without a reply,
    /// what the server was too busy for (`ThrottledOp`), and what it refused because it had begun to
    /// end the session (`SessionExpired`). A write without a reply ends it, since
    /// it may have been applied, unless the policy says otherwise. So does any other refusal, and
    /// what can never succeed: a wrong argument, a closed client, the lost session of a pinned
    /// handle.
    ///
    /// Behind an attempt that may have been applied, begin with a [`fence`](Self::fence): what is
    /// read before it may not show yet what the attempt did.
    ///
    /// # Errors
    /// The last attempt's.
    ///
    /// # If no reply comes
    /// As with what the closure does.
    ///
    /// # Cancel safety
    /// Dropping the future stops the attempts; what was submitted stays submitted.
    ///
    /// # Ordering
    /// Each attempt is a new submission, behind everything submitted meanwhile.
    ///
    /// # Examples
    /// ```
    /// # use zookit_client::{Client, RetryPolicy};
    /// # async fn f(client: Client) -> Result<(), zookit_client::Error> {
    /// let node = client.retry(RetryPolicy::default(), |_| client.get_data("/config")).await?;
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    /// A write that is repeated also when its reply was lost: the closure looks first.
    /// ```
    /// # use zookit_client::{Client, CreateMode, RetryPolicy};
    /// # async fn f(client: Client) -> Result<(), zookit_client::Error> {
    /// let policy = RetryPolicy { lost_writes: true, ..Default::default() };
    /// let client = &client;
    /// client
    ///     .retry(policy, |attempt| async move {
    ///         if attempt.may_have_applied {
    ///             client.fence().await?;
    ///             if client.exists("/job/1").await?.is_some() {
    ///                 return Ok(());
    ///             }
    ///         }
    ///         client.create("/job/1", "payload", CreateMode::Persistent).await?;
    ///         Ok(())
    ///     })
    ///     .await?;
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "KazooRetry")]
    #[doc(alias = "RetryPolicy")]
    #[doc(alias = "ExponentialBackoffRetry")]
    #[doc(alias = "RetryLoop")]
    pub async fn retry<T, F>(
        &self,
        policy: RetryPolicy,
        mut attempt: impl FnMut(Attempt) -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let seeded = policy.seed.map(Random::with_seed);
        let random = seeded.as_ref().unwrap_or(&self.handle.random);
        let begun = Instant::now();
        let mut told = Attempt { number: 1, elapsed: Duration::ZERO, may_have_applied: false };
        loop {
            let error = match attempt(told).await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            let in_doubt = error.may_have_applied();
            let hopeless = !error.is_transient() || self.is_pinned_to_the_past(&error);
            if hopeless || (in_doubt && !policy.lost_writes) || told.number >= policy.max_attempts {
                return Err(error);
            }
            let wait = jittered(policy.backoff, told.number, random);
            if begun.elapsed().saturating_add(wait) > policy.max_elapsed {
                return Err(error);
            }
            sleep(wait).await;
            told = Attempt {
                number: told.number + 1,
                elapsed: begun.elapsed(),
                may_have_applied: told.may_have_applied || in_doubt,
            };
        }
    }

    /// Whether it failed for the one session that this handle is for.
    pub(super) fn is_pinned_to_the_past(&self, error: &Error) -> bool {
        self.pinned.is_some() && error.is_session_lost()
    }

    /// Waits as [`retry`](Self::retry) does after this many failures.
    pub(super) async fn back_off(&self, failures: u32) {
        sleep(jittered(Backoff::default(), failures, &self.handle.random)).await;
    }
}

/// Anything between nothing and the bound, which doubles with each failure.
fn jittered(backoff: Backoff, failures: u32, random: &Random) -> Duration {
    let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
    let bound = backoff.base.saturating_mul(doubled).min(backoff.max);
    Duration::from_micros(random.up_to(u64::try_from(bound.as_micros()).unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_their_bound_and_begin_anywhere_below() {
        let random = Random::with_seed(7);
        let backoff = Backoff { base: Duration::from_millis(10), max: Duration::from_millis(50) };
        for (failures, bound) in [(1, 10), (2, 20), (3, 40), (4, 50), (40, 50)] {
            let waits: Vec<_> = (0..200).map(|_| jittered(backoff, failures, &random)).collect();
            let (bound, most) = (Duration::from_millis(bound), waits.iter().max().unwrap());
            assert!(*most <= bound && *most > bound * 9 / 10, "{failures}: {most:?}");
            assert!(*waits.iter().min().unwrap() < bound / 10, "{failures}");
        }
    }
}
