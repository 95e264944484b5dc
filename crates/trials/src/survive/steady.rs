//! A scenario with steady traffic: what is begun before the accident, waited for behind it, and
//! judged in the end.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use zookit_client::Client;
use zookit_ensemble::Cluster;

use super::declared::Declared;
use super::judge::{self, Case, History};
use super::network::CountingDialer;
use super::prober::{Prober, longest_wait};
use super::traffic::changer::Change;
use super::traffic::notes::Noted;
use super::traffic::{Kinds, PATIENCE, Subject, Traffic};
use super::transactions;
use super::truth::Truth;
use super::verdict::{Failure, Measured, Verdict, endings};

/// So many answers to each client are waited for, before the accident and behind it.
const BEATS: usize = 100;

/// So many one-shot watches of each client have fired by then.
const FIRED: usize = 20;

/// So many answers show that a client is served, however slowly.
const FEW_BEATS: usize = 4;

/// Between two looks.
const PACE: Duration = Duration::from_millis(5);

/// A client, and who notes its dials.
pub(crate) type Counted = (Client, CountingDialer);

/// The traffic of a scenario, its prober, and what is known of the accident.
#[derive(Debug)]
pub(crate) struct Steady {
    pub(crate) traffic: Traffic,
    dialers: Vec<CountingDialer>,
    pub(crate) prober: Prober,
    kinds: Kinds,
    hit: BTreeSet<usize>,
    struck: Option<Instant>,
    /// Whether the accident is what ends at that moment.
    is_end: bool,
    verdict: Verdict,
}

impl Steady {
    /// Begins the traffic and waits until there is enough of it.
    ///
    /// # Errors
    /// It does not get going.
    pub(crate) async fn begin(
        clients: Vec<Counted>,
        changer: Client,
        members: Vec<SocketAddr>,
        kinds: Kinds,
    ) -> Result<Self, Failure> {
        let (clients, dialers) = clients.into_iter().unzip();
        let traffic = Traffic::begin(clients, changer, kinds).await?;
        let prober = Prober::start(members)?;
        let (hit, verdict) = (BTreeSet::new(), Verdict::default());
        let mut steady =
            Self { traffic, dialers, prober, kinds, hit, struck: None, is_end: false, verdict };
        if !steady.flows(BEATS, FIRED).await {
            return Err("the traffic does not get going".into());
        }
        Ok(steady)
    }

    /// The clients under test.
    pub(crate) fn subjects(&self) -> &[Subject] {
        &self.traffic.subjects
    }

    /// Whoever notes the dials of each client under test.
    pub(crate) fn dials(&self) -> Vec<CountingDialer> {
        self.dialers.clone()
    }

    /// The client that changes what the others watch.
    pub(crate) const fn changer(&self) -> &Client {
        self.traffic.changer.client()
    }

    /// The places of the clients that are connected to this address now.
    pub(crate) fn connected_to(&self, address: SocketAddr) -> Vec<usize> {
        let at = |subject: &Subject| {
            subject.client.server().is_some_and(|server| server.to_string() == address.to_string())
        };
        let places = self.subjects().iter().enumerate();
        places.filter(|(_, subject)| at(subject)).map(|(place, _)| place).collect()
    }

    /// The accident hits these clients.
    pub(crate) fn hit(&mut self, places: impl IntoIterator<Item = usize>) {
        self.hit.extend(places);
    }

    /// The accident happens now: from here on waiting is measured.
    pub(crate) fn strike(&mut self) {
        self.struck.get_or_insert_with(Instant::now);
    }

    /// The accident is over now: it kept nobody but some clients from being served, and from here on
    /// waiting is measured.
    pub(crate) fn over(&mut self) {
        self.struck = Some(Instant::now());
        self.is_end = true;
    }

    /// Waits until everybody is served again. That nobody is, in the end, is a fault.
    pub(crate) async fn served(&mut self) {
        self.served_much(BEATS, FIRED).await;
    }

    /// The same, where each answer takes long.
    pub(crate) async fn served_a_little(&mut self) {
        self.served_much(FEW_BEATS, 1).await;
    }

    async fn served_much(&mut self, beats: usize, fired: usize) {
        if !self.flows(beats, fired).await {
            let states: Vec<_> =
                self.subjects().iter().map(|subject| subject.client.state()).collect();
            let what = format!("not everybody is served again within {PATIENCE:?}: {states:?}");
            self.verdict.faults.push(what);
        }
    }

    /// Waits for many more answers to each client, and events; false if they do not come.
    async fn flows(&mut self, beats: usize, fired: usize) -> bool {
        let begun = Instant::now();
        let counts = |subject: &Subject| {
            let noted = subject.notes.lock();
            (noted.read_beats.len(), noted.write_beats.len(), noted.one_shots.len())
        };
        let before: Vec<_> = self.subjects().iter().map(counts).collect();
        while begun.elapsed() < PATIENCE {
            let enough = self.subjects().iter().zip(&before).all(|(subject, before)| {
                let now = counts(subject);
                now.0 >= before.0 + beats && now.1 >= before.1 + beats && now.2 >= before.2 + fired
            });
            if enough {
                return true;
            }
            sleep(PACE).await;
        }
        false
    }

    /// Ends the traffic and judges it.
    ///
    /// # Errors
    /// What the servers hold cannot be read.
    pub(crate) async fn finish(self, declared: &Declared) -> Result<Verdict, Failure> {
        Ok(self.close().await?.judge(declared, None))
    }

    /// The same, with the history that the members agreed on, which are stopped.
    ///
    /// # Errors
    /// What the servers hold, or held, cannot be read.
    pub(crate) async fn finish_on(
        self,
        cluster: &Cluster,
        declared: &Declared,
    ) -> Result<Verdict, Failure> {
        let record = self.close().await?;
        let transactions = transactions::read(cluster).await?;
        let mut verdict = record.judge(declared, Some(&History::of(&transactions)));
        verdict.seen.push(format!("{} transactions", transactions.len()));
        Ok(verdict)
    }

    /// Ends the traffic and gathers what the judge looks at.
    ///
    /// # Errors
    /// What the servers hold cannot be read.
    pub(crate) async fn close(mut self) -> Result<Record, Failure> {
        let over = Instant::now();
        let raw = self.prober.served();
        let mut verdict = self.verdict;
        verdict.hold(self.traffic.stop().await, || "a request never ended".to_owned());
        let changer = self.traffic.changer.client().clone();
        changer.linearizable_read(|client| client.exists("/")).await?;
        for subject in &self.traffic.subjects {
            // What this client's watches are to be told is told before that is answered.
            subject.client.linearizable_read(|client| client.exists("/")).await?;
        }
        let ended = self.traffic.stop_watching().await;
        verdict.hold(ended, || "a watch never came to its end".to_owned());
        Ok(Record {
            truths: Truth::read(&changer, &self.traffic.subjects).await?,
            changes: self.traffic.changer.changes(),
            noted: self.traffic.noted(),
            raw,
            dialers: self.dialers,
            hit: self.hit,
            streams: self.kinds.streams,
            window: (self.struck.unwrap_or(over), over),
            is_end: self.is_end,
            verdict,
        })
    }
}

/// All that the judge looks at.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) noted: Vec<Noted>,
    pub(crate) truths: Vec<Truth>,
    pub(crate) changes: Vec<Change>,
    /// When the raw prober was served.
    raw: Vec<Instant>,
    dialers: Vec<CountingDialer>,
    hit: BTreeSet<usize>,
    streams: bool,
    /// From the accident, or from its end, to the end of all.
    window: (Instant, Instant),
    is_end: bool,
    verdict: Verdict,
}

impl Record {
    /// What may be said of it.
    pub(crate) fn judge(self, declared: &Declared, history: Option<&History>) -> Verdict {
        let measured = self.measure();
        let mut faults = Vec::new();
        for (place, (noted, truth)) in self.noted.iter().zip(&self.truths).enumerate() {
            let expected = if self.hit.contains(&place) { &declared.hit } else { &declared.others };
            let (changes, streams) = (&self.changes[..], self.streams);
            let case = Case { noted, truth, changes, expected, history, streams };
            faults.append(&mut judge::judge(&case));
        }
        let Measured { writes_waited, raw_waited, .. } = measured;
        let behind = declared.behind_raw;
        // The client's waits between attempts grow with the outage.
        if writes_waited > 2 * raw_waited + behind {
            faults.push(format!(
                "a client waited {writes_waited:?} for a write and the raw prober {raw_waited:?}: \
                 more than twice that and {behind:?}"
            ));
        }
        let mut verdict = self.verdict;
        verdict.faults.append(&mut faults);
        verdict.details = told(&self.noted, &self.dialers, self.window.0);
        verdict.measured = Some(measured);
        verdict
    }

    fn measure(&self) -> Measured {
        let (from, until) = self.window;
        let mut measured = Measured::default();
        let waited = |beats: &[Instant]| {
            let before = beats.partition_point(|beat| *beat <= from);
            let beats = if self.is_end { &beats[before..] } else { beats };
            longest_wait(beats, from, until)
        };
        measured.raw_waited = waited(&self.raw);
        for noted in &self.noted {
            measured.add(noted);
            measured.reads_waited = measured.reads_waited.max(waited(&noted.read_beats));
            measured.writes_waited = measured.writes_waited.max(waited(&noted.write_beats));
        }
        measured
    }
}

/// For whoever has to find out what went wrong: how requests ended, and of each client the states
/// and dials.
fn told(all: &[Noted], dialers: &[CountingDialer], from: Instant) -> Vec<String> {
    let endings = endings(all);
    let mut lines: Vec<_> = endings.iter().map(|(end, count)| format!("{count} × {end}")).collect();
    for (noted, dialer) in all.iter().zip(dialers) {
        let mut moments = Vec::new();
        for (at, update) in &noted.states {
            let change = &update.change;
            let server = change.server.as_ref().map(ToString::to_string).unwrap_or_default();
            let (state, session, zxid) = (change.state, change.session, change.zxid);
            let reason = change.reason;
            moments.push((*at, format!("{state:?} {session} {server} ({reason}), zxid {zxid}")));
        }
        let dials = dialer.dials().into_iter();
        moments.extend(dials.map(|(at, address)| (at, format!("dials {address}"))));
        moments.retain(|(at, _)| *at >= from);
        moments.sort();
        let index = noted.index;
        lines.extend(moments.into_iter().map(|(at, what)| {
            format!("client {index} at {:.3} s: {what}", (at - from).as_secs_f64())
        }));
    }
    lines
}
