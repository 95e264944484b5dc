//! The driver: the one task that owns the session, the connection and everything in flight.
//!
//! The session decides; the driver moves bytes and says what happened. Each turn of its loop waits
//! for one thing to happen, takes in all that callers have submitted by then, tells the session,
//! and carries out and publishes what the session wants and says.

mod dial;
mod probe;
mod publish;
mod runs;
mod transport;
mod watchers;

use std::future::{Future, poll_fn};
use std::io;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::time::{Instant, Sleep, sleep_until};
use zookit_session as session;
use zookit_session::{
    Effect, Endpoint, Identity, Loss, NotSent, Outcome, Session, State, Submission, Ticket,
    Tickets, Time,
};

use crate::deadline::Deadline;
use crate::network::{Dialer, Resolver};
use crate::shared::{Arms, Command, Completion, Endings, Request, Run, Shared};
use dial::{DialFuture, Dials};
use probe::{ProbeFuture, Probed};
use runs::Runs;
use transport::{Connection, Moved};
use watchers::Watchers;

/// The task, as a value.
pub(crate) struct Driver {
    shared: Arc<Shared>,
    session: Session,
    /// The time of this turn: read once for all that is done in it.
    now: Time,
    dials: Dials,
    /// The attempt under way.
    dialing: Option<DialFuture>,
    connection: Option<Connection>,
    /// Where the attempt or the connection goes to, or the last one went.
    server: Option<Arc<Endpoint>>,
    probes: Vec<ProbeFuture>,
    /// When the session wants to be called, and the timer set for it.
    wanted: Option<Time>,
    timer: Pin<Box<Sleep>>,
    watchers: Watchers,
    commands: Vec<Command>,
    runs: Runs,
    /// None while nothing ends.
    endings: Option<Box<Endings>>,
    /// Whether there has been a session: from then on nobody asks about attempts.
    was_connected: bool,
    /// The session was handed over and is no longer this client's.
    exported: bool,
    arms: Arms,
    /// How often a connection was established.
    connections: u64,
    heard: Option<Time>,
}

/// What a turn begins with.
enum Turn {
    Commands,
    Moved(Moved),
    Dialed(io::Result<Connection>),
    Probed(Probed),
    Timer,
}

impl Driver {
    pub(crate) fn new(
        shared: Arc<Shared>,
        session: Session,
        resolver: Arc<dyn Resolver>,
        dialer: Arc<dyn Dialer>,
    ) -> Self {
        let timer = Box::pin(sleep_until(shared.origin));
        Self {
            dials: Dials::new(resolver, dialer, Arc::clone(&shared)),
            shared,
            session,
            now: Time::ZERO,
            dialing: None,
            connection: None,
            server: None,
            probes: Vec::new(),
            wanted: None,
            timer,
            watchers: Watchers::default(),
            commands: Vec::new(),
            runs: Runs::default(),
            endings: None,
            was_connected: false,
            exported: false,
            arms: Arms::default(),
            connections: 0,
            heard: None,
        }
    }

    /// Runs until the client is closed, or the server does not accept its credentials.
    ///
    /// On the heap, or the task would have room for it twice: as its argument and as its state.
    pub(crate) async fn run(mut self: Box<Self>) {
        self.settle();
        while !self.session.state().is_terminal() && !self.exported {
            self.prepare();
            let turn = poll_fn(|context| self.poll_turn(context)).await;
            self.now = self.read_clock();
            // Before the session hears of the turn: what a caller submitted before a loss belongs
            // to the connection that was lost, and what comes later to the next.
            self.take_commands();
            self.tell(turn);
            // Whatever the turn was: a connection that is always busy must not hide the time.
            if self.session.poll_timeout().is_some_and(|due| due <= self.now) {
                self.session.handle_timeout(self.now);
            }
            self.settle();
        }
    }

    fn read_clock(&self) -> Time {
        Time::since_origin(Instant::now().saturating_duration_since(self.shared.origin))
    }

    /// Before sleeping: what there is to write, and when to wake up.
    fn prepare(&mut self) {
        // Whether there is anything shows in `transmit`. On the way requests may end that nobody
        // waits for any more.
        let _ = self.session.poll_transmit(self.now);
        self.settle();
        self.publish_gauges();
        let wanted = self.session.poll_timeout();
        if wanted != self.wanted {
            self.wanted = wanted;
            let at = wanted.and_then(|time| self.shared.origin.checked_add(time.as_duration()));
            match at {
                Some(at) => self.timer.as_mut().reset(at),
                None => self.wanted = None,
            }
        }
    }

    /// One of the things that can happen, always looked for in the same order.
    fn poll_turn(&mut self, context: &mut Context<'_>) -> Poll<Turn> {
        if let Some(connection) = &mut self.connection {
            if let Poll::Ready(moved) = connection.poll_move(context, self.session.transmit()) {
                return Poll::Ready(Turn::Moved(moved));
            }
        }
        if let Some(dialing) = &mut self.dialing {
            if let Poll::Ready(dialed) = dialing.as_mut().poll(context) {
                self.dialing = None;
                return Poll::Ready(Turn::Dialed(dialed));
            }
        }
        if self.shared.poll_commands(context).is_ready() {
            return Poll::Ready(Turn::Commands);
        }
        for index in 0..self.probes.len() {
            if let Poll::Ready(probed) = self.probes[index].as_mut().poll(context) {
                drop(self.probes.swap_remove(index));
                return Poll::Ready(Turn::Probed(probed));
            }
        }
        if self.wanted.is_some() && self.timer.as_mut().poll(context).is_ready() {
            self.wanted = None;
            return Poll::Ready(Turn::Timer);
        }
        Poll::Pending
    }

    fn tell(&mut self, turn: Turn) {
        match turn {
            Turn::Commands => {}
            Turn::Timer => self.rest_if_idle(),
            Turn::Moved(moved) => self.tell_moved(moved),
            Turn::Dialed(Ok(connection)) => {
                self.note_unanswered(&connection, "says nothing");
                self.connection = Some(connection);
                self.session.handle_connected(self.now);
            }
            Turn::Dialed(Err(_)) => self.session.handle_dial_failed(self.now),
            Turn::Probed(Probed { endpoint, word, answer }) => {
                self.session.handle_probed(self.now, &endpoint, word, answer);
            }
        }
    }

    /// When only the clock speaks, memory that a busy time took is given back.
    fn rest_if_idle(&mut self) {
        if self.session.in_flight() > 0 || self.session.queued() > 0 {
            return;
        }
        self.session.rest();
        self.shared.rest();
        self.commands = Vec::new();
        self.runs.rest();
        self.endings = None;
        if let Some(connection) = &mut self.connection {
            connection.rest();
        }
    }

    /// What went out, then what came in, then the end. A session that hangs up hears no more.
    fn tell_moved(&mut self, moved: Moved) {
        if moved.written > 0 {
            self.session.handle_written(self.now, moved.written);
            self.settle();
        }
        if moved.received > 0 {
            self.heard = Some(self.now);
            if let Some(connection) = &mut self.connection {
                self.session.handle_received(self.now, &mut connection.received);
                self.settle();
            }
        }
        if let Some(loss) = moved.loss {
            if let Some(connection) = self.connection.take() {
                self.note_lost(&connection, moved.error.as_ref());
                self.session.handle_disconnected(self.now, loss);
            }
        }
    }

    /// Carries out what the session wants, and publishes what it says.
    fn settle(&mut self) {
        while let Some(effect) = self.session.poll_effect() {
            self.carry_out(effect);
        }
        self.publish();
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Dial { endpoint, timeout } => {
                self.connection = None;
                self.server = Some(Arc::new(endpoint.clone()));
                self.dialing = Some(self.dials.dial(endpoint, timeout));
            }
            Effect::Hangup => {
                self.dialing = None;
                if let Some(connection) = self.connection.take() {
                    self.note_unanswered(&connection, "did not grant a session in time");
                }
            }
            Effect::Probe { endpoint, word, timeout } => {
                let probe = probe::probe(&self.dials, endpoint, word, timeout);
                self.probes.push(probe);
            }
        }
    }

    /// Hands the session everything in the outbox; requests that are alike, in runs.
    fn take_commands(&mut self) {
        let mut commands = mem::take(&mut self.commands);
        self.shared.take_commands(&mut commands);
        let mut commands_left = commands.drain(..).peekable();
        while let Some(command) = commands_left.next() {
            let many = commands_left.len() >= runs::FEWEST;
            match (command, commands_left.peek()) {
                (Command::Submit(ticket, first), Some(Command::Submit(_, second)))
                    if many && runs::are_alike(&first, second) =>
                {
                    let run = self.runs.collect(ticket, first, &mut commands_left);
                    self.submit_run(run);
                }
                (command, _) => self.command(command),
            }
        }
        drop(commands_left);
        self.commands = commands;
    }

    fn submit_run(&mut self, (tickets, run): (Tickets, Run)) {
        let Run { opcode, count, frames, deadline, pinned } = run;
        let deadline = self.deadline(deadline);
        let run = session::Run { tickets, opcode, count, frames, deadline, pinned };
        self.session.submit_run(self.now, run);
    }

    fn endings(&mut self) -> &mut Endings {
        self.endings.get_or_insert_default()
    }

    fn command(&mut self, command: Command) {
        let now = self.now;
        match command {
            Command::Submit(ticket, request) => {
                let submission = self.submission(ticket, request);
                self.session.submit(now, submission);
            }
            Command::SubmitRun(first, run) => self.submit_run((Tickets::from(first), run)),
            Command::AddAuth { ticket, scheme, auth, deadline } => {
                let deadline = self.deadline(deadline);
                let auth = Bytes::copy_from_slice(auth.expose());
                self.session.add_auth(now, ticket, scheme, auth, deadline);
            }
            Command::Abandon(ticket) => self.session.abandon(ticket),
            Command::AbandonRun(Ticket(first), count) => {
                (first..first + count).for_each(|ticket| self.session.abandon(Ticket(ticket)));
            }
            Command::DropWatcher(watcher) => {
                self.watchers.remove(watcher);
                self.session.drop_watcher(now, watcher);
            }
            Command::UpdateServers(servers) => self.session.update_servers(now, servers),
            Command::Export(ticket, into) => self.export(ticket, &into),
            // A session that was handed over is not this client's to close.
            Command::Close(ticket) if self.exported => {
                let outcome = Outcome::NotSent(NotSent::Closed);
                self.endings().push(ticket, Completion { outcome, server: None });
            }
            Command::Close(ticket) => self.session.close(now, ticket),
        }
    }

    /// Leaves the session's identity where the caller finds it; the loop then ends.
    fn export(&mut self, ticket: Ticket, into: &Weak<Mutex<Option<Identity>>>) {
        // Nobody is there to take it: the session is closed behind this, like any other.
        let Some(into) = into.upgrade() else { return };
        let outcome = match self.session.identity() {
            Some(identity) => {
                *into.lock().unwrap_or_else(PoisonError::into_inner) = Some(identity);
                self.exported = true;
                Outcome::Answered { zxid: self.session.zxid(), body: Bytes::new() }
            }
            None => Outcome::NotSent(NotSent::SessionLost),
        };
        self.endings().push(ticket, Completion { outcome, server: None });
    }

    fn submission(&mut self, ticket: Ticket, request: Request) -> Submission {
        let Request { opcode, frame, deadline, watch, pinned } = request;
        let watch = watch.map(|cell| {
            let wanted = Box::new(cell.request());
            self.watchers.insert(cell);
            wanted
        });
        let deadline = self.deadline(deadline);
        Submission { ticket, opcode, frame, deadline, watch, pinned }
    }

    fn deadline(&self, deadline: Deadline) -> Option<Time> {
        match deadline {
            Deadline::SessionTimeout => Some(self.now.after(self.session.timeout())),
            Deadline::After(duration) => Some(self.now.after(duration)),
            Deadline::Never => None,
        }
    }
}

/// At the end of [`run`](Driver::run), and when a runtime goes away under it: every slot is
/// resolved, by the session as far as it knows, and every watch and stream ended.
impl Drop for Driver {
    fn drop(&mut self) {
        if !self.session.state().is_terminal() {
            self.take_commands();
            if self.connection.take().is_some() {
                self.session.handle_disconnected(self.now, Loss::Reset);
            }
            self.publish();
            self.publish_end();
        }
        let reason = match self.session.state() {
            State::AuthFailed => NotSent::AuthFailed,
            _ => NotSent::Closed,
        };
        self.end_watches(reason);
        self.shared.end(reason);
    }
}
