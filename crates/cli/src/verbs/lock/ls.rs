//! `zk lock ls`: who holds, and who waits, in order.

use serde_json::{Value, json};
use zookit::recipes::{Error, Participant, Selector};

use super::failed;
use crate::connection::Connection;
use crate::diagnosis::Action;
use crate::error::Failure;
use crate::output::{Output, escape, json, text};

pub(super) async fn run(
    path: &str,
    connection: &Connection,
    output: &mut Output,
) -> Result<(), Failure> {
    // It reads the queue of every kind of lock and election alike.
    let queue = Selector::new(&connection.client, path, "");
    let failed = |error| failed(Action::Ls, path, connection, &error);
    let participants = queue.participants().await.map_err(failed)?;
    if participants.is_empty() {
        // Nobody, or no such path, as a slip of the pen would have it: that is said.
        let there = connection.client.get_child_names(path).await;
        there.map_err(|error| failed(Error::from(error)))?;
    }
    let holds = holding(participants.iter().map(name));
    if output.is_json() {
        let all: Vec<_> = participants.iter().zip(&holds).map(document).collect();
        output.json(&json!({ "path": path, "participants": all }));
        return Ok(());
    }
    for (participant, holds) in participants.iter().zip(holds) {
        output.line(&line(participant, holds));
    }
    Ok(())
}

fn name(participant: &Participant) -> &str {
    participant.path.rsplit_once('/').map_or("", |(_, name)| name)
}

/// Which of these hold: the first, and readers with nobody but readers before them.
fn holding<'a>(names: impl Iterator<Item = &'a str>) -> Vec<bool> {
    let is_reader = |name: &str| name.contains("__READ__") || name.contains("__rlock__");
    let mut only_readers = true;
    let holds = names.enumerate().map(|(number, name)| {
        let reader = is_reader(name);
        let holds = number == 0 || (reader && only_readers);
        only_readers &= reader;
        holds
    });
    holds.collect()
}

fn line(participant: &Participant, holds: bool) -> String {
    let state = if holds { "holds" } else { "waits" };
    let (session, since) = (participant.session, text::time(participant.stat.ctime));
    let mut line = format!("{state} {session} {since} {}", escape::line(name(participant)));
    if !participant.data.is_empty() {
        line.push(' ');
        line.push_str(&escape::line(&participant.id()));
    }
    line
}

fn document((participant, holds): (&Participant, &bool)) -> Value {
    let (data, encoding) = json::data(Some(&participant.data));
    json!({
        "holds": holds,
        "session": participant.session.to_string(),
        "since": participant.stat.ctime,
        "token": participant.token.to_string(),
        "path": participant.path,
        "sequence": participant.sequence.0,
        "data": data,
        "encoding": encoding,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_holds_and_readers_that_no_writer_is_before() {
        let holding = |names: &[&str]| holding(names.iter().copied());
        assert_eq!(holding(&["a-lock-0000000001", "b-lock-0000000002"]), [true, false]);
        assert_eq!(
            holding(&["a__READ__1", "b__rlock__2", "c__WRIT__3", "d__READ__4"]),
            [true, true, false, false]
        );
        assert_eq!(holding(&["a__WRIT__1", "b__READ__2"]), [true, false]);
        assert_eq!(holding(&[]), [false; 0]);
    }
}
