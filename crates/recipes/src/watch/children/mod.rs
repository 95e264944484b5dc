//! The names of a znode's children, whenever they are new.
//!
//! # What it guarantees
//!
//! The first value is what is there, or that there is no such znode. Each further one is told when
//! children came or went since, also if the names are the same again: then one was deleted and
//! created anew, which [`unseen`](ChildrenChange::unseen) counts. It is the newest there is when it is
//! asked for; nothing goes unsaid over lost connections and expired sessions.
//!
//! # How it works
//!
//! getChildren leaves a watch, and the next value is read when that has fired; where there is no
//! znode it is exists. A watch survives its connection; if its session ends, the value is read anew.
//!
//! # What can go wrong
//!
//! * *No server can be reached*: it waits, as long as it takes.
//! * *The znode may not be read*: that is told, each time it is asked.
//! * *The names are more than the client takes in a reply*: that is told, each time it is asked.
//!
//! ```
//! # use zookit_client::Client;
//! use zookit_recipes::watch::ChildrenWatch;
//!
//! # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
//! let mut members = ChildrenWatch::new(&client, "/members");
//! loop {
//!     let change = members.next().await?;
//!     println!("{:?}: {:?} came, {:?} went", change.names, change.added, change.removed);
//!     # break;
//! }
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```

use zookit_client::{Children, Client, Error as ClientError, OneShotWatch, Stat};

use crate::Error;
use crate::claim::endless;

/// The children of a znode, the newest each time. See [the module](self).
#[derive(Debug)]
pub struct ChildrenWatch {
    client: Client,
    path: String,
    /// What was told last; inside, that there was nothing.
    told: Option<Option<(Vec<String>, Stat)>>,
    /// Fires when that is out of date.
    pub(super) watch: Option<OneShotWatch>,
}

/// The children, and what lies between them and the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildrenChange {
    /// Their names, sorted; `None` if there is no such znode.
    pub names: Option<Vec<String>>,
    /// The stat of the znode, if there is one.
    pub stat: Option<Stat>,
    /// Those that were not among the last names, sorted. At first, all of them.
    pub added: Vec<String>,
    /// Those of the last names that are gone, sorted.
    pub removed: Vec<String>,
    /// How many children came or went in between beyond these: who came and went again, and who
    /// went and came again counts two. Of a znode that was not there before it is counted from its
    /// creation, but not at first.
    pub unseen: u32,
}

impl ChildrenWatch {
    /// A watch of the children of a znode, which need not exist. Nothing is sent before it is asked.
    #[must_use]
    pub fn new(client: &Client, path: &str) -> Self {
        Self { client: client.clone(), path: path.to_owned(), told: None, watch: None }
    }

    /// The path of their parent.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The next value: at first what is there, then, as soon as something differs, the newest.
    ///
    /// # Errors
    /// The client's, if trying again cannot mend it: no permission, a closed client, a client that
    /// is pinned to a session that is over, a path that is none. It can be asked again.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn next(&mut self) -> Result<ChildrenChange, Error> {
        loop {
            self.fired().await;
            if let Some(change) = self.look().await? {
                return Ok(change);
            }
        }
    }

    /// Waits until what was told last may be out of date.
    pub(super) async fn fired(&mut self) {
        if let Some(watch) = &mut self.watch {
            // Whatever it says, or that it ended with its session: what is there now tells.
            let _fired = watch.await;
            self.watch = None;
        }
    }

    /// What is there, if it differs from what was told last.
    pub(super) async fn look(&mut self) -> Result<Option<ChildrenChange>, Error> {
        let (client, path) = (&self.client, &*self.path);
        let (found, watch) = client.retry(endless(), |_| read(client, path)).await?;
        self.watch = Some(watch);
        let found = found.map(|Children { mut names, stat }| {
            names.sort_unstable();
            (names, stat)
        });
        let last = self.told.replace(found.clone());
        Ok(difference(last, found))
    }
}

/// What is there, and the watch that tells when it is not any more.
async fn read(
    client: &Client,
    path: &str,
) -> Result<(Option<Children>, OneShotWatch), ClientError> {
    loop {
        match client.get_children_and_watch(path).await {
            Ok((children, watch)) => return Ok((Some(children), watch)),
            Err(error) if error.is_no_node() => {}
            Err(error) => return Err(error),
        }
        if let (None, watch) = client.exists_and_watch(path).await? {
            return Ok((None, watch));
        }
        // It was created in between.
    }
}

type Found = Option<(Vec<String>, Stat)>;

/// What is to be told, if anything is: `last` is what was told before.
fn difference(last: Option<Found>, found: Found) -> Option<ChildrenChange> {
    let (is_first, last) = (last.is_none(), last.flatten());
    let is_same = match (&last, &found) {
        (Some((_, last)), Some((_, stat))) => {
            last.czxid == stat.czxid && last.pzxid == stat.pzxid && last.cversion == stat.cversion
        }
        (None, None) => true,
        _ => false,
    };
    if is_same && !is_first {
        return None;
    }
    let stat = found.as_ref().map(|(_, stat)| *stat);
    let (old_names, old) = last.map_or((Vec::new(), None), |(names, stat)| (names, Some(stat)));
    let names = found.map(|(names, _)| names);
    let new_names = names.as_deref().unwrap_or_default();
    let missing_in = |from: &[String], other: &[String]| -> Vec<String> {
        from.iter().filter(|name| other.binary_search(name).is_err()).cloned().collect()
    };
    let added = missing_in(new_names, &old_names);
    let removed = missing_in(&old_names, new_names);
    let unseen = match (old, stat) {
        _ if is_first => 0,
        (_, None) => 0,
        // The same znode: it counts who comes and who goes.
        (Some(old), Some(stat)) if old.czxid == stat.czxid => {
            let seen = count(added.len() + removed.len());
            count_from(old.cversion, stat.cversion).saturating_sub(seen)
        }
        // Another one: all of its children came since.
        (_, Some(stat)) => count_from(0, stat.cversion).saturating_sub(count(new_names.len())),
    };
    Some(ChildrenChange { names, stat, added, removed, unseen })
}

fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn count_from(from: i32, to: i32) -> u32 {
    u32::try_from(to.wrapping_sub(from)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use zookit_client::Zxid;

    use super::*;

    fn found(czxid: i64, pzxid: i64, cversion: i32, names: &str) -> Found {
        let stat = Stat { czxid: Zxid(czxid), pzxid: Zxid(pzxid), cversion, ..Stat::default() };
        Some((names.split_whitespace().map(str::to_owned).collect(), stat))
    }

    #[test]
    fn what_differs_is_told_and_what_lies_between_counted() {
        type Told = Option<(&'static str, &'static str, u32)>;
        let table: [(Option<Found>, Found, Told); 10] = [
            (None, None, Some(("", "", 0))),
            (None, found(1, 9, 5, "a b"), Some(("a b", "", 0))),
            (Some(None), None, None),
            (Some(None), found(1, 9, 5, "a b"), Some(("a b", "", 3))),
            (Some(found(1, 9, 5, "a b")), None, Some(("", "a b", 0))),
            (Some(found(1, 9, 5, "a b")), found(1, 9, 5, "a b"), None),
            (Some(found(1, 9, 5, "a b")), found(1, 12, 7, "b c"), Some(("c", "a", 0))),
            // Deleted and created anew.
            (Some(found(1, 9, 5, "a b")), found(1, 12, 7, "a b"), Some(("", "", 2))),
            (Some(found(1, 9, 5, "a b")), found(1, 12, 9, "b c"), Some(("c", "a", 2))),
            // The parent was.
            (Some(found(1, 9, 5, "a b")), found(20, 21, 1, "b"), Some(("", "a", 0))),
        ];
        for (number, (last, now, expected)) in table.into_iter().enumerate() {
            let change = difference(last, now.clone());
            let change = change.map(|change| {
                assert_eq!(change.names, now.map(|(names, _)| names), "{number}");
                (change.added.join(" "), change.removed.join(" "), change.unseen)
            });
            let expected = expected
                .map(|(added, removed, unseen)| (added.to_owned(), removed.to_owned(), unseen));
            assert_eq!(change, expected, "{number}");
        }
    }
}
