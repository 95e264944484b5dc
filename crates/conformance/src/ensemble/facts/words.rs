//! What members tell of themselves.

use zookit_proto::four_letter::FourLetterWord;

use super::super::bench::catch_up;
use super::super::{Bench, Fact, Version};
use super::always;
use crate::Outcome;
use crate::suite::bench::equal;

pub(super) const FACTS: &[Fact] = &[
    Fact { name: "a member says whether it leads", holds: always, run: modes },
    Fact { name: "and how many follow", holds: always, run: counts },
    Fact { name: "a follower lists sessions without an end", holds: from_3_5, run: sessions },
];

fn from_3_5(version: Version) -> bool {
    version >= Version::new(3, 5, 0)
}

/// The value of a key in an answer.
pub(super) fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(key))
}

fn modes(bench: &mut Bench<'_>) -> Outcome {
    let [first, second] = bench.followers;
    for (member, mode) in [(bench.leader, "leader"), (first, "follower"), (second, "follower")] {
        for word in [FourLetterWord::Srvr, FourLetterWord::Stat] {
            let text = bench.word(member, word)?;
            equal(&format!("{word}"), value(&text, "Mode: "), Some(mode))?;
        }
        let text = bench.word(member, FourLetterWord::Mntr)?;
        equal("the state", value(&text, "zk_server_state\t"), Some(mode))?;
        equal("isro", bench.word(member, FourLetterWord::Isro)?, "rw".to_owned())?;
    }
    Ok(())
}

fn counts(bench: &mut Bench<'_>) -> Outcome {
    let text = bench.word(bench.leader, FourLetterWord::Mntr)?;
    equal("synced followers", number(&text, "zk_synced_followers\t"), Some(2))?;
    let text = bench.word(bench.followers[0], FourLetterWord::Mntr)?;
    equal("of a follower", number(&text, "zk_synced_followers\t"), None)
}

/// Whole numbers were once written with a point.
fn number(text: &str, key: &str) -> Option<usize> {
    value(text, key)?.split('.').next()?.parse().ok()
}

fn sessions(bench: &mut Bench<'_>) -> Outcome {
    let follower = bench.followers[0];
    let mut zk = bench.client(follower)?;
    catch_up(&mut zk)?;
    let text = bench.word(follower, FourLetterWord::Dump)?;
    let global = text.lines().nth(1).is_some_and(|line| line.starts_with("Global Sessions("));
    equal("a follower's list", global, true)?;
    let line = format!("{}\t30000ms", zk.session.session_id);
    equal("the session", text.lines().any(|other| other == line), true)?;
    let text = bench.word(bench.leader, FourLetterWord::Dump)?;
    equal("the leader's list", text.contains("Session Sets ("), true)
}
