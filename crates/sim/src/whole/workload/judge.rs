//! What must hold at the end of a run, whatever went wrong in it.

use std::collections::BTreeMap;

use zookit_client::{Generation, SessionId, State, Zxid};
use zookit_server::core::{Change, Owner, Time, Transaction};

use super::super::digest::Digest;
use super::Violation;
use super::notes::{Noted, Notes};

/// What the judges counted.
#[derive(Debug, Default)]
pub(super) struct Judged {
    pub(super) hash: u64,
    pub(super) calls: u64,
    pub(super) applied: usize,
    pub(super) in_doubt: usize,
    pub(super) expired: usize,
}

/// Holds the notes of all clients against the history.
pub(super) fn judge(
    clients: &[Notes],
    history: &[Transaction],
    never_expired: bool,
) -> Result<Judged, Violation> {
    let mut judged = Judged::default();
    let mut digest = Digest::default();
    let lives = Lives::of(history);
    for notes in clients {
        let client = notes.client();
        let failed = |what: String| Violation::new(format!("client {client}: {what}"));
        notes.fates.check(history).map_err(|error| failed(error.to_string()))?;
        let noted = notes.lock();
        let sessions = generations(&noted).map_err(failed)?;
        order(client, &noted, &sessions, history).map_err(failed)?;
        let told = |what: String| failed(format!("{what}; its states: {}", states(&noted)));
        lives.do_not_overlap(&sessions).map_err(told)?;
        if never_expired {
            lives.outlast_trust(&noted).map_err(told)?;
        }
        judged.calls += noted.calls;
        let (applied, in_doubt) = notes.fates.counts();
        judged.applied += applied;
        judged.in_doubt += in_doubt;
        let expired = |state: State| state == State::Expired;
        judged.expired += noted.changes.iter().filter(|change| expired(change.state)).count();
        digest.number(noted.digest.value());
    }
    judged.hash = digest.value();
    Ok(judged)
}

/// What the client was told of its sessions, in a line.
fn states(noted: &Noted) -> String {
    let all = noted.changes.iter().map(|change| {
        let server = change.server.as_ref().map(ToString::to_string).unwrap_or_default();
        let (state, generation, session) = (change.state, change.generation.0, change.session);
        format!("{state:?} {generation} {session} {server} ({})", change.reason)
    });
    all.collect::<Vec<_>>().join(", ")
}

/// The sessions of a client by their generations; expiry is reported once for each, and nothing of
/// a generation follows it. What a client knows of the history never goes back.
fn generations(noted: &Noted) -> Result<BTreeMap<Generation, SessionId>, String> {
    let mut sessions = BTreeMap::new();
    let mut over = None;
    let mut zxid = Zxid(0);
    for change in &noted.changes {
        if change.zxid < zxid {
            return Err(format!("it knew of {zxid} and then only of {}", change.zxid));
        }
        zxid = change.zxid;
        if over.is_some_and(|over| change.generation <= over) && !change.state.is_terminal() {
            let (state, generation) = (change.state, change.generation.0);
            return Err(format!("{state:?} of generation {generation}, which had expired"));
        }
        if change.state.is_connected() {
            let session = *sessions.entry(change.generation).or_insert(change.session);
            if session != change.session {
                let generation = change.generation.0;
                return Err(format!("two sessions of generation {generation}"));
            }
        }
        if change.state == State::Expired {
            over = Some(change.generation);
        }
    }
    Ok(sessions)
}

/// What was submitted as one request took effect in the order of submission, and in the session
/// that it was submitted in.
fn order(
    client: u32,
    noted: &Noted,
    sessions: &BTreeMap<Generation, SessionId>,
    history: &[Transaction],
) -> Result<(), String> {
    let mut newest = 0;
    let mut zxid = Zxid(0);
    for transaction in history {
        if transaction.zxid <= zxid {
            return Err(format!("the history has {} behind {zxid}", transaction.zxid));
        }
        zxid = transaction.zxid;
        let Some(number) = named(client, &transaction.change) else { continue };
        let Some(plain) = noted.plain.get(&number) else { continue };
        if number < newest {
            return Err(format!("write {number} took effect behind write {newest}, at {zxid}"));
        }
        newest = number;
        if sessions.get(&plain.generation) != Some(&transaction.session) {
            let (generation, session) = (plain.generation.0, transaction.session);
            return Err(format!(
                "write {number} was submitted in generation {generation} and took effect in \
                 session {session}, at {zxid}"
            ));
        }
    }
    Ok(())
}

/// The number of the call that this client's data names.
fn named(client: u32, change: &Change) -> Option<u64> {
    let data = match change {
        Change::Create { data, .. } | Change::SetData { data, .. } => data.as_ref()?,
        Change::Multi(changes) => return changes.iter().find_map(|one| named(client, one)),
        _ => return None,
    };
    let text = std::str::from_utf8(data).ok()?;
    let (of, number) = text.strip_prefix('c')?.split_once(':')?;
    (of.parse() == Ok(client)).then(|| number.parse().ok()).flatten()
}

/// When sessions began and ended, and when they first had an ephemeral znode.
#[derive(Debug, Default)]
struct Lives {
    ended: BTreeMap<SessionId, (Zxid, Time)>,
    owned: BTreeMap<SessionId, Zxid>,
}

impl Lives {
    fn of(history: &[Transaction]) -> Self {
        let mut lives = Self::default();
        for transaction in history {
            let ms = u64::try_from(transaction.time_ms).unwrap_or(0);
            let at = (transaction.zxid, Time::from_millis(ms));
            lives.look(transaction.session, &transaction.change, at);
        }
        lives
    }

    fn look(&mut self, session: SessionId, change: &Change, at: (Zxid, Time)) {
        match change {
            Change::CloseSession { .. } => {
                self.ended.entry(session).or_insert(at);
            }
            Change::Create { owner: Owner::Session(owner), .. } => {
                self.owned.entry(*owner).or_insert(at.0);
            }
            Change::Multi(changes) => {
                changes.iter().for_each(|change| self.look(session, change, at));
            }
            _ => {}
        }
    }

    /// The ephemeral znodes of a generation are gone before there is one of the next.
    fn do_not_overlap(&self, sessions: &BTreeMap<Generation, SessionId>) -> Result<(), String> {
        let all: Vec<_> = sessions.values().copied().collect();
        for (place, earlier) in all.iter().enumerate() {
            for later in &all[place + 1..] {
                let (Some(_), Some(first)) = (self.owned.get(earlier), self.owned.get(later))
                else {
                    continue;
                };
                if self.ended.get(earlier).is_none_or(|(end, _)| end > first) {
                    return Err(format!(
                        "session {later} had an ephemeral znode at {first}, and session {earlier} \
                         before it still lived"
                    ));
                }
            }
        }
        Ok(())
    }

    /// No session ended while its client trusted it, unless the client closed it.
    fn outlast_trust(&self, noted: &Noted) -> Result<(), String> {
        for (session, until) in &noted.trusted {
            let Some((zxid, at)) = self.ended.get(session) else { continue };
            if at < until && noted.closed != Some(*session) {
                return Err(format!(
                    "session {session} ended at {} ms ({zxid}) and was trusted until {} ms",
                    at.as_millis(),
                    until.as_millis()
                ));
            }
        }
        Ok(())
    }
}
