//! The data of one znode: read, and replaced once or not at all.

use bytes::Bytes;
use zookit_client::{Client, NodeData, Transaction, Version, Zxid};

use crate::Error;
use crate::claim::{ClaimOptions, Parents};
use crate::exact::Exact;

#[derive(Debug)]
pub(super) struct Cell {
    pub(super) client: Client,
    pub(super) path: String,
    options: ClaimOptions,
    exact: Exact,
}

impl Cell {
    /// The marks of its writers are children of the znode itself, where they are in nobody's way:
    /// what is watched and read of it is its data.
    pub(super) fn new(client: &Client, path: &str, options: ClaimOptions) -> Self {
        // A parent that is made for a mark would be a container, and go with it.
        let marks = ClaimOptions { parents: Parents::Expected, ..options.clone() };
        let exact = Exact::new(client, path.to_owned(), marks);
        Self { client: client.clone(), path: path.to_owned(), options, exact }
    }

    /// What is there; `None` if there is no such znode.
    pub(super) async fn read(&self) -> Result<Option<NodeData>, Error> {
        match self.client.get_data(&self.path).await {
            Ok(node) => Ok(Some(node)),
            Err(error) if error.is_no_node() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes the znode, unless it is there. To be done twice does no harm.
    pub(super) async fn make(&self, data: Bytes) -> Result<(), Error> {
        self.options.make_persistent(&self.client, &self.path, data).await
    }

    /// Replaces the data, if the znode has this version; `None` if it has another one, or is not
    /// there.
    ///
    /// # Errors
    /// The client's. *No reply* only if nobody can tell any more what became of it.
    pub(super) async fn replace(
        &self,
        data: Bytes,
        version: Version,
    ) -> Result<Option<Zxid>, Error> {
        let set = Transaction::new().set_data(&self.path, data, version);
        match self.exact.apply(&set).await {
            Ok(zxid) => Ok(Some(zxid)),
            Err(Error::Client(error)) if error.is_bad_version() || error.is_no_node() => Ok(None),
            Err(error) => Err(error),
        }
    }
}
