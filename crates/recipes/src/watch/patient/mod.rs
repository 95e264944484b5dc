//! The names of a znode's children, once nobody has come or gone for a while.
//!
//! For what begins with several who arrive one after the other, and is costly to do again for each:
//! dividing work among members, say.
//!
//! # What it guarantees
//!
//! That of the [children watch](super::children), but for when it is told: when children have neither
//! come nor gone for the time that was asked for, by this client's clock. A value is told as long as
//! it is the newest that is known; who wants to do something for as long as it is waits for
//! [`changed`](PatientChildrenWatch::changed) beside it.
//!
//! # What can go wrong
//!
//! * *Children come and go without pause*: nothing is told; put a bound around it.
//! * *The connection is away*: what happens meanwhile is heard of late. It counts from when it is.
//!
//! ```
//! # use std::time::Duration;
//! # use zookit_client::{Client, CreateMode};
//! use zookit_recipes::watch::PatientChildrenWatch;
//!
//! # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
//! let mut members = PatientChildrenWatch::new(&client, "/members", Duration::from_millis(20));
//! let change = members.next().await?;
//! println!("{:?} have been there for a while", change.names);
//!
//! client.create("/members/mine", (), CreateMode::Ephemeral).await?;
//! members.changed().await;
//! println!("and now there are others");
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```

use std::time::Duration;

use tokio::time::timeout;
use zookit_client::Client;

use super::children::{ChildrenChange, ChildrenWatch};
use crate::Error;

/// The children of a znode, when they have been the same for a while. See [the module](self).
#[derive(Debug)]
pub struct PatientChildrenWatch {
    watch: ChildrenWatch,
    quiet: Duration,
    /// What differs from what was told last, while it is waited for that it stays so.
    seen: Option<ChildrenChange>,
}

impl PatientChildrenWatch {
    /// A watch of the children of a znode, which need not exist; told of when they have been the same
    /// for this long. Nothing is sent before it is asked.
    #[must_use]
    pub fn new(client: &Client, path: &str, quiet: Duration) -> Self {
        Self { watch: ChildrenWatch::new(client, path), quiet, seen: None }
    }

    /// The path of their parent.
    #[must_use]
    pub fn path(&self) -> &str {
        self.watch.path()
    }

    /// The next value: what is there, once it has been for the time asked for; then, when something
    /// differs, again. What is said to have come and gone is since the last value told.
    ///
    /// # Errors
    /// As [`ChildrenWatch::next`].
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing but what of the time has passed.
    pub async fn next(&mut self) -> Result<ChildrenChange, Error> {
        loop {
            if let Some(seen) = self.seen.take() {
                // Back in its place first: the wait may be dropped.
                self.seen = Some(seen);
                if timeout(self.quiet, self.watch.fired()).await.is_err() {
                    if let Some(seen) = self.seen.take() {
                        return Ok(seen);
                    }
                }
            } else {
                self.watch.fired().await;
            }
            if let Some(change) = self.watch.look().await? {
                self.seen = Some(match self.seen.take() {
                    None => change,
                    Some(seen) => seen.and_then(change),
                });
            }
        }
    }

    /// Waits until the value told last may be out of date: something has happened, or the session
    /// in which that would be told is over. At once before the first.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn changed(&mut self) {
        self.watch.fired().await;
    }
}

impl ChildrenChange {
    /// This change and the next, as one.
    fn and_then(self, next: Self) -> Self {
        let without = |from: &[String], other: &[String]| -> Vec<String> {
            from.iter().filter(|name| !other.contains(name)).cloned().collect()
        };
        // Who came and went, or went and came, is not told of any more, but counted.
        let came_and_went = self.added.len() - without(&self.added, &next.removed).len();
        let went_and_came = self.removed.len() - without(&self.removed, &next.added).len();
        let unseen = u32::try_from(2 * (came_and_went + went_and_came)).unwrap_or(u32::MAX);
        let mut added = without(&self.added, &next.removed);
        added.extend(without(&next.added, &self.removed));
        let mut removed = without(&self.removed, &next.added);
        removed.extend(without(&next.removed, &self.added));
        added.sort_unstable();
        removed.sort_unstable();
        Self {
            unseen: self.unseen.saturating_add(next.unseen).saturating_add(unseen),
            added,
            removed,
            ..next
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(added: &str, removed: &str, unseen: u32) -> ChildrenChange {
        let names = |names: &str| names.split_whitespace().map(str::to_owned).collect();
        let (added, removed) = (names(added), names(removed));
        ChildrenChange { names: None, stat: None, added, removed, unseen }
    }

    #[test]
    fn changes_one_after_the_other_are_one() {
        let both = |first: ChildrenChange, next| first.and_then(next);
        assert_eq!(both(change("a c", "x", 1), change("b", "", 0)), change("a b c", "x", 1));
        assert_eq!(both(change("a", "", 0), change("", "a", 0)), change("", "", 2));
        assert_eq!(both(change("", "a", 0), change("a b", "", 3)), change("b", "", 5));
    }
}
