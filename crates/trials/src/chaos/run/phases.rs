//! The phases of a run, one after another.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::{Run, Settings, is_there};
use crate::chaos::client::Subject;
use crate::chaos::history::{self, Event, History};
use crate::chaos::plan::{self, Planned};
use crate::chaos::target::{Begun, Target};
use crate::chaos::workload::{self, Kind, Lane, frame, visitor};

/// Until everything that was begun has ended when nothing goes wrong any more.
const CALM: Duration = Duration::from_secs(120);

/// By how much the machine's clock may be set without anybody's noticing.
const CLOCK: Duration = Duration::from_millis(20);

/// Lanes of each client.
const LANES: usize = 5;

/// Those who receive visitors.
const HOSTS: usize = 2;

/// How long everybody goes on behind the last accident.
const AFTERWARDS: Duration = Duration::from_secs(5);

/// Makes a run, and answers its history with what the servers agreed on. With `apart` every other
/// client's driver runs on that runtime.
///
/// # Errors
/// The run could not be made. What became of the promises is for checkers to say.
pub async fn play(
    settings: Settings,
    target: Arc<dyn Target>,
    apart: Option<Handle>,
    progress: &dyn Fn(String),
) -> Result<(History, Vec<String>), String> {
    let mut run = Run::new(settings, target, apart)?;
    let subjects = run.prepare().await?;
    let lanes = run.start(&subjects);
    run.accidents(progress).await?;
    let reader = run.calm(&subjects, lanes).await?;
    progress(format!("calm: {} operations", run.recorder.counts().total()));
    run.settle(&subjects, &reader, progress).await?;
    let remarks = run.end(subjects, reader).await?;
    Ok((run.finish()?, remarks))
}

impl Run {
    /// The clients that are there all the time, and the znodes that all need.
    async fn prepare(&self) -> Result<Vec<Subject>, String> {
        let mut subjects = Vec::new();
        for _ in 0..self.settings.clients {
            subjects.push(self.host.connect()?);
        }
        let first = subjects.first().ok_or("a run needs a client")?;
        frame::prepare(first, self.settings.clients, CALM).await?;
        Ok(subjects)
    }

    /// All lanes of all clients, and those who receive visitors.
    fn start(&mut self, subjects: &[Subject]) -> Vec<JoinHandle<()>> {
        let pace = self.settings.pace(subjects.len() * LANES + HOSTS);
        let mut lanes = Vec::new();
        // Every kind in its turn, begun elsewhere for each client.
        let mut kinds = Kind::ALL.iter().copied().cycle();
        for subject in subjects {
            for _ in 0..LANES {
                let rng = self.rng.fork();
                let lane = Lane::new(subject, rng, &self.common, &pace, &self.stop);
                lanes.push(tokio::spawn(workload::run(kinds.next().unwrap_or(Kind::Set), lane)));
            }
        }
        for _ in 0..HOSTS {
            let (host, common) = (Arc::clone(&self.host), Arc::clone(&self.common));
            let (rng, pace, stop) = (self.rng.fork(), pace.clone(), self.stop.clone());
            lanes.push(tokio::spawn(visitor::receive(host, rng, common, pace, stop)));
        }
        lanes
    }

    /// Accidents, as long as it lasts.
    async fn accidents(&mut self, progress: &dyn Fn(String)) -> Result<(), String> {
        let until = Instant::now() + self.settings.lasting;
        let members = plan::of_members(self.rng.fork(), self.scope);
        let network = plan::of_network(self.rng.fork(), self.scope);
        let members = self.follow(members, until, progress);
        let network = self.follow(network, until, progress);
        tokio::try_join!(members, network).map(|_| ())
    }

    /// One accident after another, each mended before the next.
    async fn follow(
        &self,
        plan: impl Iterator<Item = Planned>,
        until: Instant,
        progress: &dyn Fn(String),
    ) -> Result<(), String> {
        for Planned { after, accident, lasts } in plan {
            if Instant::now() + after >= until {
                sleep(until.saturating_duration_since(Instant::now())).await;
                break;
            }
            sleep(after).await;
            let begun = match self.target.begin(&accident).await {
                Ok(begun) => begun,
                // Nobody leads, or it cannot be done to whom it was to happen: then to nobody.
                Err(why) => {
                    progress(format!("{}: {why}", accident.name()));
                    continue;
                }
            };
            let Begun { what, cuts_members, .. } = &begun;
            let function = accident.name().to_owned();
            let value = format!("{what}, for {} ms", lasts.as_millis());
            let note =
                history::Accident { function, value, cuts_members: *cuts_members, mended: false };
            let count = self.recorder.counts().total();
            progress(format!("{count} operations; {}: {}", note.function, note.value));
            self.recorder.note(Event::Accident(note.clone()));
            sleep(lasts).await;
            self.target.mend(&accident, begun).await?;
            self.recorder.note(Event::Accident(history::Accident { mended: true, ..note }));
        }
        Ok(())
    }

    /// Everything is mended, and all that was begun ends. Answers who is to read at the end.
    async fn calm(
        &self,
        subjects: &[Subject],
        lanes: Vec<JoinHandle<()>>,
    ) -> Result<Subject, String> {
        self.target.rest(CALM).await?;
        sleep(AFTERWARDS).await;
        self.stop.stop();
        self.recorder.note(Event::Calm);
        let until = Instant::now() + CALM;
        for lane in lanes {
            let left = until.saturating_duration_since(Instant::now());
            match timeout(left, lane).await {
                // What has not ended is for a checker to find.
                Err(_) => break,
                Ok(Ok(())) => {}
                Ok(Err(panic)) => self.recorder.note(Event::Fault(panic.to_string())),
            }
        }
        if !subjects.iter().all(|subject| is_there(subject.client())) {
            self.recorder.note(Event::Fault("a client is at its end before the run is".into()));
        }
        self.host.connect()
    }

    /// The last reads; then what everybody has.
    async fn settle(
        &self,
        subjects: &[Subject],
        reader: &Subject,
        progress: &dyn Fn(String),
    ) -> Result<(), String> {
        let znodes = frame::read_all(reader, CALM).await?;
        progress(format!("read: {znodes} znodes"));
        // Sessions of clients that had to begin another one have had their time by then, and
        // clients have heard of whatever happened.
        sleep(self.settings.longest_timeout().saturating_mul(2)).await;
        let members = self.target.left(CALM).await?;
        self.recorder.note(Event::Settled);
        for subject in subjects.iter().chain([reader]) {
            self.recorder.note(Event::ClientLeft(subject.left()));
        }
        for member in members {
            self.recorder.note(Event::MemberLeft(member));
        }
        Ok(())
    }

    /// All sessions are closed, and the servers tell what they agreed on.
    async fn end(&self, subjects: Vec<Subject>, reader: Subject) -> Result<Vec<String>, String> {
        for subject in subjects.iter().chain([&reader]) {
            visitor::close(subject).await;
        }
        let held = self.target.end().await?;
        // Transactions have the servers' time, which says where they stand among the lines.
        let set = self.recorder.clock_was_set_by();
        if self.target.wall_ms().is_none() && set > CLOCK {
            let what = format!("the machine's clock was set by {} ms meanwhile", set.as_millis());
            self.recorder.note(Event::Fault(what));
        }
        for transaction in held.transactions {
            self.recorder.note(Event::Transaction(transaction));
        }
        Ok(held.remarks)
    }
}
