//! `zk who`: which session owns an ephemeral znode, and where its client is.

use serde_json::json;
use zookit::admin::{self, AdminError, Connections, Dump};
use zookit::{Endpoint, SessionId, Stat};

use super::word;
use crate::connection::{Connection, Setup};
use crate::diagnosis::{Action, Task};
use crate::error::Failure;
use crate::exit;
use crate::output::{Output, escape, message, text};

/// Where a session is connected from, and to.
struct Found {
    address: String,
    server: Endpoint,
}

pub(crate) async fn run(
    path: &str,
    setup: &Setup,
    connection: &Connection,
    output: &mut Output,
) -> Result<(), Failure> {
    let task = Task { action: Action::Stat, path };
    let place = || connection.place(Some(path));
    let stat = connection.client.exists(path).await;
    let Some(stat) = stat.map_err(|error| connection.failed(task, &error))? else {
        let message = format!("cannot stat {path}: it does not exist (NoNode)");
        return Err(Failure::new(exit::NO_NODE, message).at(place()));
    };
    let session = stat.ephemeral_owner;
    if session == SessionId::NONE {
        let message = format!("{path} is not ephemeral: no session owns it");
        return Err(Failure::new(exit::NEGATIVE, message).at(place()));
    }
    let found = find(session, setup).await;
    print(path, &stat, found.as_ref().ok(), output);
    if let Err(unanswered) = found {
        message(&escape::line(&unknown(&unanswered)));
    }
    Ok(())
}

/// Asks all servers; the error has those that did not tell.
async fn find(session: SessionId, setup: &Setup) -> Result<Found, Vec<AdminError>> {
    let options = setup.ask_options();
    let ask = |server: Endpoint| {
        let options = options.clone();
        async move {
            // The one tells more; but whichever is allowed tells this.
            let refused = match admin::ask::<Connections>(&server, &options).await {
                Ok(answer) => {
                    let mut all = answer.connections.into_iter();
                    return Ok(all.find(|one| one.session == Some(session)).map(|one| one.address));
                }
                Err(error) => error,
            };
            match admin::ask::<Dump>(&server, &options).await {
                Ok(answer) => {
                    let mut all = answer.connections.into_iter();
                    Ok(all.find(|one| one.session == session).map(|one| one.address))
                }
                Err(_) => Err(refused),
            }
        }
    };
    let mut unanswered = Vec::new();
    for (server, answer) in word::each(setup, ask).await {
        match answer {
            Ok(Some(address)) => return Ok(Found { address, server }),
            Ok(None) => {}
            Err(error) => unanswered.push(error),
        }
    }
    Err(unanswered)
}

fn print(path: &str, stat: &Stat, found: Option<&Found>, output: &mut Output) {
    let (session, since) = (stat.ephemeral_owner, stat.ctime);
    if output.is_json() {
        output.json(&json!({
            "path": path,
            "session": session.to_string(),
            "since": since,
            "address": found.map(|found| &found.address),
            "server": found.map(|found| found.server.to_string()),
        }));
        return;
    }
    output.line(&format!("session {session}"));
    output.line(&format!("since   {}", text::time(since)));
    if let Some(Found { address, server }) = found {
        output.line(&format!("address {}", escape::line(address)));
        output.line(&format!("server  {}", escape::line(&server.to_string())));
    }
}

fn unknown(unanswered: &[AdminError]) -> String {
    match unanswered.first() {
        None => "note: no connection of that session is at the servers asked: it is at another \
                 one, or away"
            .to_owned(),
        Some(error) => format!(
            "note: where its client is was not told by all servers: {}; they tell it where \
             4lw.commands.whitelist has cons or dump",
            word::explain(error)
        ),
    }
}
