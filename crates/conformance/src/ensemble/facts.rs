//! The facts: the behaviours that `crates/server/src/core/ensemble` is a model of.

use std::time::Duration;

use zookit_proto::ErrorCode;
use zookit_proto::Zxid;
use zookit_proto::types::CreateMode;

use super::guest::{GONE, Guest, create, exists, is};
use super::{Fact, Members};
use crate::Outcome;

pub(super) const FACTS: &[Fact] = &[
    fact("a write through one member is seen at all behind a sync", seen_at_all),
    fact("a read stands behind the writes before it", reads_behind_writes),
    fact("a member that lags shows the past until a sync", lag),
    fact("a member that lags refuses a client that has seen more", refusal),
    fact("a write through a member that the session has left ends the connection", moved),
    fact("a session heard of at any member lives, and ends everywhere", lives_and_ends),
    fact("a closed session takes its ephemerals along", closed),
    fact("what was under way to a lost leader is void, and the next has its own epoch", void),
    fact("without a quorum nobody leads and nobody serves", no_quorum),
    Fact {
        name: "a minority reads only, and joins with all that it missed",
        read_only: true,
        run: minority,
    },
];

const fn fact(name: &'static str, run: fn(&mut dyn Members) -> Outcome) -> Fact {
    Fact { name, read_only: false, run }
}

/// The leader, and the two that follow it.
fn roles(members: &mut dyn Members) -> Outcome<(usize, usize, usize)> {
    let leader = members.leader()?;
    Ok((leader, (leader + 1) % 3, (leader + 2) % 3))
}

const fn epoch(zxid: Zxid) -> i64 {
    zxid.0 >> 32
}

fn seen_at_all(members: &mut dyn Members) -> Outcome {
    let (_, near, far) = roles(members)?;
    let written = Guest::new(members, near)?.create("/seen")?;
    for member in 0..3 {
        let mut guest = Guest::new(members, member)?;
        guest.sync()?;
        is(guest.sees("/seen")?, true, "what is seen of a write")?;
    }
    let mut guest = Guest::new(members, far)?;
    guest.sync()?;
    let read = guest.ask(&exists("/seen"))?.zxid;
    is(read >= written, true, "that a read has the write's zxid or a later one")
}

fn reads_behind_writes(members: &mut dyn Members) -> Outcome {
    let (_, near, _) = roles(members)?;
    let mut guest = Guest::new(members, near)?;
    let writes = ["/behind", "/behind/b"].map(|path| create(path, CreateMode::Persistent));
    guest.send(&[&writes[..], &[exists("/behind/b")]].concat());
    for _ in 0..3 {
        is(guest.reply()?.err, ErrorCode::Ok, "the code of a reply in its turn")?;
    }
    Ok(())
}

fn lag(members: &mut dyn Members) -> Outcome {
    let (leader, near, far) = roles(members)?;
    let mut fast = Guest::new(members, near)?;
    let mut slow = Guest::new(members, far)?;
    slow.sync()?;
    members.hold(leader, far);
    fast.create("/lag")?;
    is(slow.sees("/lag")?, false, "what a member that lags shows of a write")?;
    members.release();
    slow.sync()?;
    is(slow.sees("/lag")?, true, "what it shows behind a sync")
}

fn refusal(members: &mut dyn Members) -> Outcome {
    let (leader, near, far) = roles(members)?;
    let mut fast = Guest::new(members, near)?;
    let mut witness = Guest::new(members, far)?;
    witness.sync()?;
    members.hold(leader, far);
    let seen = fast.create("/refusal")?;
    let refused = fast.resume(members, far, seen)?;
    is(refused.is_none(), true, "that a member that lags closes without a word")?;
    members.release();
    witness.sync()?;
    let taken = fast.resume(members, far, seen)?.ok_or("not taken by a member that caught up")?;
    is(taken.session.session_id, fast.session.session_id, "the session that is taken up")
}

fn moved(members: &mut dyn Members) -> Outcome {
    let (_, near, far) = roles(members)?;
    let mut old = Guest::new(members, near)?;
    let before = old.create("/moved")?;
    let mut new = old.resume(members, far, Zxid(0))?.ok_or("not taken up elsewhere")?;
    old.send(&[create("/moved/late", CreateMode::Persistent)]);
    old.is_left()?;
    let after = new.create("/moved/kept")?;
    // The refusal is a transaction, too.
    is(after.0 - before.0, 2, "how many transactions there were")?;
    is(new.sees("/moved/late")?, false, "what became of the write")
}

fn lives_and_ends(members: &mut dyn Members) -> Outcome {
    let (_, near, far) = roles(members)?;
    let mut guest = Guest::living(members, near, 3_000)?;
    guest.create_ephemeral("/lives")?;
    let mut witness = Guest::new(members, far)?;
    for _ in 0..6 {
        members.wait(Duration::from_secs(1));
        guest.ping()?;
        witness.ping()?;
    }
    witness.sync()?;
    is(witness.sees("/lives")?, true, "an ephemeral of a session that is heard of")?;
    for _ in 0..6 {
        members.wait(Duration::from_secs(1));
        witness.ping()?;
    }
    witness.sync()?;
    is(witness.sees("/lives")?, false, "an ephemeral of a session that is not")?;
    guest.is_left()?;
    for member in 0..3 {
        let gone = guest.resume(members, member, Zxid(0))?.ok_or("no answer about the session")?;
        is(gone.session.session_id, GONE, "the session that has ended")?;
    }
    Ok(())
}

fn closed(members: &mut dyn Members) -> Outcome {
    let (_, near, far) = roles(members)?;
    let mut guest = Guest::new(members, near)?;
    guest.create_ephemeral("/closed")?;
    guest.close()?;
    let mut witness = Guest::new(members, far)?;
    witness.sync()?;
    is(witness.sees("/closed")?, false, "an ephemeral of a closed session")
}

fn void(members: &mut dyn Members) -> Outcome {
    let (leader, near, _) = roles(members)?;
    let mut guest = Guest::new(members, near)?;
    let before = guest.create("/void")?;
    members.hold(near, leader);
    guest.send(&[create("/void/lost", CreateMode::Persistent)]);
    members.cut_off(leader)?;
    guest.is_left()?;
    is(Guest::is_taken(members, leader)?, false, "whether a leader that is cut off serves")?;
    members.release();
    let mut guest = guest.resume(members, near, before)?.ok_or("not taken up by the next")?;
    is(guest.sees("/void/lost")?, false, "what was under way")?;
    let after = guest.create("/void/kept")?;
    is(epoch(after) > epoch(before), true, "that the epoch is a later one")?;
    members.join(leader)?;
    let mut back = Guest::new(members, leader)?;
    is(back.sees("/void/kept")?, true, "what the member missed")?;
    is(back.sees("/void/lost")?, false, "what was under way to it")
}

fn no_quorum(members: &mut dyn Members) -> Outcome {
    let (_, near, far) = roles(members)?;
    let mut guest = Guest::new(members, near)?;
    let seen = guest.create("/quorum")?;
    members.cut_off(far)?;
    let mut guest = match guest.sees("/quorum") {
        Ok(true) => guest,
        // The leader is the same, and nobody else was left.
        other => return Err(format!("the majority does not go on: {other:?}").into()),
    };
    members.cut_off(near)?;
    guest.is_left()?;
    for member in 0..3 {
        is(Guest::is_taken(members, member)?, false, "whether a member without a quorum serves")?;
    }
    members.join(near)?;
    let mut guest = guest.resume(members, near, seen)?.ok_or("not taken up again")?;
    guest.create("/quorum/again")?;
    members.join(far)?;
    let mut back = Guest::new(members, far)?;
    is(back.sees("/quorum/again")?, true, "what the member missed")
}

fn minority(members: &mut dyn Members) -> Outcome {
    let (_, near, far) = roles(members)?;
    let mut guest = Guest::new(members, near)?;
    guest.create("/minority")?;
    members.cut_off(far)?;
    let mut reader = Guest::reading(members, far)?;
    is(reader.session.read_only, Some(true), "whether it only reads")?;
    is(reader.sees("/minority")?, true, "what a minority shows")?;
    let refused = reader.ask(&create("/minority/no", CreateMode::Persistent))?.err;
    is(refused, ErrorCode::NotReadOnly, "the code of a write there")?;
    is(Guest::is_taken(members, far)?, false, "whether it takes those who want to write")?;
    guest.create("/minority/meanwhile")?;
    is(reader.sees("/minority/meanwhile")?, false, "what it shows of the majority's writes")?;
    members.join(far)?;
    reader.is_left()?;
    let mut back = Guest::new(members, far)?;
    is(back.sees("/minority/meanwhile")?, true, "what the member missed")
}
