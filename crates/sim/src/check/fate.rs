//! Fate: what a caller was told of a call is what became of it.
//!
//! Every answered write is in the history once, under the zxid that it was told, and is that
//! change; what was refused or not sent never is; what got no reply is there once at most.
//!
//! Writes of one client and generation with the same print (`content`) are a group. In each the
//! number of transactions is at most that of calls that are open or got no reply, once those that
//! calls were told the zxids of are put aside.

use std::collections::BTreeMap;

use zookit_proto::{Class, Request, Time, Zxid};
use zookit_server::core::{Profile, Transaction, prepare};
use zookit_session::Generation;

use super::clients::Clients;
use super::content::{self, fits, words, words_of};
use super::history::History;
use super::{Violation, reply};
use crate::observe::{Call, ClientId, End};

/// What is known of a call when it is submitted.
pub(super) struct Asked<'a> {
    pub(super) request: &'a Request,
    pub(super) generation: Generation,
    pub(super) pinned: Option<Generation>,
}

/// A call's place among the submissions of its client, counted from 1.
pub(super) type Place = u64;

/// A call that ended.
#[derive(Debug)]
pub(super) struct EndedCall {
    pub(super) client: ClientId,
    pub(super) call: Call,
    pub(super) place: Place,
    /// Of the newest submission of its client.
    pub(super) newest: Place,
    pub(super) key: Option<Key>,
    /// Whether it is an operation that a server answers, and not the client itself.
    pub(super) by_server: bool,
    /// Whether the history shows that it was refused.
    pub(super) leaves_trace: bool,
    /// The transaction that it is, if that is certain.
    pub(super) did: Option<Zxid>,
}

/// A transaction that is certainly what this call asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed {
    pub(super) client: ClientId,
    pub(super) place: Place,
    pub(super) zxid: Zxid,
}

/// What names a group: client, generation, print.
pub(super) type Key = (ClientId, Generation, u64);

/// A call that has not ended.
#[derive(Debug)]
struct Open {
    client: ClientId,
    key: Option<Key>,
    place: Place,
    /// The last transaction when it was submitted.
    after: Zxid,
    request: Request,
}

/// Calls that ask for the same.
#[derive(Debug, Default)]
struct Group {
    /// Those that may have been done: open, without a reply, or answered without a zxid. Sorted.
    candidates: Vec<Place>,
    /// Those of them that were answered.
    answered: usize,
    /// What was done and that no call was told the zxid of.
    done: Vec<Zxid>,
}

impl Group {
    fn has_room(&self) -> bool {
        self.done.len() < self.candidates.len()
    }
}

/// The checker.
#[derive(Debug, Default)]
pub struct Fate {
    open: BTreeMap<Call, Open>,
    groups: BTreeMap<Key, Group>,
    submitted: BTreeMap<ClientId, Place>,
}

fn violation(now: Time, what: String) -> Violation {
    Violation::new("fate", now, what)
}

impl Fate {
    pub(super) fn submitted(
        &mut self,
        now: Time,
        history: &History,
        client: ClientId,
        call: Call,
        asked: &Asked<'_>,
    ) -> Result<Place, Violation> {
        let newest = self.submitted.entry(client).or_default();
        *newest += 1;
        let place = *newest;
        let generation = asked.pinned.unwrap_or(asked.generation);
        let key = content::of_request(asked.request).map(|print| (client, generation, print));
        if let Some(key) = key {
            self.groups.entry(key).or_default().candidates.push(place);
        }
        let request = asked.request.clone();
        let open = Open { client, key, place, after: history.last(), request };
        match self.open.insert(call, open) {
            None => Ok(place),
            Some(_) => Err(violation(now, format!("{} is submitted twice", name(client, call)))),
        }
    }

    pub(super) fn ended(
        &mut self,
        now: Time,
        history: &History,
        client: ClientId,
        call: Call,
        end: &End,
    ) -> Result<EndedCall, Violation> {
        let Some(open) = self.open.remove(&call).filter(|open| open.client == client) else {
            let what =
                format!("{} ended with {}, but is not under way", name(client, call), told(end));
            return Err(violation(now, what));
        };
        let newest = self.submitted.get(&client).copied().unwrap_or_default();
        let by_server = matches!(open.request.opcode().class(), Class::Read | Class::Write)
            || matches!(open.request, Request::AddWatch(_));
        let mut did = None;
        if let Some(key) = open.key {
            did = self.judge(history, key, &open, end).map_err(|why| {
                let call = named(client, call, &open.request);
                violation(now, format!("{call} ended with {}, but {why}", told(end)))
            })?;
        }
        let (place, key) = (open.place, open.key);
        // Which requests take no number does not differ where it matters here.
        let leaves_trace = prepare::takes_zxid(Profile::V3_9_5, &open.request);
        Ok(EndedCall { client, call, place, newest, key, by_server, leaves_trace, did })
    }

    /// The transaction that the call was, if it was told; or what is wrong.
    fn judge(
        &mut self,
        history: &History,
        key: Key,
        open: &Open,
        end: &End,
    ) -> Result<Option<Zxid>, String> {
        match end {
            End::Answered { body, .. } if reply::is_failed_multi(&open.request, body) => {
                self.undone(history, key, open).map(|()| None)
            }
            End::Answered { zxid: Some(zxid), body } => {
                self.claim(history, key, open, *zxid)?;
                let transaction = history.find(*zxid);
                transaction.map_or(Ok(()), |it| reply::answers(&open.request, it, body))?;
                Ok(Some(*zxid))
            }
            End::Answered { zxid: None, .. } => {
                self.groups.entry(key).or_default().answered += 1;
                Ok(None)
            }
            End::Refused { .. } | End::NotSent => self.undone(history, key, open).map(|()| None),
            End::NoReply => Ok(None),
        }
    }

    /// The call says that it was this transaction.
    fn claim(
        &mut self,
        history: &History,
        key: Key,
        open: &Open,
        zxid: Zxid,
    ) -> Result<(), String> {
        let Some(transaction) = history.find(zxid) else {
            return Err("the history has nothing under that zxid".into());
        };
        let change = &transaction.change;
        if !fits(&open.request, change) {
            return Err(format!("the history has {} there", words_of(change)));
        }
        if zxid <= open.after {
            return Err(format!("it was submitted when {} was done already", open.after));
        }
        // It may have been taken for what another call of the client asks for.
        let prints = content::of_change(change).unwrap_or_default();
        let keys = [key.2, prints[0], prints[1]].map(|print| (key.0, key.1, print));
        let found = keys.into_iter().find_map(|key| {
            let done = &mut self.groups.get_mut(&key)?.done;
            let at = done.iter().position(|done| *done == zxid)?;
            done.remove(at);
            Some(key)
        });
        if found.is_none() {
            let session = transaction.session;
            return Err(format!("that was another call, or is of another session ({session})"));
        }
        self.leave(key, open.place);
        self.balance(history, key)
    }

    /// The call says that it had no effect.
    fn undone(&mut self, history: &History, key: Key, open: &Open) -> Result<(), String> {
        self.leave(key, open.place);
        self.balance(history, key)
    }

    fn leave(&mut self, key: Key, place: Place) {
        let Some(group) = self.groups.get_mut(&key) else { return };
        if let Ok(at) = group.candidates.binary_search(&place) {
            group.candidates.remove(at);
        }
        if group.candidates.is_empty() && group.done.is_empty() {
            self.groups.remove(&key);
        }
    }

    /// Whether no more was done than was asked for.
    fn balance(&mut self, history: &History, key: Key) -> Result<(), String> {
        let too_much = |fate: &Self| {
            fate.groups.get(&key).is_some_and(|group| group.done.len() > group.candidates.len())
        };
        if too_much(self) && !self.relieve(history, key) {
            let done = self.groups.get(&key).map(|group| group.done.clone()).unwrap_or_default();
            return Err(format!("the history has it under {}", list(&done)));
        }
        Ok(())
    }

    /// Takes a transaction of a group for what another group asks for, if it may be that as well.
    fn relieve(&mut self, history: &History, key: Key) -> bool {
        let Some(group) = self.groups.get(&key) else { return false };
        let other = group.done.iter().enumerate().find_map(|(at, zxid)| {
            let prints = content::of_change(&history.find(*zxid)?.change)?;
            let print = prints.into_iter().find(|print| *print != key.2)?;
            let other = (key.0, key.1, print);
            self.groups.get(&other).is_some_and(Group::has_room).then_some((at, *zxid, other))
        });
        let Some((at, zxid, other)) = other else { return false };
        if let Some(group) = self.groups.get_mut(&key) {
            group.done.remove(at);
            if group.candidates.is_empty() && group.done.is_empty() {
                self.groups.remove(&key);
            }
        }
        self.groups.entry(other).or_default().done.push(zxid);
        true
    }

    /// The servers agreed on it: some call must have asked for it.
    pub(super) fn committed(
        &mut self,
        now: Time,
        history: &History,
        clients: &Clients,
        transaction: &Transaction,
    ) -> Result<Option<Placed>, Violation> {
        let Some(prints) = content::of_change(&transaction.change) else { return Ok(None) };
        let Transaction { zxid, session, change, .. } = transaction;
        // What a server does by itself is another checker's business.
        if session.0 == 0 {
            return Ok(None);
        }
        let what =
            || format!("the history has {} under {zxid}, by session {session}", words_of(change));
        let Some((client, generation)) = clients.owner(*session) else {
            return Err(violation(now, format!("{}, which is no client's", what())));
        };
        let keys = prints.map(|print| (client, generation, print));
        for relieved in [false, true] {
            for key in keys {
                if relieved {
                    self.relieve(history, key);
                }
                if let Some(group) = self.groups.get_mut(&key).filter(|group| group.has_room()) {
                    group.done.push(*zxid);
                    return Ok(self.only(keys).map(|place| Placed { client, place, zxid: *zxid }));
                }
            }
        }
        let of = format!("generation {} of client {}", generation.0, client.0);
        let elsewhere = (1..=generation.0.saturating_add(1)).map(Generation).find(|other| {
            prints.iter().any(|print| self.groups.contains_key(&(client, *other, *print)))
        });
        let why = match elsewhere {
            Some(other) if other == generation => "once more than it was asked for".into(),
            Some(other) => format!("which asked for it in generation {} alone", other.0),
            None => "which did not ask for it, or was told that it had no effect".into(),
        };
        Err(violation(now, format!("{}: {of}, {why}", what())))
    }

    /// The only call that may have asked for it, if there is just one.
    fn only(&self, keys: [Key; 2]) -> Option<Place> {
        let candidates = |key: &Key| self.groups.get(key).map_or(&[][..], |at| &at.candidates);
        let [narrow, wide] = [candidates(&keys[0]), candidates(&keys[1])];
        match (narrow, wide) {
            ([place], _) if keys[0] == keys[1] => Some(*place),
            ([place], []) | ([], [place]) => Some(*place),
            _ => None,
        }
    }

    /// Whether certainly none of the calls that ask for this was done.
    pub(super) fn is_undone(&self, key: Key) -> bool {
        self.groups.get(&key).is_none_or(|group| group.done.is_empty())
    }

    /// The first of the calls that have not ended.
    pub(super) fn first_open(&self) -> Option<String> {
        let (call, open) = self.open.first_key_value()?;
        Some(named(open.client, *call, &open.request))
    }

    pub(super) fn finish(&self, now: Time) -> Result<(), Violation> {
        for ((client, generation, _), group) in &self.groups {
            if group.answered > group.done.len() {
                let (answered, done) = (group.answered, group.done.len());
                let place = group.candidates.first().copied().unwrap_or_default();
                let what = format!(
                    "client {}, generation {}: {answered} calls that ask for the same as its \
                     {place}. were answered, and the history has {done} of them ({})",
                    client.0,
                    generation.0,
                    list(&group.done)
                );
                return Err(violation(now, what));
            }
        }
        Ok(())
    }
}

fn name(client: ClientId, call: Call) -> String {
    format!("call {} of client {}", call.0, client.0)
}

fn named(client: ClientId, call: Call, request: &Request) -> String {
    format!("{} ({})", name(client, call), words(request))
}

fn list(zxids: &[Zxid]) -> String {
    zxids.iter().map(Zxid::to_string).collect::<Vec<_>>().join(", ")
}

/// How a call ended, in a few words.
pub(super) fn told(end: &End) -> String {
    let at = |zxid: &Option<Zxid>| zxid.map(|zxid| format!(" at {zxid}")).unwrap_or_default();
    match end {
        End::Answered { zxid, .. } => format!("an answer{}", at(zxid)),
        End::Refused { code, zxid } => format!("the refusal {code}{}", at(zxid)),
        End::NotSent => "not sent".into(),
        End::NoReply => "no reply".into(),
    }
}

#[cfg(test)]
mod tests;
