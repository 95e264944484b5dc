//! The client's part in a case: what it asks, and what it must be told.

use std::error::Error as _;
use std::fmt::Debug;
use std::net::SocketAddr;
use std::time::Duration;

use zookit_client::{
    Acl, AddWatchMode, Client, ConnectError, ConnectOptions, CreateMode, Deadline, Error,
    ErrorCode, Limits, Perms, State, Transaction, Version,
};

/// Within this everything ends that a client is asked: the longest bound that applies, and much of
/// it again for a machine with other work.
pub(crate) const IN_TIME: Duration = Duration::from_secs(7);

/// The session timeout that clients ask for, and so the time that an attempt to connect has.
pub(crate) const TIMEOUT: Duration = Duration::from_millis(600);

/// The deadline of requests; those of [`hurried`] clients have less.
const DEADLINE: Duration = Duration::from_secs(4);

/// The largest reply that clients take.
pub(crate) const MAX_RESPONSE: usize = 256 * 1024;

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Op {
    Read,
    Write,
    Exists,
    Children,
    GetAcl,
    SetAcl,
    Create,
    Sync,
    /// A multi of a check and a delete.
    Multi,
    AddWatch,
    Auth,
}

/// How it must end.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ends {
    Value,
    Refused(ErrorCode),
    /// With a reason that says this.
    NotSent(&'static str),
    /// With a reason that says this.
    NoReply(&'static str),
}

/// Where the server is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At {
    pub(crate) address: SocketAddr,
}

impl At {
    pub(crate) fn options(self) -> ConnectOptions {
        let limits = Limits {
            max_response: MAX_RESPONSE,
            close_timeout: Duration::from_secs(1),
            ..Limits::default()
        };
        ConnectOptions {
            session_timeout: TIMEOUT,
            default_deadline: Deadline::After(DEADLINE),
            connect_timeout: Duration::from_millis(1500),
            limits,
            ..ConnectOptions::default()
        }
    }

    /// A client that may never have a session, or never for long.
    pub(crate) fn lazy(self) -> Client {
        Client::connect_lazy(self.address.to_string(), self.options()).expect("an address")
    }

    /// A client with a session, at the latest after some attempts.
    pub(crate) async fn connected(self) -> Client {
        let mut options = self.options();
        options.connect_timeout = IN_TIME;
        self.connected_with(options).await
    }

    pub(crate) async fn connected_with(self, options: ConnectOptions) -> Client {
        in_time(Client::connect_with(self.address.to_string(), options)).await.expect("a session")
    }

    /// There is no session, and the error tells this of the attempts.
    pub(crate) async fn is_never_connected(self, told: &str) {
        let connecting = Client::connect_with(self.address.to_string(), self.options());
        let error = in_time(connecting).await.expect_err("nobody grants a session");
        assert!(matches!(error, ConnectError::TimedOut { .. }), "{error:?}");
        assert!(error.to_string().contains(told), "{error}");
    }

    /// One request, and then another that must succeed on this connection or the next.
    pub(crate) async fn asks(self, op: Op, ends: Ends) {
        let client = self.connected().await;
        op.ask(&client, ends).await;
        goes_on(client).await;
    }
}

/// The client is as good as before: it reads and it closes.
pub(crate) async fn goes_on(client: Client) {
    in_time(client.wait_connected()).await.expect("it is connected again");
    Op::Read.ask(&client, Ends::Value).await;
    in_time(client.close()).await.expect("the session is closed");
    assert_eq!(client.state(), State::Closed);
}

/// The same client, for requests that are to meet their deadline.
pub(crate) fn hurried(client: &Client) -> Client {
    client.with_deadline(Deadline::After(Duration::from_millis(400)))
}

/// Leaves the server alone with the client for so long: connections are counted meanwhile.
pub(crate) async fn bears(millis: u64) {
    tokio::time::sleep(Duration::from_millis(millis)).await;
}

/// It is over in time, and its task is woken for that: what is found done only when the time is
/// over has been told to nobody.
pub(crate) async fn in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::select! {
        biased;
        () = tokio::time::sleep(IN_TIME) => panic!("no answer within {IN_TIME:?}"),
        value = future => value,
    }
}

/// The state is this one in time.
pub(crate) async fn reaches(client: &Client, state: State) {
    let mut states = client.states();
    while client.state() != state {
        let update = in_time(states.next()).await;
        let change = update.unwrap_or_else(|| panic!("{state:?} is never reached")).change;
        if change.state == state {
            return;
        }
    }
}

impl Op {
    /// Asks, and demands that it ends so.
    pub(crate) async fn ask(self, client: &Client, ends: Ends) {
        in_time(self.begun(client, ends)).await;
    }

    async fn begun(self, client: &Client, ends: Ends) {
        match self {
            Self::Read => check(client.get_data("/a").await, ends),
            Self::Write => check(client.set_data("/a", "x", Version::Any).await, ends),
            Self::Exists => check(client.exists("/a").await, ends),
            Self::Children => check(client.get_children("/a").await, ends),
            Self::GetAcl => check(client.get_acl("/a").await, ends),
            Self::SetAcl => {
                let acl = vec![Acl::world(Perms::ALL)];
                check(client.set_acl("/a", acl, Version::Any).await, ends);
            }
            Self::Create => check(client.create("/a", "x", CreateMode::Persistent).await, ends),
            Self::Sync => check(client.sync("/a").await, ends),
            Self::Multi => {
                let two = Transaction::new().check("/a", Version::Exactly(1));
                check(client.multi(two.delete("/b", Version::Any)).await, ends);
            }
            Self::AddWatch => {
                check(client.add_watch("/a", AddWatchMode::Persistent).await, ends);
            }
            Self::Auth => check(client.add_auth("digest", "user:password").await, ends),
        }
    }
}

/// The result is in the arm it should be in, with the reason it should have.
pub(crate) fn check<T: Debug>(result: Result<T, Error>, ends: Ends) {
    match (ends, &result) {
        (Ends::Value, Ok(_)) => {}
        (Ends::Refused(code), Err(error @ Error::Refused(_))) if error.code() == Some(code) => {}
        (Ends::NotSent(text), Err(error @ Error::NotSent(_))) if says(error, text) => {}
        (Ends::NoReply(text), Err(error @ Error::NoReply(_))) if says(error, text) => {}
        _ => panic!("{ends:?} was due, and {result:?} came"),
    }
}

fn says(error: &Error, text: &str) -> bool {
    let source = error.source().map(ToString::to_string).unwrap_or_default();
    error.to_string().contains(text) || source.contains(text)
}
