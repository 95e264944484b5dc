//! The session itself: its state, its numbers, and its end.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use zookit_proto::ops::close_session::CloseSession;
use zookit_proto::{Operation, SessionId, Zxid};
use zookit_session::{Endpoint, NotSent, State};

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
        self.handle.shared.state.stream()
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
}
