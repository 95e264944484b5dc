//! The words about sessions and watches: dump, wchs, wchc, wchp.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use zookit_proto::SessionId;

use super::super::Time;
use super::super::connection::ConnectionId;
use super::date::date;
use super::{Facts, Role, stat};

impl Facts<'_> {
    /// The date of a moment.
    fn date_of(&self, at: Time) -> String {
        let ahead = at.as_millis().saturating_sub(self.now.as_millis());
        date(self.date_ms.saturating_add(ahead))
    }

    fn session(&self, id: ConnectionId) -> SessionId {
        self.connections.get(&id).map_or(SessionId::NONE, |connection| connection.session)
    }

    /// Buckets of what expires together.
    fn sets<T>(&self, text: &mut String, buckets: &[(Time, Vec<T>)], line: impl Fn(&T) -> String) {
        let all: usize = buckets.iter().map(|(_, members)| members.len()).sum();
        let _ = writeln!(text, "Sets ({})/({all}):", buckets.len());
        for (at, members) in buckets {
            let _ = writeln!(text, "{} expire at {}:", members.len(), self.date_of(*at));
            for member in members {
                let _ = writeln!(text, "\t{}", line(member));
            }
        }
    }
}

/// `dump`: sessions, their ephemeral znodes, and connections.
pub(super) fn dump(facts: &Facts<'_>) -> String {
    let mut text = "SessionTracker dump:\n".to_owned();
    sessions(facts, &mut text);
    text.push_str("ephemeral nodes dump:\n");
    let owners: Vec<_> = facts.tree.sessions().collect();
    let _ = writeln!(text, "Sessions with Ephemerals ({}):", owners.len());
    for owner in owners {
        let _ = writeln!(text, "{owner}:");
        for path in facts.tree.ephemerals(owner) {
            let _ = writeln!(text, "\t{path}");
        }
    }

    text.push_str("Connections dump:\nConnections ");
    let mut connections = BTreeMap::<_, Vec<_>>::new();
    for (_, connection) in facts.open_connections() {
        let until = match connection.session {
            SessionId::NONE => connection.since.after(facts.config.handshake_timeout),
            _ => connection.heard.after(connection.timeout),
        };
        connections.entry(until).or_default().push(connection);
    }
    let connections: Vec<_> = connections.into_iter().collect();
    facts.sets(&mut text, &connections, |connection| {
        format!("ip: {} sessionId: {}", stat::address(connection.peer), connection.session)
    });
    text
}

/// Whoever ends sessions knows when; a follower knows which there are.
fn sessions(facts: &Facts<'_>, text: &mut String) {
    if let Some((Role::Follower, _)) = facts.role {
        let _ = writeln!(text, "Global Sessions({}):", facts.sessions.len());
        for (id, session) in facts.sessions.iter() {
            let _ = writeln!(text, "{id}\t{}ms", session.timeout.as_millis());
        }
        return;
    }
    text.push_str("Session ");
    let sessions = facts.sessions.buckets();
    let sessions: Vec<_> = sessions.map(|(at, ids)| (at, ids.iter().collect())).collect();
    facts.sets(text, &sessions, ToString::to_string);
}

/// `wchs`: how many watches on data there are.
pub(super) fn wchs(facts: &Facts<'_>) -> String {
    let table = facts.watches.data();
    let (connections, paths) = (table.by_connection().count(), table.by_path().count());
    let total = table.len();
    format!("{connections} connections watching {paths} paths\nTotal watches:{total}\n")
}

/// `wchc`: sessions, and what they watch.
pub(super) fn wchc(facts: &Facts<'_>) -> String {
    let mut text = String::new();
    for (connection, paths) in facts.watches.data().by_connection() {
        let _ = writeln!(text, "{}", facts.session(connection));
        for path in paths {
            let _ = writeln!(text, "\t{path}");
        }
    }
    text.push('\n');
    text
}

/// `wchp`: paths, and the sessions that watch them.
pub(super) fn wchp(facts: &Facts<'_>) -> String {
    let mut text = String::new();
    for (path, watchers) in facts.watches.data().by_path() {
        let _ = writeln!(text, "{path}");
        let sessions = watchers.iter().map(|(connection, _)| facts.session(*connection));
        for session in sessions.collect::<BTreeSet<_>>() {
            let _ = writeln!(text, "\t{session}");
        }
    }
    text.push('\n');
    text
}
