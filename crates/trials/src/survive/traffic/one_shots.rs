//! One-shot watches, armed again whenever they have fired.

use std::time::Duration;

use zookit_client::{Client, Error, OneShotWatch};

use super::home::{WATCHED_DATA, WATCHED_NODE, WATCHED_TREE};
use super::notes::{OneShot, OneShotEnd, Sight};
use super::{Going, Subject, while_going};

/// What a one-shot watch is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// The data of a znode.
    Data,
    /// Whether there is a znode.
    Exists,
    /// The names below one.
    Children,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Data, Self::Exists, Self::Children];

    async fn arm(self, client: &Client) -> Result<(Sight, OneShotWatch), Error> {
        Ok(match self {
            Self::Data => {
                let (node, watch) = client.get_data_and_watch(WATCHED_DATA).await?;
                (Some(node.stat.mzxid), watch)
            }
            Self::Exists => {
                let (stat, watch) = client.exists_and_watch(WATCHED_NODE).await?;
                (stat.map(|stat| stat.mzxid), watch)
            }
            Self::Children => {
                let (children, watch) = client.get_children_and_watch(WATCHED_TREE).await?;
                (Some(children.stat.pzxid), watch)
            }
        })
    }

    /// What is there now, without a watch.
    async fn look(self, client: &Client) -> Result<Sight, Error> {
        Ok(match self {
            Self::Data => client.exists(WATCHED_DATA).await?.map(|stat| stat.mzxid),
            Self::Exists => client.exists(WATCHED_NODE).await?.map(|stat| stat.mzxid),
            Self::Children => client.exists(WATCHED_TREE).await?.map(|stat| stat.pzxid),
        })
    }
}

/// Between two attempts to arm a watch, if one fails.
const PACE: Duration = Duration::from_millis(50);

/// Watches until all has been told. When traffic ends a watch is there, unless none can be armed: one
/// that fired last is followed by another.
pub(super) async fn watch(subject: Subject, kind: Kind, mut watching: Going) {
    loop {
        let Ok((armed, watch)) = kind.arm(&subject.client).await else {
            // A read that got no reply is noted nowhere: it left no watch.
            if !watching.on() {
                return;
            }
            watching.pause(PACE).await;
            continue;
        };
        let told = while_going(&mut watching, watch).await;
        let is_last = told.is_none();
        let found = match told {
            Some(Err(ended)) => Ok(OneShotEnd::Ended(ended)),
            Some(Ok(event)) => kind
                .look(&subject.client)
                .await
                .map(|found| OneShotEnd::Fired { event: event.event_type, found }),
            None => kind.look(&subject.client).await.map(|found| OneShotEnd::Waiting { found }),
        };
        match found {
            Ok(end) => subject.notes.lock().one_shots.push(OneShot { kind, armed, end }),
            Err(error) => {
                let what = format!("what a watch was told of could not be looked at: {error}");
                subject.notes.lock().troubles.push(what);
            }
        }
        if is_last {
            return;
        }
    }
}
