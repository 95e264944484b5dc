//! One read and one write that are always under way: the time between two answers shows how long
//! nobody served the client.

use std::time::Duration;

use tokio::time::Instant;
use zookit_client::Version;

use super::home::Register;
use super::notes::{Deed, Done, End};
use super::reads::{begin, end};
use super::{Going, Subject};

/// Between an answer and the next request: what cannot be told from being served at once.
const PACE: Duration = Duration::from_millis(3);

pub(super) async fn reads(subject: Subject, mut going: Going) {
    while going.on() {
        let (place, answer) = begin(&subject, Register::Beat);
        let result = answer.await;
        if result.is_ok() {
            subject.notes.lock().read_beats.push(Instant::now());
        }
        end(&subject, place, result);
        going.pause(PACE).await;
    }
}

pub(super) async fn writes(subject: Subject, mut going: Going) {
    let path = subject.home.register(Register::Beat);
    let mut number = 0_usize;
    while going.on() {
        let client = &subject.client;
        let value = format!("beat-{number}");
        let deed = Deed::Set(Register::Beat, None);
        let place = subject.notes.begin_write(deed, value.clone(), client.generation());
        let result = client.set_data(&path, value, Version::Any).await;
        if result.is_ok() {
            subject.notes.lock().write_beats.push(Instant::now());
        }
        let done = |stat| Done { path: path.clone(), stat: Some(stat) };
        subject.notes.end_write(place, End::of(result.map(done)));
        number += 1;
        going.pause(PACE).await;
    }
}
