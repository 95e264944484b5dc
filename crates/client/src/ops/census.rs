//! What there is: all descendants counted, and this session's ephemeral znodes listed.

use zookit_proto::Text;
use zookit_proto::ops::get_all_children_number::{
    GetAllChildrenNumber, GetAllChildrenNumberReply, GetAllChildrenNumberRequest,
};
use zookit_proto::ops::get_ephemerals::{GetEphemerals, GetEphemeralsReply, GetEphemeralsRequest};
use zookit_proto::path::{ROOT, validate_sequential};
use zookit_proto::wire::decode;

use super::Call;
use crate::answer::Answer;
use crate::client::Client;

impl Client {
    /// Counts the znodes below a path, at every depth. The server walks its whole tree for it.
    ///
    /// # Errors
    /// *Refused* with `NoNode`, with `NoAuth` without READ permission, or with `Unimplemented` by
    /// servers before 3.6, which close the connection behind it.
    ///
    /// # If no reply comes
    /// A read has no effect: ask again.
    ///
    /// # Cancel safety
    /// Dropping the future skips the read if it has not left yet.
    ///
    /// # Ordering
    /// As [`exists`](Self::exists).
    ///
    /// # Examples
    /// ```
    /// # async fn f(client: zookit_client::Client) -> Result<(), zookit_client::Error> {
    /// println!("{} znodes below /app", client.all_children_number("/app").await?);
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "getAllChildrenNumber")]
    #[doc(alias = "AllChildrenNumber")]
    pub fn all_children_number(&self, path: &str) -> Answer<i32> {
        let body = self.server_path(path).map(|path| GetAllChildrenNumberRequest { path });
        let call = Call::on::<GetAllChildrenNumber>(path, |_, body| {
            let reply: GetAllChildrenNumberReply = decode("GetAllChildrenNumberReply", body)?;
            Ok(reply.total_number)
        });
        self.submit::<GetAllChildrenNumber, _>(call, body)
    }

    /// Lists the ephemeral znodes of this session whose paths begin with `prefix`, as text: `/`
    /// is all of them, `/app/m` those like `/app/me` and `/app/m/1`. They have no order.
    ///
    /// # Errors
    /// *Refused* with `Unimplemented` by servers before 3.6, which close the connection behind it.
    /// *Not sent* if no path can begin so.
    ///
    /// # If no reply comes
    /// A read has no effect: ask again.
    ///
    /// # Cancel safety
    /// Dropping the future skips the read if it has not left yet.
    ///
    /// # Ordering
    /// As [`exists`](Self::exists).
    ///
    /// # Examples
    /// ```
    /// # async fn f(client: zookit_client::Client) -> Result<(), zookit_client::Error> {
    /// for path in client.ephemerals("/").await? {
    ///     println!("{path} goes with this session");
    /// }
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "getEphemerals")]
    #[doc(alias = "Ephemerals")]
    pub fn ephemerals(&self, prefix: &str) -> Answer<Vec<String>> {
        let valid = if prefix == ROOT { Ok(()) } else { validate_sequential(prefix) };
        let body = valid.map_err(Into::into).map(|()| {
            let prefix_path = self.handle.chroot.to_server(prefix);
            GetEphemeralsRequest { prefix_path }
        });
        let call = Call::on::<GetEphemerals>(prefix, |frame, body| {
            let reply: GetEphemeralsReply = decode("GetEphemeralsReply", body)?;
            // The chroot `/app` is also how `/apple` begins.
            let inside = |path: &&Text| frame.chroot.contains(path);
            let ours = reply.ephemerals.iter().filter(inside);
            Ok(ours.map(|path| frame.chroot.to_client(path)).collect())
        });
        self.submit::<GetEphemerals, _>(call, body)
    }
}
