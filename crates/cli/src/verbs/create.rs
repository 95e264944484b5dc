//! `zk create`: a znode in any of ZooKeeper's seven modes, and its created path.

use bytes::Bytes;
use serde_json::json;
use zookit::{CreateMode, CreateOptions, Created, Data, Error, ErrorCode, OnExpiry, ServerFloor};

use crate::args::Create;
use crate::connection::{Connection, Setup};
use crate::diagnosis::{Action, Kind, Task};
use crate::error::Failure;
use crate::hold;
use crate::output::{Output, escape, json};
use crate::{exit, interrupt};

pub(crate) async fn run(
    create: &Create,
    data: Option<Bytes>,
    setup: Setup,
    output: &mut Output,
) -> Result<(), Failure> {
    if create.ephemeral {
        return run_ephemeral(create, data, setup, output).await;
    }
    interrupt::at_once()?;
    let mut connection = None;
    let created = create_in(&mut connection, create, data, setup, output).await;
    if let Some(connection) = connection {
        // Without an ephemeral a session that could not be closed troubles nobody: it times out.
        let _ = connection.close().await;
    }
    created.map(|_| ())
}

/// Creates, and then holds the session. Whatever ends it, the session is closed first, so that the
/// znode goes at once.
async fn run_ephemeral(
    create: &Create,
    data: Option<Bytes>,
    setup: Setup,
    output: &mut Output,
) -> Result<(), Failure> {
    // Caught from here on: there must be no moment at which a signal leaves the znode behind.
    let interrupt = interrupt::graceful(interrupt::GRACE)?;
    let mut connection = None;
    let ended = tokio::select! {
        biased;
        () = interrupt.wait() => Err(Failure::silent(exit::INTERRUPTED)),
        created = create_in(&mut connection, create, data, setup, output) => created,
    };
    let Some(connection) = connection else { return ended.map(|_| ()) };
    let ended = match ended {
        Ok(created) => {
            let until_end_of_input = create.holds_until_end_of_input();
            hold::until_told(&created.path, until_end_of_input, &connection, &interrupt).await
        }
        Err(failure) => Err(failure),
    };
    hold::close(&connection, ended).await
}

/// Opens a session, creates the znode in it, and prints the path.
///
/// The session is left in `connection`, for the caller to close, whatever the result and also if
/// this future is dropped.
async fn create_in(
    connection: &mut Option<Connection>,
    create: &Create,
    data: Option<Bytes>,
    setup: Setup,
    output: &mut Output,
) -> Result<Created, Failure> {
    let task = Task { action: action(create), path: &create.path };
    let opened = Connection::open(setup.clone(), OnExpiry::End, ServerFloor::V3_5).await?;
    let current = connection.insert(opened);
    let mut answer = attempt(create, data.clone(), current).await;
    // A server before 3.5 does not know the create that answers a stat. It has done nothing, so
    // the older one may follow; the session goes with the connection that such a server closes.
    if is_too_new(create, &answer) {
        let _ = current.close().await;
        *current = Connection::open(setup, OnExpiry::End, ServerFloor::V3_4).await?;
        answer = attempt(create, data, current).await;
    }
    let created = answer.map_err(|error| current.failed(task, &error))?;
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

async fn attempt(
    create: &Create,
    data: Option<Bytes>,
    connection: &Connection,
) -> Result<Created, Error> {
    let options = CreateOptions { ttl: create.ttl, ..mode(create).into() };
    let data = Data::from(data);
    if create.parents {
        connection.client.create_with_parents(&create.path, data, options).await
    } else {
        connection.client.create(&create.path, data, options).await
    }
}

fn is_too_new(create: &Create, answer: &Result<Created, Error>) -> bool {
    let unknown =
        answer.as_ref().is_err_and(|error| error.code() == Some(ErrorCode::Unimplemented));
    unknown && kind(create) == Kind::Plain
}

fn action(create: &Create) -> Action {
    Action::Create { kind: kind(create), parents: create.parents }
}

fn kind(create: &Create) -> Kind {
    if create.ttl.is_some() {
        Kind::Ttl
    } else if create.container {
        Kind::Container
    } else {
        Kind::Plain
    }
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
