//! One event of `tracing` for each change of state.

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use zookit_client::Version;

use crate::peer::{SERVER, connected_at};

/// Writes down the events of the stable target.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, "{field}={value:?};").unwrap();
    }
}

impl Subscriber for Notes {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "zookit::session"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(format!("{} ", event.metadata().level()));
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test(start_paused = true)]
async fn every_change_of_state_is_one_event_that_says_why() {
    let notes = Notes::default();
    let _guard = tracing::subscriber::set_default(notes.clone());
    let (client, mut peer, mut line) = connected_at(SERVER).await;
    let write = client.set_data("/a", "secret", Version::Any);
    line.asked().await;
    line.hang_up();
    write.await.unwrap_err();
    let _line = peer.accept().await;
    client.wait_connected().await.unwrap();

    let told = notes.0.lock().unwrap().clone();
    assert_eq!(told.len(), 3, "{told:#?}");
    for (line, parts) in told.iter().zip([
        ["INFO ", "state=Connected;", "reason=a new session was granted;", "session=0x7001;"],
        ["WARN ", "state=Suspended;", "no_reply=1;", "server=127.0.0.1:7001;"],
        ["INFO ", "state=Connected;", "reason=the session was taken up again;", "generation=1;"],
    ]) {
        for part in parts {
            assert!(line.contains(part), "{part} in {line}");
        }
    }
    assert!(!told.concat().contains("secret"));
}
