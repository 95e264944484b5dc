//! A client whose operations, states and trust are noted.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::sleep;
use zookit_client::{
    Client, ConnectOptions, ConnectStringError, Deadline, Generation, State, StateStream,
};
use zookit_proto::SessionId;
use zookit_sim::check::ClientLeft;
use zookit_sim::observe::{Call, ClientId};

use super::send::{Sent, send};
use super::watching::{Held, hold};
use crate::chaos::history::{
    Ask, Asked, Complete, Event, Function, Invoke, Outcome, Recorder, Told, Workload,
};

/// How often a client is asked until when it trusts its session.
const SAMPLE: Duration = Duration::from_millis(250);

/// A client, and the notes that are taken of it. Clones are the same.
#[derive(Debug, Clone)]
pub struct Subject {
    id: ClientId,
    client: Client,
    recorder: Recorder,
    /// Whether its driver runs on another thread than those who ask it.
    is_apart: bool,
}

/// Something to be done by a process.
#[derive(Debug, Clone)]
pub struct Operation {
    /// What for.
    pub workload: Workload,
    /// What it is to that.
    pub function: Function,
    /// What is operated on.
    pub key: String,
    /// The requests, all submitted at once.
    pub asks: Vec<Ask>,
    /// Whether it is for the session at hand alone.
    pub pinned: bool,
    /// How long to wait for each reply; `None`: as long as the client does.
    pub within: Option<Duration>,
}

/// An operation that is over.
#[derive(Debug)]
pub struct Ended {
    /// How.
    pub outcome: Outcome,
    /// How its requests ended, in their order.
    pub told: Vec<Told>,
    /// The watch that it left.
    pub watch: Option<Held>,
}

impl Operation {
    /// One request.
    #[must_use]
    pub fn one(workload: Workload, function: Function, key: impl Into<String>, ask: Ask) -> Self {
        let (key, asks) = (key.into(), vec![ask]);
        Self { workload, function, key, asks, pinned: false, within: None }
    }

    /// A read behind a fence: it shows all that anybody had been told of when it was begun.
    #[must_use]
    pub fn fenced(workload: Workload, key: impl Into<String>, ask: Ask) -> Self {
        let mut operation = Self::one(workload, Function::Read, key, ask);
        operation.asks.insert(0, Ask::Fence);
        operation
    }

    /// For the session at hand alone.
    #[must_use]
    pub fn pinned(mut self) -> Self {
        self.pinned = true;
        self
    }
}

impl Subject {
    /// A client that connects in the background. With `apart` its driver runs on that runtime, and
    /// all that it is asked is pinned to a session: which generation another thread is in, nobody
    /// can know, and then nobody needs to.
    ///
    /// # Errors
    /// The connect string cannot be read.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub fn connect(
        recorder: &Recorder,
        id: ClientId,
        servers: &str,
        options: ConnectOptions,
        apart: Option<&Handle>,
    ) -> Result<Self, ConnectStringError> {
        let client = {
            let _runtime = apart.map(Handle::enter);
            Client::connect_lazy(servers, options)?
        };
        let subject = Self { id, client, recorder: recorder.clone(), is_apart: apart.is_some() };
        let states = subject.client.states();
        if subject.client.state() != State::Connecting {
            let what = format!("client {} was connected before anybody looked", id.0);
            recorder.note(Event::Fault(what));
        }
        tokio::spawn(subject.clone().note_states(states));
        tokio::spawn(subject.clone().note_trust());
        Ok(subject)
    }

    /// Its number.
    #[must_use]
    pub const fn id(&self) -> ClientId {
        self.id
    }

    /// The client itself, for what is not noted.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// The notes.
    #[must_use]
    pub const fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// Submits an operation of this process, now; the future tells how it ends, and must not be
    /// dropped before.
    pub fn submit(
        &self,
        process: u64,
        operation: Operation,
    ) -> impl Future<Output = Ended> + use<> {
        let Operation { workload, function, key, asks, pinned, within } = operation;
        let pinned = pinned || self.is_apart;
        let mut handle = if pinned { self.client.session() } else { self.client.clone() };
        if let Some(within) = within {
            handle = handle.with_deadline(Deadline::After(within));
        }
        let generation = handle.pinned_to().unwrap_or_else(|| self.client.generation());
        let asked = |ask: &Ask| {
            let watcher = ask.watch().map(|kind| (self.recorder.watcher(), kind));
            Asked { call: self.recorder.call(), ask: ask.clone(), watcher }
        };
        let calls: Vec<Asked> = asks.iter().map(asked).collect();
        let (client, seen, connection) = (self.id, self.client.zxid(), self.connection());
        let invoke = Invoke {
            process,
            workload,
            function,
            key,
            client,
            generation,
            pinned,
            connection,
            seen,
            calls,
        };
        self.recorder.note(Event::Invoke(invoke.clone()));
        let sent: Vec<Sent> = asks.iter().map(|ask| send(&handle, ask)).collect();
        self.clone().end(invoke, sent)
    }

    async fn end(self, invoke: Invoke, sent: Vec<Sent>) -> Ended {
        let mut ends: Vec<(Call, Told)> = Vec::new();
        let mut watch = None;
        for (asked, sent) in invoke.calls.iter().zip(sent) {
            let (told, left) = sent.await;
            ends.push((asked.call, told));
            watch = watch.or_else(|| asked.watcher.zip(left));
        }
        let outcome = Outcome::of(&invoke.calls, &ends);
        let told = ends.iter().map(|(_, told)| told.clone()).collect();
        let (process, seen) = (invoke.process, self.client.zxid());
        self.recorder.note(Event::Complete(Complete { process, outcome, seen, ends }));
        let watch =
            watch.map(|((watcher, _), watch)| hold(self.recorder.clone(), self.id, watcher, watch));
        Ended { outcome, told, watch }
    }

    /// See [`Invoke::connection`].
    fn connection(&self) -> u64 {
        let state = self.client.state();
        let is_first = state == State::Connecting && self.client.generation() == Generation(1);
        let is_away = !state.is_connected() && !is_first;
        self.client.stats().reconnects * 2 + u64::from(is_away)
    }

    /// What it has: requests and watchers.
    #[must_use]
    pub fn left(&self) -> ClientLeft {
        let stats = self.client.stats();
        ClientLeft {
            client: self.id,
            in_flight: stats.in_flight,
            queued: stats.queued,
            watchers: usize::try_from(stats.watches.total()).unwrap_or(usize::MAX),
        }
    }

    async fn note_states(self, mut states: StateStream) {
        let mut trust = Trust::default();
        while let Some(update) = states.next().await {
            if update.missed > 0 {
                let what = format!("{} states of client {} were missed", update.missed, self.id.0);
                self.recorder.note(Event::Fault(what));
            }
            // What is not trusted any more is told before why.
            self.sample(&mut trust, update.change.session);
            self.recorder.note(Event::State(self.id, update.change));
        }
    }

    async fn note_trust(self) {
        let mut trust = Trust::default();
        while !self.client.state().is_terminal() {
            sleep(SAMPLE).await;
            self.sample(&mut trust, self.client.session_id());
        }
    }

    /// Notes until when this session is trusted: one that is not the client's any more, not at all.
    fn sample(&self, trust: &mut Trust, session: SessionId) {
        let is_current = self.client.session_id() == session;
        let until = self.client.trusted_until().filter(|_| is_current);
        // What was looked at must have been of one session all the time.
        let stayed = (self.client.session_id() == session) == is_current;
        let until = until.map(|until| self.recorder.time_of(until));
        if stayed && trust.0 != Some((session, until)) && session != SessionId::NONE {
            trust.0 = Some((session, until));
            self.recorder.note(Event::Trusted(self.id, session, until));
        }
    }
}

/// What was noted of trust last.
#[derive(Debug, Default)]
struct Trust(Option<(SessionId, Option<Duration>)>);
