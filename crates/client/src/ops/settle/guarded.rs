//! A set of a known version.

use zookit_proto::ops::set_data::SetData;
use zookit_proto::{ErrorCode, Operation, Stat};

use super::MOST_ATTEMPTS;
use crate::client::Client;
use crate::data::{Data, Version};
use crate::error::{About, Error};

impl Client {
    /// As [`set_data`](Self::set_data) of an exact version, and finds out by itself what became of
    /// it if the reply is lost.
    ///
    /// Behind a [`fence`](Self::fence) the znode is read: if it still has the version it was not
    /// set, and is set again; if it has the next version and this data, it was. With the next
    /// version and other data somebody else was faster: *refused* with `BadVersion`. With a later
    /// one nobody can tell, and the *no reply* stands.
    ///
    /// Should somebody else set the same data from the same version just then, that counts as
    /// done: the znode is as it was to be, and its next version is not this one.
    ///
    /// # Errors
    /// As [`set_data`](Self::set_data). *No reply* if it was lost, and could not be looked into
    /// either or others have set it since.
    ///
    /// # If no reply comes
    /// It is looked into; see above.
    ///
    /// # Cancel safety
    /// Dropping the future takes nothing back.
    ///
    /// # Ordering
    /// As [`set_data`](Self::set_data), from when the future is first polled.
    ///
    /// # Examples
    /// ```
    /// # async fn f(client: zookit_client::Client) -> Result<(), zookit_client::Error> {
    /// let node = client.get_data("/counter").await?;
    /// let stat = client.set_data_guarded("/counter", "8", node.stat.version).await?;
    /// assert_eq!(stat.version, node.stat.version.wrapping_add(1));
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "setData")]
    #[doc(alias = "idempotent")]
    #[doc(alias = "withVersion")]
    pub async fn set_data_guarded(
        &self,
        path: &str,
        data: impl Into<Data>,
        version: i32,
    ) -> Result<Stat, Error> {
        let data = data.into();
        let mut attempt = 1;
        loop {
            let guard = Version::Exactly(version);
            let error = match self.set_data(path, data.clone(), guard).await {
                Err(error) if error.may_have_applied() => error,
                done => return done,
            };
            let Ok(found) = self.look(|client| client.get_data(path)).await else {
                return Err(error);
            };
            if found.stat.version == version && attempt < MOST_ATTEMPTS {
                attempt += 1;
            } else if found.stat.version != version.wrapping_add(1) {
                return Err(error);
            } else if found.data.as_ref() == data.as_bytes() {
                return Ok(found.stat);
            } else {
                let path = Some(path.into());
                let about = About { operation: SetData::NAME, path, class: SetData::CLASS };
                let (code, zxid) = (ErrorCode::BadVersion, self.zxid());
                return Err(Error::refused(about, self.server(), code, zxid, None));
            }
        }
    }
}
