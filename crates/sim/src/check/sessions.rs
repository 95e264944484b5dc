//! Sessions: their states, their expiry, their ephemeral znodes, and the walls between them.
//!
//! * The state changes as the diagram of the session has it, and expiry is reported once for each
//!   generation, also when no server can be reached.
//! * An ephemeral znode goes when its session ends, all of them with it, and never before.
//! * A client has no session while one of an earlier generation lives.
//! * A session that was closed, as its client was told, has ended.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use zookit_proto::{Request, SessionId, Text, Time};
use zookit_server::core::{Change, Owner, Transaction};
use zookit_session::{Generation, Reason, State, StateChange};

use super::Violation;
use super::clients::{Clients, Standing};
use super::content::{is_nothing, is_refusal};
use super::history::History;
use crate::observe::{Call, ClientId, End};

/// The checker.
#[derive(Debug)]
pub struct Sessions {
    expiry_twelfths: Option<u32>,
    /// No session must be reported expired before this.
    earliest: Option<Time>,
    owners: BTreeMap<Text, SessionId>,
    ephemerals: BTreeMap<SessionId, BTreeSet<Text>>,
    /// Calls that close a session.
    closes: BTreeMap<Call, SessionId>,
}

fn violation<T>(now: Time, what: String) -> Result<T, Violation> {
    Err(Violation::new("sessions", now, what))
}

impl Sessions {
    pub(super) fn new(expiry_twelfths: Option<u32>) -> Self {
        let (owners, ephemerals) = (BTreeMap::new(), BTreeMap::new());
        Self { expiry_twelfths, earliest: None, owners, ephemerals, closes: BTreeMap::new() }
    }

    /// A client asks for something.
    pub(super) fn submitted(
        &mut self,
        clients: &Clients,
        client: ClientId,
        call: Call,
        request: &Request,
    ) {
        if let (Request::CloseSession(()), Some(standing)) = (request, clients.get(client)) {
            self.closes.insert(call, standing.session);
        }
    }

    /// A client is told how that ended.
    pub(super) fn ended(
        &mut self,
        now: Time,
        history: &History,
        client: ClientId,
        call: Call,
        end: &End,
    ) -> Result<(), Violation> {
        let Some(session) = self.closes.remove(&call) else { return Ok(()) };
        let closed = matches!(end, End::Answered { .. });
        if closed && history.session(session).is_some_and(|life| life.ended.is_none()) {
            let what =
                format!("client {} was told that {session} is closed, and it lives", client.0);
            return violation(now, what);
        }
        Ok(())
    }

    /// When the expiry of a session must have been reported.
    fn due(&self, history: &History, standing: &Standing) -> Option<Time> {
        let suspended = standing.state == State::Suspended;
        let timeout = history.session(standing.session).filter(|_| suspended)?.timeout;
        let twelfths = timeout.saturating_mul(self.expiry_twelfths?);
        Some(standing.sign.after(twelfths.checked_div(12)?))
    }

    /// Time has passed.
    pub(super) fn pass(
        &mut self,
        now: Time,
        history: &History,
        clients: &Clients,
    ) -> Result<(), Violation> {
        if self.earliest.is_none_or(|earliest| now <= earliest) {
            return Ok(());
        }
        self.earliest = None;
        for (client, standing) in clients.iter() {
            let Some(due) = self.due(history, standing) else { continue };
            if now > due {
                let what = format!(
                    "client {} has had no sign of a server since {}, and by {due} it had not \
                     reported that its session {} is gone",
                    client.0, standing.sign, standing.session
                );
                return violation(now, what);
            }
            self.earliest = Some(self.earliest.map_or(due, |earliest| earliest.min(due)));
        }
        Ok(())
    }

    /// A client tells of its state.
    pub(super) fn state(
        &mut self,
        now: Time,
        history: &History,
        clients: &mut Clients,
        client: ClientId,
        change: &StateChange,
    ) -> Result<(), Violation> {
        let before = clients.get(client).cloned();
        if let Err(why) = follows(before.as_ref(), change) {
            return violation(
                now,
                format!("client {} becomes {:?}: {why}", client.0, change.state),
            );
        }
        let known = clients.session(client, change.generation);
        if known.is_some_and(|known| change.session != known && change.session != SessionId::NONE) {
            let what = format!(
                "client {} has session {} in generation {}, in which it had another before",
                client.0, change.session, change.generation.0
            );
            return violation(now, what);
        }
        if change.state.is_connected() {
            begins(history, clients, client, change)
                .map_err(|what| Violation::new("sessions", now, what))?;
        }
        let lives = || history.session(change.session).is_some_and(|life| life.ended.is_none());
        if change.reason == Reason::ServerSaidExpired && lives() {
            let what = format!(
                "client {} was told that its session {} is gone, and it lives",
                client.0, change.session
            );
            return violation(now, what);
        }
        let standing = Standing::of(now, change);
        if let Some(due) = self.due(history, &standing) {
            self.earliest = Some(self.earliest.map_or(due, |earliest| earliest.min(due)));
        }
        clients.stands(client, standing);
        Ok(())
    }

    /// The servers agreed on it; the history does not have it yet.
    pub(super) fn committed(
        &mut self,
        now: Time,
        history: &History,
        transaction: &Transaction,
    ) -> Result<(), Violation> {
        let Transaction { zxid, session, change, .. } = transaction;
        let life = history.session(*session);
        let ended = life.and_then(|life| life.ended);
        match (change, life) {
            (Change::CreateSession { .. }, Some(_)) => {
                return violation(now, format!("session {session} begins again ({zxid})"));
            }
            (Change::CreateSession { .. }, None) => return Ok(()),
            (change, _) if is_refusal(change) || is_nothing(change) => return Ok(()),
            (_, None) if *session != SessionId::NONE => {
                let what = format!("session {session} changes something ({zxid}) and never began");
                return violation(now, what);
            }
            _ => {}
        }
        if let Some((at, end)) = ended {
            let what = format!(
                "session {session} changes something ({zxid}), and it ended at {at} ({end})"
            );
            return violation(now, what);
        }
        match change {
            Change::CloseSession { ephemerals } => self.closed(now, transaction, ephemerals),
            change => self.changed(now, transaction, change),
        }
    }

    fn changed(
        &mut self,
        now: Time,
        transaction: &Transaction,
        change: &Change,
    ) -> Result<(), Violation> {
        let Transaction { zxid, session, .. } = transaction;
        match change {
            Change::Create { path, owner: Owner::Session(owner), .. } => {
                if owner != session {
                    let what = format!(
                        "ephemeral {path} ({zxid}) was made by session {session} for {owner}"
                    );
                    return violation(now, what);
                }
                self.owners.insert(path.clone(), *owner);
                self.ephemerals.entry(*owner).or_default().insert(path.clone());
            }
            Change::Delete { path } => {
                let Some(owner) = self.owners.remove(path) else { return Ok(()) };
                if *session == SessionId::NONE {
                    let what = format!(
                        "nobody deleted the ephemeral {path} ({zxid}), and its session {owner} lives"
                    );
                    return violation(now, what);
                }
                if let Some(paths) = self.ephemerals.get_mut(&owner) {
                    paths.remove(path);
                }
            }
            Change::Multi(changes) => {
                for change in changes {
                    self.changed(now, transaction, change)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A session ends, and just its ephemeral znodes with it.
    fn closed(
        &mut self,
        now: Time,
        transaction: &Transaction,
        gone: &[Text],
    ) -> Result<(), Violation> {
        let Transaction { zxid, session, .. } = transaction;
        let mut own = self.ephemerals.remove(session).unwrap_or_default();
        for path in gone {
            self.owners.remove(path);
            if !own.remove(path) {
                let what = format!(
                    "session {session} ends ({zxid}) and takes {path} with it, which is not its"
                );
                return violation(now, what);
            }
        }
        match own.first() {
            None => Ok(()),
            Some(path) => {
                violation(now, format!("session {session} ends ({zxid}) and leaves {path} behind"))
            }
        }
    }

    pub(super) fn finish(
        &self,
        now: Time,
        history: &History,
        clients: &Clients,
    ) -> Result<(), Violation> {
        for (client, standing) in clients.iter() {
            let life = history.session(standing.session);
            // Silence is noticed after two thirds of the timeout, and a server's word comes after that.
            let patience = life.map_or(Duration::ZERO, |life| life.timeout.saturating_mul(2));
            let ended = life.and_then(|life| life.ended).filter(|_| standing.state.is_connected());
            let ended = ended.filter(|(at, _)| now.since(*at) > patience);
            if let Some((at, zxid)) = ended {
                let what = format!(
                    "client {} is {:?} in session {}, which ended at {at} ({zxid}), and never \
                     reported that",
                    client.0, standing.state, standing.session
                );
                return violation(now, what);
            }
        }
        Ok(())
    }
}

/// Whether a state may follow, or why not.
fn follows(before: Option<&Standing>, change: &StateChange) -> Result<(), String> {
    use State::{AuthFailed, Closed, Connected, ConnectedReadOnly, Connecting, Expired, Suspended};
    let (was, generation) = before
        .map_or((Connecting, Generation(1)), |standing| (standing.state, standing.generation));
    let legal = match was {
        Connecting => {
            matches!(change.state, Connected | ConnectedReadOnly | Expired | Closed | AuthFailed)
        }
        Connected | ConnectedReadOnly => matches!(change.state, Suspended | Closed | AuthFailed),
        Suspended => {
            matches!(change.state, Connected | ConnectedReadOnly | Expired | Closed | AuthFailed)
        }
        Expired => matches!(change.state, Connecting | Closed),
        AuthFailed | Closed => false,
    };
    if !legal {
        return Err(format!("it was {was:?}"));
    }
    let Generation(due) = generation;
    let due = if was == Expired { due.saturating_add(1) } else { due };
    if change.generation != Generation(due) {
        return Err(format!(
            "that is said of generation {}, and the one at hand is {due}",
            change.generation.0
        ));
    }
    if change.session == SessionId::NONE && matches!(change.state, Connected | Suspended | Expired)
    {
        return Err("it has no session".into());
    }
    Ok(())
}

/// Whether a client may have this session now.
fn begins(
    history: &History,
    clients: &Clients,
    client: ClientId,
    change: &StateChange,
) -> Result<(), String> {
    let StateChange { state, generation, session, .. } = change;
    let owner = clients.owner(*session);
    if owner.is_some_and(|(other, of)| other == client && of != *generation) {
        return Err(format!(
            "client {} has in generation {} the session {session} of an earlier one",
            client.0, generation.0
        ));
    }
    if *state == State::Connected && history.session(*session).is_none() {
        return Err(format!("client {} is in session {session}, which never began", client.0));
    }
    for (earlier, other) in clients.before(client, *generation) {
        if history.session(other).is_some_and(|life| life.ended.is_none()) {
            return Err(format!(
                "client {} has session {session} in generation {}, while its session {other} of \
                 generation {} lives",
                client.0, generation.0, earlier.0
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
