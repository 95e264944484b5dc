//! A delete that goes on until it is done.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::task::JoinHandle;
use zookit_proto::Operation;
use zookit_proto::mutant::{self, Mutant};
use zookit_proto::ops::delete::Delete;
use zookit_session::{Loss, NoReply};

use crate::answer::Answer;
use crate::client::Client;
use crate::data::Version;
use crate::error::{About, Error, NoReplyReason};

/// A delete under way; see [`Client::delete_guaranteed`]. Dropping it does not stop the delete.
#[must_use = "the delete goes on in any case, but only the future tells when it is done"]
pub struct GuaranteedDelete {
    task: JoinHandle<Result<(), Error>>,
    path: Box<str>,
}

impl Client {
    /// As [`delete`](Self::delete), and does not give up: over lost replies, connections and
    /// sessions it is sent again until the znode is gone, also when the future is dropped.
    ///
    /// It ends early only when the server refuses for good, the client is closed, or the session of
    /// a [pinned](Self::session) handle is gone. Until then it keeps the session open, as a clone
    /// of the client does.
    ///
    /// Whatever is at the path by then is deleted: where others may create a znode there meanwhile,
    /// use paths that are not used again, as sequential ones.
    ///
    /// # Errors
    /// *Refused* with `NoNode` if nothing was ever there, `BadVersion`, `NotEmpty`, `NoAuth`; *not
    /// sent* for wrong arguments, and when the client is closed.
    ///
    /// # If no reply comes
    /// It is sent again; `NoNode` then means that it is done. *No reply* only when the client ends.
    ///
    /// # Cancel safety
    /// Dropping the future stops nothing.
    ///
    /// # Ordering
    /// The first attempt is submitted when the method is called, like any request; the others
    /// behind what was submitted meanwhile.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    ///
    /// # Examples
    /// ```
    /// # use zookit_client::{Client, Version};
    /// # async fn f(client: Client) {
    /// // In the drop of a lock: nobody waits, and the znode goes all the same.
    /// drop(client.delete_guaranteed("/lock/lock-0000000007", Version::Any));
    /// # }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "guaranteed")]
    pub fn delete_guaranteed(&self, path: &str, version: Version) -> GuaranteedDelete {
        let first = self.delete(path, version);
        let deleting = delete(self.clone(), path.to_owned(), version, first);
        GuaranteedDelete { task: tokio::spawn(deleting), path: path.into() }
    }
}

async fn delete(
    client: Client,
    path: String,
    version: Version,
    first: Answer<()>,
) -> Result<(), Error> {
    let (mut attempt, mut failures, mut in_doubt) = (first, 0, false);
    loop {
        match attempt.await {
            Err(error) if in_doubt && error.is_no_node() => return Ok(()),
            Err(error) if mutant::on(Mutant::DeleteGivesUp) => return Err(error),
            Err(error) if error.is_transient() && !client.is_pinned_to_the_past(&error) => {
                in_doubt |= error.may_have_applied();
                failures += 1;
            }
            done => return done,
        }
        client.back_off(failures).await;
        attempt = client.delete(&path, version);
    }
}

impl Future for GuaranteedDelete {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.task).poll(context).map(|joined| {
            joined.unwrap_or_else(|_| {
                // The runtime went away under it.
                let path = Some(self.path.clone());
                let about = About { operation: Delete::NAME, path, class: Delete::CLASS };
                let reason = NoReplyReason::Session(NoReply::Lost(Loss::Close));
                Err(Error::no_reply(about, None, reason))
            })
        })
    }
}

impl fmt::Debug for GuaranteedDelete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuaranteedDelete").field("path", &self.path).finish_non_exhaustive()
    }
}
