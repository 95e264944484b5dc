//! Writes to what exists: setData, setACL.

use zookit_proto::Stat;
use zookit_proto::ops::set_acl::{SetAcl, SetAclReply, SetAclRequest};
use zookit_proto::ops::set_data::{SetData, SetDataReply, SetDataRequest};
use zookit_proto::types::Acl;
use zookit_proto::wire::decode;

use super::{Call, Destination, Outbox};
use crate::answer::Answer;
use crate::client::Client;
use crate::data::{Data, Version};
use crate::error::ArgumentError;

impl Client {
    /// Replaces the data of a znode; answers the stat it then has.
    ///
    /// # Errors
    /// *Refused* with `NoNode`, `BadVersion`, `NoAuth` without WRITE permission, or
    /// `QuotaExceeded`. *Not sent* if the path, the version or the size cannot be right.
    ///
    /// # If no reply comes
    /// The data may have been replaced. With [`Version::Exactly`] the same call can be made again:
    /// `BadVersion` then means that it had been, or that somebody else was faster; the data tells.
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
    /// let node = client.get_data("/counter").await?;
    /// let seen = Version::Exactly(node.stat.version);
    /// match client.set_data("/counter", "8", seen).await {
    ///     Ok(stat) => println!("now at version {}", stat.version),
    ///     Err(error) if error.is_bad_version() => println!("somebody else was faster"),
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "set")]
    #[doc(alias = "Set")]
    #[doc(alias = "setData")]
    pub fn set_data(&self, path: &str, data: impl Into<Data>, version: Version) -> Answer<Stat> {
        self.ask_set_data(Outbox, path, data.into(), version)
    }

    pub(super) fn ask_set_data<T: From<Stat>, D: Destination<T>>(
        &self,
        to: D,
        path: &str,
        data: Data,
        version: Version,
    ) -> D::Receipt {
        let body = self.set_data_request(path, data, version);
        let call = Call::on::<SetData>(path, |_, body| {
            let SetDataReply { stat } = decode("SetDataReply", body)?;
            Ok(T::from(stat))
        });
        self.hand::<SetData, _, _>(to, call, body)
    }

    pub(super) fn set_data_request(
        &self,
        path: &str,
        data: Data,
        version: Version,
    ) -> Result<SetDataRequest, ArgumentError> {
        let path = self.server_path(path)?;
        let version = version.to_wire().ok_or(ArgumentError::AnyVersion)?;
        Ok(SetDataRequest { path, data: data.into_bytes(), version })
    }

    /// Replaces the ACL of a znode; answers its stat, of which `aversion` alone has changed. No
    /// watch fires.
    ///
    /// `version` is compared with the stat's `aversion`.
    ///
    /// # Errors
    /// *Refused* with `NoNode`, `BadVersion`, `InvalidAcl`, or `NoAuth` without ADMIN permission.
    /// *Not sent* if the path, the version or the ACL cannot be right.
    ///
    /// # If no reply comes
    /// The ACL may have been replaced: [`get_acl`](Self::get_acl) tells.
    ///
    /// # Cancel safety
    /// Dropping the future takes nothing back.
    ///
    /// # Ordering
    /// As [`set_data`](Self::set_data).
    ///
    /// # Examples
    /// ```
    /// # use zookit_client::{Acl, Client, Perms, Version};
    /// # async fn f(client: Client) -> Result<(), zookit_client::Error> {
    /// let acl = vec![Acl::world(Perms::READ), Acl::digest(Perms::ALL, "user", "password")];
    /// client.set_acl("/app", acl, Version::Any).await?;
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "SetACL")]
    #[doc(alias = "set_acls")]
    #[doc(alias = "setACL")]
    pub fn set_acl(&self, path: &str, acl: Vec<Acl>, version: Version) -> Answer<Stat> {
        self.ask_set_acl(Outbox, path, acl, version)
    }

    pub(super) fn ask_set_acl<T: From<Stat>, D: Destination<T>>(
        &self,
        to: D,
        path: &str,
        acl: Vec<Acl>,
        version: Version,
    ) -> D::Receipt {
        let body = self.server_path(path).and_then(|path| {
            let version = version.to_wire().ok_or(ArgumentError::AnyVersion)?;
            if acl.is_empty() {
                return Err(ArgumentError::EmptyAcl);
            }
            Ok(SetAclRequest { path, acl: Some(acl), version })
        });
        let call = Call::on::<SetAcl>(path, |_, body| {
            let SetAclReply { stat } = decode("SetAclReply", body)?;
            Ok(T::from(stat))
        });
        self.hand::<SetAcl, _, _>(to, call, body)
    }
}
