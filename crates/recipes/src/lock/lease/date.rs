//! Seconds since the Unix epoch as kazoo writes them: `2026-11-22T13:45:00`, in UTC.

const DAY: i64 = 86_400;

/// The last second that has four digits for its year.
pub(super) const LAST: i64 = 253_402_300_799;

/// What is written for a second. Before 1970, and after [`LAST`], those.
pub(super) fn write(seconds: i64) -> String {
    let seconds = seconds.clamp(0, LAST);
    let (days, second) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

/// The second that is written so; `None` if it is no such date.
pub(super) fn read(text: &str) -> Option<i64> {
    let (date, time) = text.split_once('T')?;
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(time, ':')?;
    let days = (1..=12).contains(&month).then(|| days(year, month, day))?;
    let sound = civil(days) == (year, month, day) && hour < 24 && minute < 60 && second < 62;
    sound.then_some(days * DAY + hour * 3600 + minute * 60 + second)
}

fn numbers(text: &str, separator: char) -> Option<[i64; 3]> {
    let number = |part: &str| {
        let digits =
            (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| part.parse::<i64>().ok())?
    };
    let numbers: Option<Vec<i64>> = text.split(separator).map(number).collect();
    numbers?.try_into().ok()
}

/// Days since the epoch, in the Gregorian calendar. Years are counted from March, so that the day
/// that comes and goes is their last.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + (153 * month + 2) / 5 + day - 1 - 719_468
}

/// Year, month and day.
const fn civil(since_epoch: i64) -> (i64, i64, i64) {
    /// Days of 400 years, which repeat themselves.
    const ROUND: i64 = 146_097;
    let since_march = since_epoch + 719_468;
    let (round, day) = (since_march.div_euclid(ROUND), since_march.rem_euclid(ROUND));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let year = round * 400 + year;
    if month < 10 { (year, month + 3, day) } else { (year + 1, month - 9, day) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00"),
            (951_782_399, "2000-02-28T23:59:59"),
            (951_782_400, "2000-02-29T00:00:00"),
            (1_700_000_000, "2023-11-14T22:13:20"),
            (4_107_542_400, "2100-03-01T00:00:00"),
            (LAST, "9999-12-31T23:59:59"),
        ] {
            assert_eq!(write(seconds), text);
            assert_eq!(read(text), Some(seconds), "{text}");
        }
        assert_eq!(write(-1), "1970-01-01T00:00:00");
        assert_eq!(write(i64::MAX), "9999-12-31T23:59:59");
    }

    #[test]
    fn what_is_no_date_is_not_read() {
        for text in [
            "",
            "2023-11-14",
            "2023-11-14 22:13:20",
            "2023-02-29T00:00:00",
            "2023-13-01T00:00:00",
            "2023-00-01T00:00:00",
            "2023-11-31T00:00:00",
            "2023-11-14T24:00:00",
            "2023-11-14T22:60:00",
            "2023-11-14T22:13:20Z",
            "2023-11-14T22:13:20.5",
            "2023-11-14T22:13",
            "+2023-11-14T22:13:20",
            "99999-11-14T22:13:20",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_second_is_read_back(seconds in 0..=LAST) {
            prop_assert_eq!(read(&write(seconds)), Some(seconds));
        }
    }
}
