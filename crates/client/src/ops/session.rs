//! The session itself: its state, its numbers, and its end.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use zookit_proto::ops::close_session::CloseSession;
use zookit_proto::{Operation, SessionId, Zxid};
use zookit_session::{Diagnosis, Endpoint, Generation, Identity, NotSent, State};

use crate::answer::{Answer, Ask, AskFrame};
use crate::chroot::Chroot;
use crate::client::Client;
use crate::error::{About, Error};
use crate::shared::Command;
use crate::state::StateStream;

impl Client {
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
    /// ```
    /// # async fn f(client: zookit_client::Client) -> Result<(), zookit_client::Error> {
    /// client.close().await?;
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
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
                let (parts, zxid) = (Vec::new(), Zxid(0));
                let frame = AskFrame { about, request: None, chroot, watcher: None, parts, zxid };
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
    /// ```
    /// # use zookit_client::{Client, Endpoint};
    /// # async fn f(client: Client) {
    /// client.update_servers(vec![Endpoint::new("h4", 2181), Endpoint::new("h5", 2181)]);
    /// # }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "updateServerList")]
    #[doc(alias = "set_hosts")]
    pub fn update_servers(&self, servers: Vec<Endpoint>) {
        self.handle.shared.push(Command::UpdateServers(servers));
    }

    /// The state of the session now.
    ///
    /// # Examples
    /// ```
    /// # async fn f(client: zookit_client::Client) {
    /// println!("{:?}", client.state());
    /// # }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[must_use]
    #[doc(alias = "State")]
    #[doc(alias = "getState")]
    pub fn state(&self) -> State {
        self.handle.shared.state.now()
    }

    /// Why there is no connection, as far as servers say: when several in a row have closed it
    /// without a word, one of them is asked for `srvr`. `None` while there is a connection, and
    /// until a server was asked.
    ///
    /// It tells of a client that has seen more than the servers have: they were restored from
    /// older data then, and take no such client ([`SilentClose::BehindClient`]). There is no way on
    /// for this handle, whose time never runs backwards; connect a new one, and take what the
    /// old one knew for void. Requests whose deadlines pass meanwhile
    /// [say the same](crate::error::NotSent::diagnosis).
    ///
    /// [`SilentClose::BehindClient`]: crate::SilentClose::BehindClient
    ///
    /// # Examples
    /// ```
    /// # async fn f(client: zookit_client::Client) {
    /// if let Some(found) = client.diagnosis() {
    ///     println!("{} takes no session: {}", found.server, found.cause);
    /// }
    /// # }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[must_use]
    pub fn diagnosis(&self) -> Option<Diagnosis> {
        self.handle.shared.state.diagnosis().map(|found| Diagnosis::clone(&found))
    }

    /// The changes of the state from now on.
    ///
    /// # Examples
    /// ```
    /// # async fn f(client: zookit_client::Client) {
    /// let mut states = client.states();
    /// # drop(client.close());
    /// while let Some(update) = states.next().await {
    ///     println!("{:?}: {}", update.change.state, update.change.reason);
    /// }
    /// # }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "add_listener")]
    #[doc(alias = "SessionEvents")]
    #[doc(alias = "addListener")]
    #[doc(alias = "getConnectionStateListenable")]
    pub fn states(&self) -> StateStream {
        self.handle.shared.state.stream()
    }

    /// Waits for a connection with a session: returns at once if there is one, and else as soon as
    /// one has been made since the call.
    ///
    /// It may be lost again by the time this returns, as at any other moment; one that is made and
    /// lost at once is not missed. Requests need not wait for it: they are kept until there is a
    /// connection, or until their deadlines.
    ///
    /// # Errors
    /// *Not sent* if there never will be one: the client is closed, authentication failed, or the
    /// session that this handle is [pinned](Self::session) to is gone.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    ///
    /// # Examples
    /// ```
    /// # async fn f(client: zookit_client::Client) -> Result<(), zookit_client::Error> {
    /// client.wait_connected().await?;
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "blockUntilConnected")]
    pub async fn wait_connected(&self) -> Result<(), Error> {
        // The stream first: a change between the two looks is then in it.
        let mut states = self.states();
        let mut was_connected = false;
        let reason = loop {
            // What is over stays so, whatever came before it.
            match self.state() {
                State::AuthFailed => break NotSent::AuthFailed,
                State::Closed => break NotSent::Closed,
                _ if self.pinned.is_some_and(|pinned| pinned != self.generation()) => {
                    break NotSent::SessionLost;
                }
                state if state.is_connected() || was_connected => return Ok(()),
                _ => {}
            }
            match states.next().await {
                Some(update) => was_connected = update.change.state.is_connected(),
                None => break NotSent::Closed,
            }
        };
        let about = About { operation: "connect", path: None, class: CloseSession::CLASS };
        Err(Error::not_sent(about, reason))
    }

    /// The same client, pinned to the session of now: what is submitted through it is sent in this
    /// session or never. After an expiry it ends *not sent*, where the unpinned handle goes on with
    /// the next session.
    ///
    /// For whatever relies on its ephemeral znodes: a holder of a lock must not write in a session
    /// in which it holds none.
    ///
    /// Everything else is as with any clone: the state, the watches, what keeps the session open.
    ///
    /// # Examples
    /// ```
    /// # use zookit_client::{Client, CreateMode};
    /// # async fn f(client: Client) -> Result<(), zookit_client::Error> {
    /// let session = client.session();
    /// let me = session.create("/leader/n-", (), CreateMode::EphemeralSequential).await?;
    /// // Not sent if the session, and with it the znode above, is gone by then.
    /// let children = session.get_children("/leader").await?;
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[must_use]
    pub fn session(&self) -> Self {
        Self { pinned: Some(self.pinned.unwrap_or_else(|| self.generation())), ..self.clone() }
    }

    /// Which session of this client is the current one, or will be the next: the first is 1, and
    /// each expiry makes the next.
    ///
    /// # Examples
    /// ```
    /// # async fn f(client: zookit_client::Client) {
    /// let session = client.session();
    /// assert_eq!(session.pinned_to(), Some(client.generation()));
    /// # }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[must_use]
    pub fn generation(&self) -> Generation {
        self.handle.shared.gauges.generation()
    }

    /// The generation that this handle is pinned to by [`session`](Self::session), if it is.
    #[must_use]
    pub fn pinned_to(&self) -> Option<Generation> {
        self.pinned
    }

    /// Hands the session over: answers what it takes to take it up elsewhere, and ends this client
    /// without closing the session. Its ephemeral znodes stay, until the timeout passes without
    /// anybody having taken it up: [`ConnectOptions::resume`] does.
    ///
    /// Await the answers of other requests first: what is not answered ends as with a lost
    /// connection, and all clones of this client are closed. Watches stay behind too.
    ///
    /// [`ConnectOptions::resume`]: crate::ConnectOptions::resume
    ///
    /// # Errors
    /// *Not sent* with `SessionLost` if there is no session, or with `Closed`.
    ///
    /// # If no reply comes
    /// No server is asked.
    ///
    /// # Cancel safety
    /// Dropping the future before it has resolved closes the session like any drop of the last
    /// handle, or leaves it to its timeout.
    ///
    /// # Ordering
    /// Behind every request of this client submitted before.
    ///
    /// # Examples
    /// ```
    /// # use zookit_client::{Client, ConnectOptions};
    /// # async fn f(client: Client) -> Result<(), Box<dyn std::error::Error>> {
    /// # use zookit_doctest::Client;
    /// let identity = client.export().await?;
    /// let options = ConnectOptions { resume: Some(identity), ..Default::default() };
    /// let client = Client::connect_with("h1:2181", options).await?;
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "getSessionPasswd")]
    #[doc(alias = "client_id")]
    pub async fn export(self) -> Result<Identity, Error> {
        let about = || About { operation: "export", path: None, class: CloseSession::CLASS };
        let shared = &self.handle.shared;
        let identity = Arc::new(Mutex::new(None));
        let exported = match shared.export(&identity) {
            Ok(ticket) => {
                let (chroot, parts, zxid) = (Chroot::default(), Vec::new(), Zxid(0));
                let frame =
                    AskFrame { about: about(), request: None, chroot, watcher: None, parts, zxid };
                let ask = Ask { frame, decode: |_, _| Ok(()), absent: None };
                Answer::waiting(Arc::clone(shared), ticket, ask)
            }
            Err(reason) => Answer::not_sent(about(), reason),
        };
        exported.await?;
        let identity = identity.lock().unwrap_or_else(PoisonError::into_inner).take();
        identity.ok_or_else(|| Error::not_sent(about(), NotSent::SessionLost))
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

    /// Until when the session lives, by this machine's clock: the send time of the newest answered
    /// request, and the timeout, less a margin. `None` without a session.
    ///
    /// What depends on an ephemeral znode of this session may be relied on until then, as far as the
    /// server that answered has told its leader. A follower tells it twice a tick which sessions it
    /// heard of; one that dies, or is cut off, before that takes what it heard along, and then the
    /// session may be over earlier than its client can know. What must not happen twice, whatever
    /// fails, is to be fenced with a zxid: that of the creation of the holder's znode, which
    /// grows from holder to holder.
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
}
