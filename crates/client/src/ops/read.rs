//! Reads: exists, getData, getChildren2, getChildren, getACL, sync.

use bytes::Bytes;
use zookit_proto::Stat;
use zookit_proto::ops::exists::{Exists, ExistsReply};
use zookit_proto::ops::get_acl::{GetAcl, GetAclReply, GetAclRequest};
use zookit_proto::ops::get_children::GetChildren;
use zookit_proto::ops::get_children2::GetChildren2;
use zookit_proto::ops::get_data::{GetData, GetDataReply};
use zookit_proto::ops::sync::{Sync, SyncReply, SyncRequest};
use zookit_proto::wire::{Field as _, Reader, decode};

use super::{Call, Destination, Outbox};
use crate::answer::{Answer, Fault};
use crate::child_list::ChildList;
use crate::client::Client;
use crate::data::{Children, NodeAcl, NodeData};

impl Client {
    /// Asks whether a znode exists: its stat if it does.
    ///
    /// # Errors
    /// *Refused* with `NoAuth` where the server wants READ permission for it (from 3.8.4 and
    /// 3.9.2). That there is no such znode is no error.
    ///
    /// # If no reply comes
    /// A read has no effect: ask again.
    ///
    /// # Cancel safety
    /// Dropping the future skips the read if it has not left yet.
    ///
    /// # Ordering
    /// Sees every write of this client submitted before, unless the connection was lost in
    /// between: a read is then sent again, and ordered where it is sent again.
    ///
    /// # Examples
    /// ```
    /// # async fn f(client: zookit_client::Client) -> Result<(), zookit_client::Error> {
    /// match client.exists("/app").await? {
    ///     Some(stat) => println!("it exists, with {} children", stat.num_children),
    ///     None => println!("it does not exist"),
    /// }
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "Exists")]
    #[doc(alias = "stat")]
    #[doc(alias = "checkExists")]
    pub fn exists(&self, path: &str) -> Answer<Option<Stat>> {
        self.ask_exists(Outbox, path)
    }

    pub(super) fn ask_exists<T: From<Option<Stat>>, D: Destination<T>>(
        &self,
        to: D,
        path: &str,
    ) -> D::Receipt {
        let call = Call::on::<Exists>(path, |_, body| Ok(T::from(Some(stat_of_exists(body)?))));
        self.hand_read::<Exists, _, _>(to, call.or_absent(|_| T::from(None)))
    }

    /// Reads the data of a znode, with its stat.
    ///
    /// # Errors
    /// *Refused* with `NoNode`, or with `NoAuth` without READ permission.
    ///
    /// # If no reply comes
    /// A read has no effect: ask again.
    ///
    /// # Cancel safety
    /// Dropping the future skips the read if it has not left yet.
    ///
    /// # Ordering
    /// As [`exists`](Self::exists). Other clients' newest writes may be missing; [`sync`] before it
    /// brings them in.
    ///
    /// [`sync`]: Self::sync
    ///
    /// # Examples
    /// ```
    /// # async fn f(client: zookit_client::Client) -> Result<(), zookit_client::Error> {
    /// let node = client.get_data("/config").await?;
    /// println!("version {}: {:?}", node.stat.version, node.data);
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "get")]
    #[doc(alias = "Get")]
    #[doc(alias = "getData")]
    pub fn get_data(&self, path: &str) -> Answer<NodeData> {
        self.ask_get_data(Outbox, path)
    }

    pub(super) fn ask_get_data<T: From<NodeData>, D: Destination<T>>(
        &self,
        to: D,
        path: &str,
    ) -> D::Receipt {
        let call = Call::on::<GetData>(path, |_, body| node_data(body).map(T::from));
        self.hand_read::<GetData, _, _>(to, call)
    }

    /// Reads the names of the children of a znode, with its stat. The names have no order.
    ///
    /// # Errors
    /// *Refused* with `NoNode`, or with `NoAuth` without READ permission. *No reply*, with
    /// `TooLarge` as the reason, when there are more names than
    /// [`max_response`](zookit_session::Limits::max_response) holds.
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
    /// let mut names = client.get_children("/members").await?.names;
    /// names.sort();
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "Children")]
    #[doc(alias = "getChildren")]
    #[doc(alias = "ls")]
    #[doc(alias = "GetChildren")]
    pub fn get_children(&self, path: &str) -> Answer<Children> {
        self.ask_get_children(Outbox, path)
    }

    pub(super) fn ask_get_children<T: From<Children>, D: Destination<T>>(
        &self,
        to: D,
        path: &str,
    ) -> D::Receipt {
        let call = Call::on::<GetChildren2>(path, |_, body| children(body).map(T::from));
        self.hand_read::<GetChildren2, _, _>(to, call)
    }

    /// Reads the names of the children of a znode, without its stat: a smaller reply than that of
    /// [`get_children`](Self::get_children). The names have no order.
    ///
    /// # Errors
    /// As [`get_children`](Self::get_children).
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
    /// for name in client.get_child_names("/members").await? {
    ///     println!("{name}");
    /// }
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "getChildren")]
    #[doc(alias = "Children")]
    #[doc(alias = "get_children")]
    #[doc(alias = "forPath")]
    pub fn get_child_names(&self, path: &str) -> Answer<Vec<String>> {
        self.ask_get_child_names(Outbox, path)
    }

    pub(super) fn ask_get_child_names<T: From<Vec<String>>, D: Destination<T>>(
        &self,
        to: D,
        path: &str,
    ) -> D::Receipt {
        let call = Call::on::<GetChildren>(path, |_, body| {
            Ok(T::from(names(&mut Reader::new("GetChildrenReply", body))?))
        });
        self.hand_read::<GetChildren, _, _>(to, call)
    }

    /// Reads the names of the children of a znode in one piece: as
    /// [`get_child_names`](Self::get_child_names), without an allocation for each of them. For long
    /// lists that are looked through for a few names.
    ///
    /// # Errors
    /// As [`get_children`](Self::get_children).
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
    /// let members = client.get_child_list("/members").await?;
    /// let first = members.names().min();
    /// println!("{first:?} of {}", members.len());
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "getChildren")]
    pub fn get_child_list(&self, path: &str) -> Answer<ChildList> {
        let call = Call::on::<GetChildren>(path, |_, body| {
            Ok(ChildList::read(&mut Reader::new("GetChildrenReply", body), "children")?)
        });
        self.hand_read::<GetChildren, _, _>(Outbox, call)
    }

    /// Reads the ACL of a znode, with its stat. Ids of the scheme `digest` come without their
    /// digest unless this client has ADMIN permission.
    ///
    /// # Errors
    /// *Refused* with `NoNode`, or with `NoAuth` without READ and ADMIN permission.
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
    /// for entry in client.get_acl("/app").await?.acl {
    ///     println!("{}:{}:{}", entry.id.scheme, entry.id.id, entry.perms);
    /// }
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "GetACL")]
    #[doc(alias = "get_acls")]
    #[doc(alias = "getACL")]
    pub fn get_acl(&self, path: &str) -> Answer<NodeAcl> {
        self.ask_get_acl(Outbox, path)
    }

    pub(super) fn ask_get_acl<T: From<NodeAcl>, D: Destination<T>>(
        &self,
        to: D,
        path: &str,
    ) -> D::Receipt {
        let body = self.server_path(path).map(|path| GetAclRequest { path });
        let call = Call::on::<GetAcl>(path, |_, body| {
            let GetAclReply { acl, stat } = decode("GetAclReply", body)?;
            Ok(T::from(NodeAcl { acl, stat }))
        });
        self.hand::<GetAcl, _, _>(to, call, body)
    }

    /// Makes the server catch up with its leader, so that the reads behind it see what others had
    /// written before. The path says nothing; the znode need not exist.
    ///
    /// Alone it does not make the next read linearizable: a leader that was deposed and does not
    /// know it yet answers it too.
    ///
    /// # Errors
    /// Those of the connection alone.
    ///
    /// # If no reply comes
    /// It has no effect beyond this connection: ask again.
    ///
    /// # Cancel safety
    /// Dropping the future skips it if it has not left yet.
    ///
    /// # Ordering
    /// Reads submitted behind it on the same connection come after it; there is no need to await
    /// it first.
    ///
    /// # Examples
    /// ```
    /// # async fn f(client: zookit_client::Client) -> Result<(), zookit_client::Error> {
    /// let (synced, node) = (client.sync("/config"), client.get_data("/config"));
    /// synced.await?;
    /// let node = node.await?;
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "Sync")]
    pub fn sync(&self, path: &str) -> Answer<()> {
        self.ask_sync(Outbox, path)
    }

    pub(super) fn ask_sync<T: From<()>, D: Destination<T>>(&self, to: D, path: &str) -> D::Receipt {
        let body = self.server_path(path).map(|path| SyncRequest { path });
        let call = Call::on::<Sync>(path, |_, body| {
            decode::<SyncReply>("SyncReply", body)?;
            Ok(T::from(()))
        });
        self.hand::<Sync, _, _>(to, call, body)
    }
}

pub(super) fn stat_of_exists(body: Bytes) -> Result<Stat, Fault> {
    let ExistsReply { stat } = decode("ExistsReply", body)?;
    Ok(stat)
}

pub(super) fn node_data(body: Bytes) -> Result<NodeData, Fault> {
    let GetDataReply { data, stat } = GetDataReply::of_body(body)?;
    Ok(NodeData { data, stat })
}

pub(super) fn children(body: Bytes) -> Result<Children, Fault> {
    let mut reader = Reader::new("GetChildren2Reply", body);
    Ok(Children { names: names(&mut reader)?, stat: Stat::read(&mut reader, "stat")? })
}

/// The names of children, which the reply begins with: there may be very many, and each is copied
/// straight off the frame.
fn names(reader: &mut Reader) -> Result<Vec<String>, Fault> {
    Ok(Vec::read(reader, "children")?)
}
