//! The handle: connecting, the session's state and numbers.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use zookit_proto::{SessionId, Zxid};
use zookit_session::{Diagnosis, Endpoint, Generation, Reason, State};

use super::home::Home;
use super::operations::Submitter;
use super::states::States;
use super::wait::wait_for;
use super::{Batch, TimedOut};
use crate::connect_string::{ConnectString, ConnectStringError};
use crate::deadline::Deadline;
use crate::error::{ConnectError, Error};
use crate::ops::Stats;
use crate::options::ConnectOptions;

/// A client of a ZooKeeper ensemble for programs without a runtime: a handle, cheap to clone and
/// good for many threads, of one session after another.
///
/// It has a thread of its own, which keeps the session while no call is made; see the
/// [module's front page](super).
///
/// When the last clone is dropped the session is closed, behind what was submitted before. The drop
/// waits for that, and for the thread to end: as long as a server takes to answer, and at most
/// [`close_timeout`](zookit_session::Limits::close_timeout) and a second.
#[derive(Clone)]
pub struct Client {
    // Before the home: the last async handle must go before the thread is waited for.
    client: crate::Client,
    home: Arc<Home>,
}

impl Client {
    /// Connects, and waits for the session, at most
    /// [`connect_timeout`](ConnectOptions::connect_timeout) of the default options: 10 s.
    ///
    /// # Errors
    /// The connect string cannot be read, no server granted a session in time, or there is no
    /// thread to be had.
    ///
    /// # Examples
    /// ```
    /// # use zookit_client::ConnectError;
    /// # use zookit_client::blocking::Client;
    /// # fn f() -> Result<(), ConnectError> {
    /// # use zookit_doctest::blocking::Client;
    /// let client = Client::connect("h1:2181,h2:2181,[::1]:2182/app")?;
    /// # Ok(()) }
    /// # zookit_doctest::blocking::with_server(f);
    /// ```
    pub fn connect<S>(servers: S) -> Result<Self, ConnectError>
    where
        S: TryInto<ConnectString>,
        ConnectStringError: From<S::Error>,
    {
        Self::connect_with(servers, ConnectOptions::default())
    }

    /// As [`connect`](Self::connect), with options.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use zookit_client::{ConnectError, ConnectOptions};
    /// # use zookit_client::blocking::Client;
    /// # fn f() -> Result<(), ConnectError> {
    /// # use zookit_doctest::blocking::Client;
    /// let session_timeout = Duration::from_secs(30);
    /// let options = ConnectOptions { session_timeout, ..Default::default() };
    /// let client = Client::connect_with("localhost", options)?;
    /// # Ok(()) }
    /// # zookit_doctest::blocking::with_server(f);
    /// ```
    pub fn connect_with<S>(servers: S, options: ConnectOptions) -> Result<Self, ConnectError>
    where
        S: TryInto<ConnectString>,
        ConnectStringError: From<S::Error>,
    {
        let after = options.connect_timeout;
        let this = Self::connect_lazy(servers, options)?;
        let connected = wait_for(this.client.wait_connected(), after);
        let shared = &this.client.handle.shared;
        match connected {
            Ok(Ok(())) => Ok(this),
            Ok(Err(_)) => {
                let last = shared.state.last_change();
                let reason = last.map_or(Reason::Closed, |change| change.reason);
                Err(ConnectError::Ended { reason, attempts: shared.take_attempts() })
            }
            Err(TimedOut) => {
                Err(ConnectError::TimedOut { after, attempts: shared.take_attempts() })
            }
        }
    }

    /// A client that connects in the background: returns at once. Requests wait for the session,
    /// until their deadlines.
    ///
    /// # Errors
    /// The connect string cannot be read, or there is no thread to be had.
    ///
    /// # Examples
    /// ```
    /// # use zookit_client::ConnectOptions;
    /// # use zookit_client::blocking::Client;
    /// # fn f() -> Result<(), Box<dyn std::error::Error>> {
    /// # use zookit_doctest::blocking::Client;
    /// let client = Client::connect_lazy("h1,h2,h3", ConnectOptions::default())?;
    /// let root = client.get_children("/")?;
    /// # Ok(()) }
    /// # zookit_doctest::blocking::with_server(f);
    /// ```
    pub fn connect_lazy<S>(servers: S, options: ConnectOptions) -> Result<Self, ConnectError>
    where
        S: TryInto<ConnectString>,
        ConnectStringError: From<S::Error>,
    {
        let servers = servers.try_into().map_err(ConnectStringError::from)?;
        let (client, home) = Home::start(servers, options).map_err(ConnectError::NoThread)?;
        Ok(Self { client, home })
    }

    /// The same operations, submitted and not waited for: each answers a
    /// [`Pending`](super::Pending).
    ///
    /// # Examples
    /// ```
    /// # use zookit_client::Version;
    /// # use zookit_client::blocking::Client;
    /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
    /// let set = client.submit().set_data("/a", "1", Version::Any);
    /// let node = client.submit().get_data("/b");
    /// println!("{} {:?}", set.wait()?.version, node.wait()?.data);
    /// # Ok(()) }
    /// # zookit_doctest::blocking::with_client(f);
    /// ```
    #[must_use]
    pub const fn submit(&self) -> Submitter<'_> {
        Submitter::new(self)
    }

    /// Collects requests, to submit them in one go and to wait for all of them: what each of them
    /// costs beside its bytes is then paid once.
    ///
    /// It is no transaction: each request ends in its own way, and those of others may be executed
    /// between them. [`multi`](Self::multi) is one.
    ///
    /// # Examples
    /// ```
    /// # use zookit_client::NodeData;
    /// # use zookit_client::blocking::Client;
    /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
    /// let mut batch = client.batch::<NodeData>();
    /// for name in client.get_child_names("/members")? {
    ///     batch.get_data(&format!("/members/{name}"));
    /// }
    /// for node in batch.submit() {
    ///     println!("{:?}", node?.data);
    /// }
    /// # Ok(()) }
    /// # zookit_doctest::blocking::with_client(f);
    /// ```
    pub fn batch<T>(&self) -> Batch<T> {
        Batch::new(self)
    }

    /// The same client, with another deadline for the requests made through this clone.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use zookit_client::Deadline;
    /// # use zookit_client::blocking::Client;
    /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
    /// let hurried = client.with_deadline(Deadline::After(Duration::from_millis(200)));
    /// let node = hurried.get_data("/config")?;
    /// # Ok(()) }
    /// # zookit_doctest::blocking::with_client(f);
    /// ```
    #[must_use]
    pub fn with_deadline(&self, deadline: Deadline) -> Self {
        self.with(self.client.with_deadline(deadline))
    }

    /// The same client, pinned to the session of now: what is submitted through it is sent in this
    /// session or never; see [the async one](crate::Client::session).
    ///
    /// # Examples
    /// ```
    /// # use zookit_client::CreateMode;
    /// # use zookit_client::blocking::Client;
    /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
    /// let session = client.session();
    /// let me = session.create("/leader/n-", (), CreateMode::EphemeralSequential)?;
    /// // Not sent if the session, and with it the znode above, is gone by then.
    /// let children = session.get_children("/leader")?;
    /// # Ok(()) }
    /// # zookit_doctest::blocking::with_client(f);
    /// ```
    #[must_use]
    pub fn session(&self) -> Self {
        self.with(self.client.session())
    }

    /// The generation that this handle is pinned to by [`session`](Self::session), if it is.
    #[must_use]
    pub fn pinned_to(&self) -> Option<Generation> {
        self.client.pinned_to()
    }

    /// Which session of this client is the current one, or will be the next: the first is 1, and
    /// each expiry makes the next.
    #[must_use]
    pub fn generation(&self) -> Generation {
        self.client.generation()
    }

    /// The znode under which this client lives; `None` is the root.
    #[must_use]
    pub fn chroot(&self) -> Option<&str> {
        self.client.chroot()
    }

    /// The state of the session now.
    #[must_use]
    pub fn state(&self) -> State {
        self.client.state()
    }

    /// The changes of the state from now on, to be waited for.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use zookit_client::blocking::Client;
    /// # fn f(client: Client) {
    /// let mut states = client.states();
    /// # drop(client.close());
    /// while let Ok(Some(update)) = states.next_timeout(Duration::from_secs(60)) {
    ///     println!("{:?}: {}", update.change.state, update.change.reason);
    /// }
    /// # }
    /// # zookit_doctest::blocking::with_client(f);
    /// ```
    pub fn states(&self) -> States {
        States::new(self.client.states())
    }

    /// As [`wait_connected`](Self::wait_connected), but not longer than this.
    ///
    /// # Errors
    /// Outside, that it took longer; inside, *not sent* if there never will be a connection.
    ///
    /// # Panics
    /// On the client's own thread, unless it is connected.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use zookit_client::blocking::Client;
    /// # fn f(client: Client) -> Result<(), Box<dyn std::error::Error>> {
    /// client.wait_connected_timeout(Duration::from_secs(5))??;
    /// # Ok(()) }
    /// # zookit_doctest::blocking::with_client(f);
    /// ```
    pub fn wait_connected_timeout(&self, timeout: Duration) -> Result<Result<(), Error>, TimedOut> {
        wait_for(self.client.wait_connected(), timeout)
    }

    /// Other servers from now on; the connection moves if that makes the load even.
    pub fn update_servers(&self, servers: Vec<Endpoint>) {
        self.client.update_servers(servers);
    }

    /// The id of the session; [`SessionId::NONE`] before the first.
    #[must_use]
    pub fn session_id(&self) -> SessionId {
        self.client.session_id()
    }

    /// The newest transaction that a reply has told of; zero before the first.
    #[must_use]
    pub fn zxid(&self) -> Zxid {
        self.client.zxid()
    }

    /// The session timeout that the server granted; before that, the one to be asked for.
    #[must_use]
    pub fn session_timeout(&self) -> Duration {
        self.client.session_timeout()
    }

    /// Until when the session lives, by this machine's clock; `None` without a session.
    /// See [the async one](crate::Client::trusted_until), also for how far that goes.
    #[must_use]
    pub fn trusted_until(&self) -> Option<Instant> {
        self.client.trusted_until().map(tokio::time::Instant::into_std)
    }

    /// The server of the connection, or of the last one; `None` before the first.
    #[must_use]
    pub fn server(&self) -> Option<Endpoint> {
        self.client.server()
    }

    /// Why there is no connection, as far as servers say.
    /// See [the async one](crate::Client::diagnosis).
    #[must_use]
    pub fn diagnosis(&self) -> Option<Diagnosis> {
        self.client.diagnosis()
    }

    /// Numbers about this client.
    ///
    /// # Examples
    /// ```
    /// # fn f(client: zookit_client::blocking::Client) {
    /// let stats = client.stats();
    /// println!("{} in flight, {} watches", stats.in_flight, stats.watches.total());
    /// # }
    /// # zookit_doctest::blocking::with_client(f);
    /// ```
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.client.stats()
    }

    /// An id that is used once, as [the async one](crate::Client::unique_id) draws it.
    #[must_use]
    pub fn unique_id(&self) -> String {
        self.client.unique_id()
    }

    /// The async client that this one is made of, for what is written for that: its tasks and timers
    /// are those of this client's thread, and [`wait`](Self::wait) waits for its futures.
    ///
    /// It is a handle like any other, and keeps the session open, but not the thread: keep this
    /// client for as long as that one is used.
    #[must_use]
    pub const fn asynchronous(&self) -> &crate::Client {
        &self.client
    }

    /// Waits on this thread for a future that uses [`asynchronous`](Self::asynchronous): what it
    /// spawns runs on the client's own thread, which keeps its timers too.
    ///
    /// So whatever is written for the async client serves programs without a runtime.
    ///
    /// # Cancel safety
    /// It returns with the future's value, however long that takes; `tokio::time::timeout` around
    /// the future bounds it.
    ///
    /// # Panics
    /// On the client's own thread, if the value is not there.
    ///
    /// # Examples
    /// ```
    /// # use zookit_client::blocking::Client;
    /// # fn f(client: Client) -> Result<(), zookit_client::Error> {
    /// let node = client.wait(async {
    ///     let client = client.asynchronous();
    ///     let (data, children) = (client.get_data("/config"), client.get_children("/"));
    ///     children.await?;
    ///     data.await
    /// })?;
    /// println!("{:?}", node.data);
    /// # Ok(()) }
    /// # zookit_doctest::blocking::with_client(f);
    /// ```
    pub fn wait<F: Future>(&self, future: F) -> F::Output {
        self.home().wait(future)
    }

    /// Calls what spawns tasks, or keeps a handle of the runtime, on the client's own thread: a
    /// constructor or a `drop` that is written for async code.
    ///
    /// # Examples
    /// ```
    /// # use zookit_client::blocking::Client;
    /// # use zookit_client::Version;
    /// # fn f(client: Client) {
    /// // Deletes it, however long it takes, and waits for nothing.
    /// client.within(|| drop(client.asynchronous().delete_guaranteed("/job", Version::Any)));
    /// # }
    /// # zookit_doctest::blocking::with_client(f);
    /// ```
    pub fn within<T>(&self, call: impl FnOnce() -> T) -> T {
        self.home().within(call)
    }

    /// This client's thread, under another async handle of the same client.
    pub(super) fn with(&self, client: crate::Client) -> Self {
        Self { client, home: Arc::clone(&self.home) }
    }

    pub(super) const fn inner(&self) -> &crate::Client {
        &self.client
    }

    pub(super) fn home(&self) -> &Home {
        &self.home
    }

    pub(super) fn into_parts(self) -> (crate::Client, Arc<Home>) {
        (self.client, self.home)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.client.fmt(f)
    }
}
