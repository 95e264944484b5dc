//! Who has a lease and until when: as it is written, and what follows from it.

use std::time::Duration;

use super::date;
use super::json::{Value, members, quoted};

/// Of the format, as kazoo counts it.
const VERSION: &str = "1";

/// Who has a lease, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseTerm {
    /// The name of the holder.
    pub holder: String,
    /// When it ends, in milliseconds since the Unix epoch, as the times of a
    /// [`Stat`](zookit_client::Stat) are; whole seconds.
    pub end: i64,
}

impl LeaseTerm {
    /// One that begins now and lasts this long at least.
    pub(super) fn beginning(holder: &str, now: i64, time: Duration) -> Self {
        let time = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        // Up: the holder is to have all of its time.
        let seconds = now.saturating_add(time).saturating_add(999).div_euclid(1000);
        Self { holder: holder.to_owned(), end: seconds.clamp(0, date::LAST) * 1000 }
    }

    /// Whether somebody may have it now: nobody had it, or it is one's own, or its time is over.
    pub(super) fn is_free(current: Option<&Self>, name: &str, now: i64) -> bool {
        current.is_none_or(|term| term.holder == name || term.end <= now)
    }

    /// How long it lasts from then on.
    pub(super) fn left(&self, now: i64) -> Duration {
        Duration::from_millis(u64::try_from(self.end.saturating_sub(now)).unwrap_or(0))
    }

    pub(super) fn write(&self) -> String {
        let (holder, end) = (quoted(&self.holder), date::write(self.end.div_euclid(1000)));
        format!(r#"{{"version": {VERSION}, "holder": {holder}, "end": "{end}"}}"#)
    }

    /// `None` if it is none, or of a version that is not known.
    pub(super) fn read(data: &[u8]) -> Option<Self> {
        let mut members = members(std::str::from_utf8(data).ok()?)?;
        let known = members.get("version") == Some(&Value::Word(VERSION.to_owned()));
        let Some(Value::Text(holder)) = known.then(|| members.remove("holder"))? else {
            return None;
        };
        let Some(Value::Text(end)) = members.remove("end") else { return None };
        Some(Self { holder, end: date::read(&end)? * 1000 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_is_written_and_read_as_kazoo_does() {
        let term = LeaseTerm::beginning("db on host-1", 1_700_000_000_001, Duration::from_secs(60));
        let written = r#"{"version": 1, "holder": "db on host-1", "end": "2023-11-14T22:14:21"}"#;
        assert_eq!(term.write(), written);
        assert_eq!(LeaseTerm::read(written.as_bytes()), Some(term));
        for unknown in [
            r#"{"version": 2, "holder": "a", "end": "2023-11-14T22:14:21"}"#,
            r#"{"version": 1, "holder": 7, "end": "2023-11-14T22:14:21"}"#,
            r#"{"version": 1, "holder": "a", "end": "soon"}"#,
            r#"{"version": 1, "holder": "a"}"#,
            "",
        ] {
            assert_eq!(LeaseTerm::read(unknown.as_bytes()), None, "{unknown}");
        }
        assert_eq!(LeaseTerm::read(b"\xff"), None);
    }

    #[test]
    fn a_lease_is_free_for_its_holder_and_when_its_time_is_over() {
        let term = LeaseTerm { holder: "a".to_owned(), end: 5000 };
        for (current, name, now, free) in [
            (None, "b", 0, true),
            (Some(&term), "a", 0, true),
            (Some(&term), "b", 4999, false),
            (Some(&term), "b", 5000, true),
        ] {
            assert_eq!(LeaseTerm::is_free(current, name, now), free, "{current:?} {name} {now}");
        }
    }

    #[test]
    fn a_term_lasts_as_long_as_was_asked_and_less_than_a_second_longer() {
        for (now, time) in [(0, 0), (1, 1), (1000, 1000), (1001, 1000), (1999, 1)] {
            let term = LeaseTerm::beginning("a", now, Duration::from_millis(time));
            let left = u64::try_from(term.left(now).as_millis()).unwrap();
            assert!((time..time + 1000).contains(&left), "{now} {time}: {left}");
        }
        let longest = LeaseTerm::beginning("a", 0, Duration::MAX);
        assert_eq!(LeaseTerm::read(longest.write().as_bytes()), Some(longest));
        assert_eq!(LeaseTerm { holder: String::new(), end: 1 }.left(2), Duration::ZERO);
    }
}
