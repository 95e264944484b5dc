//! Time, as the core is told it.

use std::time::Duration;

/// A moment: how long after the origin, which is when the server began, and which has a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(Duration);

impl Time {
    /// The origin.
    pub const ZERO: Self = Self(Duration::ZERO);

    /// So long after the origin.
    #[must_use]
    pub const fn since_origin(duration: Duration) -> Self {
        Self(duration)
    }

    /// How long after the origin.
    #[must_use]
    pub const fn as_duration(self) -> Duration {
        self.0
    }

    /// So much later; the end of time if that is later than it.
    #[must_use]
    pub const fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration))
    }

    /// How long after an earlier moment; nothing if that is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// Milliseconds since the origin.
    #[must_use]
    pub fn as_millis(self) -> i64 {
        i64::try_from(self.0.as_millis()).unwrap_or(i64::MAX)
    }
}
