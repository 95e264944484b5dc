//! What is one request: each operation twice, waited for and only submitted.

use std::fmt;

use bytes::Bytes;
use zookit_proto::types::{Acl, AddWatchMode, Id};
use zookit_proto::{Stat, Zxid};

use super::client::Client;
use super::pending::Pending;
use super::watch::{OneShotWatch, PersistentWatch};
use crate::child_list::ChildList;
use crate::data::{Children, Created, Data, NodeAcl, NodeData, Version};
use crate::ensemble::{EnsembleConfig, Reconfig};
use crate::error::Error;
use crate::ops::{CreateOptions, MultiOutcome, MultiRead, MultiReadOutcome, Transaction};

/// Submits requests without waiting for them; see [`Client::submit`].
///
/// Each method is that of the [`Client`] with the same name. The request stands in its place in the
/// order of submission when the method returns; its [`Pending`] is for waiting.
#[derive(Clone, Copy)]
pub struct Submitter<'a> {
    client: &'a Client,
}

impl<'a> Submitter<'a> {
    pub(super) const fn new(client: &'a Client) -> Self {
        Self { client }
    }
}

impl fmt::Debug for Submitter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Submitter").field(self.client).finish()
    }
}

/// The reply of the async method, and how its value becomes a blocking one where it is another.
macro_rules! pending {
    ($answer:expr) => {
        Pending::plain($answer)
    };
    ($answer:expr, $into:expr) => {{
        let answer = $answer;
        Pending::other(async move { answer.await.map($into) })
    }};
}

macro_rules! operations {
    ($(
        $(#[$about:meta])*
        $name:ident($($argument:ident: $kind:ty),*) -> $value:ty $(, by $into:path)? {
            $(#[$example:meta])*
        }
    )*) => {
        impl Client { $(
            $(#[$about])*
            #[doc = concat!(
                "\n# Errors\nAs [the async one](crate::Client::", stringify!($name), ").\n\n",
                "# If no reply comes\nAs there.\n\n",
                "# Ordering\nAs there.\n\n",
                "# Panics\nOn the client's own thread.\n\n",
                "# Examples\n",
            )]
            $(#[$example])*
            pub fn $name(&self, $($argument: $kind),*) -> Result<$value, Error> {
                self.submit().$name($($argument),*).wait()
            }
        )* }

        impl Submitter<'_> { $(
            #[doc = concat!(
                "As [`Client::", stringify!($name), "`], and does not wait for the reply.",
            )]
            pub fn $name(&self, $($argument: $kind),*) -> Pending<$value> {
                pending!(self.client.inner().$name($($argument),*) $(, $into)?)
            }
        )* }
    };
}

operations! {
    /// Creates a znode; answers the path it got, and its stat.
    ///
    /// In the sequential modes the server appends ten digits to the path. A znode of an ephemeral
    /// mode goes with this client's session, which lives on between calls.
    create(path: &str, data: impl Into<Data>, options: impl Into<CreateOptions>) -> Created {
        /// ```
        /// # use zookit_client::CreateMode;
        /// # use zookit_client::blocking::Client;
        /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
        /// # client.delete_recursive("/members")?;
        /// client.create("/members", (), CreateMode::Persistent)?;
        /// let me = client.create("/members/m-", "h1:80", CreateMode::EphemeralSequential)?;
        /// println!("joined as {}", me.path);
        /// # Ok(()) }
        /// # zookit_doctest::blocking::with_client(f);
        /// ```
    }

    /// Deletes a znode without children.
    delete(path: &str, version: Version) -> () {
        /// ```
        /// # use zookit_client::Version;
        /// # use zookit_client::blocking::Client;
        /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
        /// client.delete("/job", Version::Any)?;
        /// # Ok(()) }
        /// # zookit_doctest::blocking::with_client(f);
        /// ```
    }

    /// The stat of a znode, or `None` if there is none.
    exists(path: &str) -> Option<Stat> {
        /// ```
        /// # use zookit_client::blocking::Client;
        /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
        /// if client.exists("/ready")?.is_none() {
        ///     println!("not yet");
        /// }
        /// # Ok(()) }
        /// # zookit_doctest::blocking::with_client(f);
        /// ```
    }

    /// Data and stat of a znode.
    get_data(path: &str) -> NodeData {
        /// ```
        /// # use zookit_client::blocking::Client;
        /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
        /// let node = client.get_data("/config")?;
        /// println!("{:?} at version {}", node.data, node.stat.version);
        /// # Ok(()) }
        /// # zookit_doctest::blocking::with_client(f);
        /// ```
    }

    /// Replaces the data of a znode; answers the stat it then has.
    set_data(path: &str, data: impl Into<Data>, version: Version) -> Stat {
        /// ```
        /// # use zookit_client::Version;
        /// # use zookit_client::blocking::Client;
        /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
        /// let node = client.get_data("/counter")?;
        /// match client.set_data("/counter", "8", Version::Exactly(node.stat.version)) {
        ///     Ok(stat) => println!("now at version {}", stat.version),
        ///     Err(error) if error.is_bad_version() => println!("somebody else was faster"),
        ///     Err(error) => return Err(error),
        /// }
        /// # Ok(()) }
        /// # zookit_doctest::blocking::with_client(f);
        /// ```
    }

    /// The names of a znode's children, in no order, and its stat.
    get_children(path: &str) -> Children {
        /// ```
        /// # use zookit_client::blocking::Client;
        /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
        /// println!("{} members", client.get_children("/members")?.names.len());
        /// # Ok(()) }
        /// # zookit_doctest::blocking::with_client(f);
        /// ```
    }

    /// The names of a znode's children, in no order.
    get_child_names(path: &str) -> Vec<String> {
        /// ```
        /// # use zookit_client::blocking::Client;
        /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
        /// for name in client.get_child_names("/members")? {
        ///     println!("{name}");
        /// }
        /// # Ok(()) }
        /// # zookit_doctest::blocking::with_client(f);
        /// ```
    }

    /// The names of a znode's children in one piece, in no order.
    get_child_list(path: &str) -> ChildList {
        /// ```
        /// # use zookit_client::blocking::Client;
        /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
        /// println!("the first is {:?}", client.get_child_list("/members")?.names().min());
        /// # Ok(()) }
        /// # zookit_doctest::blocking::with_client(f);
        /// ```
    }

    /// How many znodes there are below a path, at any depth.
    all_children_number(path: &str) -> i32 {
        /// ```
        /// # use zookit_client::blocking::Client;
        /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
        /// println!("{} znodes below /app", client.all_children_number("/app")?);
        /// # Ok(()) }
        /// # zookit_doctest::blocking::with_client(f);
        /// ```
    }

    /// The paths of this session's ephemeral znodes that begin with a prefix.
    ephemerals(prefix: &str) -> Vec<String> {
        /// ```
        /// # use zookit_client::blocking::Client;
        /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
        /// println!("mine: {:?}", client.ephemerals("/")?);
        /// # Ok(()) }
        /// # zookit_doctest::blocking::with_client(f);
        /// ```
    }

    /// The ACL of a znode, and its stat.
    get_acl(path: &str) -> NodeAcl {
        /// ```
        /// # use zookit_client::blocking::Client;
        /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
        /// println!("{:?}", client.get_acl("/app")?.acl);
        /// # Ok(()) }
        /// # zookit_doctest::blocking::with_client(f);
        /// ```
    }

    /// Replaces the ACL of a znode; answers its stat. `version` is compared with the stat's `aversion`.
    set_acl(path: &str, acl: Vec<Acl>, version: Version) -> Stat {
        /// ```
        /// # use zookit_client::{Acl, Perms, Version};
        /// # use zookit_client::blocking::Client;
        /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
        /// client.set_acl("/app", vec![Acl::world(Perms::READ)], Version::Any)?;
        /// # Ok(()) }
        /// # zookit_doctest::blocking::with_client(f);
        /// ```
    }

    /// Waits until the server has all that was committed before it was asked.
    sync(path: &str) -> () {
        /// ```
        /// # use zookit_client::blocking::Client;
        /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
        /// client.sync("/config")?;
        /// let node = client.get_data("/config")?;
        /// # Ok(()) }
        /// # zookit_doctest::blocking::with_client(f);
        /// ```
    }

    /// An empty transaction: it changes nothing, takes a transaction number, and goes through the
    /// quorum like any write. Answers its number.
    fence() -> Zxid {
        /// ```
        /// # use zookit_client::blocking::Client;
        /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
        /// println!("decided up to {}", client.fence()?);
        /// # Ok(()) }
        /// # zookit_doctest::blocking::with_client(f);
        /// ```
    }

    /// Executes all operations of a transaction, or none.
    multi(transaction: Transaction) -> Vec<MultiOutcome> {
        /// ```
        /// # use zookit_client::{CreateMode, Transaction, Version};
        /// # use zookit_client::blocking::Client;
        /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
        /// let swap = Transaction::new()
        ///     .check("/lock", Version::Exactly(3))
        ///     .delete("/old", Version::Any)
        ///     .create("/new", "x", CreateMode::Persistent);
        /// client.multi(swap)?;
        /// # Ok(()) }
        /// # zookit_doctest::blocking::with_client(f);
        /// ```
    }

    /// Executes several reads by one request, at one moment of the server. Answers a result for each.
    multi_read(reads: MultiRead) -> Vec<Result<MultiReadOutcome, Error>> {
        /// ```
        /// # use zookit_client::MultiRead;
        /// # use zookit_client::blocking::Client;
        /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
        /// let reads = MultiRead::new().get_data("/a").get_child_names("/b");
        /// println!("{:?}", client.multi_read(reads)?);
        /// # Ok(()) }
        /// # zookit_doctest::blocking::with_client(f);
        /// ```
    }

    /// The configuration of the ensemble. Servers from 3.5.
    get_config() -> EnsembleConfig {
        /// ```
        /// # use zookit_client::blocking::Client;
        /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
        /// println!("{:?}", client.get_config()?);
        /// # Ok(()) }
        /// # zookit_doctest::blocking::with_client(f);
        /// ```
    }

    /// Changes the members of the ensemble; answers what it then is.
    reconfig(change: Reconfig) -> EnsembleConfig {
        /// ```no_run
        /// # use zookit_client::Reconfig;
        /// # use zookit_client::blocking::Client;
        /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
        /// let change = Reconfig::incremental().leaving(4);
        /// println!("{} members", client.reconfig(change)?.members.len());
        /// # Ok(()) }
        /// ```
    }

    /// As whom the server knows this client.
    who_am_i() -> Vec<Id> {
        /// ```
        /// # use zookit_client::blocking::Client;
        /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
        /// println!("{:?}", client.who_am_i()?);
        /// # Ok(()) }
        /// # zookit_doctest::blocking::with_client(f);
        /// ```
    }

    /// Adds an identity to this client, on this connection and on each one after it.
    add_auth(scheme: &str, auth: impl Into<Bytes>) -> () {
        /// ```
        /// # use zookit_client::blocking::Client;
        /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
        /// client.add_auth("digest", "user:password")?;
        /// # Ok(()) }
        /// # zookit_doctest::blocking::with_client(f);
        /// ```
    }

    /// As [`get_data`](Self::get_data), and leaves a watch that fires once, when the data is set or the
    /// znode deleted.
    get_data_and_watch(path: &str) -> (NodeData, OneShotWatch), by watched {
        /// ```
        /// # use zookit_client::blocking::Client;
        /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
        /// let (node, mut changed) = client.get_data_and_watch("/config")?;
        /// println!("the configuration is {:?}", node.data);
        /// if let Ok(event) = changed.wait() {
        ///     println!("{}", event.event_type);
        /// }
        /// # Ok(()) }
        /// # zookit_doctest::blocking::with_client(f);
        /// ```
    }

    /// As [`exists`](Self::exists), and leaves a watch that fires once: when the znode is deleted or its
    /// data set, or, if it does not exist, when it is created.
    exists_and_watch(path: &str) -> (Option<Stat>, OneShotWatch), by watched {
        /// ```
        /// # use zookit_client::blocking::Client;
        /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
        /// let (stat, mut created) = client.exists_and_watch("/ready")?;
        /// if stat.is_none() {
        ///     println!("{:?}", created.wait());
        /// }
        /// # Ok(()) }
        /// # zookit_doctest::blocking::with_client(f);
        /// ```
    }

    /// As [`get_children`](Self::get_children), and leaves a watch that fires once, when a child is
    /// created or deleted, or the znode itself deleted.
    get_children_and_watch(path: &str) -> (Children, OneShotWatch), by watched {
        /// ```
        /// # use zookit_client::blocking::Client;
        /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
        /// let (members, mut changed) = client.get_children_and_watch("/members")?;
        /// println!("{} members; then {:?}", members.names.len(), changed.wait());
        /// # Ok(()) }
        /// # zookit_doctest::blocking::with_client(f);
        /// ```
    }

    /// As [`get_config`](Self::get_config), and leaves a watch that fires once, when it changes.
    get_config_and_watch() -> (EnsembleConfig, OneShotWatch), by watched {
        /// ```
        /// # use zookit_client::blocking::Client;
        /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
        /// let (config, mut changed) = client.get_config_and_watch()?;
        /// println!("{config:?}; then {:?}", changed.wait());
        /// # Ok(()) }
        /// # zookit_doctest::blocking::with_client(f);
        /// ```
    }

    /// Leaves a watch that fires again and again: for all that happens to this one znode, or, in the
    /// recursive mode, for every znode created, deleted or set at or below the path. Servers from 3.6.
    add_watch(path: &str, mode: AddWatchMode) -> PersistentWatch, by PersistentWatch::new {
        /// ```
        /// # use zookit_client::AddWatchMode;
        /// # use zookit_client::blocking::Client;
        /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
        /// for notice in client.add_watch("/app", AddWatchMode::PersistentRecursive)? {
        ///     println!("{notice:?}");
        ///     # break;
        /// }
        /// # Ok(()) }
        /// # zookit_doctest::blocking::with_client(f);
        /// ```
    }

    /// Closes the session, behind everything submitted before: its ephemeral znodes go, its watches end,
    /// and what is submitted later is *not sent*. It takes
    /// [`close_timeout`](zookit_session::Limits::close_timeout) at most.
    ///
    /// The thread goes when the last clone is dropped, which then waits for nothing else.
    close() -> () {
        /// ```
        /// # use zookit_client::blocking::Client;
        /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
        /// client.close()?;
        /// # Ok(()) }
        /// # zookit_doctest::blocking::with_client(f);
        /// ```
    }
}

fn watched<T>((value, watch): (T, crate::OneShotWatch)) -> (T, OneShotWatch) {
    (value, OneShotWatch::new(watch))
}

impl Client {
    /// As [`delete`](Self::delete), and does not give up: over lost replies, connections and
    /// sessions it is sent again until the znode is gone. Through [`submit`](Self::submit) it goes
    /// on whether or not anybody waits for it.
    ///
    /// # Errors
    /// As [the async one](crate::Client::delete_guaranteed).
    ///
    /// # If no reply comes
    /// It is sent again.
    ///
    /// # Ordering
    /// As [`delete`](Self::delete).
    ///
    /// # Panics
    /// On the client's own thread.
    ///
    /// # Examples
    /// ```
    /// # use zookit_client::Version;
    /// # use zookit_client::blocking::Client;
    /// # fn f(client: Client) {
    /// // In the drop of a lock: nobody waits, and the znode goes all the same.
    /// drop(client.submit().delete_guaranteed("/lock/lock-0000000007", Version::Any));
    /// # }
    /// # zookit_doctest::blocking::with_client(f);
    /// ```
    pub fn delete_guaranteed(&self, path: &str, version: Version) -> Result<(), Error> {
        self.submit().delete_guaranteed(path, version).wait()
    }
}

impl Submitter<'_> {
    /// As [`Client::delete_guaranteed`], and does not wait. Until it is done it keeps the session
    /// open, as a clone of the client does, though not for longer than the program runs.
    pub fn delete_guaranteed(&self, path: &str, version: Version) -> Pending<()> {
        let client = self.client.inner();
        Pending::other(self.client.home().within(|| client.delete_guaranteed(path, version)))
    }
}
