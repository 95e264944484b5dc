//! Create, then check the owner.

use zookit_proto::Operation;
use zookit_proto::Stat;
use zookit_proto::mutant::{self, Mutant};
use zookit_proto::ops::create2::Create2;
use zookit_proto::types::CreateMode;

use super::MOST_ATTEMPTS;
use crate::client::Client;
use crate::data::{Created, Data};
use crate::error::{About, ArgumentError, Error};
use crate::ops::CreateOptions;

/// Whose znode it is; see [`Client::create_owned`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owned {
    /// This session's.
    Ours(Created),
    /// Another one's, or nobody's: it exists, with this stat.
    Theirs(Stat),
}

impl Owned {
    /// Whether it is this session's.
    #[must_use]
    pub const fn is_ours(&self) -> bool {
        matches!(self, Self::Ours(_))
    }
}

impl Client {
    /// Creates an ephemeral znode, unless there is one: answers whether it is this session's.
    ///
    /// If the reply is lost, or the znode exists, its owner tells: an ephemeral znode names the
    /// session that it belongs to. A lost reply is looked into behind a [`fence`](Self::fence).
    /// A znode that this session had created before counts as ours, whatever its data.
    ///
    /// It is all of a simple election: whoever has the znode leads, and the others watch it go.
    ///
    /// The session is the one in which this future was first polled.
    ///
    /// # Errors
    /// As [`create`](Self::create), except `NodeExists`. *Not sent* for any other mode than
    /// [`CreateMode::Ephemeral`]. *No reply* if it was lost and could not be looked for either.
    ///
    /// # If no reply comes
    /// It is looked for; see above. What expires with its session is lost for good.
    ///
    /// # Cancel safety
    /// Dropping the future takes nothing back: the znode may be there, until the session ends.
    ///
    /// # Ordering
    /// As [`create`](Self::create), from when the future is first polled.
    ///
    /// # Examples
    /// ```
    /// # use zookit_client::{Client, CreateMode, Owned};
    /// # async fn f(client: Client) -> Result<(), zookit_client::Error> {
    /// # client.delete("/leader", zookit_client::Version::Any).await?;
    /// match client.create_owned("/leader", "h1:80", CreateMode::Ephemeral).await? {
    ///     Owned::Ours(_) => println!("leading"),
    ///     Owned::Theirs(stat) => println!("{} leads", stat.ephemeral_owner),
    /// }
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "create_then_check_owner")]
    pub async fn create_owned(
        &self,
        path: &str,
        data: impl Into<Data>,
        options: impl Into<CreateOptions>,
    ) -> Result<Owned, Error> {
        let (data, options) = (data.into(), options.into());
        if options.mode != CreateMode::Ephemeral {
            let path = Some(path.into());
            let about = About { operation: "create", path, class: Create2::CLASS };
            return Err(Error::argument(about, ArgumentError::NotEphemeral(options.mode)));
        }
        let client = self.session();
        let mut attempt = 1;
        loop {
            let error = match client.create(path, data.clone(), options.clone()).await {
                Ok(created) => return Ok(Owned::Ours(created)),
                Err(error) => error,
            };
            let found = if error.may_have_applied() {
                client.look(|client| client.exists(path)).await
            } else if error.is_node_exists() {
                client.exists(path).await
            } else {
                return Err(error);
            };
            let anybody = mutant::on(Mutant::OwnedByAnybody);
            match found {
                Ok(Some(stat)) if anybody || stat.ephemeral_owner == client.session_id() => {
                    let path = path.to_owned();
                    return Ok(Owned::Ours(Created { path, stat: Some(stat) }));
                }
                Ok(Some(stat)) => return Ok(Owned::Theirs(stat)),
                Ok(None) if attempt < MOST_ATTEMPTS => attempt += 1,
                Ok(None) | Err(_) => return Err(error),
            }
        }
    }
}
