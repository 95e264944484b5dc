//! Names that are used once, and what was created under them.

use zookit_proto::path::{ROOT, join};
use zookit_proto::types::CreateMode;

use crate::client::Client;
use crate::data::Created;
use crate::error::Error;

impl Client {
    /// An id that is used once: a UUID of version 4, as Curator and kazoo put it into names.
    ///
    /// It is drawn from the client's own [seed](field@crate::ConnectOptions::seed), so that a simulation
    /// repeats itself, and from the session, so that clients with one seed differ.
    ///
    /// # Examples
    /// ```
    /// # async fn f(client: zookit_client::Client) {
    /// assert_ne!(client.unique_id(), client.unique_id());
    /// assert_eq!(client.unique_id().len(), 36);
    /// # }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[must_use]
    pub fn unique_id(&self) -> String {
        self.handle.random.uuid(self.session_id())
    }

    /// Looks for what a create whose reply was lost may have made, behind a [`fence`](Self::fence):
    /// what is not there then will not appear later. The path is the one that was asked for, and its
    /// name must be of nobody else, ever, as one with a [`unique_id`](Self::unique_id) in it is; of
    /// a sequential mode, what begins so is looked for.
    ///
    /// [`create_protected`](Self::create_protected) is a create with this behind it.
    ///
    /// # Errors
    /// Those of reading the parent, or the znode: *not sent* or *no reply* if there is no
    /// connection within the deadlines, *refused* without READ permission on the parent of a
    /// sequential znode.
    ///
    /// # If no reply comes
    /// Nothing was changed: look again.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    ///
    /// # Ordering
    /// Behind every request of this client submitted before it is first polled.
    ///
    /// # Examples
    /// ```
    /// # use zookit_client::{Client, CreateMode};
    /// # async fn f(client: Client) -> Result<(), zookit_client::Error> {
    /// # client.create("/queue", (), CreateMode::Persistent).await?;
    /// let (path, mode) = (format!("/queue/{}-", client.unique_id()), CreateMode::PersistentSequential);
    /// let item = match client.create(&path, "one", mode).await {
    ///     Err(error) if error.may_have_applied() => client.find_unique(&path, mode).await?,
    ///     done => Some(done?),
    /// };
    /// println!("{item:?}");
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    pub async fn find_unique(
        &self,
        path: &str,
        mode: CreateMode,
    ) -> Result<Option<Created>, Error> {
        if !mode.is_sequential() {
            let stat = self.look(|client| client.exists(path)).await?;
            return Ok(stat.map(|stat| Created { path: path.to_owned(), stat: Some(stat) }));
        }
        let (parent, name) = split(path);
        let names = match self.look(|client| client.get_child_list(parent)).await {
            Ok(names) => names,
            Err(error) if error.is_no_node() => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(found) = names.names().find(|found| found.starts_with(name)) else {
            return Ok(None);
        };
        let path = join(parent, found);
        // That it was there is known; the stat is a courtesy.
        let stat = self.exists(&path).await.ok().flatten();
        Ok(Some(Created { path, stat }))
    }
}

/// Parent and name of a path.
fn split(path: &str) -> (&str, &str) {
    match path.rsplit_once('/') {
        Some(("", name)) => (ROOT, name),
        Some(parts) => parts,
        None => (ROOT, path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parent_of_a_name_may_be_the_root() {
        assert_eq!(split("/_c_7-a"), ("/", "_c_7-a"));
        assert_eq!(split("/lock/_c_7-"), ("/lock", "_c_7-"));
    }
}
