//! The traffic and the judge on the embedded server, and what the judge catches.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;
use zookit_client::error::NoReplyReason;
use zookit_client::{Client, ConnectOptions, ErrorCode, Loss, SessionId, WatchNotice, Zxid};
use zookit_proto::Text;
use zookit_server::core::{Change, Owner, Transaction};
use zookit_server::testing::Server;
use zookit_session::NoReply;

use super::{Case, History, judge};
use crate::survive::declared::{Declared, Expected};
use crate::survive::network::CountingDialer;
use crate::survive::steady::{Record, Steady};
use crate::survive::traffic::Kinds;
use crate::survive::traffic::changer::{self, Outcome};
use crate::survive::traffic::home::{Home, Register};
use crate::survive::traffic::notes::{Deed, End, Noted, OneShot, OneShotEnd, Read, Write};
use crate::survive::traffic::one_shots::Kind;
use crate::survive::truth::Truth;
use crate::survive::verdict::Verdict;

fn declared(expected: Expected) -> Declared {
    Declared { hit: expected, others: Expected::UNTOUCHED, behind_raw: Duration::from_secs(20) }
}

async fn begin(server: &Server) -> Steady {
    let connect_string = server.address().to_string();
    let client = || Client::connect_with(connect_string.as_str(), ConnectOptions::default());
    let counted = |client| (client, CountingDialer::default());
    let clients = vec![counted(client().await.unwrap()), counted(client().await.unwrap())];
    let kinds = Kinds { streams: true };
    let members = vec![server.address()];
    Steady::begin(clients, client().await.unwrap(), members, kinds).await.unwrap()
}

/// Carries out the accident, which is to hit the first client, and gathers what came of it.
async fn record(accident: impl AsyncFnOnce(&mut Server, SessionId)) -> Record {
    let mut server = Server::start();
    let mut steady = begin(&server).await;
    steady.hit([0]);
    steady.strike();
    let session = steady.subjects()[0].client.session_id();
    accident(&mut server, session).await;
    steady.served().await;
    steady.close().await.unwrap()
}

async fn try_out(
    expected: Expected,
    accident: impl AsyncFnOnce(&mut Server, SessionId),
) -> Verdict {
    record(accident).await.judge(&declared(expected), None)
}

#[tokio::test]
async fn a_calm_run_is_right() {
    let verdict = try_out(Expected::UNTOUCHED, async |_, _| {}).await;
    assert_eq!(verdict.faults, [""; 0], "{:#?}", verdict.details);
    let measured = verdict.measured.unwrap();
    assert!(measured.answered > 500 && measured.no_reply == 0, "{measured:?}");
    assert!(measured.events > 50 && measured.fired > 50, "{measured:?}");
}

#[tokio::test]
async fn lost_connections_are_right_where_they_were_declared() {
    let accident = async |server: &mut Server, session| {
        let connection = server.connection_of(session).unwrap();
        assert!(server.drop_connection(connection));
    };
    let verdict = try_out(Expected::RECONNECTS, accident).await;
    assert_eq!(verdict.faults, [""; 0], "{:#?}", verdict.details);
    let measured = verdict.measured.unwrap();
    assert_eq!((measured.reconnected, measured.expired), (1, 0));
}

#[tokio::test]
async fn lost_replies_are_right_where_they_were_declared() {
    let verdict = try_out(Expected::RECONNECTS, lose_replies).await;
    assert_eq!(verdict.faults, [""; 0], "{:#?}", verdict.details);
    let measured = verdict.measured.unwrap();
    assert!(measured.reconnected == 1 && measured.no_reply > 0, "{measured:?}");
}

/// Several, to writes of the first client.
async fn lose_replies(server: &mut Server, _: SessionId) {
    for _ in 0..5 {
        let fault = server.lose_next_reply("/trial/0/set");
        server.until(|machine| machine.fault_struck(fault) != Some(0)).await;
    }
}

#[tokio::test]
async fn lost_sessions_are_right_where_they_were_declared() {
    let accident = async |server: &mut Server, session| assert!(server.expire(session));
    let verdict = try_out(Expected::EXPIRES, accident).await;
    assert_eq!(verdict.faults, [""; 0], "{:#?}", verdict.details);
    assert_eq!(verdict.measured.unwrap().expired, 1);
}

#[tokio::test]
async fn what_was_not_declared_is_a_fault() {
    let accident = async |server: &mut Server, session| {
        lose_replies(server, session).await;
        assert!(server.expire(session));
    };
    let verdict = try_out(Expected::UNTOUCHED, accident).await;
    let faults = verdict.faults.join("\n");
    // Whether a one-shot watch is there just when the session goes is a matter of chance.
    for what in [
        "the session was declared Kept, and was lost",
        "the connection was declared Kept, and was lost",
        "a gap was declared Never",
        "ephemerals were declared Kept",
        "which was not declared",
    ] {
        assert!(faults.contains(what), "{what} is not in:\n{faults}");
    }
    assert!(!faults.contains("client 1"), "{faults}");
}

#[tokio::test]
async fn what_was_declared_and_did_not_come_about_is_a_fault() {
    let verdict = try_out(Expected::EXPIRES, async |_, _| {}).await;
    let faults = verdict.faults.join("\n");
    for what in ["the session was declared Lost, and was kept", "ephemerals were declared Lost"] {
        assert!(faults.contains(what), "{what} is not in:\n{faults}");
    }
}

/// A write that was answered, of those the lie needs.
fn answered(noted: &Noted, is: impl Fn(&Deed) -> bool) -> usize {
    let fits =
        |write: &Write| is(&write.deed) && matches!(write.ended, Some((_, End::Answered(_))));
    noted.writes.iter().rposition(fits).unwrap()
}

/// The history as servers would have it of whom this is noted.
fn history(noted: &Noted) -> Vec<Transaction> {
    let home = Home::new(noted.index);
    let transactions = noted.writes.iter().filter_map(|write| {
        let Some((_, End::Answered(done))) = &write.ended else { return None };
        let stat = done.stat?;
        let data = Some(Bytes::from(write.value.clone()));
        let path = Text::from(done.path.clone());
        let (acl, parent_cversion) = (Vec::new(), 0);
        let change = match write.deed {
            Deed::Create | Deed::Append => {
                Change::Create { path, data, acl, owner: Owner::Persistent, parent_cversion }
            }
            Deed::Ephemeral => {
                let owner = Owner::Session(stat.ephemeral_owner);
                Change::Create { path, data: None, acl, owner, parent_cversion }
            }
            Deed::Set(register, _) => {
                let path = Text::from(home.register(register));
                Change::SetData { path, data, version: stat.version }
            }
        };
        Some(Transaction { zxid: stat.mzxid, time_ms: 0, session: noted.first_session, change })
    });
    transactions.collect()
}

type FalseHistory = (&'static str, fn(&mut Vec<Transaction>));

/// What the judge must catch in a history that was right.
const FALSE_HISTORIES: &[FalseHistory] = &[
    ("was done 2 times", |history| history.push(history[0].clone())),
    ("was answered and is nowhere", |history| drop(history.pop())),
    ("was done in", |history| history[0].session = SessionId(1)),
    ("was done before it", |history| history[0].zxid = Zxid(i64::MAX)),
];

#[tokio::test]
async fn every_false_history_is_caught() {
    let Record { mut noted, mut truths, changes, .. } = record(async |_, _| {}).await;
    let (noted, truth) = (&noted.remove(0), &truths.remove(0));
    let (changes, expected) = (&changes[..], &Expected::UNTOUCHED);
    let judged = |transactions: &[Transaction]| {
        let history = Some(&History::of(transactions));
        judge(&Case { noted, truth, changes, expected, history, streams: true })
    };
    assert_eq!(judged(&history(noted)), [""; 0]);
    for (what, lie) in FALSE_HISTORIES {
        let mut history = history(noted);
        lie(&mut history);
        let faults = judged(&history);
        assert!(faults.iter().any(|fault| fault.contains(what)), "{what} is not in {faults:#?}");
    }
}

type Lie = (&'static str, fn(&mut Noted, &mut Truth, &mut Vec<changer::Change>));

/// What the judge must catch in a run in which all was right, and how it says so.
const LIES: &[Lie] = &[
    ("was answered, and is not there", |noted, truth, _| {
        let place = answered(noted, |deed| *deed == Deed::Create);
        truth.creates.remove(&noted.writes[place].value);
    }),
    ("ended refused", |noted, _, _| {
        let place = answered(noted, |deed| *deed == Deed::Append);
        noted.writes[place].ended = Some((Instant::now(), End::Refused(ErrorCode::NodeExists)));
    }),
    ("was written 2 times", |_, truth, _| {
        let twice = truth.appends.values().next().unwrap().clone();
        truth.appends.insert("/trial/0/appends/n-9999999999".to_owned(), twice);
    }),
    ("and nobody wrote it", |_, truth, _| {
        let stat = *truth.creates.values().next().unwrap();
        truth.creates.insert("unheard".to_owned(), stat);
    }),
    ("sets in doubt behind", |_, truth, _| {
        truth.registers.get_mut(&Register::Set).unwrap().1.version += 1;
    }),
    ("sets in doubt between", |noted, _, _| {
        let place = answered(noted, |deed| matches!(deed, Deed::Set(Register::Beat, _)));
        let before = &noted.writes[..place];
        let is_set = |write: &Write| matches!(write.deed, Deed::Set(Register::Beat, _));
        let before = before.iter().rposition(is_set).unwrap();
        noted.writes.remove(before);
    }),
    ("Set holds", |_, truth, _| {
        truth.registers.get_mut(&Register::Set).unwrap().0 = "unheard".to_owned();
    }),
    ("was submitted behind", |noted, _, _| {
        let place = answered(noted, |deed| *deed == Deed::Append);
        let other = (0..place).rfind(|at| noted.writes[*at].deed == Deed::Create).unwrap();
        noted.writes.swap(place, other);
    }),
    ("was lost", |noted, truth, _| {
        let place = answered(noted, |deed| *deed == Deed::Create);
        let known = noted.writes.last().unwrap().submitted + Duration::from_secs(1);
        let lost = NoReplyReason::Session(NoReply::Lost(Loss::Reset));
        noted.writes[place].ended = Some((known, End::NoReply(lost)));
        truth.creates.remove(&noted.writes[place].value);
    }),
    ("which was never written", |noted, _, _| {
        let read = noted.reads.last_mut().unwrap();
        if let Some((_, End::Answered(value))) = &mut read.ended {
            value.data = "unheard".to_owned();
        }
    }),
    ("was told before", |noted, _, _| noted.reads.last_mut().unwrap().at_least = i32::MAX),
    ("behind one that shows", |noted, _, _| {
        let of = |read: &Read| read.register == Register::Beat;
        let last = noted.reads.iter().rposition(of).unwrap();
        let first = noted.reads.iter().position(of).unwrap();
        noted.reads.swap(first, last);
    }),
    ("never ended", |noted, _, _| noted.writes.last_mut().unwrap().ended = None),
    ("that proves nothing", |noted, _, _| noted.write_beats.clear()),
    ("was neither told nor in a gap", |noted, _, _| {
        let event = |notice: &WatchNotice| matches!(notice, WatchNotice::Event(_));
        let place = noted.stream.iter().rposition(|(_, notice)| event(notice)).unwrap();
        noted.stream.remove(place);
    }),
    ("was told 2 times", |noted, _, _| {
        let twice = noted.stream.last().unwrap().clone();
        noted.stream.push(twice);
    }),
    ("was told, and not made", |_, _, changes| changes[0].outcome = Outcome::NotMade),
    ("and nobody did that", |_, _, changes| drop(changes.remove(0))),
    ("was told before Node", |noted, _, _| noted.stream.swap(0, 1)),
    ("a watch for Data", |noted, _, _| {
        let waits = |one: &&mut OneShot| matches!(one.end, OneShotEnd::Waiting { .. });
        let of = |one: &&mut OneShot| one.kind == Kind::Data;
        let one_shot = noted.one_shots.iter_mut().filter(of).find(waits).unwrap();
        one_shot.end = OneShotEnd::Waiting { found: Some(Zxid(i64::MAX)) };
    }),
    ("no watch for Children was there in the end", |noted, _, _| {
        noted.one_shots.retain(|one| {
            one.kind != Kind::Children || !matches!(one.end, OneShotEnd::Waiting { .. })
        });
    }),
    ("is gone, and its session is not", |_, truth, _| truth.ephemerals.clear()),
];

#[tokio::test]
async fn every_lie_is_caught() {
    let Record { mut noted, mut truths, changes, .. } = record(async |_, _| {}).await;
    let (noted, truth) = (noted.remove(0), truths.remove(0));
    for (what, lie) in LIES {
        let (mut noted, mut truth, mut changes) = (noted.clone(), truth.clone(), changes.clone());
        lie(&mut noted, &mut truth, &mut changes);
        let expected = &Expected::UNTOUCHED;
        let (noted, truth, changes) = (&noted, &truth, &changes[..]);
        let faults = judge(&Case { noted, truth, changes, expected, history: None, streams: true });
        assert!(faults.iter().any(|fault| fault.contains(what)), "{what} is not in {faults:#?}");
    }
}
