//! Too few members for a leader.

use std::time::Duration;

use zookit_proto::ErrorCode;
use zookit_proto::connect::ConnectRequest;
use zookit_proto::four_letter::FourLetterWord;

use super::super::{Bench, Fact};
use super::always;
use crate::Outcome;
use crate::suite::bench::{create_in, equal, exists, resume};
use crate::wire::new_session;

pub(super) const FACTS: &[Fact] =
    &[Fact { name: "without a quorum nobody serves", holds: always, run: nobody }];

/// What a member says to most words while it has no leader.
const NOT_SERVING: &str = "This ZooKeeper instance is not currently serving requests\n";

/// Of sessions that are older when the quorum is back.
const TIMEOUT_MS: i32 = 3_000;

fn nobody(bench: &mut Bench<'_>) -> Outcome {
    let path = bench.path("e");
    let last = bench.leader;
    let ephemeral = zookit_proto::types::CreateMode::Ephemeral;
    let mut zk = bench.client_with(last, &new_session(TIMEOUT_MS))?;
    zk.expect(ErrorCode::Ok, &create_in(&path, ephemeral))?;
    bench.kill(&bench.followers.clone())?;
    zk.ends()?;
    words(bench, last)?;
    let moves = resume(&zk.session);
    for request in [&new_session(30_000), &moves] {
        equal("a handshake", bench.greeting(last, request)?, None)?;
        let without_byte = ConnectRequest { read_only: None, ..request.clone() };
        equal("without the byte", bench.greeting(last, &without_byte)?, None)?;
    }
    // Together with the second that a member takes to come back it is longer than the session
    // lives: from the next leader it has its full time again.
    bench.wait(Duration::from_millis(2_100));
    bench.revive()?;
    let mut zk = bench.take_up(last, &zk)?;
    zk.expect(ErrorCode::Ok, &exists(&path, false)).map(drop)
}

/// The answers to words of a member that looks for a leader. It may only read from two seconds on:
/// if that comes in between, nothing was learned.
fn words(bench: &mut Bench<'_>, member: usize) -> Outcome {
    let asked = [
        FourLetterWord::Srvr,
        FourLetterWord::Stat,
        FourLetterWord::Mntr,
        FourLetterWord::Conf,
        FourLetterWord::Cons,
        FourLetterWord::Dump,
        FourLetterWord::Wchs,
        FourLetterWord::Srst,
    ];
    let answers: Vec<_> =
        asked.iter().map(|word| bench.word(member, *word)).collect::<Outcome<_>>()?;
    let alive = bench.word(member, FourLetterWord::Ruok)?;
    let isro = bench.word(member, FourLetterWord::Isro)?;
    equal("ruok", alive.as_str(), "imok")?;
    equal("isro, unless this machine is too slow", isro.as_str(), "null")?;
    for (word, answer) in asked.iter().zip(answers) {
        equal(&format!("{word}"), answer.as_str(), NOT_SERVING)?;
    }
    Ok(())
}
