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
use zookit_client::{Client, CreateMode, EventType, OneShotWatch, SessionId, Stat, Version};

use super::plan::{Found, We, found};
use super::{NodeKind, NodeOptions, NodeState};
use crate::Error;
use crate::changes::Teller;
use crate::claim::{Parents, endless};
use crate::race::{First, first_of};

/// Of how many of its client's sessions it is known that they were ours.
const SESSIONS_KEPT: usize = 16;

type Reply = oneshot::Sender<Result<(), Error>>;

/// What the owner wants.
#[derive(Debug)]
pub(super) enum Command {
    /// Answered when the server has it; dropped if it never will.
    Set(Bytes, oneshot::Sender<()>),
    Close(Reply),
}

pub(super) struct Task {
    client: Client,
    /// The same, pinned to the session in which the znode is kept up now.
    session: Client,
    path: String,
    data: Bytes,
    options: NodeOptions,
    state: Teller<NodeState>,
    /// The sessions that this client has had, the newest last.
    had: Vec<SessionId>,
    /// Whether it is to be created, as far as is known.
    missing: bool,
    /// What the server shows, if it is ours.
    there: Option<Stat>,
    /// Whether that has the newest data for sure.
    written: bool,
    /// Tells when what was seen has changed.
    watch: Option<OneShotWatch>,
    /// Who waits for the newest data to be there.
    waiting: Vec<oneshot::Sender<()>>,
}

impl Task {
    pub(super) fn new(
        client: &Client,
        path: &str,
        data: Bytes,
        options: NodeOptions,
        state: Teller<NodeState>,
    ) -> Self {
        Self {
            client: client.clone(),
            session: client.session(),
            path: path.to_owned(),
            data,
            options,
            state,
            had: Vec::new(),
            missing: true,
            there: None,
            written: false,
            watch: None,
            waiting: Vec::new(),
        }
    }

    pub(super) async fn run(mut self, mut commands: mpsc::UnboundedReceiver<Command>) {
        let (reply, error) = match self.keep_up(&mut commands).await {
            Ok(reply) => (reply, None),
            Err(error) => (None, Some(Arc::new(error))),
        };
        self.state.tell(NodeState::Ended(error));
        // Those who wait learn the reason from the state.
        self.waiting.clear();
        self.watch = None;
        let left = if self.options.keep { Ok(()) } else { self.delete().await };
        match (reply, left) {
            (Some(reply), left) => drop(reply.send(left)),
            (None, Ok(())) => {}
            (None, Err(error)) => {
                let path = &self.path;
                tracing::warn!(target: "zookit::recipes", %path, %error, "a znode may be left behind");
            }
        }
    }

    /// Goes on until it is closed or dropped; answers whom to tell when that is done.
    async fn keep_up(
        &mut self,
        commands: &mut mpsc::UnboundedReceiver<Command>,
    ) -> Result<Option<Reply>, Error> {
        loop {
            let raced = first_of(pin!(commands.recv()), pin!(self.round())).await;
            match raced {
                First::Left(None) => return Ok(None),
                First::Left(Some(Command::Close(reply))) => return Ok(Some(reply)),
                First::Left(Some(Command::Set(data, reply))) => {
                    self.data = data;
                    self.written = false;
                    self.waiting.push(reply);
                }
                First::Right(Ok(())) => {}
                First::Right(Err(Error::Client(error)))
                    if error.is_session_lost() && self.client.pinned_to().is_none() =>
                {
                    self.begin_anew();
                }
                First::Right(Err(error)) => return Err(error),
            }
        }
    }

    /// The session is over; the next one begins.
    fn begin_anew(&mut self) {
        self.session = self.client.session();
        self.forget();
        if self.options.kind == NodeKind::Ephemeral {
            self.missing = true;
            self.tell_absent();
        }
    }

    /// Nothing is known of the znode any more.
    fn forget(&mut self) {
        self.there = None;
        self.watch = None;
    }

    fn tell_absent(&self) {
        if !matches!(self.state.now(), NodeState::Absent) {
            self.state.tell(NodeState::Absent);
        }
    }

    async fn round(&mut self) -> Result<(), Error> {
        if self.watch.is_none() {
            self.look().await?;
        }
        if let (Some(stat), false) = (self.there, self.written) {
            self.set(stat).await?;
        }
        if let (Some(stat), true) = (self.there, self.written) {
            let told = matches!(self.state.now(), NodeState::There(old) if old == stat);
            if !told {
                self.state.tell(NodeState::There(stat));
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
        let (session, create) = (&self.session, self.missing);
        let seen = session.retry(endless(), |_| self.attempt(create)).await?;
        self.note_session();
        let Some(id) = self.session_id() else {
            // It is over already: the next request says so.
            return Ok(());
        };
        let ephemeral = self.options.kind == NodeKind::Ephemeral;
        let earlier: Vec<_> = self.options.earlier.iter().chain(&self.had).copied().collect();
        let we = We { session: ephemeral.then_some(id), earlier: &earlier };
        let found = found(seen.stat.as_ref(), we);
        self.missing = found == Found::Nothing;
        // Behind nothing there is a create, which needs no watch to wait for.
        self.watch = (!self.missing).then_some(seen.watch);
        match found {
            Found::Nothing => self.tell_absent(),
            Found::Ours(stat) => {
                self.there = Some(stat);
                self.written |= seen.created;
            }
            Found::Earlier(session) => self.state.tell(NodeState::Earlier(session)),
            Found::Foreign(session) => self.state.tell(NodeState::InTheWay(session)),
        }
        Ok(())
    }

    /// The create and the look leave at once. That a create was lost is no matter: the next attempt
    /// finds out by the owner.
    async fn attempt(&self, create: bool) -> Result<Seen, zookit_client::Error> {
        /// How often parents are made that somebody deletes again at once.
        const MOST_PARENTS: u32 = 5;
        let NodeOptions { kind, acl, parents, .. } = &self.options;
        for made in 0.. {
            let create = create
                .then(|| self.session.create(&self.path, self.data.clone(), kind.create(acl)));
            let look = self.session.exists_and_watch(&self.path);
            let created = match create {
                None => false,
                Some(create) => match create.await {
                    Ok(_) => true,
                    Err(error) if error.is_node_exists() => false,
                    Err(error) if error.is_no_node() && made < MOST_PARENTS => {
                        self.make_parents(*parents, error).await?;
                        continue;
                    }
                    Err(error) => return Err(error),
                },
            };
            let (stat, watch) = look.await?;
            return Ok(Seen { stat, watch, created });
        }
        unreachable!("the last of the attempts returns")
    }

    async fn make_parents(
        &self,
        parents: Parents,
        missing: zookit_client::Error,
    ) -> Result<(), zookit_client::Error> {
        match zookit_proto::path::parent(&self.path) {
            Some(parent) if parents != Parents::Expected => {
                match parents.make(&self.session, parent, &self.options.acl).await {
                    Err(Error::Client(error)) => Err(error),
                    _ => Ok(()),
                }
            }
            _ => Err(missing),
        }
    }

    /// Sets the newest data, if the znode is still as it was seen.
    async fn set(&mut self, seen: Stat) -> Result<(), Error> {
        let (session, guard) = (&self.session, Version::Exactly(seen.version));
        let set = || session.set_data(&self.path, self.data.clone(), guard);
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

    /// Deletes the znode, if it is ours. A create of which nobody heard is decided before.
    async fn delete(&mut self) -> Result<(), Error> {
        loop {
            match self.delete_once().await {
                Ok(true) => return Ok(()),
                Ok(false) => self.there = None,
                Err(error) => {
                    let over = error.is_session_lost() || error.is_closed();
                    let gone = over && self.options.kind == NodeKind::Ephemeral;
                    return if gone { Ok(()) } else { Err(error.into()) };
                }
            }
        }
    }

    /// Whether that was all.
    async fn delete_once(&self) -> Result<bool, zookit_client::Error> {
        let (session, path) = (&self.session, self.path.as_str());
        let stat = match self.there {
            Some(stat) => stat,
            None => {
                let look = || session.find_unique(path, CreateMode::Ephemeral);
                let created = session.retry(endless(), |_| look()).await?;
                let ephemeral = self.options.kind == NodeKind::Ephemeral;
                let me = if ephemeral { self.session_id() } else { Some(SessionId::NONE) };
                match created.and_then(|created| created.stat) {
                    Some(stat) if Some(stat.ephemeral_owner) == me => stat,
                    _ => return Ok(true),
                }
            }
        };
        let version = Version::Exactly(stat.version);
        match session.retry(endless(), |_| session.delete(path, version)).await {
            Ok(()) => Ok(true),
            Err(error) if error.is_no_node() => Ok(true),
            Err(error) if error.is_bad_version() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The session that this round is of, if it is not over.
    fn session_id(&self) -> Option<SessionId> {
        let id = self.session.session_id();
        // In this order: a later session's would be read before its generation.
        (self.session.pinned_to() == Some(self.session.generation())).then_some(id)
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
struct Seen {
    stat: Option<Stat>,
    watch: OneShotWatch,
    /// It was created by this very request, with the data of now.
    created: bool,
}
