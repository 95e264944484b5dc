//! Logs as accidents leave them.

use bytes::Bytes;

use super::super::record;
use super::super::testing;
use super::*;

/// A zxid.
fn at(epoch: i64, counter: i64) -> i64 {
    epoch << 32 | counter
}

fn entry(zxid: i64) -> Entry {
    record::read(testing::set(zxid, "/a", "x", 1).bytes()).unwrap()
}

/// A member with these stretches of entries.
fn member(stretches: &[(i64, std::ops::RangeInclusive<i64>)]) -> MemberLog {
    let mut member = MemberLog::default();
    for (epoch, counters) in stretches {
        for counter in counters.clone() {
            let zxid = at(*epoch, counter);
            member.entries.insert(Zxid(zxid), entry(zxid));
        }
    }
    member
}

fn with_snapshot(mut member: MemberLog, zxid: i64) -> MemberLog {
    member.snapshots.insert(Zxid(zxid));
    member
}

fn counts(agreed: &Agreed) -> Vec<(u32, usize)> {
    let mut counts = BTreeMap::new();
    for transaction in &agreed.transactions {
        *counts.entry(transaction.zxid.epoch()).or_insert(0) += 1;
    }
    counts.into_iter().collect()
}

#[test]
fn members_that_have_all_agree() {
    let members = vec![member(&[(1, 1..=5), (2, 1..=3)]); 3];
    let agreed = agree(&members).unwrap();
    assert_eq!(counts(&agreed), [(1, 5), (2, 3)]);
    assert_eq!((agreed.void, agreed.remarks.len()), (0, 0));
    assert_eq!(agree(&[]).unwrap(), Agreed::default());
    assert_eq!(agree(&[MemberLog::default()]).unwrap(), Agreed::default());
}

/// Member 2 led epoch 1, and its last two never left it. The next leader sends a snapshot when it
/// comes back, since its log cannot be cut back over the end of an epoch.
#[test]
fn what_a_lost_leader_logged_alone_never_took_effect() {
    let good = member(&[(1, 1..=5), (2, 1..=9)]);
    let lost = with_snapshot(member(&[(1, 1..=7), (2, 5..=9)]), at(2, 4));
    let agreed = agree(&[good.clone(), good, lost]).unwrap();
    assert_eq!(counts(&agreed), [(1, 5), (2, 9)]);
    assert_eq!(agreed.void, 2);
}

/// A whole epoch that was established, and of which no transaction reached a quorum.
#[test]
fn an_epoch_of_which_nothing_took_effect() {
    let good = member(&[(1, 1..=5), (3, 1..=2)]);
    let lost = with_snapshot(member(&[(1, 1..=5), (2, 1..=4), (3, 2..=2)]), at(3, 1));
    let agreed = agree(&[lost, good.clone(), good]).unwrap();
    assert_eq!(counts(&agreed), [(1, 5), (3, 2)]);
    assert_eq!(agreed.void, 4);
}

/// A member that lacked the end of epoch 1 was brought up to date by a snapshot, and led then.
#[test]
fn what_a_snapshot_had_counts_as_known() {
    let all = member(&[(1, 1..=8), (2, 1..=2)]);
    let led = with_snapshot(member(&[(1, 1..=5), (2, 1..=2)]), at(1, 8));
    let agreed = agree(&[led.clone(), all]).unwrap();
    assert_eq!(counts(&agreed), [(1, 8), (2, 2)]);
    assert_eq!(agreed.remarks, Vec::<String>::new());
    let lonely = agree(&[led]);
    assert_eq!(lonely, Err(Disagreement::Missing { zxid: Zxid(at(1, 6)) }));
}

#[test]
fn where_members_differ_about_an_end_most_decide() {
    let good = member(&[(1, 1..=5), (2, 1..=1)]);
    let odd = member(&[(1, 1..=6), (2, 1..=1)]);
    let agreed = agree(&[odd.clone(), good.clone(), good.clone()]).unwrap();
    assert_eq!(counts(&agreed), [(1, 5), (2, 1)]);
    assert!(agreed.remarks[0].contains("before epoch 2 members had 0x100000006, 0x100000005"));
    assert_eq!(counts(&agree(&[odd, good]).unwrap()), [(1, 5), (2, 1)]);
}

#[test]
fn the_last_transaction_needs_a_majority() {
    let all = member(&[(1, 1..=5)]);
    let ahead = member(&[(1, 1..=6)]);
    assert_eq!(counts(&agree(&[all.clone(), ahead.clone(), all.clone()]).unwrap()), [(1, 5)]);
    assert_eq!(counts(&agree(&[all, ahead.clone(), ahead]).unwrap()), [(1, 6)]);
}

#[test]
fn members_that_differ_break_the_promise() {
    let (one, mut other) = (member(&[(1, 1..=5)]), member(&[(1, 1..=5)]));
    let changed = record::read(testing::set(at(1, 3), "/a", "y", 1).bytes()).unwrap();
    other.entries.insert(Zxid(at(1, 3)), changed);
    let differ = Disagreement::Differ { zxid: Zxid(at(1, 3)), members: (0, 1) };
    assert_eq!(agree(&[one, other]), Err(differ));
}

#[test]
fn an_entry_that_nobody_has_is_missing() {
    let holed = member(&[(1, 1..=2), (1, 4..=5)]);
    let missing = Disagreement::Missing { zxid: Zxid(at(1, 3)) };
    assert_eq!(agree(&[holed.clone(), holed]), Err(missing));
}

/// Before 3.6 the end of a session does not say which znodes go with it.
#[test]
fn the_ephemeral_znodes_of_a_session_are_found_out_where_its_end_does_not_list_them() {
    let create = |counter, path: &str| {
        let payload = testing::header(counter, 1).text(path).buffer(None).int(0);
        record::read(payload.byte(1).int(1).bytes()).unwrap()
    };
    let delete = record::read(testing::header(3, 2).text("/e1").bytes()).unwrap();
    let close = record::read(testing::close(4, None).bytes()).unwrap();
    let mut member = MemberLog::default();
    for entry in [create(1, "/e1"), create(2, "/e2"), delete, close] {
        member.entries.insert(entry.transaction.zxid, entry);
    }
    let agreed = agree(&[member]).unwrap();
    let ephemerals = vec![Text::from_bytes(Bytes::from_static(b"/e2"))];
    assert_eq!(agreed.transactions[3].change, Change::CloseSession { ephemerals });
}
