//! What keeps a znode up, behind all that do: [persistent nodes](super::persistent), with the members
//! and guests of [groups](crate::group), and the registrations of `discovery`.
//!
//! * `task.rs`: the task of a znode, which creates it, looks at it with a watch, and sets its data.
//! * `seek.rs`: how the znode is found, under its name or by its number; and how it is deleted.
//! * `plan.rs`: whose the znode is that is there.
//!
//! Those who show it say by a [`Tell`] what of a [`Standing`] their own users hear.

mod plan;
mod seek;
mod task;

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use zookit_client::{Client, SessionId, Stat};

use self::task::Task;
use super::persistent::NodeOptions;
use crate::error::Error;

/// What is to be kept up.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// Of the znode; of a numbered one up to its number.
    pub(crate) path: String,
    /// Whether the server puts a number behind the path: of an ephemeral one alone, for by its
    /// owner it is known among the others.
    pub(crate) numbered: bool,
    pub(crate) options: NodeOptions,
    /// Whether an error that trying again cannot mend is not its end: other data are tried again.
    pub(crate) endures: bool,
}

/// How it stands with the znode.
#[derive(Debug, Clone)]
pub(crate) enum Standing {
    /// It is not there, as far as is known, and will be created.
    Absent,
    /// It is there and ours, and is about to get the newest data.
    Behind,
    /// It is there, ours, with the newest data.
    There(Stat),
    /// One of an earlier session of ours is there.
    Earlier(SessionId),
    /// Somebody else's is there.
    InTheWay(SessionId),
    /// This error is in the way of the data of now; the next ones are tried again.
    Failed(Arc<Error>),
    /// It is kept up no more.
    Ended(Option<Arc<Error>>),
}

/// Hears of each change, and which data it is about: the first are 1, each [set](Kept::set) counts.
pub(crate) type Tell = Box<dyn Fn(u64, Standing) + Send + Sync>;

type Reply = oneshot::Sender<Result<(), Error>>;

/// What the owner wants.
#[derive(Debug)]
enum Command {
    /// Who waits is answered when the server has it; and dropped if it never will.
    Set(Bytes, oneshot::Sender<()>),
    Close {
        /// Whether it is deleted also if it was [to be kept](NodeOptions::keep).
        remove: bool,
        done: Reply,
    },
}

/// A znode that is kept up, until this is closed or dropped. Its task then deletes it, if it is ours
/// and not to be kept.
#[derive(Debug)]
pub(crate) struct Kept {
    commands: mpsc::UnboundedSender<Command>,
}

impl Kept {
    /// To be called within a runtime.
    pub(crate) fn start(client: &Client, wanted: Wanted, data: Bytes, tell: Tell) -> Self {
        let (commands, received) = mpsc::unbounded_channel();
        tokio::spawn(Task::new(client, wanted, data, tell).run(received));
        Self { commands }
    }

    /// Other data from now on, whether anybody waits or not; whoever does learns when the server has
    /// them, or that it never will.
    pub(crate) fn set(&self, data: Bytes) -> impl Future<Output = bool> + use<> {
        let (done, answer) = oneshot::channel();
        // If nobody listens any more, nobody answers.
        drop(self.commands.send(Command::Set(data, done)));
        async { answer.await.is_ok() }
    }

    /// Keeps it up no more, and waits until what is to be deleted is: it, and if `remove` says so
    /// also what was to be kept. `None` if the task had ended before.
    ///
    /// # Cancel safety
    /// It is done in any case, once this has been polled.
    pub(crate) async fn close(self, remove: bool) -> Option<Result<(), Error>> {
        let (done, answer) = oneshot::channel();
        drop(self.commands.send(Command::Close { remove, done }));
        answer.await.ok()
    }
}
