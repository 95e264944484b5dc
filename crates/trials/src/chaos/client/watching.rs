//! Watches that are held, and what they tell.

use tokio::sync::oneshot;
use zookit_client::{WatchNotice as Told, WatchedEvent};
use zookit_proto::Text;
use zookit_session::{WatchNotice, WatcherId};
use zookit_sim::observe::ClientId;

use super::send::Watch;
use crate::chaos::history::{Event, Recorder};

/// A watch that is held until this is dropped, or it is over.
#[derive(Debug)]
pub struct Held {
    /// Its end drops the watch, unless it said before that the watch is kept.
    hold: Option<oneshot::Sender<Kept>>,
}

/// Whoever held a watch leaves it to its client's end.
#[derive(Debug)]
struct Kept;

impl Held {
    /// Whether it is over: fired, or ended with its session.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.hold.as_ref().is_none_or(oneshot::Sender::is_closed)
    }

    /// Leaves it to the end of its client.
    pub fn keep(mut self) {
        // If nobody hears of it, the watch is over.
        let _ = self.hold.take().map(|hold| hold.send(Kept));
    }
}

/// Notes what the watch tells, in a task of its own.
pub(super) fn hold(
    recorder: Recorder,
    client: ClientId,
    watcher: WatcherId,
    mut watch: Watch,
) -> Held {
    let (hold, mut dropped) = oneshot::channel();
    let mut is_kept = false;
    tokio::spawn(async move {
        let note = |notice| recorder.note(Event::Notice(client, watcher, notice));
        loop {
            tokio::select! {
                // What was told before a watch is dropped has been told.
                biased;
                notice = next(&mut watch) => {
                    let Some(notice) = notice else { return };
                    let is_over = matches!(notice, WatchNotice::Ended(_))
                        || matches!(watch, Watch::OneShot(_));
                    note(notice);
                    if is_over {
                        return;
                    }
                }
                end = &mut dropped, if !is_kept => match end {
                    Ok(Kept) => is_kept = true,
                    Err(_) => {
                        recorder.note(Event::Dropped(client, watcher));
                        return;
                    }
                },
            }
        }
    });
    Held { hold: Some(hold) }
}

async fn next(watch: &mut Watch) -> Option<WatchNotice> {
    match watch {
        Watch::OneShot(watch) => Some(match watch.await {
            Ok(event) => noticed(event),
            Err(end) => WatchNotice::Ended(end),
        }),
        Watch::Persistent(watch) => Some(match watch.next().await? {
            Told::Event(event) => noticed(event),
            Told::Gap { after, until } => WatchNotice::Gap { after, until },
            Told::Ended(end) => WatchNotice::Ended(end),
        }),
    }
}

fn noticed(event: WatchedEvent) -> WatchNotice {
    let WatchedEvent { event_type, path, zxid } = event;
    WatchNotice::Event { event: event_type, path: Text::from(path), zxid }
}
