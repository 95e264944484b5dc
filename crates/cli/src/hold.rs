//! Holding a session for its ephemeral znode, which lives just as long.

use tokio::io::AsyncReadExt;
use zookit::{State, StateStream};

use crate::connection::Connection;
use crate::error::Failure;
use crate::exit;
use crate::interrupt::Interrupt;
use crate::narrator::Narrator;
use crate::output::{escape, message};

/// Holds the session until end of input, a signal, or its loss, which is the failure.
pub(crate) async fn until_told(
    path: &str,
    until_end_of_input: bool,
    connection: &Connection,
    interrupt: &Interrupt,
) -> Result<(), Failure> {
    let states = connection.client.states();
    // Named by the session that was, not by what is there when it has gone.
    let place = connection.place(Some(path));
    let gone = |why: &str| {
        let message = format!("{path} is gone with its session: {why}");
        Failure::new(exit::SESSION, message).at(place.clone())
    };
    // What became of the session before the stream began shows in the state itself.
    if is_over(connection.client.state()) {
        return Err(gone("it was lost right after the znode was created"));
    }
    let until = if until_end_of_input { "end of input, ^C" } else { "^C" };
    message(&escape::line(&format!("holding {path} until {until} or SIGTERM")));
    tokio::select! {
        biased;
        () = interrupt.wait() => Err(Failure::silent(exit::INTERRUPTED)),
        why = lost(states) => Err(gone(&why)),
        () = end_of_input(), if until_end_of_input => Ok(()),
    }
}

/// Closes the session, which deletes the znode, and warns if that did not work out.
///
/// A success becomes a failure then: the znode is there for a while longer.
pub(crate) async fn close(
    connection: &Connection,
    ended: Result<(), Failure>,
) -> Result<(), Failure> {
    if is_over(connection.client.state()) {
        return ended;
    }
    let Err(why) = connection.close().await else { return ended };
    message(&escape::line(&format!(
        "warning: the session was not closed ({why}); the server ends it, and deletes its znodes, \
         when it times out, after {:?}",
        connection.client.session_timeout()
    )));
    ended.and(Err(Failure::silent(exit::CONNECTION)))
}

const fn is_over(state: State) -> bool {
    matches!(state, State::Expired | State::AuthFailed | State::Closed)
}

/// Reads standard input to its end; an input that cannot be read has ended.
async fn end_of_input() {
    let mut input = tokio::io::stdin();
    let mut ignored = [0; 4096];
    while matches!(input.read(&mut ignored).await, Ok(1..)) {}
}

/// Tells of losses of the connection, and returns with the reason why the session is lost.
async fn lost(mut states: StateStream) -> String {
    let mut narrator = Narrator::default();
    while let Some(update) = states.next().await {
        if is_over(update.change.state) {
            return update.change.reason.to_string();
        }
        narrator.hear(&update.change);
    }
    "the client ended".into()
}
