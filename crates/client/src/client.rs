//! The handle, and how to get one.

use std::fmt;
use std::sync::Arc;

use zookit_session::{Generation, Reason, ServerFloor, Session, Time};

use crate::chroot::Chroot;
use crate::connect_string::{ConnectString, ConnectStringError};
use crate::deadline::Deadline;
use crate::driver::Driver;
use crate::error::ConnectError;
use crate::options::ConnectOptions;
use crate::random::Random;
use crate::shared::{Reservation, Shared};

/// A client of a ZooKeeper ensemble: a handle, cheap to clone, of one session after another.
///
/// The operations are methods here. Each of those that is one request is submitted when it is
/// called; see the [crate's front page](crate) for what that means in a `select!`.
///
/// When the last clone is dropped the session is closed, in the background and within a bound;
/// [`close`](Self::close) says when that is done.
#[derive(Clone)]
#[doc(alias = "ZooKeeper")]
#[doc(alias = "Conn")]
#[doc(alias = "KazooClient")]
#[doc(alias = "CuratorFramework")]
pub struct Client {
    pub(crate) handle: Arc<Handle>,
    pub(crate) deadline: Deadline,
    /// The only generation in which requests of this clone may be sent.
    pub(crate) pinned: Option<Generation>,
    /// Room promised to this clone.
    pub(crate) reservation: Option<Arc<Reservation>>,
}

/// What all clones have in common.
pub(crate) struct Handle {
    pub(crate) shared: Arc<Shared>,
    pub(crate) chroot: Chroot,
    pub(crate) max_request: usize,
    pub(crate) watch_buffer: usize,
    pub(crate) server_floor: ServerFloor,
    pub(crate) random: Random,
}

/// The last handle is gone: close the session behind what was submitted.
impl Drop for Handle {
    fn drop(&mut self) {
        if let Ok(ticket) = self.shared.close() {
            self.shared.abandon(ticket);
        }
    }
}

impl Client {
    /// Connects, and waits for the session, at most
    /// [`connect_timeout`](ConnectOptions::connect_timeout) of the default options: 10 s.
    ///
    /// # Errors
    /// The connect string cannot be read, or no server granted a session in time: then the error
    /// tells which addresses were tried and what each answered.
    ///
    /// # Cancel safety
    /// Dropping the future leaves nothing behind.
    ///
    /// # Panics
    /// Outside a Tokio runtime with I/O and time enabled.
    ///
    /// # Examples
    /// ```
    /// # use zookit_client::{Client, ConnectError};
    /// # async fn f() -> Result<(), ConnectError> {
    /// # use zookit_doctest::Client;
    /// let client = Client::connect("h1:2181,h2:2181,[::1]:2182/app").await?;
    /// # Ok(()) }
    /// # zookit_doctest::with_server(f);
    /// ```
    #[doc(alias = "Connect")]
    #[doc(alias = "start")]
    pub async fn connect<S>(servers: S) -> Result<Self, ConnectError>
    where
        S: TryInto<ConnectString>,
        ConnectStringError: From<S::Error>,
    {
        Self::connect_with(servers, ConnectOptions::default()).await
    }

    /// As [`connect`](Self::connect), with options.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    ///
    /// # Cancel safety
    /// Dropping the future leaves nothing behind.
    ///
    /// # Panics
    /// Outside a Tokio runtime with I/O and time enabled.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use zookit_client::{Client, ConnectError, ConnectOptions};
    /// # async fn f() -> Result<(), ConnectError> {
    /// # use zookit_doctest::Client;
    /// let session_timeout = Duration::from_secs(30);
    /// let options = ConnectOptions { session_timeout, ..Default::default() };
    /// let client = Client::connect_with("localhost", options).await?;
    /// # Ok(()) }
    /// # zookit_doctest::with_server(f);
    /// ```
    #[doc(alias = "ConnectWithDialer")]
    pub async fn connect_with<S>(servers: S, options: ConnectOptions) -> Result<Self, ConnectError>
    where
        S: TryInto<ConnectString>,
        ConnectStringError: From<S::Error>,
    {
        let after = options.connect_timeout;
        let client = Self::connect_lazy(servers, options)?;
        let shared = Arc::clone(&client.handle.shared);
        match tokio::time::timeout(after, client.wait_connected()).await {
            Ok(Ok(())) => Ok(client),
            Ok(Err(_)) => {
                let last = shared.state.last_change();
                let reason = last.map_or(Reason::Closed, |change| change.reason);
                Err(ConnectError::Ended { reason, attempts: shared.take_attempts() })
            }
            Err(_) => Err(ConnectError::TimedOut { after, attempts: shared.take_attempts() }),
        }
    }

    /// A client that connects in the background: returns at once. Requests wait for the session,
    /// until their deadlines.
    ///
    /// # Errors
    /// The connect string cannot be read.
    ///
    /// # Panics
    /// Outside a Tokio runtime with I/O and time enabled.
    ///
    /// # Examples
    /// ```
    /// # use zookit_client::{Client, ConnectOptions};
    /// # async fn f() -> Result<(), Box<dyn std::error::Error>> {
    /// # use zookit_doctest::Client;
    /// let client = Client::connect_lazy("h1,h2,h3", ConnectOptions::default())?;
    /// let root = client.get_children("/").await?;
    /// # Ok(()) }
    /// # zookit_doctest::with_server(f);
    /// ```
    #[doc(alias = "start_async")]
    #[doc(alias = "newClient")]
    pub fn connect_lazy<S>(
        servers: S,
        mut options: ConnectOptions,
    ) -> Result<Self, ConnectStringError>
    where
        S: TryInto<ConnectString>,
        ConnectStringError: From<S::Error>,
    {
        let connect_string: ConnectString = servers.try_into()?;
        let (servers, chroot) = connect_string.into_parts();
        let shared = Shared::new(&options.limits, options.session_timeout);
        let seed = options.seed();
        let handle = Handle {
            shared: Arc::clone(&shared),
            chroot,
            max_request: options.max_request,
            watch_buffer: options.watch_buffer,
            server_floor: options.server_floor,
            random: Random::with_seed(seed),
        };
        let deadline = options.default_deadline;
        let session = Session::new(options.config(servers), seed, Time::ZERO);
        let driver = Driver::new(shared, session, options.resolver, options.dialer);
        tokio::spawn(Box::new(driver).run());
        Ok(Self { handle: Arc::new(handle), deadline, pinned: None, reservation: None })
    }

    /// The same client, with another deadline for the requests made through this clone.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use zookit_client::{Client, Deadline};
    /// # async fn f(client: Client) -> Result<(), zookit_client::Error> {
    /// let hurried = client.with_deadline(Deadline::After(Duration::from_millis(200)));
    /// let node = hurried.get_data("/config").await?;
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[must_use]
    pub fn with_deadline(&self, deadline: Deadline) -> Self {
        Self { deadline, ..self.clone() }
    }

    /// The znode under which this client lives; `None` is the root.
    #[doc(alias = "usingNamespace")]
    #[doc(alias = "namespace")]
    #[must_use]
    pub fn chroot(&self) -> Option<&str> {
        self.handle.chroot.as_str()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("state", &self.state())
            .field("session", &self.session_id())
            .field("server", &self.server())
            .field("chroot", &self.chroot())
            .finish_non_exhaustive()
    }
}
