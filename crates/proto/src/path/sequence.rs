//! The numbers that servers append in sequential modes.
//!
//! The number is how many children the parent has ever had: an `i32`, ten characters wide.
//! Past `2147483647` it becomes negative, and then sorting by name no longer sorts by age.

/// The number as a server appends it: Java's `%010d`, so a sign counts as one of the ten.
///
/// ```
/// use zookit_proto::path::format_sequence;
/// assert_eq!(format_sequence(7), "0000000007");
/// assert_eq!(format_sequence(-7), "-000000007");
/// ```
#[must_use]
pub fn format_sequence(number: i32) -> String {
    format!("{number:010}")
}

/// Reads a number as a server appends it: all of `text`, and just the form a server writes.
#[must_use]
pub fn parse_sequence(text: &str) -> Option<i32> {
    let number = text.parse().ok()?;
    (format_sequence(number) == text).then_some(number)
}

/// Splits a name into what its creator asked for and the number that was appended.
///
/// Whoever knows the prefix had better strip it and [`parse_sequence`] the rest: below
/// `-999999999` a number is eleven characters long, and its sign may as well be the end of a
/// prefix; it is then taken for that.
///
/// ```
/// use zookit_proto::path::split_sequence;
/// assert_eq!(split_sequence("lock-0000000012"), Some(("lock-", 12)));
/// assert_eq!(split_sequence("lock"), None);
/// ```
#[must_use]
pub fn split_sequence(name: &str) -> Option<(&str, i32)> {
    [10, 11].into_iter().find_map(|width| {
        let (prefix, number) = name.split_at_checked(name.len().checked_sub(width)?)?;
        Some((prefix, parse_sequence(number)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_javas_form() {
        for (number, text) in [
            (0, "0000000000"),
            (i32::MAX, "2147483647"),
            (i32::MIN, "-2147483648"),
            (-1, "-000000001"),
            (-999_999_999, "-999999999"),
        ] {
            assert_eq!(format_sequence(number), text);
            assert_eq!(parse_sequence(text), Some(number));
        }
    }

    #[test]
    fn only_a_servers_own_form_is_a_number() {
        for text in
            ["", "7", "+000000007", "00000000007", "2147483648", "-0000000007", "000000000a"]
        {
            assert_eq!(parse_sequence(text), None, "{text}");
        }
    }

    #[test]
    fn a_name_is_split_before_its_number() {
        assert_eq!(split_sequence("0000000003"), Some(("", 3)));
        assert_eq!(split_sequence("a-000000007"), Some(("a", -7)));
        assert_eq!(split_sequence("a-2147483648"), Some(("a", i32::MIN)));
        assert_eq!(split_sequence("ä000000000"), None);
        assert_eq!(split_sequence("ä0000000001"), Some(("ä", 1)));
    }
}
