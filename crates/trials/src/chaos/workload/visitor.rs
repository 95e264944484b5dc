//! Clients that come, do a little, and close their sessions: sessions begin and end all the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use fastrand::Rng;
use tokio::time::sleep;
use zookit_sim::observe::ClientId;

use super::{Common, Kind, Lane, Pace, Stop, ephemeral, frame, run};
use crate::chaos::client::{Operation, Subject};
use crate::chaos::history::{Ask, Event, Function, Workload};

/// How long the znodes of a visitor may take to be made.
const PATIENCE: Duration = Duration::from_secs(10);

/// Who makes clients, each with a number of its own.
pub struct Host {
    connect: Box<dyn Fn(ClientId) -> Result<Subject, String> + Send + Sync>,
    next: AtomicU32,
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").field("next", &self.next).finish_non_exhaustive()
    }
}

impl Host {
    /// Numbers begin with 1.
    pub fn new(
        connect: impl Fn(ClientId) -> Result<Subject, String> + Send + Sync + 'static,
    ) -> Self {
        Self { connect: Box::new(connect), next: AtomicU32::new(1) }
    }

    /// A client more.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn connect(&self) -> Result<Subject, String> {
        (self.connect)(ClientId(self.next.fetch_add(1, Ordering::Relaxed)))
    }
}

/// Receives one visitor after another until it is stopped.
pub async fn receive(host: Arc<Host>, mut rng: Rng, common: Arc<Common>, pace: Pace, stop: Stop) {
    while !stop.is_stopped() {
        let Ok(subject) = host.connect() else { return };
        let stay = Duration::from_millis(rng.u64(500..6_000));
        let parent = ephemeral::parent(subject.id().0);
        // Whether it can be made or not, the session is closed.
        if frame::make(&subject, [parent], PATIENCE).await.is_ok() {
            let leave = Stop::default();
            let lane = |rng| Lane::new(&subject, rng, &common, &pace, &leave);
            let lanes = [Kind::Ephemeral, Kind::Register]
                .map(|kind| tokio::spawn(run(kind, lane(rng.fork()))));
            sleep(stay).await;
            leave.stop();
            for lane in lanes {
                if let Err(panic) = lane.await {
                    subject.recorder().note(Event::Fault(format!("a visitor: {panic}")));
                }
            }
        }
        close(&subject).await;
        sleep(Duration::from_millis(rng.u64(0..3_000))).await;
    }
}

/// Closes the session of a client, as something that is told.
pub async fn close(subject: &Subject) {
    let close = Operation::one(Workload::Frame, Function::Close, "", Ask::Close);
    subject.submit(subject.recorder().process(), close).await;
}
