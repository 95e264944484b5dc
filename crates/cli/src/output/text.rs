//! What people read: stats, listings, times.

use std::fmt::Write;

use zookit::proto::Stat;

use super::escape;

/// A stat, a field a line, under the names of the jute record.
pub(crate) fn stat(stat: &Stat) -> String {
    let mut lines = String::new();
    let fields = [
        ("czxid", stat.czxid.to_string()),
        ("mzxid", stat.mzxid.to_string()),
        ("pzxid", stat.pzxid.to_string()),
        ("ctime", time(stat.ctime)),
        ("mtime", time(stat.mtime)),
        ("version", stat.version.to_string()),
        ("cversion", stat.cversion.to_string()),
        ("aversion", stat.aversion.to_string()),
        ("ephemeralOwner", stat.ephemeral_owner.to_string()),
        ("dataLength", stat.data_length.to_string()),
        ("numChildren", stat.num_children.to_string()),
    ];
    for (name, value) in fields {
        let _ = writeln!(lines, "{name:<14} {value}");
    }
    lines
}

/// One line of `ls --long`: kind, version, bytes, children, time of the last change, name.
///
/// The widths are fixed, because a long listing is printed as it comes.
pub(crate) fn long(stat: &Stat, name: &str) -> String {
    let kind = if stat.ephemeral_owner.0 == 0 { '-' } else { 'e' };
    format!(
        "{kind} {:>6} {:>8} {:>6} {} {}",
        stat.version,
        stat.data_length,
        stat.num_children,
        time(stat.mtime),
        escape::line(name)
    )
}

/// As [`long`], of a znode of which nothing but its name is known.
pub(crate) fn long_unknown(name: &str) -> String {
    format!("? {:>6} {:>8} {:>6} {:>24} {}", '?', '?', '?', '?', escape::line(name))
}

/// Milliseconds since the Unix epoch as a date and time of UTC (RFC 3339).
///
/// Years that need more than four digits are shown as the bare number.
pub(crate) fn time(ms: i64) -> String {
    let days = ms.div_euclid(86_400_000);
    let of_day = ms.rem_euclid(86_400_000);
    match civil(days) {
        Some((year, month, day)) => format!(
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}Z",
            of_day / 3_600_000,
            of_day / 60_000 % 60,
            of_day / 1_000 % 60,
            of_day % 1_000
        ),
        None => ms.to_string(),
    }
}

/// Year, month and day of a number of days since 1970-01-01, in the Gregorian calendar.
///
/// Years are counted from March, so that the leap day is the last of its year; four hundred of them
/// always have 146,097 days.
fn civil(days: i64) -> Option<(i64, i64, i64)> {
    // From 0000-03-01 to 1970-01-01, and to 9999-12-31.
    let days = days.checked_add(719_468).filter(|days| (0..=3_652_364).contains(days))?;
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    Some((era * 400 + year_of_era + i64::from(month <= 2), month, day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_dates_of_utc() {
        assert_eq!(time(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(time(1_700_000_000_456), "2023-11-14T22:13:20.456Z");
        assert_eq!(time(951_782_399_999), "2000-02-28T23:59:59.999Z");
        assert_eq!(time(951_782_400_000), "2000-02-29T00:00:00.000Z");
        assert_eq!(time(-1), "1969-12-31T23:59:59.999Z");
        assert_eq!(time(253_402_300_799_999), "9999-12-31T23:59:59.999Z");
    }

    #[test]
    fn a_time_that_is_no_date_stays_a_number() {
        assert_eq!(time(253_402_300_800_000), "253402300800000");
        assert_eq!(time(i64::MAX), i64::MAX.to_string());
        assert_eq!(time(i64::MIN), i64::MIN.to_string());
    }

    #[test]
    fn a_stat_has_eleven_lines() {
        let text = stat(&Stat::sample());
        assert_eq!(text.lines().count(), 11);
        assert!(text.contains("\nephemeralOwner 0x100018f00000000\n"));
        assert!(text.contains("\nversion        3\n"));
    }

    #[test]
    fn what_is_not_known_keeps_its_column() {
        let (known, unknown) = (long(&Stat::sample(), "name"), long_unknown("name"));
        assert_eq!(known.len(), unknown.len());
    }

    #[test]
    fn a_long_line_ends_with_the_name() {
        assert_eq!(
            long(&Stat::sample(), "a\u{1b}b"),
            "e      3        5      2 2023-11-14T22:13:20.456Z a\\u{1b}b"
        );
    }
}
