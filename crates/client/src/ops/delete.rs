//! delete.

use zookit_proto::ops::delete::{Delete, DeleteRequest};
use zookit_proto::path::validate_for_delete;

use super::{Call, Destination, Outbox};
use crate::answer::Answer;
use crate::client::Client;
use crate::data::Version;
use crate::error::ArgumentError;

impl Client {
    /// Deletes a znode that has no children.
    ///
    /// # Errors
    /// *Refused* with `NoNode`, `BadVersion`, `NotEmpty` ([`delete_recursive`] takes the children
    /// too), or `NoAuth` without DELETE permission on the parent. *Not sent* if the path or the
    /// version cannot be right, or the znode is one of the server's own.
    ///
    /// [`delete_recursive`]: Self::delete_recursive
    ///
    /// # If no reply comes
    /// The znode may have been deleted. The same call can be made again if nobody creates another
    /// one there; `NoNode` then means that it had been.
    ///
    /// # Cancel safety
    /// Dropping the future takes nothing back.
    ///
    /// # Ordering
    /// Takes effect behind the writes of this client submitted before, and is not sent after one
    /// of them was lost with the connection.
    ///
    /// # Examples
    /// ```
    /// # use zookit_client::{Client, Version};
    /// # async fn f(client: Client) -> Result<(), zookit_client::Error> {
    /// client.delete("/app/old", Version::Any).await?;
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "Delete")]
    #[doc(alias = "remove")]
    #[doc(alias = "rm")]
    pub fn delete(&self, path: &str, version: Version) -> Answer<()> {
        self.ask_delete(Outbox, path, version)
    }

    pub(super) fn ask_delete<T: From<()>, D: Destination<T>>(
        &self,
        to: D,
        path: &str,
        version: Version,
    ) -> D::Receipt {
        let body = self.delete_request(path, version);
        self.hand::<Delete, _, _>(to, Call::on::<Delete>(path, |_, _| Ok(T::from(()))), body)
    }

    pub(super) fn delete_request(
        &self,
        path: &str,
        version: Version,
    ) -> Result<DeleteRequest, ArgumentError> {
        let path = self.server_path(path)?;
        validate_for_delete(&path.to_str())?;
        let version = version.to_wire().ok_or(ArgumentError::AnyVersion)?;
        Ok(DeleteRequest { path, version })
    }
}
