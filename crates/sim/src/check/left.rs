//! What is left at the end of a run, for whoever looks for leaks.

use zookit_proto::{SessionId, Text, Time, Zxid};
use zookit_server::core::{Server, Transaction, WatchMode};

use crate::observe::ClientId;

/// The end of a run.
#[derive(Debug)]
pub struct Final<'a> {
    /// When it is.
    pub now: Time,
    /// All that was agreed on.
    pub history: &'a [Transaction],
    /// The members that are up and have applied all of it; others may be left out.
    pub members: Vec<MemberLeft>,
    /// The clients; one of which nothing is known may be left out.
    pub clients: Vec<ClientLeft>,
}

/// What a member has.
#[derive(Debug, Clone, Default)]
pub struct MemberLeft {
    /// The last transaction that it has applied.
    pub zxid: Zxid,
    /// The sessions that live, but for those that no transaction knows.
    pub sessions: Vec<SessionId>,
    /// The ephemeral znodes, and whose they are.
    pub ephemerals: Vec<(Text, SessionId)>,
    /// The watches.
    pub watches: Vec<WatchLeft>,
    /// Whether those on children alone are left out, as four-letter words leave them out.
    pub data_watches_only: bool,
}

/// A watch of a member.
#[derive(Debug, Clone)]
pub struct WatchLeft {
    /// What is watched.
    pub path: Text,
    /// Whose it is.
    pub session: SessionId,
    /// How.
    pub mode: WatchMode,
    /// Whether its connection is there.
    pub connected: bool,
}

/// What a client has.
#[derive(Debug, Clone)]
pub struct ClientLeft {
    /// Which.
    pub client: ClientId,
    /// Requests whose reply is due.
    pub in_flight: usize,
    /// Requests not yet sent.
    pub queued: usize,
    /// Local watchers, armed or to be armed.
    pub watchers: usize,
}

impl MemberLeft {
    /// What a server has.
    #[must_use]
    pub fn of(server: &Server) -> Self {
        let connections = server.connections();
        let connected = |id| connections.iter().any(|at| at.id == id && !at.closing);
        let watches = server.watches().into_iter().map(|watch| WatchLeft {
            connected: connected(watch.connection),
            path: watch.path,
            session: watch.session,
            mode: watch.mode,
        });
        let sessions = server.sessions().into_iter().filter(|session| !session.local);
        let tree = server.tree();
        let owners = tree.sessions().flat_map(|session| {
            tree.ephemerals(session).into_iter().map(move |path| (path, session))
        });
        Self {
            zxid: server.last_zxid(),
            sessions: sessions.map(|session| session.id).collect(),
            ephemerals: owners.collect(),
            watches: watches.collect(),
            data_watches_only: false,
        }
    }
}

impl ClientLeft {
    /// What a session has.
    #[must_use]
    pub fn of(client: ClientId, session: &zookit_session::Session) -> Self {
        Self {
            client,
            in_flight: session.in_flight(),
            queued: session.queued(),
            watchers: session.watchers(),
        }
    }
}
