//! Reading what a server says of itself in four-letter words.

use zookit_proto::Zxid;

use crate::event::SilentClose;

/// What the answer to `srvr` says about why the server closes without a word.
///
/// Facts: `ServerStats.toString` and `StatCommand` of Apache ZooKeeper.
pub(crate) fn read_srvr(answer: Option<&[u8]>, ours: Zxid, read_only_wanted: bool) -> SilentClose {
    let Some(answer) = answer.filter(|answer| !answer.is_empty()) else {
        return SilentClose::Unreachable;
    };
    let text = String::from_utf8_lossy(answer);
    if text.contains("not currently serving requests") {
        return SilentClose::NotServing;
    }
    let read_only =
        text.lines().any(|line| line.starts_with("READ-ONLY mode") || line == "Mode: read-only");
    if read_only && !read_only_wanted {
        return SilentClose::ReadOnly;
    }
    match text.lines().find_map(zxid_of_line) {
        Some(theirs) if theirs < ours => SilentClose::BehindClient { ours, theirs },
        _ => SilentClose::Refused,
    }
}

fn zxid_of_line(line: &str) -> Option<Zxid> {
    let hex = line.strip_prefix("Zxid: 0x")?;
    i64::from_str_radix(hex.trim(), 16).ok().map(Zxid)
}

/// Whether the answer to `isro` says that the server takes writes.
pub(crate) fn takes_writes(answer: Option<&[u8]>) -> bool {
    answer.is_some_and(|answer| answer.trim_ascii() == b"rw")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SRVR: &str = "Zookeeper version: 3.9.5-e0a2, built on 2026-02-03 10:43 UTC\n\
        Latency min/avg/max: 0/0.0/0\nReceived: 1\nSent: 0\nConnections: 1\nOutstanding: 0\n\
        Zxid: 0x46\nMode: standalone\nNode count: 5\n";

    #[test]
    fn each_cause_is_told_from_the_others() {
        let read = |text: &str, ours| read_srvr(Some(text.as_bytes()), Zxid(ours), false);
        assert_eq!(read_srvr(None, Zxid(1), false), SilentClose::Unreachable);
        assert_eq!(
            read("This ZooKeeper instance is not currently serving requests\n", 1),
            SilentClose::NotServing
        );
        assert_eq!(read(SRVR, 0x46), SilentClose::Refused);
        assert_eq!(
            read(SRVR, 0x47),
            SilentClose::BehindClient { ours: Zxid(0x47), theirs: Zxid(0x46) }
        );
        let read_only =
            SRVR.replacen('\n', "\nREAD-ONLY mode; serving only read-only clients\n", 1);
        assert_eq!(read(&read_only, 1), SilentClose::ReadOnly);
        assert_eq!(read("Zxid: 0xzz\n", 1), SilentClose::Refused);
    }
}
