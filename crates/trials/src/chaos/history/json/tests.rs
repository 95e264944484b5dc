//! Everything that can stand in a line, there and back.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use zookit_proto::types::EventType;
use zookit_proto::{ErrorCode, Stat, Text};
use zookit_server::core::{Change, Owner, Transaction};
use zookit_session::{
    Generation, Reason, State, StateChange, WatchEnd, WatchKind, WatchNotice, WatcherId,
};
use zookit_sim::check::{ClientLeft, MemberLeft};
use zookit_sim::observe::{Call, ClientId};

use super::super::{
    Accident, Answer, Ask, Asked, Complete, Event, Function, Invoke, Line, Outcome, Told, Workload,
};
use super::*;

fn line(event: Event) -> Line {
    Line { at: Duration::from_nanos(1_234_567_890_123), event }
}

fn round(event: Event) {
    let line = line(event);
    let value = to_json(7, &line, &mut BTreeMap::new());
    let text = value.to_string();
    let back = from_json(&serde_json::from_str(&text).unwrap());
    let back = back.unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(format!("{back:?}"), format!("{line:?}"), "{text}");
}

fn asks() -> Vec<Ask> {
    let path = || "/a".to_owned();
    let set = Ask::Set { path: path(), data: "x".into(), version: Some(3) };
    let (ephemeral, sequential) = (true, true);
    vec![
        Ask::Create { path: path(), data: "\u{1f600}\"".into(), ephemeral, sequential },
        Ask::Delete { path: path(), version: None },
        Ask::Delete { path: path(), version: Some(0) },
        Ask::Exists { path: path(), watch: true },
        Ask::Get { path: path(), watch: false },
        Ask::Children { path: path(), watch: true },
        Ask::Watch { path: path(), recursive: true },
        Ask::Multi(vec![Ask::Check { path: path(), version: 2 }, set.clone()]),
        Ask::Reads(vec![Ask::Get { path: path(), watch: false }]),
        Ask::Fence,
        Ask::Close,
        set,
    ]
}

fn tellings() -> Vec<Told> {
    let stat = Stat::sample();
    let answers = vec![
        Answer::Done,
        Answer::Created("/a".into(), None),
        Answer::Created("/a".into(), Some(stat)),
        Answer::Stat(stat),
        Answer::Data(None, stat),
        Answer::Data(Some(String::new()), stat),
        Answer::Children(vec!["b".into()], stat),
        Answer::Many(vec![Ok(Answer::Done), Err(ErrorCode::NoNode), Ok(Answer::Stat(stat))]),
    ];
    let mut all: Vec<_> =
        answers.into_iter().map(|answer| Told::Answered(answer, Some(Zxid(1 << 32)))).collect();
    all.push(Told::Answered(Answer::Done, None));
    all.push(Told::Refused(ErrorCode::BadVersion, Some(Zxid(7))));
    all.push(Told::Refused(ErrorCode::from_number(-4321), None));
    all.extend([Told::NotSent, Told::NoReply]);
    all
}

#[test]
fn operations() {
    for ask in asks() {
        let watcher = ask.watch().map(|kind| (WatcherId(8), kind));
        round(Event::Invoke(Invoke {
            process: 5,
            workload: Workload::Register,
            function: Function::Cas,
            key: "3".into(),
            client: ClientId(2),
            generation: Generation(4),
            pinned: watcher.is_none(),
            connection: 3,
            seen: Zxid(0x1_0000_0001),
            calls: vec![Asked { call: Call(77), ask, watcher }],
        }));
    }
    for (told, outcome) in tellings().into_iter().zip([Outcome::Ok, Outcome::Fail].iter().cycle()) {
        let (process, outcome, seen) = (5, *outcome, Zxid(0));
        let ends = vec![(Call(76), Told::NoReply), (Call(77), told)];
        round(Event::Complete(Complete { process, outcome, seen, ends }));
    }
}

#[test]
fn what_clients_tell_of_by_themselves() {
    for (state, reason) in [
        (State::Connected, Reason::NewSession),
        (State::Expired, Reason::ServerSaidExpired),
        (State::Connecting, Reason::NextGeneration),
        (State::Suspended, Reason::Lost(zookit_session::Loss::Fin)),
        (State::Closed, Reason::Closed),
    ] {
        round(Event::State(
            ClientId(1),
            StateChange {
                state,
                reason,
                generation: Generation(2),
                session: SessionId(-5),
                server: None,
                zxid: Zxid(9),
                watches_restored: 1,
                not_sent: 2,
                no_reply: 3,
            },
        ));
    }
    round(Event::Trusted(ClientId(1), SessionId(i64::MAX), Some(Duration::from_nanos(5))));
    round(Event::Trusted(ClientId(1), SessionId(1), None));
    let event = |zxid| {
        let (event, path) = (EventType::NodeDeleted, Text::from("/a"));
        Event::Notice(ClientId(1), WatcherId(2), WatchNotice::Event { event, path, zxid })
    };
    round(event(Some(Zxid(3))));
    round(event(None));
    let gap = WatchNotice::Gap { after: Zxid(1), until: Zxid(2) };
    round(Event::Notice(ClientId(1), WatcherId(2), gap));
    let ended = WatchNotice::Ended(WatchEnd::SessionLost);
    round(Event::Notice(ClientId(1), WatcherId(2), ended));
    round(Event::Dropped(ClientId(1), WatcherId(2)));
}

#[test]
fn accidents_and_the_end() {
    let (function, value) = ("kill".to_owned(), "member 2".to_owned());
    round(Event::Accident(Accident { function, value, cuts_members: true, mended: false }));
    round(Event::Calm);
    round(Event::Settled);
    round(Event::Fault("no quorum".into()));
    let (in_flight, queued, watchers) = (1, 2, 3);
    round(Event::ClientLeft(ClientLeft { client: ClientId(1), in_flight, queued, watchers }));
    round(Event::MemberLeft(MemberLeft {
        zxid: Zxid(5),
        sessions: vec![SessionId(1), SessionId(-1)],
        ephemerals: vec![("/e".into(), SessionId(1))],
        watches: Vec::new(),
        data_watches_only: true,
    }));
}

#[test]
fn transactions() {
    let path = || Text::from("/a");
    let data = Some(Bytes::from_static(b"x"));
    let create = |owner| {
        let (acl, parent_cversion) = (Vec::new(), 1);
        Change::Create { path: path(), data: data.clone(), acl, owner, parent_cversion }
    };
    let set = Change::SetData { path: path(), data: None, version: 2 };
    let ttl = create(Owner::Ttl { ms: 5 });
    let all = vec![create(Owner::Session(SessionId(-9))), set, ttl, create(Owner::Container)];
    let timeout = Duration::from_millis(4_321);
    for change in [
        create(Owner::Persistent),
        Change::Multi(all),
        Change::Delete { path: path() },
        Change::SetAcl { path: path(), acl: Vec::new(), aversion: 1 },
        Change::Check { path: path(), version: -1 },
        Change::CreateSession { timeout },
        Change::CloseSession { ephemerals: vec![path()] },
        Change::Error(ErrorCode::NodeExists),
    ] {
        let (zxid, time_ms, session) = (Zxid(1 << 40), 1_700_000_000_000, SessionId(-9));
        round(Event::Transaction(Transaction { zxid, time_ms, session, change }));
    }
}

/// What Jepsen's readers look at.
#[test]
fn an_operation_says_what_it_means() {
    let ask = Ask::Set { path: "/r".into(), data: "c1-5".into(), version: Some(3) };
    let invoke = Invoke {
        process: 5,
        workload: Workload::Register,
        function: Function::Cas,
        key: "3".into(),
        client: ClientId(2),
        generation: Generation(1),
        pinned: false,
        connection: 0,
        seen: Zxid(0),
        calls: vec![Asked { call: Call(1), ask, watcher: None::<(WatcherId, WatchKind)> }],
    };
    let mut open = BTreeMap::new();
    let value = to_json(0, &line(Event::Invoke(invoke)), &mut open);
    let told = |value: &Value, name: &str| value[name].clone();
    assert_eq!(told(&value, "type"), "invoke");
    assert_eq!(told(&value, "f"), "cas");
    assert_eq!(told(&value, "value"), serde_json::json!([3, "c1-5"]));
    let (process, outcome, seen) = (5, Outcome::Info, Zxid(0));
    let ends = vec![(Call(1), Told::NoReply)];
    let complete = Complete { process, outcome, seen, ends };
    let value = to_json(1, &line(Event::Complete(complete)), &mut open);
    assert_eq!(told(&value, "type"), "info");
    assert_eq!(told(&value, "process"), 5);
    assert_eq!(told(&value, "value"), serde_json::json!([3, "c1-5"]));
}

#[test]
fn what_is_no_line_is_refused() {
    for text in [
        r#"{"index": 0, "time": 0}"#,
        r#"{"index": 0, "time": 0, "type": "nonsense"}"#,
        r#"{"index": 0, "time": -1, "type": "calm"}"#,
        r#"{"index": 0, "time": 0, "type": "ok", "process": 1, "seen": "1f", "ends": []}"#,
    ] {
        assert!(from_json(&serde_json::from_str(text).unwrap()).is_err(), "{text}");
    }
}
