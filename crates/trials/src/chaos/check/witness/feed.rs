//! Lines and transactions in one order, as observations.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use zookit_proto::{SessionId, Time, Zxid};
use zookit_server::core::{Change, Transaction};
use zookit_session::{Reason, State, WatchNotice};
use zookit_sim::check::{Checkers, ClientLeft, Final, MemberLeft, Violation};
use zookit_sim::observe::{ClientId, End, Observation};

use super::arming::{Firsts, armed, firsts, makes};
use super::lost::Lost;
use crate::chaos::history::{Ask, Complete, Event, History, Invoke, Line, Told};

/// So long behind the leader's clock a transaction is shown at the latest. Whoever asked for it did
/// so before, and that was noted within this time.
const BEHIND: Duration = Duration::from_millis(50);

/// So long after an accident is mended members may still lose what they heard of sessions: they
/// elect, and their connections are made again.
const HEALING: Duration = Duration::from_secs(15);

pub(super) struct Feed<'a> {
    checkers: Checkers,
    lines: &'a [Line],
    /// When it began: microseconds since the Unix epoch.
    wall_us: i64,
    transactions: Vec<Transaction>,
    /// How many of them were shown.
    shown: usize,
    /// When sessions began and ended.
    begun: BTreeMap<SessionId, Zxid>,
    ended: BTreeMap<SessionId, Zxid>,
    /// The line at which a client first told that it has a session, and whose it is.
    owners: BTreeMap<SessionId, (ClientId, usize)>,
    /// The lines in which each client tells of its state and that were not shown yet.
    states: BTreeMap<ClientId, VecDeque<usize>>,
    firsts: Firsts<'a>,
    lost: Lost,
    open: BTreeMap<u64, &'a Invoke>,
    sessions: BTreeSet<SessionId>,
    /// Accidents that cut members, and until when those count that are over.
    cuts: u32,
    healing: Duration,
}

impl<'a> Feed<'a> {
    pub(super) fn new(history: &'a History, checkers: Checkers) -> Self {
        let lines = history.lines.as_slice();
        let transactions = transactions(lines);
        let (mut begun, mut ended) = (BTreeMap::new(), BTreeMap::new());
        for Transaction { zxid, session, change, .. } in &transactions {
            match change {
                Change::CreateSession { .. } => drop(begun.entry(*session).or_insert(*zxid)),
                Change::CloseSession { .. } => drop(ended.entry(*session).or_insert(*zxid)),
                _ => {}
            }
        }
        let (mut owners, mut states) = (BTreeMap::new(), BTreeMap::new());
        for (at, line) in lines.iter().enumerate() {
            if let Event::State(client, change) = &line.event {
                states.entry(*client).or_insert_with(VecDeque::new).push_back(at);
                if change.state.is_connected() {
                    owners.entry(change.session).or_insert((*client, at));
                }
            }
        }
        Self {
            checkers,
            lines,
            wall_us: history.start.wall_us,
            transactions,
            shown: 0,
            begun,
            ended,
            owners,
            states,
            firsts: firsts(lines),
            lost: Lost::of(lines),
            open: BTreeMap::new(),
            sessions: BTreeSet::new(),
            cuts: 0,
            healing: Duration::ZERO,
        }
    }

    /// Shows a line, and before it the transactions that it tells of.
    pub(super) fn line(&mut self, at: usize) -> Result<(), Violation> {
        let Some(Line { at: moment, event }) = self.lines.get(at) else { return Ok(()) };
        let now = Time::since_origin(*moment);
        self.pass(now, wall(self.wall_us, moment.saturating_sub(BEHIND)))?;
        match event {
            Event::Invoke(invoke) => self.invoke(now, invoke),
            Event::Complete(complete) => self.complete(now, complete),
            Event::State(client, _) => self.states(now, *client, at),
            Event::Trusted(client, session, until) => self.trusted(now, *client, *session, *until),
            Event::Notice(client, watcher, notice) => {
                self.reveal_notice(now, *moment, notice)?;
                let (client, watcher, notice) = (*client, *watcher, notice.clone());
                self.see(now, &Observation::Notice { client, watcher, notice })
            }
            Event::Dropped(client, watcher) => {
                let (client, watcher) = (*client, *watcher);
                self.see(now, &Observation::WatcherDropped { client, watcher })
            }
            Event::Accident(accident) if accident.cuts_members => {
                if accident.mended {
                    self.cuts = self.cuts.saturating_sub(1);
                    self.healing = self.healing.max(*moment + HEALING);
                    Ok(())
                } else {
                    self.cuts += 1;
                    self.unheard(now, self.sessions.clone())
                }
            }
            Event::Calm => self.see(now, &Observation::Calm),
            _ => Ok(()),
        }
    }

    fn see(&mut self, now: Time, observation: &Observation) -> Result<(), Violation> {
        self.checkers.see(now, observation)
    }

    /// Time has passed: what the leader's clock says is past has happened.
    fn pass(&mut self, now: Time, wall_ms: i64) -> Result<(), Violation> {
        while self.transactions.get(self.shown).is_some_and(|next| next.time_ms < wall_ms) {
            self.show(now)?;
        }
        Ok(())
    }

    /// Somebody knows of this transaction, so it has happened, and all before it.
    fn reveal(&mut self, now: Time, zxid: Zxid) -> Result<(), Violation> {
        while self.transactions.get(self.shown).is_some_and(|next| next.zxid <= zxid) {
            self.show(now)?;
        }
        Ok(())
    }

    /// Shows the next transaction. Whose session it is must be known before: where that was noted a
    /// moment later, it is told now.
    fn show(&mut self, now: Time) -> Result<(), Violation> {
        let Some(transaction) = self.transactions.get(self.shown).cloned() else { return Ok(()) };
        self.shown += 1;
        let is_begin = matches!(transaction.change, Change::CreateSession { .. });
        let owner = self.owners.get(&transaction.session).copied().filter(|_| !is_begin);
        if let Some((client, last)) = owner {
            self.states(now, client, last)?;
        }
        self.see(now, &Observation::Committed(transaction))
    }

    /// Shows all that a client told of its states up to a line, as far as that was not done.
    fn states(&mut self, now: Time, client: ClientId, last: usize) -> Result<(), Violation> {
        let lines = self.lines;
        while let Some(at) = self.states.get(&client).and_then(VecDeque::front).copied() {
            if at > last {
                break;
            }
            self.states.entry(client).or_default().pop_front();
            let Some(Line { at: moment, event: Event::State(_, change) }) = lines.get(at) else {
                continue;
            };
            self.reveal(now, change.zxid)?;
            self.reveal_session(now, *moment, change)?;
            self.see(now, &Observation::State { client, change: change.clone() })?;
        }
        Ok(())
    }

    fn invoke(&mut self, now: Time, invoke: &'a Invoke) -> Result<(), Violation> {
        self.reveal(now, invoke.seen)?;
        self.open.insert(invoke.process, invoke);
        for (client, call) in self.lost.told_before(invoke) {
            self.see(now, &Observation::Ended { client, call, end: End::NoReply })?;
        }
        let (client, generation) = (invoke.client, invoke.generation);
        let pinned = invoke.pinned.then_some(generation);
        for asked in &invoke.calls {
            let (call, request, watcher) = (asked.call, asked.ask.request(), asked.watcher);
            let submitted =
                Observation::Submitted { client, call, request, watcher, pinned, generation };
            self.see(now, &submitted)?;
        }
        Ok(())
    }

    fn complete(&mut self, now: Time, complete: &Complete) -> Result<(), Violation> {
        let told = complete.ends.iter().filter_map(|(_, told)| told.zxid()).max();
        self.reveal(now, complete.seen.max(told.unwrap_or_default()))?;
        let Some(invoke) = self.open.remove(&complete.process) else { return Ok(()) };
        let client = invoke.client;
        for (asked, (call, told)) in invoke.calls.iter().zip(&complete.ends) {
            let first = asked.watcher.and_then(|(id, _)| self.firsts.get(&(client, id)));
            let known = (invoke.seen, complete.seen);
            let armed = armed(asked, told, known, first, &self.transactions);
            let told = match told {
                Told::Refused(code, None) => Told::Refused(*code, armed),
                told => told.clone(),
            };
            let end = told.end(&asked.ask, armed.or_else(|| told.zxid()));
            if self.lost.was_told(*call) {
                continue;
            }
            if asked.ask == Ask::Close {
                self.reveal_ends(now, client)?;
            }
            self.see(now, &Observation::Ended { client, call: *call, end })?;
        }
        Ok(())
    }

    /// A client that was told that its session is closed knows of that transaction.
    fn reveal_ends(&mut self, now: Time, client: ClientId) -> Result<(), Violation> {
        let own = self.owners.iter().filter(|(_, (owner, _))| *owner == client);
        let ends = own.filter_map(|(session, _)| self.ended.get(session)).copied();
        let newest = ends.max().filter(|zxid| self.is_past(*zxid, now.as_duration()));
        newest.map_or(Ok(()), |zxid| self.reveal(now, zxid))
    }

    /// Whether the leader's clock says that a transaction is past.
    fn is_past(&self, zxid: Zxid, moment: Duration) -> bool {
        let place = self.transactions.binary_search_by_key(&zxid, |transaction| transaction.zxid);
        let found = place.ok().and_then(|place| self.transactions.get(place));
        found.is_some_and(|found| found.time_ms <= wall(self.wall_us, moment))
    }

    /// A client in a session knows that it began; one that was told of its end knows that it ended.
    fn reveal_session(
        &mut self,
        now: Time,
        moment: Duration,
        change: &zookit_session::StateChange,
    ) -> Result<(), Violation> {
        let session = change.session;
        let zxid = match (change.state, change.reason) {
            (State::Connected, _) => self.begun.get(&session).copied(),
            (_, Reason::ServerSaidExpired) => {
                self.ended.get(&session).copied().filter(|zxid| self.is_past(*zxid, moment))
            }
            _ => None,
        };
        zxid.map_or(Ok(()), |zxid| self.reveal(now, zxid))
    }

    /// Where the server did not tell the zxid of what happened, it is something that is past, or that
    /// happens in this millisecond.
    fn reveal_notice(
        &mut self,
        now: Time,
        moment: Duration,
        notice: &WatchNotice,
    ) -> Result<(), Violation> {
        match notice {
            WatchNotice::Event { zxid: Some(zxid), .. } => self.reveal(now, *zxid),
            WatchNotice::Event { event, path, zxid: None } => {
                let wall_ms = wall(self.wall_us, moment);
                self.pass(now, wall_ms)?;
                let left = self.transactions.get(self.shown..).unwrap_or_default();
                let mut left = left.iter().take_while(|next| next.time_ms <= wall_ms);
                let found = left.find(|next| makes(&next.change, *event, path));
                let zxid = found.map(|found| found.zxid);
                zxid.map_or(Ok(()), |zxid| self.reveal(now, zxid))
            }
            WatchNotice::Gap { until, .. } => self.reveal(now, *until),
            WatchNotice::Ended(_) => Ok(()),
        }
    }

    fn trusted(
        &mut self,
        now: Time,
        client: ClientId,
        session: SessionId,
        until: Option<Duration>,
    ) -> Result<(), Violation> {
        let until = until.map(Time::since_origin);
        self.see(now, &Observation::Trusted { client, session, until })?;
        self.sessions.insert(session);
        if self.cuts > 0 || now.as_duration() < self.healing {
            return self.unheard(now, [session]);
        }
        Ok(())
    }

    fn unheard(
        &mut self,
        now: Time,
        sessions: impl IntoIterator<Item = SessionId>,
    ) -> Result<(), Violation> {
        for session in sessions {
            self.see(now, &Observation::Unheard { session })?;
        }
        Ok(())
    }

    /// Everything is at rest: what the members have now is all that there was.
    pub(super) fn finish(
        mut self,
        end: usize,
        clients: Vec<ClientLeft>,
        members: Vec<MemberLeft>,
    ) -> Result<(), Violation> {
        let moment = self.lines.get(end).or_else(|| self.lines.last());
        let moment = moment.map_or(Duration::ZERO, |line| line.at);
        let now = Time::since_origin(moment);
        let last = members.iter().map(|member| member.zxid).max();
        self.reveal(now, last.unwrap_or(Zxid(i64::MAX)))?;
        let history = self.transactions.get(..self.shown).unwrap_or_default();
        self.checkers.finish(&Final { now, history, members, clients })
    }
}

/// What everybody's clock says at a moment of the run, in milliseconds since the Unix epoch.
fn wall(origin_us: i64, moment: Duration) -> i64 {
    let us = i64::try_from(moment.as_micros()).unwrap_or(i64::MAX);
    origin_us.saturating_add(us) / 1_000
}

/// The transactions of a history. Real servers write down the end of a session again if somebody asks
/// for it while it is under way, and that changes nothing.
fn transactions(lines: &[Line]) -> Vec<Transaction> {
    let mut over = BTreeSet::new();
    let all = lines.iter().filter_map(|line| match &line.event {
        Event::Transaction(transaction) => Some(transaction),
        _ => None,
    });
    let news = all.filter(|transaction| match &transaction.change {
        Change::CloseSession { ephemerals } => {
            over.insert(transaction.session) || !ephemerals.is_empty()
        }
        _ => true,
    });
    news.cloned().collect()
}
