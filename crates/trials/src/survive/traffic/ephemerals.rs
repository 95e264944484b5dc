//! Ephemeral znodes, one after the other, each pinned to the session of its time.

use std::time::Duration;

use zookit_client::{CreateMode, Created};

use super::notes::{Deed, Done, End};
use super::{Going, Subject};

/// Between two.
const PACE: Duration = Duration::from_millis(150);

/// Creates them until the traffic ends.
pub(super) async fn create(subject: Subject, mut going: Going) {
    let mut number = 0;
    while going.on() {
        let client = subject.client.session();
        let path = subject.home.ephemeral(number);
        let place = subject.notes.begin_write(Deed::Ephemeral, path.clone(), client.generation());
        let result = client.create(&path, (), CreateMode::Ephemeral).await;
        let done = |Created { path, stat }| Done { path, stat };
        subject.notes.end_write(place, End::of(result.map(done)));
        number += 1;
        going.pause(PACE).await;
    }
}
