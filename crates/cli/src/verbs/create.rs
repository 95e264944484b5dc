//! `zk create`: a znode in any of ZooKeeper's seven modes, and its created path.
//!
//! An ephemeral lives as long as its session, so the command lives on with it: until its input
//! ends, or a signal comes, or the session is lost.

use bytes::Bytes;
use serde_json::json;
use tokio::io::AsyncReadExt;
use zookit::{CreateMode, CreateOptions, Created, Data, OnExpiry, State, StateStream};

use crate::args::Create;
use crate::connection::{Connection, Setup};
use crate::diagnosis::{Action, Kind, Task};
use crate::error::Failure;
use crate::exit;
use crate::interrupt;
use crate::output::{Output, escape, json, message};

pub(crate) async fn run(
    create: &Create,
    data: Option<Bytes>,
    connection: &Connection,
    output: &mut Output,
) -> Result<Created, Failure> {
    let task = Task { action: action(create), path: &create.path };
    let options = CreateOptions { mode: mode(create), ttl: create.ttl, ..CreateOptions::default() };
    let data = Data::from(data);
    let answer = if create.parents {
        connection.client.create_with_parents(&create.path, data, options).await
    } else {
        connection.client.create(&create.path, data, options).await
    };
    let created = answer.map_err(|error| connection.failed(task, &error))?;
    if output.is_json() {
        let stat = created.stat.as_ref().map(json::stat);
        output.json(&json!({ "path": created.path, "stat": stat }));
    } else {
        output.line(&escape::line(&created.path));
    }
    // At once: a script that started an ephemeral waits for this line.
    output.flush().await?;
    Ok(created)
}

fn action(create: &Create) -> Action {
    let kind = if create.ttl.is_some() {
        Kind::Ttl
    } else if create.container {
        Kind::Container
    } else {
        Kind::Plain
    };
    Action::Create { kind, parents: create.parents }
}

/// The conflicts were refused before: see `args.rs`.
fn mode(create: &Create) -> CreateMode {
    if create.container {
        return CreateMode::Container;
    }
    match (create.ephemeral, create.ttl.is_some(), create.sequential) {
        (true, _, false) => CreateMode::Ephemeral,
        (true, _, true) => CreateMode::EphemeralSequential,
        (false, true, false) => CreateMode::PersistentWithTtl,
        (false, true, true) => CreateMode::PersistentSequentialWithTtl,
        (false, false, false) => CreateMode::Persistent,
        (false, false, true) => CreateMode::PersistentSequential,
    }
}

/// As [`run`], and then holds the session. Told to end it closes the session first, so that the
/// znode goes at once.
pub(crate) async fn run_ephemeral(
    create: &Create,
    data: Option<Bytes>,
    setup: Setup,
    output: &mut Output,
) -> Result<(), Failure> {
    // Caught from here on: between the answer and the next line there must be no way to lose it.
    let interrupt = interrupt::graceful()?;
    let connection = tokio::select! {
        biased;
        () = interrupt.wait() => return Err(Failure::silent(exit::INTERRUPTED)),
        connection = Connection::open(setup, OnExpiry::End) => connection?,
    };
    let ended = tokio::select! {
        biased;
        () = interrupt.wait() => Ended::Interrupted,
        ended = create_and_hold(create, data, &connection, output) => ended,
    };
    let failure = match ended {
        Ended::SessionLost(failure) => return Err(failure),
        Ended::Failed(failure) => failure,
        Ended::Interrupted => Failure::silent(exit::INTERRUPTED),
        Ended::EndOfInput => Failure::silent(exit::OK),
    };
    let Err(why) = connection.close().await else { return Err(failure) };
    let warning = format!(
        "warning: the session was not closed ({why}); the server deletes the znode when it times \
         out, after {:?}",
        connection.client.session_timeout()
    );
    message(&escape::line(&warning));
    Err(if failure.code() == exit::OK { Failure::silent(exit::CONNECTION) } else { failure })
}

/// Why an ephemeral is held no longer.
enum Ended {
    EndOfInput,
    Interrupted,
    /// It was not created, or could not be printed.
    Failed(Failure),
    /// There is nothing left to close.
    SessionLost(Failure),
}

async fn create_and_hold(
    create: &Create,
    data: Option<Bytes>,
    connection: &Connection,
    output: &mut Output,
) -> Ended {
    // From before the znode is there, so that no change of the session goes unseen.
    let states = connection.client.states();
    let path = match run(create, data, connection, output).await {
        Ok(created) => created.path,
        Err(failure) => return Ended::Failed(failure),
    };
    let ends_with_input = create.holds_until_end_of_input();
    let until = if ends_with_input { "end of input, ^C" } else { "^C" };
    message(&format!("holding {} until {until} or SIGTERM", escape::line(&path)));
    tokio::select! {
        biased;
        failure = lost(&path, connection, states) => Ended::SessionLost(failure),
        () = end_of_input(), if ends_with_input => Ended::EndOfInput,
    }
}

/// Reads standard input to its end; an input that cannot be read has ended.
async fn end_of_input() {
    let mut input = tokio::io::stdin();
    let mut ignored = [0; 4096];
    while matches!(input.read(&mut ignored).await, Ok(1..)) {}
}

/// Tells of losses of the connection, and returns with the loss of the session.
async fn lost(path: &str, connection: &Connection, mut states: StateStream) -> Failure {
    let mut suspended = false;
    while let Some(update) = states.next().await {
        let change = update.change;
        match change.state {
            State::Suspended => {
                suspended = true;
                message(&escape::line(&format!(
                    "warning: {}; {path} stays for now, connecting again",
                    change.reason
                )));
            }
            state if state.is_connected() && suspended => {
                suspended = false;
                message(&escape::line(&format!("connected again; {path} is still there")));
            }
            State::Expired | State::AuthFailed | State::Closed => {
                let message = format!("{path} is gone with its session: {}", change.reason);
                return Failure::new(exit::SESSION, message).at(connection.place(Some(path)));
            }
            _ => {}
        }
    }
    Failure::new(exit::SESSION, format!("{path} is gone with its session"))
}
