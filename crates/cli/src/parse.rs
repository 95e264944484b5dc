//! Arguments that must be right before anything is sent.
//!
//! Each parser says in its error what is wrong and what would be right; clap puts the argument's
//! name before it.

use std::time::Duration;

use zookit::proto::types::MAX_TTL_MS;

/// A duration: a whole number and one of the units `ms`, `s`, `m`, `h`, `d`.
///
/// A number alone is refused, since ZooKeeper's own tools count in milliseconds and people in
/// seconds.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let ms = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        "" if !number.is_empty() => {
            return Err(format!("it has no unit; write {number}ms, {number}s or {number}m"));
        }
        _ => return Err("write a whole number and a unit, such as 500ms, 10s, 2m, 1h, 7d".into()),
    };
    let number: u64 = match number.parse() {
        Ok(number) => number,
        Err(_) if number.is_empty() => return Err(format!("there is no number before {unit}")),
        Err(_) => return Err("the number is too large".into()),
    };
    let ms = number.checked_mul(ms).ok_or("the number is too large")?;
    Ok(Duration::from_millis(ms))
}

/// A bound on waiting: between a millisecond and a day.
pub(crate) fn timeout(text: &str) -> Result<Duration, String> {
    let duration = duration(text)?;
    if duration.is_zero() {
        return Err("it must not be zero".into());
    }
    if duration > Duration::from_secs(86_400) {
        return Err("it must not be longer than a day".into());
    }
    Ok(duration)
}

/// A time to live, within what servers take.
pub(crate) fn ttl(text: &str) -> Result<Duration, String> {
    let duration = duration(text)?;
    match i64::try_from(duration.as_millis()) {
        Ok(ms) if (1..=MAX_TTL_MS).contains(&ms) => Ok(duration),
        _ => Err(format!("a time to live is between 1ms and {MAX_TTL_MS}ms (34 years)")),
    }
}

/// An expected version.
///
/// ZooKeeper's -1 means any version, which is what leaving the option out means here: with it
/// spelled out a script that failed to learn a version would overwrite whatever is there. Other
/// negative numbers are versions that a counter reaches after it wrapped.
pub(crate) fn version(text: &str) -> Result<i32, String> {
    match text.parse() {
        Ok(-1) => Err("-1 would mean any version; leave the option out for that".into()),
        Ok(version) => Ok(version),
        Err(_) => Err(format!("a version is a whole number from 0 to {}", i32::MAX)),
    }
}

/// A system property, as Java takes it: without a value it is empty.
pub(crate) fn property(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    if name.is_empty() {
        return Err(format!("there is no name in {text:?}; write NAME=VALUE"));
    }
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit() {
        for (text, ms) in
            [("500ms", 500), ("10s", 10_000), ("2m", 120_000), ("1h", 3_600_000), ("0s", 0)]
        {
            assert_eq!(duration(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        assert_eq!(duration("1d"), Ok(Duration::from_secs(86_400)));
        assert_eq!(duration("10").unwrap_err(), "it has no unit; write 10ms, 10s or 10m");
        assert_eq!(duration("s").unwrap_err(), "there is no number before s");
        for wrong in ["", "1.5s", "-1s", "+1s", "1 s", "1S", "ten", "1s2", "１s"] {
            assert!(duration(wrong).is_err(), "{wrong:?}");
        }
        for large in ["18446744073709551615s", "99999999999999999999ms"] {
            assert_eq!(duration(large).unwrap_err(), "the number is too large");
        }
    }

    #[test]
    fn a_timeout_is_neither_zero_nor_forever() {
        assert!(timeout("0ms").is_err());
        assert!(timeout("25h").is_err());
        assert_eq!(timeout("24h"), Ok(Duration::from_secs(86_400)));
    }

    #[test]
    fn a_ttl_is_what_servers_take() {
        assert_eq!(ttl("1ms"), Ok(Duration::from_millis(1)));
        assert_eq!(ttl("1099511627775ms"), Ok(Duration::from_millis(0xff_ffff_ffff)));
        assert!(ttl("1099511627776ms").is_err());
        assert!(ttl("0s").is_err());
        assert!(ttl("213503982334601d").is_err());
    }

    #[test]
    fn a_property_has_a_name() {
        let owned = |name: &str, value: &str| Ok((name.to_owned(), value.to_owned()));
        assert_eq!(property("a.b=c=d"), owned("a.b", "c=d"));
        assert_eq!(property("a"), owned("a", ""));
        assert!(property("=a").is_err());
    }

    #[test]
    fn any_version_is_not_a_version() {
        assert_eq!(version("0"), Ok(0));
        assert_eq!(version("2147483647"), Ok(i32::MAX));
        assert_eq!(version("-2147483648"), Ok(i32::MIN));
        for wrong in ["-1", "2147483648", "x", "", "1.0"] {
            assert!(version(wrong).is_err(), "{wrong}");
        }
    }
}
