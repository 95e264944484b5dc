//! Watches: who waits for a change hears of it, before any reply that shows it.
//!
//! * A one-shot watcher is told once, of something that happened behind the reply that armed it;
//!   if that happens, it is told before any reply as new as that, or at last when all is calm.
//! * A persistent one is told, between gaps, just the events of the history that are about its
//!   path, in their order; a gap speaks for all that was left out, and for nothing else.
//! * Nothing follows its last notice, and its end is told.
//!
//! What an armed watcher is yet to be told waits with it, as places in the history's log; the
//! oldest of each stands in a list of its client, so that a reply is held against it at once.

mod watcher;

use std::collections::{BTreeMap, BTreeSet};

use zookit_proto::types::EventType;
use zookit_proto::{ErrorCode, Request, Text, Time, Zxid};
use zookit_session::{Generation, Reason, State, StateChange, WatchKind, WatchNotice, WatcherId};

use self::watcher::{Armed, Watcher, path_of};
use super::Violation;
use super::clients::Clients;
use super::history::{Happened, History, parent};
use crate::observe::{Call, ClientId, End};

type Name = (ClientId, WatcherId);

/// The checker.
#[derive(Debug)]
pub struct Watches {
    in_order: bool,
    watchers: BTreeMap<Name, Watcher>,
    /// Calls that will arm a watcher.
    arming: BTreeMap<Call, Name>,
    /// Armed watchers by their path.
    at: BTreeMap<Text, BTreeSet<Name>>,
    /// The recursive ones among them.
    below: BTreeMap<Text, BTreeSet<Name>>,
    /// What each watcher should be told first.
    due: BTreeMap<ClientId, BTreeSet<(Zxid, WatcherId)>>,
    absences: BTreeMap<ClientId, u64>,
    /// Clients whose session has just ended, and whether that was a read-only server's.
    expired: BTreeMap<ClientId, Reason>,
    /// One-shot watchers whose session is gone, and the generation that has begun since: to be told
    /// before the end of the run, where notices are observed later than they were made.
    orphans: BTreeMap<Name, Generation>,
    /// How much of the history's log was looked at.
    seen: usize,
}

fn violation<T>(now: Time, what: String) -> Result<T, Violation> {
    Err(Violation::new("watches", now, what))
}

fn words((client, watcher): Name) -> String {
    format!("watcher {} of client {}", watcher.0, client.0)
}

fn words_of(happened: &Happened) -> String {
    format!("{:?} of {} at {}", happened.event, happened.path, happened.zxid)
}

impl Watches {
    pub(super) fn new(in_order: bool) -> Self {
        Self {
            in_order,
            watchers: BTreeMap::new(),
            arming: BTreeMap::new(),
            at: BTreeMap::new(),
            below: BTreeMap::new(),
            due: BTreeMap::new(),
            absences: BTreeMap::new(),
            expired: BTreeMap::new(),
            orphans: BTreeMap::new(),
            seen: 0,
        }
    }

    pub(super) fn submitted(
        &mut self,
        client: ClientId,
        call: Call,
        request: &Request,
        watcher: Option<(WatcherId, WatchKind)>,
    ) {
        if let (Some((id, kind)), Some(path)) = (watcher, path_of(request)) {
            self.arming.insert(call, (client, id));
            let mut watcher = Watcher::new(kind, path.clone());
            watcher.absences = self.absences.get(&client).copied().unwrap_or_default();
            self.watchers.insert((client, id), watcher);
        }
    }

    /// A call ended. `by_server`: a server answered it, if anybody did.
    pub(super) fn ended(
        &mut self,
        now: Time,
        history: &History,
        (client, call): (ClientId, Call),
        end: &End,
        by_server: bool,
    ) -> Result<(), Violation> {
        let (zxid, code) = match end {
            End::Answered { zxid, .. } => (*zxid, ErrorCode::Ok),
            End::Refused { zxid, code } => (*zxid, *code),
            End::NotSent | End::NoReply => {
                if let Some(name) = self.arming.remove(&call) {
                    self.forget(name, history);
                }
                return Ok(());
            }
        };
        if let (Some(zxid), true, true) = (zxid, by_server, self.in_order) {
            self.shown(now, history, client, call, zxid)?;
        }
        let Some(name) = self.arming.remove(&call) else { return Ok(()) };
        let Some(watcher) = self.watchers.get(&name) else { return Ok(()) };
        let absent = watcher.kind == WatchKind::Exists && code == ErrorCode::NoNode;
        if code.is_ok() || absent {
            self.arm(history, name, zxid);
        } else {
            self.forget(name, history);
        }
        Ok(())
    }

    fn arm(&mut self, history: &History, name: Name, zxid: Option<Zxid>) {
        let Some(watcher) = self.watchers.get_mut(&name) else { return };
        // Where a reply is observed late, its client may have been away since it came.
        if self.in_order {
            watcher.absences = self.absences.get(&name.0).copied().unwrap_or_default();
        }
        let Some(zxid) = zxid else {
            watcher.armed = Armed::Somewhen;
            return;
        };
        watcher.armed = Armed::At(zxid);
        let log = history.log();
        for (at, happened) in log.iter().enumerate().skip(history.behind(zxid)) {
            if watcher.waits_for(happened) {
                watcher.pending.push_back(at);
            }
        }
        let index = if watcher.is_recursive() { &mut self.below } else { &mut self.at };
        index.entry(watcher.path.clone()).or_default().insert(name);
        if let Some(first) = watcher.pending.front().and_then(|at| log.get(*at)) {
            self.due.entry(name.0).or_default().insert((first.zxid, name.1));
        }
    }

    /// The newest transaction becomes due for whom it concerns.
    pub(super) fn committed(&mut self, history: &History) {
        let Self { watchers, at, below, due, seen, .. } = self;
        let log = history.log();
        let mut tell = |name: &Name, place: usize, happened: &Happened| {
            let Some(watcher) = watchers.get_mut(name) else { return };
            if !watcher.waits_for(happened) {
                return;
            }
            if watcher.pending.is_empty() {
                due.entry(name.0).or_default().insert((happened.zxid, name.1));
            }
            watcher.pending.push_back(place);
        };
        for (place, happened) in log.iter().enumerate().skip(*seen) {
            for name in at.get(&happened.path).into_iter().flatten() {
                tell(name, place, happened);
            }
            let deaf = below.is_empty() || happened.event == EventType::NodeChildrenChanged;
            let mut path = Some(&happened.path[..]).filter(|_| !deaf);
            while let Some(here) = path {
                for name in below.get(here).into_iter().flatten() {
                    tell(name, place, happened);
                }
                path = parent(here);
            }
        }
        *seen = log.len();
    }

    /// A reply as new as this was told: all that a watcher waits for and that is as old must have
    /// been told before.
    fn shown(
        &mut self,
        now: Time,
        history: &History,
        client: ClientId,
        call: Call,
        zxid: Zxid,
    ) -> Result<(), Violation> {
        while let Some((first, id)) = self.due.get(&client).and_then(|due| due.first().copied()) {
            if first > zxid {
                break;
            }
            let name = (client, id);
            if !self.excuse(name, history, zxid) {
                let missed = self.first_pending(name, history).map(words_of).unwrap_or_default();
                let what = format!(
                    "call {} of client {} was answered at {zxid}, and {} had not been told of \
                     {missed}",
                    call.0,
                    client.0,
                    words(name)
                );
                return violation(now, what);
            }
        }
        Ok(())
    }

    fn first_pending<'a>(&self, name: Name, history: &'a History) -> Option<&'a Happened> {
        history.log().get(*self.watchers.get(&name)?.pending.front()?)
    }

    /// A watcher that waits for a znode to come cannot learn of one that came and went while its
    /// client was away: what is as old as that is forgotten.
    fn excuse(&mut self, name: Name, history: &History, zxid: Zxid) -> bool {
        let log = history.log();
        let away = self.absences.get(&name.0).copied().unwrap_or_default();
        let Some(watcher) = self.watchers.get(&name) else { return false };
        let mut shown = watcher.pending.iter().filter_map(|at| log.get(*at));
        let mut shown = shown.by_ref().take_while(|happened| happened.zxid <= zxid);
        let first = shown.next();
        let last = shown.last().or(first);
        let is = |happened: Option<&Happened>, event| happened.is_some_and(|it| it.event == event);
        let excused = watcher.kind == WatchKind::Exists
            && watcher.absences < away
            && is(first, EventType::NodeCreated)
            && is(last, EventType::NodeDeleted);
        if excused {
            self.skip(name, history, zxid);
        }
        excused
    }

    /// What is as old as this is not waited for any more.
    fn skip(&mut self, name: Name, history: &History, zxid: Zxid) {
        self.change(name, history, |watcher| {
            let newer = |at: &usize| history.log().get(*at).is_none_or(|it| it.zxid > zxid);
            while watcher.pending.front().is_some_and(|at| !newer(at)) {
                watcher.pending.pop_front();
            }
        });
    }

    /// Changes what is pending, and keeps the list of its client.
    fn change(&mut self, name: Name, history: &History, change: impl FnOnce(&mut Watcher)) {
        let before = self.first_pending(name, history).map(|first| first.zxid);
        if let Some(watcher) = self.watchers.get_mut(&name) {
            change(watcher);
        }
        let after = self.first_pending(name, history).map(|first| first.zxid);
        let due = self.due.entry(name.0).or_default();
        if let Some(zxid) = before {
            due.remove(&(zxid, name.1));
        }
        if let Some(zxid) = after {
            due.insert((zxid, name.1));
        }
    }

    /// It is over.
    fn forget(&mut self, name: Name, history: &History) {
        self.change(name, history, |watcher| watcher.pending.clear());
        self.orphans.remove(&name);
        let Some(watcher) = self.watchers.remove(&name) else { return };
        let index = if watcher.is_recursive() { &mut self.below } else { &mut self.at };
        if let Some(names) = index.get_mut(&watcher.path) {
            names.remove(&name);
            if names.is_empty() {
                index.remove(&watcher.path);
            }
        }
    }

    pub(super) fn dropped(&mut self, history: &History, client: ClientId, watcher: WatcherId) {
        self.forget((client, watcher), history);
    }

    pub(super) fn noticed(
        &mut self,
        now: Time,
        history: &History,
        name: Name,
        notice: &WatchNotice,
    ) -> Result<(), Violation> {
        let Some(watcher) = self.watchers.get(&name) else {
            let what = format!("{} is told {notice:?}, and there is none any more", words(name));
            return violation(now, what);
        };
        if watcher.armed == Armed::No {
            let what = format!("{} is told {notice:?} before it is armed", words(name));
            return violation(now, what);
        }
        match notice {
            WatchNotice::Event { .. } if watcher.armed == Armed::Somewhen => {
                if watcher.kind.is_one_shot() {
                    self.forget(name, history);
                }
                Ok(())
            }
            WatchNotice::Event { event, path, zxid } => {
                self.event(now, history, name, (*event, path, *zxid))
            }
            WatchNotice::Gap { after, until } => self.gap(now, history, name, (*after, *until)),
            WatchNotice::Ended(_) => {
                self.forget(name, history);
                Ok(())
            }
        }
    }

    fn event(
        &mut self,
        now: Time,
        history: &History,
        name: Name,
        told: (EventType, &Text, Option<Zxid>),
    ) -> Result<(), Violation> {
        let log = history.log();
        let Some(watcher) = self.watchers.get(&name) else { return Ok(()) };
        let away = watcher.absences < self.absences.get(&name.0).copied().unwrap_or_default();
        let (event, path, zxid) = told;
        let is_told = |happened: &Happened| {
            let same = happened.event == event && happened.path == *path;
            same && zxid.is_none_or(|zxid| zxid == happened.zxid)
        };
        let mut pending = watcher.pending.iter().filter_map(|at| log.get(*at));
        let one_shot = watcher.kind.is_one_shot();
        let right = match (one_shot, away, zxid) {
            // Made up from what there is now: that something happened is all that it says.
            (true, true, None) => watcher.path == *path && pending.next().is_some(),
            (true, true, Some(_)) => pending.any(is_told),
            _ => pending.next().is_some_and(is_told),
        };
        if !right {
            let at = zxid.map(|zxid| format!(" at {zxid}")).unwrap_or_default();
            let first = self.first_pending(name, history).map(words_of);
            let due = first.unwrap_or_else(|| "nothing".into());
            let what = format!(
                "{} ({:?} of {}) is told of {event:?} of {path}{at}, and {due} is due",
                words(name),
                watcher.kind,
                watcher.path
            );
            return violation(now, what);
        }
        if one_shot {
            self.forget(name, history);
        } else {
            self.change(name, history, |watcher| {
                watcher.pending.pop_front();
            });
        }
        Ok(())
    }

    fn gap(
        &mut self,
        now: Time,
        history: &History,
        name: Name,
        (after, until): (Zxid, Zxid),
    ) -> Result<(), Violation> {
        let is = |why: String| {
            violation(now, format!("{} has a gap after {after} until {until}{why}", words(name)))
        };
        let one_shot = self.watchers.get(&name).is_some_and(|watcher| watcher.kind.is_one_shot());
        if one_shot {
            return is(", and waits for one event alone".into());
        }
        if until < after {
            return is(", which is backwards".into());
        }
        // A new leader counts from the beginning of its epoch, at which there is no transaction.
        let begins_an_epoch = until.0.trailing_zeros() >= 32;
        if until > history.last() && !begins_an_epoch {
            return is(format!(", and the last transaction is {}", history.last()));
        }
        if let Some(first) = self.first_pending(name, history).filter(|it| it.zxid <= after) {
            return is(format!(", and was not told of {}", words_of(first)));
        }
        self.skip(name, history, until);
        Ok(())
    }

    pub(super) fn state(
        &mut self,
        now: Time,
        client: ClientId,
        change: &StateChange,
    ) -> Result<(), Violation> {
        match change.state {
            State::Suspended => {
                *self.absences.entry(client).or_default() += 1;
            }
            State::Expired => {
                self.expired.insert(client, change.reason);
            }
            State::Connecting => {
                let moved_on = Some(Reason::ReadOnlySessionEnded);
                if self.expired.remove(&client) != moved_on {
                    return self.ended_with_session(now, client, change.generation);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The next session begins: of the last there is no one-shot watcher left.
    fn ended_with_session(
        &mut self,
        now: Time,
        client: ClientId,
        generation: Generation,
    ) -> Result<(), Violation> {
        let left = self.of(client).filter(|(_, at)| at.kind.is_one_shot() && at.armed != Armed::No);
        let left = left.map(|(name, _)| (name, generation)).collect::<Vec<_>>();
        match left.first() {
            Some((name, _)) if self.in_order => self.orphaned(now, *name, generation),
            _ => {
                self.orphans.extend(left);
                Ok(())
            }
        }
    }

    fn orphaned(&self, now: Time, name: Name, begun: Generation) -> Result<(), Violation> {
        let what = self.watchers.get(&name).map(|at| format!(" ({:?} of {})", at.kind, at.path));
        let what = format!(
            "{}{} was not told that its session is gone, and generation {} begins",
            words(name),
            what.unwrap_or_default(),
            begun.0
        );
        violation(now, what)
    }

    fn of(&self, client: ClientId) -> impl Iterator<Item = (Name, &Watcher)> {
        let range = (client, WatcherId(0))..=(client, WatcherId(u64::MAX));
        self.watchers.range(range).map(|(name, watcher)| (*name, watcher))
    }

    /// The paths that a client watches, how, and whether that is armed.
    pub(super) fn paths(&self, client: ClientId) -> impl Iterator<Item = (&Text, WatchKind, bool)> {
        let of = |watcher: &Watcher| watcher.armed != Armed::No;
        self.of(client).map(move |(_, watcher)| (&watcher.path, watcher.kind, of(watcher)))
    }

    /// Nothing is under way any more: whoever waits for anything must have been told.
    pub(super) fn settled(
        &mut self,
        now: Time,
        history: &History,
        clients: &Clients,
    ) -> Result<(), Violation> {
        if let Some((name, begun)) = self.orphans.first_key_value() {
            return self.orphaned(now, *name, *begun);
        }
        for (client, standing) in clients.iter() {
            if standing.state.is_terminal() {
                let left = self.of(client).find(|(_, watcher)| watcher.armed != Armed::No);
                if let Some((name, _)) = left {
                    let what = format!("{} was not told that it is over", words(name));
                    return violation(now, what);
                }
            }
            let due = self.due.get(&client).into_iter().flatten().copied().collect::<Vec<_>>();
            for (_, id) in due {
                let name = (client, id);
                if self.excuse(name, history, history.last()) {
                    continue;
                }
                let missed = self.first_pending(name, history).map(words_of).unwrap_or_default();
                return violation(now, format!("{} was never told of {missed}", words(name)));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
