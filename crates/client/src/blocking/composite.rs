//! What takes several requests, or waits for something else than a reply.

use std::future::ready;

use zookit_proto::Stat;
use zookit_proto::types::CreateMode;
use zookit_session::Identity;

use super::client::Client;
use super::operations::Submitter;
use super::pending::{Awaited, Pending};
use super::reserve::Reserved;
use super::wait::wait;
use crate::data::{Created, Data};
use crate::error::Error;
use crate::ops::{Attempt, CreateOptions, DeleteRecursiveError, Owned, RetryPolicy};

/// The methods of both, each by that of the async client.
macro_rules! composites {
    ($(
        $(#[$about:meta])*
        $name:ident($($argument:ident: $kind:ty),*) -> Result<$value:ty, $error:ty> {
            $(#[$example:meta])*
        }
    )*) => {
        impl Client { $(
            $(#[$about])*
            #[doc = concat!(
                "\n# Errors\nAs [the async one](crate::Client::", stringify!($name), ").\n\n",
                "# If no reply comes\nAs there.\n\n",
                "# Ordering\nAs there, from when it is called.\n\n",
                "# Panics\nOn the client's own thread.\n\n",
                "# Examples\n",
            )]
            $(#[$example])*
            pub fn $name(&self, $($argument: $kind),*) -> Result<$value, $error> {
                self.home().wait(self.inner().$name($($argument),*))
            }
        )* }
    };
}

composites! {
    /// As [`create`](Self::create), and creates the parents that do not exist: persistent, without
    /// data, with the ACL of the znode itself.
    create_with_parents(
        path: &str,
        data: impl Into<Data>,
        options: impl Into<CreateOptions>
    ) -> Result<Created, Error> {
        /// ```
        /// # use zookit_client::CreateMode;
        /// # use zookit_client::blocking::Client;
        /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
        /// client.create_with_parents("/app/a/b/c", "deep", CreateMode::Persistent)?;
        /// # Ok(()) }
        /// # zookit_doctest::blocking::with_client(f);
        /// ```
    }

    /// As [`create_with_parents`](Self::create_with_parents), with containers for parents, which
    /// the server deletes some time after their last child is gone. Servers from 3.5.1.
    create_with_container_parents(
        path: &str,
        data: impl Into<Data>,
        options: impl Into<CreateOptions>
    ) -> Result<Created, Error> {
        /// ```
        /// # use zookit_client::CreateMode;
        /// # use zookit_client::blocking::Client;
        /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
        /// let lock = "/locks/printer/lock-";
        /// client.create_with_container_parents(lock, (), CreateMode::EphemeralSequential)?;
        /// # Ok(()) }
        /// # zookit_doctest::blocking::with_client(f);
        /// ```
    }

    /// As [`create`](Self::create), and finds out by itself what became of it if the reply is lost:
    /// the name is made to begin with `_c_`, an id that is used once, and `-`.
    create_protected(
        path: &str,
        data: impl Into<Data>,
        options: impl Into<CreateOptions>
    ) -> Result<Created, Error> {
        /// ```
        /// # use zookit_client::CreateMode;
        /// # use zookit_client::blocking::Client;
        /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
        /// let mode = CreateMode::EphemeralSequential;
        /// let mine = client.create_protected("/lock/lock-", (), mode)?;
        /// println!("in the queue as {}", mine.path);
        /// # Ok(()) }
        /// # zookit_doctest::blocking::with_client(f);
        /// ```
    }

    /// Looks for what a create whose reply was lost may have made, under a name that is of nobody
    /// else, behind a [`fence`](Self::fence).
    find_unique(path: &str, mode: CreateMode) -> Result<Option<Created>, Error> {
        /// ```
        /// # use zookit_client::CreateMode;
        /// # use zookit_client::blocking::Client;
        /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
        /// # client.create("/queue", (), CreateMode::Persistent)?;
        /// let path = format!("/queue/{}-", client.unique_id());
        /// let mode = CreateMode::PersistentSequential;
        /// let item = match client.create(&path, "one", mode) {
        ///     Err(error) if error.may_have_applied() => client.find_unique(&path, mode)?,
        ///     done => Some(done?),
        /// };
        /// println!("{item:?}");
        /// # Ok(()) }
        /// # zookit_doctest::blocking::with_client(f);
        /// ```
    }

    /// Creates an ephemeral znode, unless there is one: answers whether it is this session's.
    create_owned(
        path: &str,
        data: impl Into<Data>,
        options: impl Into<CreateOptions>
    ) -> Result<Owned, Error> {
        /// ```
        /// # use zookit_client::{CreateMode, Owned};
        /// # use zookit_client::blocking::Client;
        /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
        /// # client.delete("/leader", zookit_client::Version::Any)?;
        /// match client.create_owned("/leader", "h1:80", CreateMode::Ephemeral)? {
        ///     Owned::Ours(_) => println!("leading"),
        ///     Owned::Theirs(stat) => println!("{} leads", stat.ephemeral_owner),
        /// }
        /// # Ok(()) }
        /// # zookit_doctest::blocking::with_client(f);
        /// ```
    }

    /// As [`set_data`](Self::set_data) of an exact version, and finds out by itself what became of
    /// it if the reply is lost.
    set_data_guarded(
        path: &str,
        data: impl Into<Data>,
        version: i32
    ) -> Result<Stat, Error> {
        /// ```
        /// # use zookit_client::blocking::Client;
        /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
        /// let node = client.get_data("/counter")?;
        /// client.set_data_guarded("/counter", "8", node.stat.version)?;
        /// # Ok(()) }
        /// # zookit_doctest::blocking::with_client(f);
        /// ```
    }

    /// Deletes a znode and everything below it; answers how many znodes it deleted itself.
    delete_recursive(path: &str) -> Result<u64, DeleteRecursiveError> {
        /// ```
        /// # use zookit_client::blocking::Client;
        /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
        /// println!("deleted {} znodes", client.delete_recursive("/app/old")?);
        /// # Ok(()) }
        /// # zookit_doctest::blocking::with_client(f);
        /// ```
    }
}

impl Client {
    /// Waits for a connection with a session, however long it takes: returns at once if there is
    /// one, and else as soon as one has been made since the call, even if it is lost by then.
    ///
    /// # Errors
    /// *Not sent* if there never will be one: the client is closed, authentication failed, or the
    /// session that this handle is pinned to is gone.
    ///
    /// # Panics
    /// On the client's own thread, unless it is connected.
    ///
    /// # Examples
    /// ```
    /// # fn f(client: zookit_client::blocking::Client) -> Result<(), zookit_client::Error> {
    /// client.wait_connected()?;
    /// # Ok(()) }
    /// # zookit_doctest::blocking::with_client(f);
    /// ```
    pub fn wait_connected(&self) -> Result<(), Error> {
        wait(self.inner().wait_connected())
    }

    /// A read that is linearizable: it shows everything that anyone had been told was written when
    /// this was called. It is a [`fence`](Self::fence) and the read, in one flight.
    ///
    /// # Errors
    /// As [the async one](crate::Client::linearizable_read).
    ///
    /// # If no reply comes
    /// Neither has an effect: ask again.
    ///
    /// # Ordering
    /// Behind the writes of this client submitted before.
    ///
    /// # Panics
    /// On the client's own thread.
    ///
    /// # Examples
    /// ```
    /// # fn f(client: zookit_client::blocking::Client) -> Result<(), zookit_client::Error> {
    /// let node = client.linearizable_read(|client| client.get_data("/leader"))?;
    /// println!("{:?}", node.data);
    /// # Ok(()) }
    /// # zookit_doctest::blocking::with_client(f);
    /// ```
    pub fn linearizable_read<T>(
        &self,
        read: impl Fn(&Submitter<'_>) -> Pending<T>,
    ) -> Result<T, Error> {
        let submitter = self.submit();
        self.home().wait(self.inner().linearizable_read(|_| Awaited(read(&submitter))))
    }

    /// Makes an attempt, and after an error that making it again may mend, another one, within the
    /// bounds of the policy; see [the async one](crate::Client::retry) for what is tried again.
    ///
    /// # Errors
    /// The last attempt's.
    ///
    /// # If no reply comes
    /// As with what the closure does.
    ///
    /// # Ordering
    /// Each attempt is a new submission, behind everything submitted meanwhile.
    ///
    /// # Panics
    /// On the client's own thread.
    ///
    /// # Examples
    /// ```
    /// # use zookit_client::RetryPolicy;
    /// # use zookit_client::blocking::Client;
    /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
    /// let node = client.retry(RetryPolicy::default(), |_| client.get_data("/config"))?;
    /// # Ok(()) }
    /// # zookit_doctest::blocking::with_client(f);
    /// ```
    pub fn retry<T>(
        &self,
        policy: RetryPolicy,
        mut attempt: impl FnMut(Attempt) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.home().wait(self.inner().retry(policy, |told| ready(attempt(told))))
    }

    /// Waits until there is room for this many requests, and keeps it for the handle that it
    /// answers; see [the async one](crate::Client::reserve).
    ///
    /// # Errors
    /// *Not sent* with `QueueFull` if there can never be room for so many, and if the client ends
    /// meanwhile.
    ///
    /// # If no reply comes
    /// Nothing is sent.
    ///
    /// # Panics
    /// On the client's own thread, if there is no room yet.
    ///
    /// # Examples
    /// ```
    /// # use zookit_client::Version;
    /// # use zookit_client::blocking::Client;
    /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
    /// let room = client.reserve(100)?;
    /// let set = room.submit().set_data("/a", "1", Version::Any);
    /// println!("{} places left", room.left());
    /// # drop(set);
    /// # Ok(()) }
    /// # zookit_doctest::blocking::with_client(f);
    /// ```
    pub fn reserve(&self, requests: usize) -> Result<Reserved, Error> {
        let reserved = wait(self.inner().reserve(requests))?;
        let client = self.with((*reserved).clone());
        Ok(Reserved::new(reserved, client))
    }

    /// Hands the session over: answers what it takes to take it up elsewhere, and ends this client
    /// without closing the session; see [the async one](crate::Client::export).
    ///
    /// # Errors
    /// *Not sent* with `SessionLost` if there is no session, or with `Closed`.
    ///
    /// # If no reply comes
    /// No server is asked.
    ///
    /// # Ordering
    /// Behind every request of this client submitted before.
    ///
    /// # Panics
    /// On the client's own thread.
    ///
    /// # Examples
    /// ```
    /// # use zookit_client::ConnectOptions;
    /// # use zookit_client::blocking::Client;
    /// # fn f(client: Client) -> Result<(), Box<dyn std::error::Error>> {
    /// # use zookit_doctest::blocking::Client;
    /// let identity = client.export()?;
    /// let options = ConnectOptions { resume: Some(identity), ..Default::default() };
    /// let client = Client::connect_with("h1:2181", options)?;
    /// # Ok(()) }
    /// # zookit_doctest::blocking::with_client(f);
    /// ```
    pub fn export(self) -> Result<Identity, Error> {
        let (client, home) = self.into_parts();
        let exported = wait(client.export());
        drop(home);
        exported
    }
}
