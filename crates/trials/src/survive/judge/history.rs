//! Writes against the history that the servers agreed on: each took effect as often as its client
//! was told, at most once, in the order of submission, and in the session that it was submitted in;
//! and no session had an ephemeral znode while the one before it lived.

use std::collections::BTreeMap;

use zookit_client::{Generation, SessionId, Zxid};
use zookit_server::core::{Change, Owner, Transaction};

use super::Case;
use crate::survive::traffic::home::Home;
use crate::survive::traffic::notes::{Deed, End, Write};
use crate::survive::transactions;

/// All transactions of what is written once: by path, and by data.
pub(crate) struct History {
    by_path: BTreeMap<String, Vec<(Zxid, SessionId)>>,
    by_data: BTreeMap<(String, String), Vec<(Zxid, SessionId)>>,
    ends: BTreeMap<SessionId, (Zxid, i64)>,
    /// The first ephemeral znode of each session.
    owned: BTreeMap<SessionId, Zxid>,
}

impl History {
    pub(crate) fn of(transactions: &[Transaction]) -> Self {
        let (by_path, by_data) = (BTreeMap::new(), BTreeMap::new());
        let (ends, owned) = (transactions::ends(transactions), BTreeMap::new());
        let mut history = Self { by_path, by_data, ends, owned };
        for Transaction { zxid, session, change, .. } in transactions {
            let place = (*zxid, *session);
            match change {
                Change::Create { path, data, owner, .. } => {
                    let path = path.to_string();
                    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent).to_owned();
                    history.by_path.entry(path).or_default().push(place);
                    let data = text(data.as_deref());
                    history.by_data.entry((parent, data)).or_default().push(place);
                    if let Owner::Session(owner) = owner {
                        history.owned.entry(*owner).or_insert(*zxid);
                    }
                }
                Change::SetData { path, data, .. } => {
                    let key = (path.to_string(), text(data.as_deref()));
                    history.by_data.entry(key).or_default().push(place);
                }
                _ => {}
            }
        }
        history
    }

    /// The transactions of a write.
    fn find(&self, home: &Home, write: &Write) -> &[(Zxid, SessionId)] {
        let value = &write.value;
        let found = match write.deed {
            Deed::Create => self.by_path.get(&format!("{}/{value}", home.creates())),
            Deed::Ephemeral => self.by_path.get(value),
            Deed::Append => self.by_data.get(&(home.appends(), value.clone())),
            Deed::Set(register, _) => self.by_data.get(&(home.register(register), value.clone())),
        };
        found.map_or(&[], Vec::as_slice)
    }
}

fn text(data: Option<&[u8]>) -> String {
    String::from_utf8_lossy(data.unwrap_or_default()).into_owned()
}

pub(super) fn look(case: &Case<'_>) -> Vec<String> {
    let Some(history) = case.history else { return Vec::new() };
    let home = Home::new(case.noted.index);
    let sessions = sessions(case);
    let mut faults = Vec::new();
    let mut newest: Option<(Zxid, &Write)> = None;
    for write in &case.noted.writes {
        let value = &write.value;
        let Some((_, end)) = &write.ended else { continue };
        let found = history.find(&home, write);
        match (end, found) {
            (End::Answered(_), []) => faults.push(format!("{value} was answered and is nowhere")),
            (End::Refused(_) | End::NotSent(_), [(zxid, _), ..]) => {
                faults.push(format!("{value} ended {end}, and was done at {zxid}"));
            }
            (_, [_, _, ..]) => faults.push(format!("{value} was done {} times", found.len())),
            _ => {}
        }
        let [(zxid, session), ..] = found else { continue };
        let submitted_in = sessions.get(&write.generation);
        if submitted_in.is_some_and(|own| own != session) {
            faults.push(format!("{value} of session {submitted_in:?} was done in {session}"));
        }
        if let Some((before, earlier)) = newest
            && *zxid <= before
        {
            let earlier = &earlier.value;
            faults.push(format!("{value}, submitted behind {earlier}, was done before it"));
        }
        newest = Some((*zxid, write));
    }
    faults.extend(walls(history, &sessions));
    faults
}

/// The sessions of a client, by their generations.
fn sessions(case: &Case<'_>) -> BTreeMap<Generation, SessionId> {
    let mut sessions = BTreeMap::from([(Generation(1), case.noted.first_session)]);
    for (_, update) in &case.noted.states {
        if update.change.state.is_connected() {
            sessions.entry(update.change.generation).or_insert(update.change.session);
        }
    }
    sessions
}

/// A session is over before the next one owns anything.
fn walls(history: &History, sessions: &BTreeMap<Generation, SessionId>) -> Vec<String> {
    let mut faults = Vec::new();
    for (earlier, later) in sessions.values().zip(sessions.values().skip(1)) {
        let (end, owned) = (history.ends.get(earlier), history.owned.get(later));
        if let Some(owned) = owned
            && end.is_none_or(|(end, _)| end > owned)
        {
            faults.push(format!("{later} owned a znode at {owned}, and {earlier} ended: {end:?}"));
        }
    }
    faults
}
