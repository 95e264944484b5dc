//! Leaks: nothing is left behind.
//!
//! At the end a client has nothing under way and no watcher that nobody holds; a server has no
//! watch that nobody waits for, nor lacks one that somebody waits for; and the sessions and
//! ephemeral znodes that a member has are those of the history.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use zookit_proto::{SessionId, Text, Time};
use zookit_session::{State, WatchKind};

use super::Violation;
use super::clients::Clients;
use super::history::History;
use super::left::{ClientLeft, Final, MemberLeft};
use super::watches::Watches;

fn violation<T>(now: Time, what: String) -> Result<T, Violation> {
    Err(Violation::new("leaks", now, what))
}

pub(super) fn check(
    left: &Final<'_>,
    members: usize,
    history: &History,
    clients: &Clients,
    watches: &Watches,
) -> Result<(), Violation> {
    for client in &left.clients {
        check_client(left.now, client, watches)?;
    }
    check_closed(left.now, history, clients)?;
    let living = history.living().collect::<BTreeSet<_>>();
    for (number, member) in left.members.iter().enumerate() {
        check_member(left.now, number, member, history, &living)?;
    }
    // Which member holds a watch is known if all of them are there.
    check_watches(left, left.members.len() == members, clients, watches)
}

fn check_client(now: Time, left: &ClientLeft, watches: &Watches) -> Result<(), Violation> {
    let ClientLeft { client, in_flight, queued, watchers } = left;
    if (*in_flight, *queued) != (0, 0) {
        let what = format!(
            "client {} still has {in_flight} requests in flight and {queued} to be sent",
            client.0
        );
        return violation(now, what);
    }
    let held = watches.paths(*client).count();
    if *watchers != held {
        let what = format!("client {} has {watchers} watchers, and {held} are held", client.0);
        return violation(now, what);
    }
    Ok(())
}

/// Sessions of clients that are at their end: closed, or left to expire.
fn check_closed(now: Time, history: &History, clients: &Clients) -> Result<(), Violation> {
    for session in history.living() {
        let Some((client, _)) = clients.owner(session) else { continue };
        let Some(standing) = clients.get(client).filter(|at| at.state.is_terminal()) else {
            continue;
        };
        let timeout = history.session(session).map_or(Duration::ZERO, |life| life.timeout);
        // Servers give a session up to a tick more, and all of it anew when another leads.
        let bound = timeout.saturating_mul(2).saturating_add(Duration::from_secs(10));
        if now.since(standing.sign) > bound {
            let what = format!(
                "client {} is {:?} since {}, and its session {session} still lives",
                client.0, standing.state, standing.sign
            );
            return violation(now, what);
        }
    }
    Ok(())
}

fn check_member(
    now: Time,
    number: usize,
    member: &MemberLeft,
    history: &History,
    living: &BTreeSet<SessionId>,
) -> Result<(), Violation> {
    let violation = |what: String| violation(now, format!("member {number} {what}"));
    if member.zxid < history.last() || !history.has_reached(member.zxid) {
        let last = history.last();
        return violation(format!(
            "has applied what is up to {}, and the last that was agreed on is {last}",
            member.zxid
        ));
    }
    let sessions = member.sessions.iter().copied().collect::<BTreeSet<_>>();
    if let Some(session) = sessions.difference(living).next() {
        return violation(format!("still has session {session}, which ended"));
    }
    if let Some(session) = living.difference(&sessions).next() {
        return violation(format!("does not have session {session}, which lives"));
    }
    let orphan = member.ephemerals.iter().find(|(_, owner)| !living.contains(owner));
    if let Some((path, owner)) = orphan {
        return violation(format!("still has {path} of session {owner}, which ended"));
    }
    let dead = member.watches.iter().find(|watch| !watch.connected);
    if let Some(watch) = dead {
        let (path, session) = (&watch.path, watch.session);
        return violation(format!(
            "still has a watch on {path} of a connection of session {session} that is gone"
        ));
    }
    Ok(())
}

/// The watches of servers and clients are the same.
fn check_watches(
    left: &Final<'_>,
    all: bool,
    clients: &Clients,
    watches: &Watches,
) -> Result<(), Violation> {
    let mut kept: BTreeMap<SessionId, (usize, BTreeSet<&Text>)> = BTreeMap::new();
    for (number, member) in left.members.iter().enumerate() {
        for watch in &member.watches {
            let (at, paths) = kept.entry(watch.session).or_insert((number, BTreeSet::new()));
            if *at != number {
                let what = format!(
                    "session {} has watches at members {at} and {number}, and one connection",
                    watch.session
                );
                return violation(left.now, what);
            }
            paths.insert(&watch.path);
        }
    }
    for (session, (number, paths)) in &kept {
        let Some((client, _)) = clients.owner(*session) else { continue };
        let held = watches.paths(client).map(|(path, ..)| path).collect::<BTreeSet<_>>();
        if let Some(path) = paths.difference(&held).next() {
            let what = format!(
                "member {number} still has a watch on {path} of session {session}, and client {} \
                 has no watcher there",
                client.0
            );
            return violation(left.now, what);
        }
    }
    let data_only = left.members.iter().any(|member| member.data_watches_only);
    for (client, standing) in clients.iter().filter(|_| all) {
        if standing.state != State::Connected {
            continue;
        }
        let paths = kept.get(&standing.session).map(|(_, paths)| paths);
        let lacks = |path: &&Text| paths.is_none_or(|paths| !paths.contains(path));
        let told_of = |kind| !data_only || kind != WatchKind::Children;
        let armed = watches.paths(client).filter(|(_, kind, armed)| *armed && told_of(*kind));
        let armed = armed.map(|(path, ..)| path);
        if let Some(path) = armed.into_iter().find(lacks) {
            let what = format!("client {} waits at {path}, and no member has its watch", client.0);
            return violation(left.now, what);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
