//! `zk watch`: the events of a znode, or of all below it, as they come.
//!
//! A persistent watch replays nothing: what happens while the connection is away is not told
//! afterwards. So a reconnect is printed too, as a gap, and whoever mirrors the data reads it again.

use serde_json::{Value, json};
use zookit::{AddWatchMode, ErrorCode, PersistentWatch, WatchEnded, WatchNotice};

use crate::args::Watch;
use crate::connection::Connection;
use crate::diagnosis::{Action, Task};
use crate::error::Failure;
use crate::exit;
use crate::narrator::Narrator;
use crate::output::{Output, escape, message};

pub(crate) async fn run(
    watch: &Watch,
    connection: &Connection,
    output: &mut Output,
) -> Result<(), Failure> {
    let task = Task { action: Action::Watch, path: &watch.path };
    let mode =
        if watch.recursive { AddWatchMode::PersistentRecursive } else { AddWatchMode::Persistent };
    let armed = connection.client.add_watch(&watch.path, mode).await;
    let notices = armed.map_err(|error| connection.failed(task, &error))?;
    let below = if watch.recursive { " and all below it" } else { "" };
    // Scripts wait for this line: what changes from now on is printed.
    message(&format!("watching {}{below}", escape::line(&watch.path)));
    follow(watch, notices, connection, output).await
}

async fn follow(
    watch: &Watch,
    mut notices: PersistentWatch,
    connection: &Connection,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut events = 0;
    let mut states = connection.client.states();
    let mut narrator = Narrator::default();
    loop {
        let notice = tokio::select! {
            biased;
            notice = notices.next() => notice,
            Some(update) = states.next() => {
                narrator.hear(&update.change);
                continue;
            }
        };
        let Some(notice) = notice else { break };
        if output.is_json() {
            output.json(&document(&watch.path, &notice));
        } else {
            output.line(&escape::line(&line(&watch.path, &notice)));
        }
        output.flush().await?;
        match notice {
            WatchNotice::Event(_) => {
                events += 1;
                if watch.count == Some(events) {
                    return Ok(());
                }
            }
            WatchNotice::Gap { .. } => {}
            WatchNotice::Ended(why) => {
                let code = match why {
                    WatchEnded::AuthFailed => exit::NO_AUTH,
                    WatchEnded::RestoreRefused(ErrorCode::NoAuth) => exit::NO_AUTH,
                    WatchEnded::RestoreRefused(_) => exit::UNAVAILABLE,
                    _ => exit::SESSION,
                };
                let message = format!("the watch of {} has ended: {why}", watch.path);
                return Err(Failure::new(code, message).at(connection.place(Some(&watch.path))));
            }
        }
    }
    let message = format!("the watch of {} has ended", watch.path);
    Err(Failure::new(exit::SESSION, message).at(connection.place(Some(&watch.path))))
}

/// The event's name first, then its path to the end of the line: a path may have blanks.
fn line(watched: &str, notice: &WatchNotice) -> String {
    match notice {
        WatchNotice::Event(event) => format!("{} {}", event.event_type, event.path),
        WatchNotice::Gap { .. } => format!("Gap {watched}"),
        WatchNotice::Ended(_) => format!("Ended {watched}"),
    }
}

fn document(watched: &str, notice: &WatchNotice) -> Value {
    match notice {
        WatchNotice::Event(event) => json!({
            "event": event.event_type.to_string(),
            "path": event.path,
            "zxid": event.zxid.map(|zxid| zxid.to_string()),
        }),
        WatchNotice::Gap { after, until } => json!({
            "event": "Gap",
            "path": watched,
            "after": after.to_string(),
            "until": until.to_string(),
        }),
        WatchNotice::Ended(why) => json!({
            "event": "Ended",
            "path": watched,
            "reason": why.to_string(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use zookit::WatchedEvent;
    use zookit::proto::Zxid;
    use zookit::proto::types::EventType;

    use super::*;

    fn event(zxid: Option<Zxid>) -> WatchNotice {
        let (event_type, path) = (EventType::NodeCreated, "/a/b c".to_owned());
        WatchNotice::Event(WatchedEvent { event_type, path, zxid })
    }

    #[test]
    fn an_event_has_zookeepers_name_and_its_own_path() {
        assert_eq!(line("/a", &event(None)), "NodeCreated /a/b c");
        assert_eq!(
            document("/a", &event(Some(Zxid(0x1f)))),
            json!({ "event": "NodeCreated", "path": "/a/b c", "zxid": "0x1f" })
        );
        assert_eq!(document("/a", &event(None))["zxid"], Value::Null);
    }

    #[test]
    fn gaps_and_the_end_are_told_too() {
        let gap = WatchNotice::Gap { after: Zxid(1), until: Zxid(2) };
        assert_eq!(line("/a", &gap), "Gap /a");
        assert_eq!(
            document("/a", &gap),
            json!({ "event": "Gap", "path": "/a", "after": "0x1", "until": "0x2" })
        );
        let ended = WatchNotice::Ended(WatchEnded::Closed);
        assert_eq!(line("/a", &ended), "Ended /a");
        assert_eq!(document("/a", &ended)["reason"], json!("the client was closed"));
    }
}
