//! Order: effects come in the order of submission, and time never goes back.
//!
//! Of each client: the writes of which it is certain which transaction they are stand in the
//! history in the order in which they were submitted, whether anybody still waited for them or
//! not; nothing that was submitted before the loss of a write was told takes effect behind the
//! hole that it left; and what it is told of never lies before what it was told of earlier.

use std::collections::BTreeMap;

use zookit_proto::{SessionId, Time, Zxid};
use zookit_server::core::Transaction;
use zookit_session::{Generation, StateChange, WatchNotice};

use super::Violation;
use super::content::{is_nothing, is_refusal};
use super::fate::{EndedCall, Fate, Key, Place, Placed};
use crate::observe::{Call, ClientId, End};

/// A client's own order.
#[derive(Debug, Default)]
struct Line {
    by_zxid: BTreeMap<Zxid, Place>,
    by_place: BTreeMap<Place, Zxid>,
    /// The newest transaction that it was told of.
    told: Zxid,
    /// That, when each of the open calls was submitted.
    told_before: BTreeMap<Place, Zxid>,
    lost: Vec<Lost>,
}

/// A write that got no reply.
#[derive(Debug, Clone, Copy)]
struct Lost {
    call: Call,
    place: Place,
    /// The newest submission when that was told.
    newest: Place,
    key: Key,
}

/// The checker.
#[derive(Debug)]
pub struct Order {
    in_order: bool,
    lines: BTreeMap<ClientId, Line>,
    refusals: BTreeMap<SessionId, Vec<Zxid>>,
    sessions: BTreeMap<(ClientId, Generation), SessionId>,
}

fn violation(now: Time, what: String) -> Violation {
    Violation::new("order", now, what)
}

impl Order {
    pub(super) fn new(in_order: bool) -> Self {
        let (lines, refusals, sessions) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { in_order, lines, refusals, sessions }
    }

    pub(super) fn submitted(&mut self, client: ClientId, place: Place) {
        let line = self.lines.entry(client).or_default();
        line.told_before.insert(place, line.told);
    }

    pub(super) fn ended(
        &mut self,
        now: Time,
        ended: &EndedCall,
        end: &End,
    ) -> Result<(), Violation> {
        let EndedCall { client, call, place, newest, key, by_server, leaves_trace, did } = ended;
        let line = self.lines.entry(*client).or_default();
        let told_before = line.told_before.remove(place).unwrap_or_default();
        if let (Some(key), End::NoReply, true) = (key, end, *leaves_trace) {
            line.lost.push(Lost { call: *call, place: *place, newest: *newest, key: *key });
        }
        if let (
            End::Answered { zxid: Some(zxid), .. } | End::Refused { zxid: Some(zxid), .. },
            true,
        ) = (end, *by_server)
        {
            let least = if self.in_order { line.told } else { told_before };
            // What a server answers without looking has no zxid, or none to speak of.
            if *zxid > Zxid(0) && *zxid < least {
                let what = format!(
                    "client {} was told of {zxid} by call {}, when it had been told of {least}",
                    client.0, call.0
                );
                return Err(violation(now, what));
            }
            line.told = line.told.max(*zxid);
        }
        match did {
            Some(zxid) => self.placed(now, Placed { client: *client, place: *place, zxid: *zxid }),
            None => Ok(()),
        }
    }

    pub(super) fn noticed(
        &mut self,
        now: Time,
        client: ClientId,
        notice: &WatchNotice,
    ) -> Result<(), Violation> {
        let line = self.lines.entry(client).or_default();
        if let WatchNotice::Event { event, path, zxid: Some(zxid) } = notice {
            if self.in_order && *zxid < line.told {
                let what = format!(
                    "client {} was told of {event} of {path} at {zxid}, when it had been told of {}",
                    client.0, line.told
                );
                return Err(violation(now, what));
            }
        }
        Ok(())
    }

    pub(super) fn state(
        &mut self,
        now: Time,
        client: ClientId,
        change: &StateChange,
    ) -> Result<(), Violation> {
        // While the next session is being opened, there is none yet.
        if change.session != SessionId::NONE {
            self.sessions.insert((client, change.generation), change.session);
        }
        let line = self.lines.entry(client).or_default();
        if self.in_order && change.zxid < line.told {
            let what = format!(
                "client {} says that it has seen {} when it becomes {:?}, and had been told of {}",
                client.0, change.zxid, change.state, line.told
            );
            return Err(violation(now, what));
        }
        line.told = line.told.max(change.zxid);
        Ok(())
    }

    pub(super) fn committed(
        &mut self,
        now: Time,
        transaction: &Transaction,
        placed: Option<Placed>,
    ) -> Result<(), Violation> {
        if is_refusal(&transaction.change) {
            self.refusals.entry(transaction.session).or_default().push(transaction.zxid);
        }
        // What has no effect has no order, unless it is answered.
        let placed = placed.filter(|_| !is_nothing(&transaction.change));
        placed.map_or(Ok(()), |placed| self.placed(now, placed))
    }

    /// It is certain which transaction a write is.
    fn placed(&mut self, now: Time, placed: Placed) -> Result<(), Violation> {
        let Placed { client, place, zxid } = placed;
        let line = self.lines.entry(client).or_default();
        let before = line.by_zxid.range(..zxid).next_back().filter(|(_, other)| **other > place);
        let behind = line.by_zxid.range(zxid..).find(|(at, _)| **at > zxid);
        let behind = behind.filter(|(_, other)| **other < place);
        if let Some((at, other)) = before.or(behind) {
            let what = format!(
                "client {} submitted its {}. call before its {}., and they took effect at {} and {}",
                client.0,
                place.min(*other),
                place.max(*other),
                zxid.max(*at),
                zxid.min(*at)
            );
            return Err(violation(now, what));
        }
        line.by_zxid.insert(zxid, place);
        line.by_place.insert(place, zxid);
        Ok(())
    }

    pub(super) fn finish(&self, now: Time, fate: &Fate) -> Result<(), Violation> {
        for (client, line) in &self.lines {
            for lost in &line.lost {
                if let Some(what) = self.hole(*client, line, lost, fate) {
                    return Err(violation(now, what));
                }
            }
        }
        Ok(())
    }

    /// A lost write that had no effect, and one behind it that had, though it was submitted before
    /// the loss was told. Where a server refused a write in between, that may have been this one.
    fn hole(&self, client: ClientId, line: &Line, lost: &Lost, fate: &Fate) -> Option<String> {
        let Lost { call, place, newest, key } = *lost;
        let (behind, zxid) = line.by_place.range(place..=newest).find(|(at, _)| **at > place)?;
        if line.by_place.contains_key(&place) || !fate.is_undone(key) {
            return None;
        }
        let since = line.by_place.range(..place).next_back().map_or(Zxid(0), |(_, zxid)| *zxid);
        let session = self.sessions.get(&(client, key.1)).copied().unwrap_or(SessionId::NONE);
        let refusals = self.refusals.get(&session).map_or(&[][..], Vec::as_slice);
        let next = refusals.get(refusals.partition_point(|at| *at <= since));
        if next.is_some_and(|at| at < zxid) {
            return None;
        }
        Some(format!(
            "call {} of client {} got no reply and had no effect, but its {behind}. call, submitted \
             behind it and before that was told, took effect at {zxid}",
            call.0, client.0
        ))
    }
}

#[cfg(test)]
mod tests;
