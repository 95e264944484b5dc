//! Numbers that the driver publishes and anyone reads, without a lock.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use zookit_proto::{SessionId, Zxid};
use zookit_session::{Generation, Time};

/// Each is right by itself; two read one after the other need not belong together.
#[derive(Debug)]
pub(crate) struct Gauges {
    zxid: AtomicI64,
    session: AtomicI64,
    generation: AtomicU64,
    timeout_ms: AtomicU64,
    /// Microseconds since the origin; [`NEVER`] for none.
    trusted_until: AtomicU64,
}

const NEVER: u64 = u64::MAX;

impl Gauges {
    pub(super) fn new(session_timeout: Duration) -> Self {
        Self {
            zxid: AtomicI64::new(0),
            session: AtomicI64::new(SessionId::NONE.0),
            generation: AtomicU64::new(1),
            timeout_ms: AtomicU64::new(millis(session_timeout)),
            trusted_until: AtomicU64::new(NEVER),
        }
    }

    pub(crate) fn set(
        &self,
        zxid: Zxid,
        session: SessionId,
        generation: Generation,
        timeout: Duration,
        trusted_until: Option<Time>,
    ) {
        let micros = |time: Time| u64::try_from(time.as_duration().as_micros()).unwrap_or(NEVER);
        self.zxid.store(zxid.0, Ordering::Relaxed);
        self.session.store(session.0, Ordering::Relaxed);
        self.generation.store(generation.0, Ordering::Relaxed);
        self.timeout_ms.store(millis(timeout), Ordering::Relaxed);
        self.trusted_until.store(trusted_until.map_or(NEVER, micros), Ordering::Relaxed);
    }

    pub(crate) fn zxid(&self) -> Zxid {
        Zxid(self.zxid.load(Ordering::Relaxed))
    }

    pub(crate) fn session(&self) -> SessionId {
        SessionId(self.session.load(Ordering::Relaxed))
    }

    pub(crate) fn generation(&self) -> Generation {
        Generation(self.generation.load(Ordering::Relaxed))
    }

    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms.load(Ordering::Relaxed))
    }

    /// Since the origin.
    pub(crate) fn trusted_until(&self) -> Option<Duration> {
        let micros = self.trusted_until.load(Ordering::Relaxed);
        (micros != NEVER).then(|| Duration::from_micros(micros))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
