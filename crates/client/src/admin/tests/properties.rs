//! Whatever comes: no panic, and no line lost.

use proptest::prelude::*;

use super::recorded::{VERSIONS, answer};
use crate::admin::*;

/// What all words make of a text.
fn parse_all(text: &str) {
    let _ = ServerStats::parse(text);
    let _ = FullStats::parse(text);
    let _ = Connections::parse(text);
    let _ = Configuration::parse(text);
    let _ = Environment::parse(text);
    let _ = Metrics::parse(text);
    let _ = Directories::parse(text);
    let _ = Dump::parse(text);
    let _ = WatchSummary::parse(text);
    let _ = WatchesBySession::parse(text);
    let _ = WatchesByPath::parse(text);
    let _ = Alive::parse(text);
    let _ = Access::parse(text);
}

const WORDS: [&str; 9] = ["srvr", "stat", "cons", "conf", "envi", "dump", "wchs", "wchc", "mntr"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        parse_all(&String::from_utf8_lossy(&bytes));
        for word in FourLetterWord::ALL {
            let _ = refusal(*word, &bytes);
        }
    }

    /// Lines made of what the readers look for, in any order.
    #[test]
    fn familiar_pieces_in_strange_places_never_panic(
        pieces in prop::collection::vec(prop::sample::select(&[
            "Zookeeper version: ", "READ-ONLY mode", "Latency min/avg/max: ", "0/1.5/2", "Zxid: ",
            "0x", "ffffffffffffffffff", "Mode: ", "Clients:", "\n", "\t", " /", "[", "]", "(", ")",
            "queued=", ",", "=", "sid=0x1", "to=-1", "SessionTracker dump:", "ephemeral nodes dump:",
            "Connections dump:", " expire at ", "1", ":", "ms", "Session Sets (", "):", "ip: ",
            " sessionId: ", " connections watching ", " paths", "Total watches:", "Environment:",
            "é", "\u{0}", "-9223372036854775808", "99999999999999999999",
        ][..]), 0..40)
    ) {
        parse_all(&pieces.concat());
    }

    #[test]
    fn cut_and_spliced_answers_never_panic(
        version in 0..VERSIONS.len(),
        words in (0..WORDS.len(), 0..WORDS.len()),
        cuts in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
    ) {
        let of = |word: usize| answer(VERSIONS[version].0, WORDS[word]);
        let (head, tail) = (of(words.0), of(words.1));
        let spliced = format!("{}{}", &head[..cuts.0.index(head.len())], &tail[cuts.1.index(tail.len())..]);
        parse_all(&spliced);
    }

    /// A line that no release has stands in the value as it stood in the answer.
    #[test]
    fn a_line_that_is_not_known_is_kept(at in any::<prop::sample::Index>(), name in "[a-z]{1,8}") {
        let strange = format!("Tomorrow's {name} is 7 %");
        let with = |word: &str| {
            let text = answer("3.9.5", word);
            let mut lines: Vec<&str> = text.lines().collect();
            lines.insert(1 + at.index(lines.len()), &strange);
            lines.join("\n")
        };
        let kept = |other: &[String]| other == [strange.clone()];
        prop_assert!(kept(&ServerStats::parse(&with("srvr")).unwrap().other));
        prop_assert!(kept(&FullStats::parse(&with("stat")).unwrap().server.other));
        prop_assert!(kept(&Connections::parse(&with("cons")).unwrap().other));
        prop_assert!(kept(&Dump::parse(&with("dump")).unwrap().other));
        prop_assert!(kept(Configuration::parse(&with("conf")).unwrap().fields().other()));
        prop_assert!(kept(Metrics::parse(&with("mntr")).unwrap().fields().other()));
        prop_assert!(WatchesByPath::parse(&with("wchp")).unwrap().other.contains(&strange));
    }
}
