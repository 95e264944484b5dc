//! The session that a verb works in: opened before it, closed behind it.

use std::net::SocketAddr;
use std::time::Duration;

use zookit::admin::AskOptions;
use zookit::proto::ErrorCode;
use zookit::proto::path::{self, add_chroot};
use zookit::{Client, ConnectOptions, ConnectString, Deadline, Error, OnExpiry, ServerFloor};

use crate::args::Global;
use crate::auth::{self, Auth};
use crate::diagnosis::{self, Task};
use crate::error::Failure;
use crate::tls::Tls;

/// How long the end of a run waits for the server to close the session. What is not closed by then
/// the server ends when it times out.
pub(crate) const CLOSE_WITHIN: Duration = Duration::from_secs(3);

/// Everything that is known before anything is sent.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub(crate) servers: ConnectString,
    auth: Vec<Auth>,
    timeout: Duration,
    session_timeout: Duration,
    jute_maxbuffer: usize,
    tls: Tls,
}

impl Setup {
    /// `embedded` is where a server of our own listens, in place of those that are named.
    pub(crate) fn new(global: &Global, embedded: Option<SocketAddr>) -> Result<Self, Failure> {
        // A variable that is set to nothing is as good as none.
        let named = global.servers.as_deref().unwrap_or_default();
        let servers = embedded.map_or_else(|| named.to_owned(), |address| address.to_string());
        let servers = servers.trim();
        if servers.is_empty() {
            return Err(Failure::usage("no servers to connect to")
                .hint("name them with -s HOST:PORT,… or in the environment as ZK_SERVERS"));
        }
        let servers = servers.parse().map_err(|error| {
            Failure::usage(format!("{servers:?}: {error}"))
                .hint("HOST:PORT,HOST:PORT/CHROOT, an IPv6 address in brackets: [::1]:2181")
        })?;
        Ok(Self {
            servers,
            auth: auth::load(global.auth_file.as_deref())?,
            timeout: global.timeout,
            session_timeout: global.session_timeout,
            jute_maxbuffer: global.jute_maxbuffer as usize,
            tls: global.tls.load()?,
        })
    }

    /// The largest request that the servers take.
    pub(crate) const fn jute_maxbuffer(&self) -> usize {
        self.jute_maxbuffer
    }

    /// The session timeout to ask for.
    pub(crate) const fn session_timeout(&self) -> Duration {
        self.session_timeout
    }

    /// What to authenticate with.
    pub(crate) fn auth(&self) -> &[Auth] {
        &self.auth
    }

    /// The path as the servers have it.
    pub(crate) fn full_path(&self, path: &str) -> String {
        add_chroot(self.servers.chroot(), path).into_owned()
    }

    /// For questions aside from any session: over the same network.
    pub(crate) fn ask_options(&self) -> AskOptions {
        let ConnectOptions { resolver, dialer, .. } =
            self.options(OnExpiry::End, ServerFloor::V3_4);
        AskOptions { within: self.timeout, resolver, dialer, ..AskOptions::default() }
    }

    /// Whether this address speaks TLS, and we do not.
    pub(crate) async fn is_tls_wanted_at(&self, address: SocketAddr) -> bool {
        self.tls.is_wanted_at(address).await
    }

    pub(crate) fn options(&self, on_expiry: OnExpiry, server_floor: ServerFloor) -> ConnectOptions {
        ConnectOptions {
            session_timeout: self.session_timeout,
            connect_timeout: self.timeout,
            default_deadline: Deadline::After(self.timeout),
            on_expiry,
            server_floor,
            max_request: self.jute_maxbuffer,
            dialer: self.tls.dialer(),
            ..ConnectOptions::default()
        }
    }
}

/// A session, and what to say about where it is when something fails.
pub(crate) struct Connection {
    pub(crate) client: Client,
    setup: Setup,
}

impl Connection {
    /// Opens a session and authenticates it.
    pub(crate) async fn open(
        setup: Setup,
        on_expiry: OnExpiry,
        server_floor: ServerFloor,
    ) -> Result<Self, Failure> {
        let options = setup.options(on_expiry, server_floor);
        let client = match Client::connect_with(setup.servers.clone(), options).await {
            Ok(client) => client,
            Err(error) => {
                let failure = diagnosis::not_connected(&error, &setup.servers.to_string());
                return Err(match setup.tls.hint(&error).await {
                    Some(hint) => failure.hint(hint),
                    None => failure,
                });
            }
        };
        let connection = Self { client, setup };
        for Auth { scheme, credentials } in &connection.setup.auth {
            let added = connection.client.add_auth(scheme, credentials.clone()).await;
            if let Err(error) = added {
                let failure = Failure::new(
                    diagnosis::exit_code(&error),
                    format!("cannot authenticate with the scheme {scheme}: {error}"),
                );
                return Err(failure.at(connection.place(None)));
            }
        }
        Ok(connection)
    }

    /// What to report of a task that failed.
    pub(crate) fn failed(&self, task: Task<'_>, error: &Error) -> Failure {
        let failure = task.failed(error).at(self.place(Some(task.path)));
        match self.setup.servers.chroot() {
            Some(chroot) if error.code() == Some(ErrorCode::NoNode) && is_top(task) => failure
                .hint(format!(
                    "does the chroot {chroot} exist? `zk create --parents {chroot}`, without a \
                     chroot behind the servers, makes it"
                )),
            _ => failure,
        }
    }

    /// Server, session, and with a chroot the full path.
    pub(crate) fn place(&self, path: Option<&str>) -> String {
        let mut place = match self.client.server() {
            Some(server) => server.to_string(),
            None => self.setup.servers.to_string(),
        };
        place.push_str(&format!(", session {}", self.client.session_id()));
        if let (Some(path), Some(_)) = (path, self.setup.servers.chroot()) {
            place.push_str(&format!(", full path {}", self.setup.full_path(path)));
        }
        place
    }

    /// Closes the session, so that the server need not keep it until it times out.
    pub(crate) async fn close(&self) -> Result<(), String> {
        match tokio::time::timeout(CLOSE_WITHIN, self.client.close()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("no answer within {CLOSE_WITHIN:?}")),
        }
    }
}

/// Whether it is the chroot itself that the task misses: as its znode, or as its parent.
fn is_top(task: Task<'_>) -> bool {
    let parent = path::parent(task.path);
    task.path == path::ROOT || task.action.creates() && parent == Some(path::ROOT)
}
