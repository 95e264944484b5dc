//! The task that follows a server: it moves events and replies into the mirror, and reads out of it.
//!
//! With servers from 3.6 by one persistent watch and multiReads (`persistent`); with older ones, or
//! where that is asked for, by one-shot watches (`one_shot`).

mod one_shot;
mod persistent;
mod reads;

use std::sync::Arc;

use zookit_client::{AddWatchMode, Client, Error};

use super::core::Shared;
use super::mirror::Watching;
use super::options::CacheOptions;
use crate::claim::endless;

/// Why following stopped for now.
enum Stopped {
    /// The watch is over, and another one is to be set.
    Unwatched,
    /// It cannot be mended.
    Failed(Error),
}

/// Follows, until the client is closed or it makes no sense any more.
pub(super) async fn follow(client: Client, shared: Arc<Shared>, options: CacheOptions) {
    let error = run(&client, &shared, &options).await;
    shared.end(Some(error));
}

async fn run(client: &Client, shared: &Shared, options: &CacheOptions) -> Error {
    if options.persistent_watches {
        if let Err(error) = follow_persistently(client, shared, options).await {
            return error;
        }
    }
    one_shot::follow(client, shared, options).await
}

/// Ends without an error where persistent watches are not known.
async fn follow_persistently(
    client: &Client,
    shared: &Shared,
    options: &CacheOptions,
) -> Result<(), Error> {
    // Of one znode what happens below it is not even told.
    let mode = match options.max_depth {
        0 => AddWatchMode::Persistent,
        _ => AddWatchMode::PersistentRecursive,
    };
    loop {
        // Waits between attempts grow, and what cannot be mended is not tried again.
        let set = client.retry(endless(), |_| client.add_watch(&shared.path, mode)).await;
        let watch = match set {
            Err(error) if error.is_unimplemented() => return Ok(()),
            set => set?,
        };
        match persistent::follow(client, shared, options, watch).await {
            // Until there is another watch there is no telling what happens.
            Stopped::Unwatched => shared.change(|mirror| mirror.begin(Watching::Persistently)),
            Stopped::Failed(error) => return Err(error),
        }
    }
}
