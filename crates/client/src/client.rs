//! The handle: connecting, the state, and the end.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use zookit_proto::ops::close_session::CloseSession;
use zookit_proto::{Operation, SessionId, Zxid};
use zookit_session::{Endpoint, NotSent, Reason, ServerFloor, Session, State, Time};

use crate::answer::{Answer, Ask, AskFrame};
use crate::chroot::Chroot;
use crate::connect_string::{ConnectString, ConnectStringError};
use crate::driver::Driver;
use crate::error::{About, ConnectError, Error};
use crate::options::{ConnectOptions, Deadline};
use crate::shared::{Command, Shared};
use crate::state::{StateCell, StateStream};

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
}

/// What all clones have in common.
pub(crate) struct Handle {
    pub(crate) shared: Arc<Shared>,
    pub(crate) chroot: Chroot,
    pub(crate) max_request: usize,
    pub(crate) watch_buffer: usize,
    pub(crate) server_floor: ServerFloor,
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
    /// ```no_run
    /// # use zookit_client::{Client, ConnectError};
    /// # async fn f() -> Result<(), ConnectError> {
    /// let client = Client::connect("h1:2181,h2:2181,[::1]:2182/app").await?;
    /// # Ok(()) }
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
    /// ```no_run
    /// # use std::time::Duration;
    /// # use zookit_client::{Client, ConnectError, ConnectOptions};
    /// # async fn f() -> Result<(), ConnectError> {
    /// let session_timeout = Duration::from_secs(30);
    /// let options = ConnectOptions { session_timeout, ..Default::default() };
    /// let client = Client::connect_with("localhost", options).await?;
    /// # Ok(()) }
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
    /// ```no_run
    /// # use zookit_client::{Client, ConnectOptions};
    /// # async fn f() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::connect_lazy("h1,h2,h3", ConnectOptions::default())?;
    /// let root = client.get_children("/").await?;
    /// # Ok(()) }
    /// ```
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
        let shared = Shared::new(options.limits, options.session_timeout);
        let handle = Handle {
            shared: Arc::clone(&shared),
            chroot,
            max_request: options.max_request,
            watch_buffer: options.watch_buffer,
            server_floor: options.server_floor,
        };
        let deadline = options.default_deadline;
        let seed = options.seed();
        let session = Session::new(options.config(servers), seed, Time::ZERO);
        let driver = Driver::new(shared, session, options.resolver, options.dialer);
        tokio::spawn(driver.run());
        Ok(Self { handle: Arc::new(handle), deadline })
    }

    /// The same client, with another deadline for the requests made through this clone.
    ///
    /// # Examples
    /// ```no_run
    /// # use std::time::Duration;
    /// # use zookit_client::{Client, Deadline};
    /// # async fn f(client: Client) -> Result<(), zookit_client::Error> {
    /// let hurried = client.with_deadline(Deadline::After(Duration::from_millis(200)));
    /// let node = hurried.get_data("/config").await?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn with_deadline(&self, deadline: Deadline) -> Self {
        Self { handle: Arc::clone(&self.handle), deadline }
    }

    /// Closes the session, behind everything submitted before: its ephemeral znodes go, its watches
    /// end, and what is submitted later is *not sent*. It takes
    /// [`close_timeout`](zookit_session::Limits::close_timeout) at most.
    ///
    /// # Errors
    /// *No reply* if no server confirmed it in time: the session then ends with its timeout.
    /// Closing what is closed is no error.
    ///
    /// # If no reply comes
    /// There is nothing to be done: the session ends at the latest when its timeout has passed.
    ///
    /// # Cancel safety
    /// Submitted when called, like any request: dropping the future takes nothing back.
    ///
    /// # Ordering
    /// Behind every request of this client submitted before.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn f(client: zookit_client::Client) -> Result<(), zookit_client::Error> {
    /// client.close().await?;
    /// # Ok(()) }
    /// ```
    #[doc(alias = "Close")]
    #[doc(alias = "stop")]
    pub fn close(&self) -> Answer<()> {
        let operation = CloseSession::NAME;
        let about = About { operation, path: None, class: CloseSession::CLASS };
        let shared = &self.handle.shared;
        match shared.close() {
            Ok(ticket) => {
                let chroot = Chroot::default();
                let frame = AskFrame { about, chroot, watcher: None, parts: Vec::new() };
                let ask = Ask { frame, decode: |_, _| Ok(()), absent: None };
                Answer::waiting(Arc::clone(shared), ticket, ask)
            }
            // The driver has ended, and the session with it.
            Err(_) => Answer::ready(()),
        }
    }

    /// Other servers from now on; the connection moves if that makes the load even.
    ///
    /// # Examples
    /// ```no_run
    /// # use zookit_client::{Client, Endpoint};
    /// # fn f(client: Client) {
    /// client.update_servers(vec![Endpoint::new("h4", 2181), Endpoint::new("h5", 2181)]);
    /// # }
    /// ```
    #[doc(alias = "updateServerList")]
    #[doc(alias = "set_hosts")]
    pub fn update_servers(&self, servers: Vec<Endpoint>) {
        self.handle.shared.push(Command::UpdateServers(servers));
    }

    /// The state of the session now.
    ///
    /// # Examples
    /// ```no_run
    /// # fn f(client: zookit_client::Client) {
    /// println!("{:?}", client.state());
    /// # }
    /// ```
    #[must_use]
    #[doc(alias = "State")]
    #[doc(alias = "getState")]
    pub fn state(&self) -> State {
        self.handle.shared.state.now()
    }

    /// The changes of the state from now on.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn f(client: zookit_client::Client) {
    /// let mut states = client.states();
    /// while let Some(update) = states.next().await {
    ///     println!("{:?}: {}", update.change.state, update.change.reason);
    /// }
    /// # }
    /// ```
    #[doc(alias = "add_listener")]
    #[doc(alias = "SessionEvents")]
    pub fn states(&self) -> StateStream {
        StateCell::stream(&self.handle.shared)
    }

    /// Waits until the session is connected; returns at once if it is.
    ///
    /// # Errors
    /// *Not sent* if it never will be: the client is closed, or authentication failed.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn f(client: zookit_client::Client) -> Result<(), zookit_client::Error> {
    /// client.wait_connected().await?;
    /// # Ok(()) }
    /// ```
    pub async fn wait_connected(&self) -> Result<(), Error> {
        // The stream first: a change between the two looks is then in it.
        let mut states = self.states();
        let mut state = self.state();
        loop {
            let reason = match state {
                state if state.is_connected() => return Ok(()),
                State::AuthFailed => NotSent::AuthFailed,
                State::Closed => NotSent::Closed,
                _ => match states.next().await {
                    Some(_) => {
                        state = self.state();
                        continue;
                    }
                    None => NotSent::Closed,
                },
            };
            let operation = "connect";
            let about = About { operation, path: None, class: CloseSession::CLASS };
            return Err(Error::not_sent(about, reason));
        }
    }

    /// The id of the session; [`SessionId::NONE`] before the first.
    #[must_use]
    #[doc(alias = "SessionID")]
    #[doc(alias = "getSessionId")]
    #[doc(alias = "client_id")]
    pub fn session_id(&self) -> SessionId {
        self.handle.shared.gauges.session()
    }

    /// The newest transaction that a reply has told of; zero before the first.
    ///
    /// It never goes back, over connections and sessions.
    #[must_use]
    #[doc(alias = "last_zxid")]
    pub fn zxid(&self) -> Zxid {
        self.handle.shared.gauges.zxid()
    }

    /// The session timeout that the server granted; before that, the one to be asked for.
    #[must_use]
    #[doc(alias = "getSessionTimeout")]
    pub fn session_timeout(&self) -> Duration {
        self.handle.shared.gauges.timeout()
    }

    /// Until when the session certainly lives, by this machine's clock: the send time of the newest
    /// answered request, and the timeout, less a margin. `None` without a session.
    ///
    /// What depends on an ephemeral znode of this session may be relied on until then.
    #[must_use]
    pub fn trusted_until(&self) -> Option<Instant> {
        let since_origin = self.handle.shared.gauges.trusted_until()?;
        self.handle.shared.origin.checked_add(since_origin)
    }

    /// The server of the connection, or of the last one; `None` before the first.
    #[must_use]
    #[doc(alias = "Server")]
    pub fn server(&self) -> Option<Endpoint> {
        self.handle.shared.state.server().map(|server| Endpoint::clone(&server))
    }

    /// The znode under which this client lives; `None` is the root.
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
