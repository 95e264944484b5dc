//! Who the client is.

use bytes::Bytes;
use zookit_proto::ops::auth::Auth;
use zookit_proto::types::Credentials;
use zookit_proto::{Operation, Text, Zxid};

use crate::answer::{Answer, Ask, AskFrame};
use crate::client::Client;
use crate::error::About;

impl Client {
    /// Adds an identity to this client, on this connection and on each one after it.
    ///
    /// For the scheme `digest`, `auth` is `user:password`. It travels in clear and is kept in
    /// memory; nothing prints it.
    ///
    /// # Errors
    /// *Refused* with `AuthFailed`, behind which the server closes the connection and the client
    /// ends: its state is `AuthFailed`.
    ///
    /// # If no reply comes
    /// The identity is kept all the same and presented to the next connection.
    ///
    /// # Cancel safety
    /// Dropping the future takes nothing back.
    ///
    /// # Ordering
    /// Requests submitted behind it are sent behind it; there is no need to await it first.
    ///
    /// # Examples
    /// ```
    /// # use zookit_client::{Acl, Client, CreateOptions, Perms};
    /// # async fn f(client: Client) -> Result<(), zookit_client::Error> {
    /// client.add_auth("digest", "user:password").await?;
    /// let mine = CreateOptions { acl: vec![Acl::auth(Perms::ALL)], ..Default::default() };
    /// client.create("/mine", (), mine).await?;
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "AddAuth")]
    #[doc(alias = "addAuthInfo")]
    pub fn add_auth(&self, scheme: &str, auth: impl Into<Bytes>) -> Answer<()> {
        let about = About { operation: Auth::NAME, path: None, class: Auth::CLASS };
        let shared = &self.handle.shared;
        let auth = Credentials::new(auth.into());
        match shared.add_auth(Text::from(scheme), auth, self.deadline) {
            Ok(ticket) => {
                let frame = AskFrame {
                    about,
                    request: None,
                    chroot: self.handle.chroot.clone(),
                    watcher: None,
                    parts: Vec::new(),
                    zxid: Zxid(0),
                };
                let ask = Ask { frame, decode: |_, _| Ok(()), absent: None };
                Answer::waiting(shared.clone(), ticket, ask)
            }
            Err(reason) => Answer::not_sent(about, reason),
        }
    }
}
