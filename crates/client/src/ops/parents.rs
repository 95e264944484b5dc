//! create with the parents that are missing.

use zookit_proto::path::{ROOT, ancestors};
use zookit_proto::types::CreateMode;

use super::CreateOptions;
use crate::client::Client;
use crate::data::{Created, Data};
use crate::error::Error;

impl Client {
    /// As [`create`](Self::create), and creates the parents that do not exist: persistent, without
    /// data, with the ACL of the znode itself.
    ///
    /// Nothing is sent before the future is polled. The znode is tried first, so that where the
    /// parents exist this is one request; otherwise the ancestors are looked at together, and the
    /// missing ones created together with the znode, in one flight each.
    ///
    /// # Errors
    /// As [`create`](Self::create). Parents that were created stay.
    ///
    /// # If no reply comes
    /// The znode or some of its parents may have been created; the error names the create that is
    /// in doubt.
    ///
    /// # Cancel safety
    /// Dropping the future stops between two flights; what was sent stays sent.
    ///
    /// # Ordering
    /// As [`create`](Self::create), from when the future is first polled.
    ///
    /// # Examples
    /// ```
    /// # use zookit_client::{Client, CreateMode};
    /// # async fn f(client: Client) -> Result<(), zookit_client::Error> {
    /// client.create_with_parents("/app/a/b/c", "deep", CreateMode::Persistent).await?;
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "creatingParentsIfNeeded")]
    #[doc(alias = "makepath")]
    #[doc(alias = "ensure_path")]
    pub async fn create_with_parents(
        &self,
        path: &str,
        data: impl Into<Data>,
        options: impl Into<CreateOptions>,
    ) -> Result<Created, Error> {
        self.create_below(CreateMode::Persistent, path, data.into(), options.into()).await
    }

    /// As [`create_with_parents`](Self::create_with_parents), with containers for parents, which
    /// the server deletes some time after their last child is gone. Servers from 3.5.1.
    ///
    /// # Errors
    /// As [`create_with_parents`](Self::create_with_parents).
    ///
    /// # If no reply comes
    /// As [`create_with_parents`](Self::create_with_parents).
    ///
    /// # Cancel safety
    /// As [`create_with_parents`](Self::create_with_parents).
    ///
    /// # Ordering
    /// As [`create_with_parents`](Self::create_with_parents).
    ///
    /// # Examples
    /// ```
    /// # use zookit_client::{Client, CreateMode};
    /// # async fn f(client: Client) -> Result<(), zookit_client::Error> {
    /// let lock = "/locks/printer/lock-";
    /// client.create_with_container_parents(lock, (), CreateMode::EphemeralSequential).await?;
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "creatingParentContainersIfNeeded")]
    pub async fn create_with_container_parents(
        &self,
        path: &str,
        data: impl Into<Data>,
        options: impl Into<CreateOptions>,
    ) -> Result<Created, Error> {
        self.create_below(CreateMode::Container, path, data.into(), options.into()).await
    }

    async fn create_below(
        &self,
        parents: CreateMode,
        path: &str,
        data: Data,
        options: CreateOptions,
    ) -> Result<Created, Error> {
        match self.create(path, data.clone(), options.clone()).await {
            Err(error) if error.is_no_node() => {}
            done => return done,
        }
        let above: Vec<&str> = ancestors(path).skip(1).filter(|path| *path != ROOT).collect();
        let asked: Vec<_> = above.iter().rev().map(|path| (*path, self.exists(path))).collect();
        let mut missing = Vec::new();
        for (path, exists) in asked {
            match exists.await {
                Ok(Some(_)) => {}
                Ok(None) => missing.push(path),
                // It exists and may not be looked at; whether it may have children shows below.
                Err(error) if error.is_no_auth() => {}
                Err(error) => return Err(error),
            }
        }
        let like = CreateOptions { mode: parents, acl: options.acl.clone(), ttl: None };
        let made: Vec<_> =
            missing.into_iter().map(|path| self.create(path, (), like.clone())).collect();
        let created = self.create(path, data, options);
        for parent in made {
            match parent.await {
                Err(error) if !error.is_node_exists() => return Err(error),
                _ => {}
            }
        }
        created.await
    }
}
