//! A session with one server: opened, used once, compared with the clock, and closed.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use zookit::admin;
use zookit::{
    Client, ConnectOptions, ConnectString, Endpoint, OnExpiry, ServerFloor, SessionId, State,
};

use super::finding::Finding;
use super::server::millis;
use crate::auth::Auth;
use crate::connection::{CLOSE_WITHIN, Setup};

/// Clocks this far apart are worth a word, and this far wrong.
const CLOCK_NOTED: i64 = 2_000;
const CLOCK_WRONG: i64 = 60_000;

pub(super) async fn examine(server: &Endpoint, setup: &Setup, may_ask_cons: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    let options = ConnectOptions {
        // What it grants tells whether it only reads.
        read_only: true,
        ..setup.options(OnExpiry::End, ServerFloor::V3_4)
    };
    let (before, begun) = (now(), Instant::now());
    let connected = Client::connect_with(ConnectString::from(vec![server.clone()]), options).await;
    let client = match connected {
        Ok(client) => client,
        Err(error) => {
            findings.push(Finding::wrong(
                "session",
                format!("there is no session to be had: {error}"),
                "it answers four-letter words, so it lives: its log tells why it refuses; it may \
                 be at its limit of connections (maxClientCnxns), or want SASL",
            ));
            return findings;
        }
    };
    let (after, took) = (now(), begun.elapsed());
    findings.push(opened(&client, setup, took));
    if client.state() == State::ConnectedReadOnly {
        findings.push(Finding::wrong(
            "session",
            "the session is one for reading only",
            "the server has no quorum: are the other members running?",
        ));
    }
    for Auth { scheme, credentials } in setup.auth() {
        if let Err(error) = client.add_auth(scheme, credentials.clone()).await {
            findings.push(Finding::wrong(
                "session",
                format!("the credentials of the scheme {scheme} are not accepted: {error}"),
                "does the server know the scheme, and are they right?",
            ));
        }
    }
    findings.push(use_it(&client, setup).await);
    if may_ask_cons {
        findings.extend(clock(server, setup, client.session_id(), before, after).await);
    }
    findings.push(close(&client).await);
    findings
}

fn opened(client: &Client, setup: &Setup, took: Duration) -> Finding {
    let (asked, granted) = (setup.session_timeout(), client.session_timeout());
    let message = format!("it grants a session, within {}", millis(took));
    if asked == granted {
        return Finding::ok("session", format!("{message}, with the timeout asked for: {asked:?}"));
    }
    Finding::note(
        "session",
        format!(
            "{message}, with a timeout of {granted:?} in place of {asked:?}: its bounds are \
                 minSessionTimeout and maxSessionTimeout"
        ),
    )
}

/// One request, about the one znode that has to be there.
async fn use_it(client: &Client, setup: &Setup) -> Finding {
    let chroot = setup.servers.chroot();
    let begun = Instant::now();
    match client.exists(chroot.unwrap_or("/")).await {
        Ok(Some(_)) => {
            let what =
                chroot.map_or_else(|| "a read".to_owned(), |path| format!("a read of {path}"));
            Finding::ok("session", format!("{what} is answered within {}", millis(begun.elapsed())))
        }
        Ok(None) => {
            let chroot = chroot.unwrap_or("/");
            Finding::wrong(
                "chroot",
                format!("the chroot {chroot} does not exist"),
                format!(
                    "`zk create --parents {chroot}`, without a chroot behind the servers, \
                         makes it"
                ),
            )
        }
        Err(error) => Finding::wrong(
            "session",
            format!("a read fails: {error}"),
            "it grants sessions and answers no requests: look at the server's log",
        ),
    }
}

/// `cons` tells when our own connection was made, by the server's clock; we know when, by ours.
async fn clock(
    server: &Endpoint,
    setup: &Setup,
    session: SessionId,
    before: i64,
    after: i64,
) -> Option<Finding> {
    let all = admin::cons(server, &setup.ask_options()).await.ok()?;
    let ours = all.connections.iter().find(|one| one.session == Some(session))?;
    Some(compare_clocks(ours.established?, before, after))
}

/// The server's time of a moment that lies between two of ours, all in milliseconds.
fn compare_clocks(theirs: i64, before: i64, after: i64) -> Finding {
    let (apart, which) = if theirs < before {
        (before.saturating_sub(theirs), "behind")
    } else {
        (theirs.saturating_sub(after).max(0), "ahead of")
    };
    let span = Duration::from_millis(u64::try_from(apart).unwrap_or(0));
    let message = format!("its clock is {span:?} {which} ours");
    match apart {
        apart if apart < CLOCK_NOTED => Finding::ok("clock", "its clock and ours agree"),
        apart if apart < CLOCK_WRONG => Finding::note("clock", message),
        _ => Finding::wrong(
            "clock",
            format!("{message}; ctime, mtime and times to live go by it"),
            "let both keep their time by NTP",
        ),
    }
}

async fn close(client: &Client) -> Finding {
    let begun = Instant::now();
    let why = match tokio::time::timeout(CLOSE_WITHIN, client.close()).await {
        Ok(Ok(())) => {
            let took = millis(begun.elapsed());
            return Finding::ok("session", format!("it closes the session, within {took}"));
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer within {CLOSE_WITHIN:?}"),
    };
    Finding::wrong(
        "session",
        format!("it does not close the session: {why}"),
        "closing is a write: has the server a quorum, and a disk that keeps up?",
    )
}

/// Milliseconds since the Unix epoch.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::*;

    #[test]
    fn clocks_are_compared_with_the_span_in_which_the_connection_was_made() {
        for (theirs, level, part) in [
            (10_000, Level::Ok, "agree"),
            (10_500, Level::Ok, "agree"),
            (8_001, Level::Ok, "agree"),
            (8_000, Level::Note, "2s behind ours"),
            (13_000, Level::Note, "2s ahead of ours"),
            (-50_000, Level::Wrong, "60s behind ours"),
            (i64::MAX, Level::Wrong, "ahead of ours"),
            (i64::MIN, Level::Wrong, "behind ours"),
        ] {
            let finding = compare_clocks(theirs, 10_000, 11_000);
            assert_eq!(finding.level, level, "{theirs}");
            assert!(finding.message.contains(part), "{finding:?}");
        }
    }
}
