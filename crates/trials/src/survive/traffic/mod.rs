//! Steady traffic of the clients under test, and notes of all that they were told.
//!
//! A [`Subject`] is a client under test: `writes.rs` has it write in four ways, pipelined,
//! `reads.rs` reads, `beat.rs` asks again as soon as it is answered, so that every moment in which
//! nobody serves it shows, `one_shots.rs`, `stream.rs` and `ephemerals.rs` are what their names
//! say, `states.rs` listens. What the watches are told of is changed by a client that is none of
//! them, the [`Changer`](changer::Changer). `notes.rs` is what the judge gets to see, `home.rs`
//! where in the tree it all happens.
//!
//! All of it runs on one thread, on purpose: what a client's driver makes known, it makes known in
//! one turn, so what a task submits is submitted before or behind a loss and never in the middle of
//! it, and the judge may be strict about the order.

mod beat;
pub(crate) mod changer;
mod ephemerals;
pub(crate) mod home;
pub(crate) mod notes;
pub(crate) mod one_shots;
mod reads;
mod states;
mod stream;
mod writes;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use zookit_client::{Client, Deadline, Error};

use self::changer::Changer;
use self::home::Home;
use self::notes::{Noted, Notes};

/// How long requests wait for their replies: longer than any accident lasts, so that a deadline
/// that passes is a request that was forgotten.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A client under test, and what it was told.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) client: Client,
    pub(crate) home: Home,
    pub(crate) notes: Arc<Notes>,
}

/// What traffic there is besides reads and writes: old servers lack some of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kinds {
    /// Persistent watches: from 3.6.
    pub(crate) streams: bool,
}

/// Whether the traffic is to go on.
#[derive(Debug, Clone)]
pub(crate) struct Going(watch::Receiver<bool>);

impl Going {
    /// It is to go on.
    pub(crate) fn on(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits for the end, or for so long; whether it is to go on.
    pub(crate) async fn pause(&mut self, pace: Duration) -> bool {
        drop(timeout(pace, self.over()).await);
        self.on()
    }

    /// Waits for the end.
    pub(crate) async fn over(&mut self) {
        // The sender is dropped only with the traffic itself.
        drop(self.0.wait_for(|going| !going).await);
    }
}

/// The traffic of all subjects.
#[derive(Debug)]
pub(crate) struct Traffic {
    pub(crate) subjects: Vec<Subject>,
    pub(crate) changer: Changer,
    /// Everything but the watches goes on while this says so …
    going: watch::Sender<bool>,
    /// … and the watches until whatever was changed has been told.
    watching: watch::Sender<bool>,
    working: JoinSet<()>,
    watchers: JoinSet<()>,
}

impl Traffic {
    /// Makes the places in the tree, arms the watches, and begins.
    ///
    /// # Errors
    /// A place cannot be made, or a watch not armed.
    pub(crate) async fn begin(
        clients: Vec<Client>,
        changer: Client,
        kinds: Kinds,
    ) -> Result<Self, Error> {
        let changer = Changer::new(changer.with_deadline(Deadline::After(PATIENCE)));
        changer.make_room().await?;
        let mut subjects = Vec::new();
        for (index, client) in clients.into_iter().enumerate() {
            let home = Home::new(index);
            home.make(changer.client()).await?;
            let client = client.with_deadline(Deadline::After(PATIENCE));
            let notes = Arc::new(Notes::new(index, client.session_id()));
            subjects.push(Subject { client, home, notes });
        }
        let mut traffic = Self {
            subjects,
            changer,
            going: watch::Sender::new(true),
            watching: watch::Sender::new(true),
            working: JoinSet::new(),
            watchers: JoinSet::new(),
        };
        for subject in traffic.subjects.clone() {
            traffic.watch(&subject, kinds).await?;
            traffic.work(&subject);
        }
        let (changer, going) = (traffic.changer.clone(), traffic.going());
        traffic.working.spawn(changer.run(going));
        Ok(traffic)
    }

    fn going(&self) -> Going {
        Going(self.going.subscribe())
    }

    async fn watch(&mut self, subject: &Subject, kinds: Kinds) -> Result<(), Error> {
        let watching = Going(self.watching.subscribe());
        self.watchers.spawn(states::listen(subject.clone(), watching.clone()));
        for kind in one_shots::Kind::ALL {
            let (subject, watching) = (subject.clone(), watching.clone());
            self.watchers.spawn(one_shots::watch(subject, kind, watching));
        }
        if kinds.streams {
            let stream = stream::arm(subject).await?;
            self.watchers.spawn(stream::follow(subject.clone(), stream, watching));
        }
        Ok(())
    }

    fn work(&mut self, subject: &Subject) {
        let going = self.going();
        self.working.spawn(writes::write(subject.clone(), going.clone()));
        self.working.spawn(reads::read(subject.clone(), going.clone()));
        self.working.spawn(beat::reads(subject.clone(), going.clone()));
        self.working.spawn(beat::writes(subject.clone(), going.clone()));
        self.working.spawn(ephemerals::create(subject.clone(), going));
    }

    /// No more requests; those under way end. False if one of them has not ended in time.
    pub(crate) async fn stop(&mut self) -> bool {
        self.going.send_replace(false);
        join(&mut self.working, PATIENCE).await
    }

    /// The watches have been told all that they are to be told: what they were told last is noted.
    /// False if a watcher does not come to its end.
    pub(crate) async fn stop_watching(&mut self) -> bool {
        self.watching.send_replace(false);
        join(&mut self.watchers, PATIENCE).await
    }

    /// All that was noted.
    pub(crate) fn noted(&self) -> Vec<Noted> {
        self.subjects.iter().map(|subject| subject.notes.take()).collect()
    }
}

async fn join(tasks: &mut JoinSet<()>, within: Duration) -> bool {
    let all = async { while tasks.join_next().await.is_some() {} };
    let ended = timeout(within, all).await.is_ok();
    tasks.abort_all();
    ended
}

/// Ends with its output, or with `None` when the traffic does.
async fn while_going<F: Future>(going: &mut Going, future: F) -> Option<F::Output> {
    tokio::select! {
        biased;
        output = future => Some(output),
        () = going.over() => None,
    }
}
