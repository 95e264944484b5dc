//! A latch: stands for leader in the background, and tells when it leads and when not.
//!
//! # What it guarantees
//!
//! Of all latches of a path at most one [stands](Standing) as leading at any moment, as far as the
//! sessions of their clients [can be trusted](zookit_client::Client::trusted_until), unless one asked
//! to lead on in doubt ([`LeadUntil::Lost`](crate::LeadUntil::Lost)). Tokens grow from leader to
//! leader. Who has stood longest leads next.
//!
//! # How it works
//!
//! 1. An ephemeral sequential znode `_c_UUID-latch-` is created below the path, its data the id of the
//!    participant; the children are listed behind that, both in one go.
//! 2. The one with the lowest number leads. Every other watches the one before it, and lists again
//!    when that has gone: one is woken by one who goes.
//! 3. The leader watches its *own* znode: one who deletes it ends the leadership, as is said. (With
//!    Curator's, two lead then: CURATOR-171.)
//! 4. When the leader's client has heard nothing for so long that others may lead it stands as
//!    [doubted](crate::Lost::Doubted). When there is a connection again it lists: is its znode still
//!    the first, of the same session, it leads on with the same token. So a lost connection costs a
//!    listing, and nobody's place (CURATOR-644).
//! 5. When the session is over, or the znode was deleted, it goes to the end of the queue, with a new
//!    znode. A znode of an earlier session cannot pass for its own (CURATOR-696): whatever a latch
//!    does for its znode is sent in the session that created it, or never.
//!
//! # What can go wrong
//!
//! * *A leader that stands still* (a long pause of the machine) acts before it has looked at its
//!   watch: [`guarded_multi`](crate::Claim::guarded_multi), or the token, makes what it writes vain.
//! * *A future is dropped*: nothing happens to the leadership. *The latch is dropped*: it is closed,
//!   in the background.
//! * *What trying again cannot mend* (no permission, a closed client) ends it: [`Standing::Ended`].
//!
//! # On disk
//!
//! As Curator's `LeaderLatch`; with [`Naming::Kazoo`](crate::Naming::Kazoo) as kazoo's `Election`.
//!
//! ```
//! # use zookit_client::Client;
//! use zookit_recipes::{Latch, Standing};
//!
//! # async fn f(client: Client) -> Result<(), zookit_recipes::Error> {
//! let latch = Latch::start(&client, "/leader", "host-1");
//! let mut changes = latch.changes();
//! while let Some(change) = changes.next().await {
//!     match change.now {
//!         Standing::Leading(leadership) => println!("leads with the token {}", leadership.token()),
//!         Standing::Waiting(why) => println!("does not lead: {why}"),
//!         Standing::Ended(_) => println!("is over"),
//!     }
//! #   if let Standing::Leading(_) = latch.standing() { break }
//! }
//! latch.close().await?;
//! # Ok(()) }
//! # zookit_doctest::with_client(f);
//! ```

mod standing;
mod task;

use std::fmt;

use tokio::sync::{mpsc, oneshot};
use zookit_client::Client;

pub use self::standing::{NotLeading, Standing};
use self::task::{Command, Task};
use super::{ElectionOptions, Leadership, in_the_way};
use crate::changes::{Changes, Teller};
use crate::claim::{Participant, participants};
use crate::error::Error;

/// One who stands for leader, until it is [closed](Self::close) or dropped. See
/// [the module](self).
#[doc(alias = "LeaderLatch")]
#[must_use = "a latch that is dropped stands no more"]
pub struct Latch {
    client: Client,
    path: String,
    standing: Changes<Standing>,
    commands: mpsc::UnboundedSender<Command>,
}

impl Latch {
    /// Stands for leader at a path, which need not exist, under an id for others to see.
    ///
    /// It keeps the session open, as a clone of the client does.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub fn start(client: &Client, path: &str, id: &str) -> Self {
        Self::start_with(client, path, ElectionOptions::with_id(id))
    }

    /// The same, with other names, rights, parents, or another idea of when to stop.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub fn start_with(client: &Client, path: &str, options: ElectionOptions) -> Self {
        let (teller, standing) = Teller::new(Standing::Waiting(NotLeading::NotYet));
        let (commands, received) = mpsc::unbounded_channel();
        let (client, path) = (client.clone(), path.to_owned());
        tokio::spawn(Task::new(client.clone(), path.clone(), options, teller, received).run());
        Self { client, path, standing, commands }
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// How it stands now.
    #[must_use]
    #[doc(alias = "hasLeadership")]
    pub fn standing(&self) -> Standing {
        self.standing.now()
    }

    /// How it stands, and then each change of that, until it is over.
    #[doc(alias = "addListener")]
    #[doc(alias = "LeaderLatchListener")]
    pub fn changes(&self) -> Changes<Standing> {
        self.standing.anew()
    }

    /// Waits until it leads; it may have stopped again by the time this returns.
    ///
    /// # Errors
    /// [`Error::Ended`] if it never will.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing: it goes on standing.
    #[doc(alias = "await")]
    pub async fn wait_leading(&self) -> Result<Leadership, Error> {
        let mut changes = self.changes();
        while let Some(change) = changes.next().await {
            match change.now {
                Standing::Leading(leadership) => return Ok(leadership),
                Standing::Ended(source) => {
                    return Err(Error::Ended { path: self.path.as_str().into(), source });
                }
                Standing::Waiting(_) => {}
            }
        }
        Err(self.ended())
    }

    /// Who leads, first, and who stands behind it, in order; their data are their ids.
    ///
    /// The server is asked: it may know of a change before this latch has [told](Self::changes) it.
    ///
    /// # Errors
    /// The client's; none if nobody stands, but nobody.
    #[doc(alias = "getParticipants")]
    #[doc(alias = "getLeader")]
    pub async fn participants(&self) -> Result<Vec<Participant>, Error> {
        participants(&self.client, &self.path, in_the_way).await
    }

    /// Hands the leadership over to the next, and waits until that may lead: this one goes to the
    /// end of the queue. Where it does not lead, it keeps its place and nothing happens.
    ///
    /// What the leader does must have ended before.
    ///
    /// # Errors
    /// [`Error::Lost`] if it had been lost before; [`Error::Ended`] if the latch is over. *Refused* if
    /// the znode may not be deleted.
    ///
    /// # Cancel safety
    /// It resigns in any case, once this has been polled.
    pub async fn resign(&self) -> Result<(), Error> {
        let (done, answer) = oneshot::channel();
        // If nobody listens any more, nobody answers.
        drop(self.commands.send(Command::Resign(done)));
        answer.await.unwrap_or_else(|_| Err(self.ended()))
    }

    /// Stands no more, and waits until the next may lead. Dropping the latch does it too, in the
    /// background.
    ///
    /// # Errors
    /// As [`resign`](Self::resign); none if it was over before.
    ///
    /// # Cancel safety
    /// It is closed in any case.
    pub async fn close(self) -> Result<(), Error> {
        let (done, answer) = oneshot::channel();
        drop(self.commands.send(Command::Close(done)));
        answer.await.unwrap_or(Ok(()))
    }

    fn ended(&self) -> Error {
        let source = match self.standing() {
            Standing::Ended(source) => source,
            _ => None,
        };
        Error::Ended { path: self.path.as_str().into(), source }
    }
}

impl fmt::Debug for Latch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Latch");
        out.field("path", &self.path).field("standing", &self.standing()).finish_non_exhaustive()
    }
}
