//! What goes on behind a znode that is kept up.
//!
//! ```text
//!   ┌─> create and look ──> ours ───> set its data, if need be ──> there ─┐
//!   │                  └──> another's ──> in the way ─────────────────────┤
//!   └───────── the watch fires, other data are wanted, the session ends ──┘
//! ```
//! A round may be dropped at any point, for a command; what it has learnt is kept in the task, and
//! the next one goes on from there.

use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use zookit_client::{
    Client, Error as ClientError, EventType, OneShotWatch, SessionId, Stat, Version,
};
use zookit_proto::mutant::{self, Mutant};

use super::plan::{Found, We, found};
use super::{Command, Reply, Standing, Tell, Wanted};
use crate::Error;
use crate::claim::endless;
use crate::race::{First, first_of};

/// Of how many of its client's sessions it is known that they were ours.
const SESSIONS_KEPT: usize = 16;

pub(super) struct Task {
    pub(super) client: Client,
    /// The same, pinned to the session in which the znode is kept up now.
    pub(super) session: Client,
    pub(super) wanted: Wanted,
    pub(super) data: Bytes,
    /// Which data these are: the first, the second and so on.
    revision: u64,
    tell: Tell,
    /// What was told last, and of which data.
    told: (u64, Standing),
    /// The sessions that this client has had, the newest last.
    had: Vec<SessionId>,
    /// Whether it is to be created, as far as is known.
    pub(super) missing: bool,
    /// Where it was seen last; of a numbered one, with its number.
    pub(super) path: Option<String>,
    /// What the server shows, if it is ours.
    pub(super) there: Option<Stat>,
    /// Whether that has the newest data for sure.
    written: bool,
    /// Tells when what was seen has changed.
    watch: Option<OneShotWatch>,
    /// Who waits for the newest data to be there.
    waiting: Vec<oneshot::Sender<()>>,
    /// Whether nothing is tried before there are other data.
    idle: bool,
}

impl Task {
    pub(super) fn new(client: &Client, wanted: Wanted, data: Bytes, tell: Tell) -> Self {
        Self {
            client: client.clone(),
            session: client.session(),
            wanted,
            data,
            revision: 1,
            tell,
            told: (1, Standing::Absent),
            had: Vec::new(),
            missing: true,
            path: None,
            there: None,
            written: false,
            watch: None,
            waiting: Vec::new(),
            idle: false,
        }
    }

    pub(super) async fn run(mut self, mut commands: mpsc::UnboundedReceiver<Command>) {
        let (close, error) = match self.keep_up(&mut commands).await {
            Ok(close) => (close, None),
            Err(error) => (None, Some(Arc::new(error))),
        };
        self.tell(Standing::Ended(error));
        // Those who wait learn the reason from the state.
        self.waiting.clear();
        self.watch = None;
        let (remove, done) = close.unzip();
        let keep = self.wanted.options.keep && remove != Some(true);
        let left = if keep { Ok(()) } else { self.delete().await };
        match (done, left) {
            (Some(done), left) => drop(done.send(left)),
            (None, Ok(())) => {}
            (None, Err(error)) => {
                let path = &self.wanted.path;
                tracing::warn!(target: "zookit::recipes", %path, %error, "a znode may be left behind");
            }
        }
    }

    fn tell(&mut self, standing: Standing) {
        self.told = (self.revision, standing.clone());
        (self.tell)(self.revision, standing);
    }

    /// Goes on until it is closed or dropped; answers whether what is to be kept is to go all the
    /// same, and whom to tell when that is done.
    async fn keep_up(
        &mut self,
        commands: &mut mpsc::UnboundedReceiver<Command>,
    ) -> Result<Option<(bool, Reply)>, Error> {
        loop {
            let raced = first_of(pin!(commands.recv()), pin!(self.round())).await;
            match raced {
                First::Left(None) => return Ok(None),
                First::Left(Some(Command::Close { remove, done })) => {
                    return Ok(Some((remove, done)));
                }
                First::Left(Some(Command::Set(data, done))) => {
                    self.data = data;
                    self.revision += 1;
                    self.written = false;
                    self.idle = false;
                    // Those who wait no more need no place.
                    self.waiting.retain(|waiting| !waiting.is_closed());
                    self.waiting.push(done);
                }
                First::Right(Ok(())) => {}
                First::Right(Err(Error::Client(error))) if self.is_over(&error) => {
                    self.begin_anew();
                }
                First::Right(Err(error)) if self.wanted.endures => self.give_up(error),
                First::Right(Err(error)) => return Err(error),
            }
        }
    }

    /// Whether the session is over, and there will be another.
    pub(super) fn is_over(&self, error: &ClientError) -> bool {
        error.is_session_lost() && self.client.pinned_to().is_none()
    }

    /// The session is over; the next one begins.
    fn begin_anew(&mut self) {
        self.session = self.client.session();
        self.forget();
        self.idle = mutant::on(Mutant::RegistrationNotRestored);
        if self.is_ephemeral() {
            self.missing = true;
            self.tell_absent();
        }
    }

    /// Nothing more is tried with the data of now; with others it is looked at from the beginning.
    fn give_up(&mut self, error: Error) {
        self.forget();
        self.missing = true;
        self.idle = true;
        self.waiting.clear();
        self.tell(Standing::Failed(Arc::new(error)));
    }

    /// Nothing is known of the znode any more.
    fn forget(&mut self) {
        self.there = None;
        self.watch = None;
    }

    fn tell_absent(&mut self) {
        if !matches!(self.told.1, Standing::Absent) {
            self.tell(Standing::Absent);
        }
    }

    async fn round(&mut self) -> Result<(), Error> {
        if self.idle {
            return std::future::pending().await;
        }
        if self.watch.is_none() {
            self.look().await?;
        }
        if let (Some(stat), false) = (self.there, self.written) {
            // Not noted: who has told that it is there need not tell so again.
            (self.tell)(self.revision, Standing::Behind);
            self.set(stat).await?;
        }
        if let (Some(stat), true) = (self.there, self.written) {
            let revision = self.revision;
            let told =
                matches!(self.told, (at, Standing::There(old)) if at == revision && old == stat);
            if !told {
                self.tell(Standing::There(stat));
            }
            for waiting in self.waiting.drain(..) {
                // Whoever waited may have gone.
                let _ = waiting.send(());
            }
        }
        let Some(watch) = &mut self.watch else { return Ok(()) };
        let fired = watch.await;
        self.forget();
        match fired {
            Ok(event) if event.event_type == EventType::NodeDeleted => {
                self.missing = true;
                self.tell_absent();
            }
            // It changed somehow: the next look tells.
            Ok(_) => {}
            // It went with its session, of which the next request tells.
            Err(_) => {}
        }
        Ok(())
    }

    /// Creates the znode, if it is to be, and looks at what is there.
    async fn look(&mut self) -> Result<(), Error> {
        self.note_session();
        if self.missing {
            self.written = false;
        }
        let session = &self.session;
        let seen = session.retry(endless(), |_| self.attempt()).await?;
        self.note_session();
        let Some(me) = self.me() else {
            // It is over already: the next request says so.
            return Ok(());
        };
        let known = self.wanted.options.earlier.iter().chain(&self.had);
        let earlier: Vec<_> = known.copied().collect();
        let found = found(seen.stat.as_ref(), We { me, earlier: &earlier });
        self.path = Some(seen.path);
        self.missing = found == Found::Nothing;
        // Behind nothing there is a create, which needs no watch to wait for.
        self.watch = (!self.missing).then_some(seen.watch);
        match found {
            Found::Nothing => self.tell_absent(),
            Found::Ours(stat) => {
                self.there = Some(stat);
                self.written |= seen.created;
            }
            Found::Earlier(session) => self.tell(Standing::Earlier(session)),
            Found::Foreign(session) => self.tell(Standing::InTheWay(session)),
        }
        Ok(())
    }

    /// Sets the newest data, if the znode is still as it was seen.
    async fn set(&mut self, seen: Stat) -> Result<(), Error> {
        let Some(path) = &self.path else { return Ok(()) };
        let (session, guard) = (&self.session, Version::Exactly(seen.version));
        let set = || session.set_data(path, self.data.clone(), guard);
        match session.retry(endless(), |_| set()).await {
            Ok(stat) => {
                self.there = Some(stat);
                self.written = true;
            }
            // Somebody was there before; or it was our own, whose reply was lost.
            Err(error) if error.is_bad_version() || error.is_no_node() => {
                self.missing = error.is_no_node();
                self.forget();
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Whatever session this client has, a znode of it is ours.
    fn note_session(&mut self) {
        let id = self.session.session_id();
        if id == SessionId::NONE || self.had.last() == Some(&id) {
            return;
        }
        if self.had.len() == SESSIONS_KEPT {
            self.had.remove(0);
        }
        self.had.push(id);
    }
}

/// What a look at the znode has brought.
pub(super) struct Seen {
    /// Where it was looked.
    pub(super) path: String,
    pub(super) stat: Option<Stat>,
    pub(super) watch: OneShotWatch,
    /// It was created by this very request, with the data of now.
    pub(super) created: bool,
}
