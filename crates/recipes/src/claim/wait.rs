//! Waiting: for one's turn, and over whatever comes in between.

use std::time::Duration;

use zookit_client::{ChildList, Client, RetryPolicy};
use zookit_proto::mutant::{self, Mutant};
use zookit_proto::path::join as join_path;

use super::Claim;
use crate::Error;
use crate::naming::{Kind, Turn, turn};

/// As long as it takes: what waits for a lock waits over lost connections too. Waits between
/// attempts grow to 5 s, so a dead ensemble is not hammered.
pub(crate) fn endless() -> RetryPolicy {
    RetryPolicy {
        max_attempts: u32::MAX,
        max_elapsed: Duration::MAX,
        // For claims and reads, whose repetition harms nobody: what is in doubt is swept.
        lost_writes: true,
        ..RetryPolicy::default()
    }
}

/// Waits until nobody before the claim is in its way. One who goes wakes one who waits. The place in
/// the queue is kept over lost connections.
///
/// `names` is a listing that was read behind the claim's creation, if there is one already.
///
/// Who is woken lists the queue again, however long it is. The event says that the one before it is
/// gone, not whether that one held or gave up, as a release is a plain delete: those before it may
/// still be there. The parent's stat counts those who came and went, and not on which side of us. Nor
/// would it do to remember that nobody but the one was before us: a writer that
/// [becomes a reader](crate::WriteGuard::downgrade) leaves a znode there that was in no listing, with
/// its own number; and our own znode has to be looked for in any case.
///
/// # Errors
/// [`Error::Lost`] if the claim's own znode is not there. The client's, if trying again cannot mend
/// it: above all that the session is over.
///
/// # Cancel safety
/// Dropping the future removes the watch; what becomes of the claim is for its owner to say.
pub(crate) async fn wait_turn(
    claim: &Claim,
    names: Option<ChildList>,
    in_the_way: impl Fn(Kind) -> bool,
) -> Result<(), Error> {
    let client = claim.client();
    let parent = claim.path().rsplit_once('/').map_or("", |(parent, _)| parent);
    let parent = if parent.is_empty() { "/" } else { parent };
    let mut listed = names;
    loop {
        let names = match listed.take() {
            Some(names) => names,
            None => {
                let listing = client.retry(endless(), |_| client.get_child_list(parent));
                // Without the queue one's own znode is not there either.
                listing.await.map_err(|error| claim.deleted_or(error))?
            }
        };
        let before = match turn(&names, claim.name(), &in_the_way) {
            Turn::Ours => return Ok(()),
            Turn::After(name) => join_path(parent, name),
            Turn::Gone if mutant::on(Mutant::MissingHolds) => return Ok(()),
            Turn::Gone => return Err(claim.found_deleted()),
        };
        // Not its data: those may be nobody's to read.
        let watch = client.retry(endless(), |_| client.exists_and_watch(&before)).await?;
        if let (Some(_), watch) = watch {
            // It went, or something else became of it, or the watch ended with the session: the
            // listing tells.
            drop(watch.await);
            if mutant::on(Mutant::WokenHolds) {
                return Ok(());
            }
        }
    }
}

/// Makes attempts, each of them a claim anew, until one succeeds, or fails for good: over lost
/// connections, over sessions that end (nothing was held in them), and if somebody deletes the
/// znode of the claim while it waits.
///
/// # Errors
/// What trying again cannot mend.
///
/// # Cancel safety
/// That of an attempt.
pub(crate) async fn patiently<T, F>(
    client: &Client,
    mut attempt: impl FnMut() -> F,
) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    /// How often in a row a claim is made anew whose znode somebody deleted.
    const MOST_DELETED: u32 = 8;
    let mut deleted = 0;
    loop {
        let once = client.retry(endless(), |_| {
            let attempt = attempt();
            async {
                match attempt.await {
                    Err(Error::Client(error)) => Err(error),
                    other => Ok(other),
                }
            }
        });
        match once.await? {
            Err(Error::Lost { .. }) if deleted < MOST_DELETED => deleted += 1,
            done => return done,
        }
    }
}
