//! How long the server takes to answer, sampled: one round trip for each batch of replies, by the
//! times that the driver has read anyway. No request pays for it.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use zookit_session::Time;

/// How long the server takes to answer; see [`Stats::latency`](crate::Stats::latency).
///
/// A round trip begins when the client's task hands a request to the connection and ends when it
/// has read the reply: the network twice, the server, and what stood before it in both; not the time
/// that the request waited for its turn, nor what its caller took to be woken. Times are those of
/// the task's turns, in microseconds.
///
/// One is taken for each batch of replies that is read at a time: that of its last. Pings count, and
/// so does the handshake of each connection; so an idle client has one every third of its session
/// timeout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Latency {
    /// How many round trips were taken.
    pub samples: u64,
    /// The newest.
    pub last: Duration,
    /// The shortest.
    pub min: Duration,
    /// The mean of all.
    pub mean: Duration,
    /// The longest.
    pub max: Duration,
}

/// The cells: written by the driver alone, read by anyone.
#[derive(Debug)]
pub(crate) struct Meter {
    /// When the newest request that was answered had been sent, in microseconds since the origin.
    newest: AtomicU64,
    samples: AtomicU64,
    /// Microseconds, as the rest.
    total: AtomicU64,
    last: AtomicU32,
    min: AtomicU32,
    max: AtomicU32,
}

const NEVER: u64 = u64::MAX;

impl Default for Meter {
    fn default() -> Self {
        Self {
            newest: AtomicU64::new(NEVER),
            samples: AtomicU64::new(0),
            total: AtomicU64::new(0),
            last: AtomicU32::new(0),
            min: AtomicU32::new(u32::MAX),
            max: AtomicU32::new(0),
        }
    }
}

impl Meter {
    /// Takes a sample if anything was answered that was sent later than what was answered before.
    pub(crate) fn note(&self, now: Time, newest_answered: Option<Time>) {
        let Some(sent) = newest_answered else { return };
        let sent_at = u64::try_from(sent.as_duration().as_micros()).unwrap_or(NEVER);
        if self.newest.load(Ordering::Relaxed) == sent_at {
            return;
        }
        let took = now.as_duration().saturating_sub(sent.as_duration());
        let took = u32::try_from(took.as_micros()).unwrap_or(u32::MAX);
        self.newest.store(sent_at, Ordering::Relaxed);
        self.last.store(took, Ordering::Relaxed);
        self.min.fetch_min(took, Ordering::Relaxed);
        self.max.fetch_max(took, Ordering::Relaxed);
        self.total.fetch_add(u64::from(took), Ordering::Relaxed);
        self.samples.fetch_add(1, Ordering::Relaxed);
    }

    /// What was taken so far; `None` before the first.
    pub(crate) fn read(&self) -> Option<Latency> {
        let short = |cell: &AtomicU32| Duration::from_micros(cell.load(Ordering::Relaxed).into());
        let samples = self.samples.load(Ordering::Relaxed);
        let mean = self.total.load(Ordering::Relaxed).checked_div(samples)?;
        Some(Latency {
            samples,
            last: short(&self.last),
            min: short(&self.min),
            mean: Duration::from_micros(mean),
            max: short(&self.max),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(micros: u64) -> Time {
        Time::since_origin(Duration::from_micros(micros))
    }

    #[test]
    fn each_newest_request_is_one_sample() {
        let meter = Meter::default();
        meter.note(at(5), None);
        assert_eq!(meter.read(), None);
        meter.note(at(100), Some(at(0)));
        // The same, looked at again in a later turn.
        meter.note(at(900), Some(at(0)));
        meter.note(at(1000), Some(at(960)));
        meter.note(at(2000), Some(at(1700)));
        let [last, min, max] = [300, 40, 300].map(Duration::from_micros);
        let mean = Duration::from_micros((100 + 40 + 300) / 3);
        assert_eq!(meter.read(), Some(Latency { samples: 3, last, min, mean, max }));
    }

    #[test]
    fn no_time_is_too_long() {
        let meter = Meter::default();
        meter.note(Time::since_origin(Duration::MAX), Some(at(1)));
        let longest = Duration::from_micros(u32::MAX.into());
        assert_eq!(meter.read().unwrap().max, longest);
    }
}
