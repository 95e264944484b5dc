//! Seconds since 1970, as a date: for the times in certificates.

use std::fmt;

const DAY: u64 = 86_400;

/// A time, in seconds since the Unix epoch; prints as `2031-05-01 00:00:00 UTC`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Date(pub(super) u64);

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil(self.0 / DAY);
        let second = self.0 % DAY;
        let (hour, minute) = (second / 3_600, second / 60 % 60);
        write!(f, "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{:02} UTC", second % 60)
    }
}

/// Year, month and day of a day since the epoch, in the Gregorian calendar. Years are counted from
/// March, so that the leap day is the last of its year, in eras of 400 years.
const fn civil(days: u64) -> (u64, u64, u64) {
    // From 0000-03-01.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let leaps = day_of_era / 1_460 + day_of_era / 146_096;
    let year_of_era = (day_of_era + day_of_era / 36_524 - leaps) / 365;
    let before = 365 * year_of_era + year_of_era / 4 - year_of_era / 100;
    let day_of_year = day_of_era - before;
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let january_and_february = if month <= 2 { 1 } else { 0 };
    (era * 400 + year_of_era + january_and_february, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The dates are those of `date -u -d @SECONDS`.
    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, date) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_400, "2000-02-29 00:00:00 UTC"),
            (951_868_799, "2000-02-29 23:59:59 UTC"),
            (1_709_164_800, "2024-02-29 00:00:00 UTC"),
            (1_735_689_599, "2024-12-31 23:59:59 UTC"),
            (4_107_542_400, "2100-03-01 00:00:00 UTC"),
            (253_402_300_799, "9999-12-31 23:59:59 UTC"),
        ] {
            assert_eq!(Date(seconds).to_string(), date);
        }
    }

    #[test]
    fn each_day_of_nine_centuries_follows_the_one_before() {
        let mut last = civil(0);
        for day in 1..330_000 {
            let next = civil(day);
            let (year, month, _) = last;
            let follows = next == (year, month, last.2 + 1)
                || next == (year, month + 1, 1)
                || (month == 12 && next == (year + 1, 1, 1));
            assert!(follows, "{last:?} {next:?}");
            last = next;
        }
    }
}
