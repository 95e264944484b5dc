//! The operations that are rarer, as they look on the wire.

use std::time::Duration;

use bytes::Bytes;
use zookit_client::error::NotSentReason;
use zookit_client::{
    ArgumentError, CreateMode, CreateOptions, Error, ErrorCode, EventType, MultiOutcome, MultiRead,
    MultiReadOutcome, Reconfig, Stat, Transaction, Zxid,
};
use zookit_proto::ops::error::ErrorResponse;
use zookit_proto::ops::get_all_children_number::{GetAllChildrenNumber, GetAllChildrenNumberReply};
use zookit_proto::ops::get_children::{GetChildren, GetChildrenReply};
use zookit_proto::ops::get_children2::{GetChildren2, GetChildren2Reply};
use zookit_proto::ops::get_data::GetData;
use zookit_proto::ops::get_ephemerals::{GetEphemerals, GetEphemeralsReply};
use zookit_proto::ops::multi::{Multi, MultiOp, MultiReply, MultiResult};
use zookit_proto::ops::multi_read::MultiRead as WireMultiRead;
use zookit_proto::ops::reconfig::Reconfig as WireReconfig;
use zookit_proto::ops::who_am_i::{ClientInfo, WhoAmI, WhoAmIReply};
use zookit_proto::path::PathError;
use zookit_proto::{OpCode, Request};

use crate::peer::{SERVER, connected, connected_at, created, event_frame, got};

#[tokio::test(start_paused = true)]
async fn the_names_alone_are_asked_for_with_get_children() {
    let (client, _peer, mut line) = connected().await;
    let names = client.get_child_names("/a");
    let asked = line.asked().await;
    assert!(matches!(&asked.request, Request::GetChildren(get) if get.path == "/a" && !get.watch));
    let reply = GetChildrenReply { children: vec!["b".into(), "c".into()] };
    line.reply::<GetChildren>(&asked, 5, &reply).await;
    assert_eq!(names.await.unwrap(), ["b", "c"]);
}

#[tokio::test(start_paused = true)]
async fn all_below_a_path_are_counted() {
    let (client, _peer, mut line) = connected_at("127.0.0.1:7001/app").await;
    let number = client.all_children_number("/");
    let asked = line.asked().await;
    assert!(matches!(&asked.request, Request::GetAllChildrenNumber(get) if get.path == "/app"));
    let reply = GetAllChildrenNumberReply { total_number: 7 };
    line.reply::<GetAllChildrenNumber>(&asked, 5, &reply).await;
    assert_eq!(number.await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn what_a_server_does_not_know_has_the_same_code_each_time() {
    let (client, mut peer, mut line) = connected().await;
    let first = client.all_children_number("/");
    let asked = line.asked().await;
    // As servers do before they close: without a transaction number.
    line.refuse(&asked, Zxid::NONE.0, ErrorCode::Unimplemented).await;
    let first = first.await.unwrap_err();
    line.hang_up();
    let _line = peer.accept().await;
    let again = client.all_children_number("/").await.unwrap_err();
    assert!(matches!(first, Error::Refused(_)), "{first}");
    assert!(matches!(again, Error::NotSent(_)), "{again}");
    for error in [&first, &again] {
        assert_eq!(error.code(), Some(ErrorCode::Unimplemented), "{error}");
        assert!(error.is_unimplemented() && !error.is_transient(), "{error}");
        assert!(!error.may_have_applied(), "{error}");
    }
    // What did not leave for another reason has no code.
    let unsent = client.get_data("a").await.unwrap_err();
    assert!(matches!(unsent, Error::NotSent(_)) && unsent.code().is_none(), "{unsent}");
}

#[tokio::test(start_paused = true)]
async fn ephemerals_outside_the_chroot_are_not_shown() {
    let (client, _peer, mut line) = connected_at("127.0.0.1:7001/app").await;
    for (prefix, on_server) in [("/", "/app"), ("/locks/", "/app/locks/"), ("/l", "/app/l")] {
        let listed = client.ephemerals(prefix);
        let asked = line.asked().await;
        let Request::GetEphemerals(get) = &asked.request else { panic!("{asked:?}") };
        assert_eq!(get.prefix_path, on_server);
        let ephemerals = vec!["/app/locks/1".into(), "/apple".into(), "/app".into()];
        line.reply::<GetEphemerals>(&asked, 5, &GetEphemeralsReply { ephemerals }).await;
        assert_eq!(listed.await.unwrap(), ["/locks/1", "/"]);
    }
    let error = client.ephemerals("locks").await.unwrap_err();
    let Error::NotSent(not_sent) = &error else { panic!("{error}") };
    let reason = NotSentReason::Argument(ArgumentError::Path(PathError::NotAbsolute('l')));
    assert_eq!(not_sent.reason(), &reason);
}

#[tokio::test(start_paused = true)]
async fn a_fence_is_an_empty_multi_and_answers_its_number() {
    let (client, _peer, mut line) = connected().await;
    let fence = client.fence();
    let asked = line.asked().await;
    assert!(matches!(&asked.request, Request::Multi(multi) if multi.ops.is_empty()));
    line.reply::<Multi>(&asked, 41, &MultiReply::default()).await;
    assert_eq!(fence.await.unwrap(), Zxid(41));

    let other = client.fence();
    let asked = line.asked().await;
    let results = vec![MultiResult::Check(())];
    line.reply::<Multi>(&asked, 42, &MultiReply { results }).await;
    assert!(matches!(other.await, Err(Error::NoReply(_))), "the results of another request");

    let lost = client.fence();
    line.asked().await;
    line.hang_up();
    let error = lost.await.unwrap_err();
    assert!(matches!(error, Error::NoReply(_)) && error.is_transient(), "{error}");
    assert!(!error.may_have_applied(), "there is nothing to be applied: {error}");
}

#[tokio::test(start_paused = true)]
async fn a_linearizable_read_stands_behind_a_fence_and_both_are_tried_again() {
    let (client, mut peer, mut line) = connected().await;
    let task = tokio::spawn({
        let client = client.clone();
        async move { client.linearizable_read(|client| client.get_data("/a")).await }
    });
    // In one flight; the loss takes both.
    let asked = [line.asked().await, line.asked().await];
    assert_eq!(asked.map(|asked| asked.request.opcode()), [OpCode::Multi, OpCode::GetData]);
    line.hang_up();
    let mut line = peer.accept().await;
    // The first read is sent again by itself, and nobody waits for it: its fence is lost. The
    // session may have sent it before it was given up.
    let mut fenced = false;
    loop {
        let asked = line.asked().await;
        match &asked.request {
            Request::Multi(_) => {
                fenced = true;
                line.reply::<Multi>(&asked, 42, &MultiReply::default()).await;
            }
            Request::GetData(_) if fenced => {
                line.reply::<GetData>(&asked, 42, &got("new")).await;
                break;
            }
            Request::GetData(_) => line.reply::<GetData>(&asked, 40, &got("old")).await,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(task.await.unwrap().unwrap().data.unwrap(), "new");
}

#[tokio::test(start_paused = true)]
async fn each_read_of_a_multi_read_has_its_own_outcome() {
    let (client, _peer, mut line) = connected_at("127.0.0.1:7001/app").await;
    let reads = MultiRead::new().get_data("/a").get_data("/b").get_child_names("/c").get_data("/d");
    let answer = client.multi_read(reads);
    let asked = line.asked().await;
    let Request::MultiRead(request) = &asked.request else { panic!("{asked:?}") };
    assert!(matches!(&request.ops[..], [MultiOp::GetData(a), _, MultiOp::GetChildren(c), _]
        if a.path == "/app/a" && c.path == "/app/c"));
    // The second as Apache says it, the last as ClickHouse Keeper does.
    let results = vec![
        MultiResult::GetData(got("1")),
        MultiResult::Error(ErrorResponse { err: ErrorCode::NoNode }),
        MultiResult::GetChildren(GetChildrenReply { children: vec!["x".into()] }),
        MultiResult::Failed { opcode: OpCode::GetData, err: ErrorCode::NoAuth },
    ];
    line.reply::<WireMultiRead>(&asked, 9, &MultiReply { results }).await;
    let outcomes = answer.await.unwrap();
    let [Ok(MultiReadOutcome::Data(a)), Err(b), Ok(MultiReadOutcome::ChildNames(c)), Err(d)] =
        &outcomes[..]
    else {
        panic!("{outcomes:?}")
    };
    assert_eq!((a.data.as_ref().unwrap(), &c[..]), (&Bytes::from("1"), &["x".to_owned()][..]));
    assert_eq!(b.to_string(), "getData of /b was refused: NoNode");
    assert!(d.is_no_auth() && d.path() == Some("/d"), "{d}");

    for results in [vec![], vec![MultiResult::GetChildren(GetChildrenReply { children: vec![] })]] {
        let answer = client.multi_read(MultiRead::new().get_data("/a"));
        let asked = line.asked().await;
        line.reply::<WireMultiRead>(&asked, 9, &MultiReply { results }).await;
        assert!(matches!(answer.await, Err(Error::NoReply(_))));
    }
    let wrong = client.multi_read(MultiRead::new().get_data("/a").get_data("b")).await;
    assert!(wrong.unwrap_err().to_string().contains("operation 1, getData of b"));
}

#[tokio::test(start_paused = true)]
async fn who_am_i_lists_identities() {
    let (client, _peer, mut line) = connected().await;
    let answer = client.who_am_i();
    let asked = line.asked().await;
    let info =
        |scheme: &str, user: &str| ClientInfo { auth_scheme: scheme.into(), user: user.into() };
    let client_info = vec![info("ip", "127.0.0.1"), info("digest", "me")];
    line.reply::<WhoAmI>(&asked, 9, &WhoAmIReply { client_info }).await;
    let ids = answer.await.unwrap();
    assert_eq!(ids.len(), 2);
    assert!(ids[1].scheme == "digest" && ids[1].id == "me");
}

const CONFIG: &str = "server.1=h1:2888:3888:participant;0.0.0.0:2181\nversion=100000003";

#[tokio::test(start_paused = true)]
async fn the_configuration_lies_outside_the_chroot_and_so_does_its_event() {
    let (client, _peer, mut line) = connected_at("127.0.0.1:7001/app").await;
    let answer = client.get_config_and_watch();
    let asked = line.asked().await;
    assert!(matches!(&asked.request, Request::GetData(get)
        if get.path == "/zookeeper/config" && get.watch));
    line.reply::<GetData>(&asked, 9, &got(CONFIG)).await;
    let (config, changed) = answer.await.unwrap();
    assert_eq!((config.members[0].id, config.version), (1, 0x1_0000_0003));
    line.send(&event_frame(EventType::NodeDataChanged, "/zookeeper/config", 10)).await;
    assert_eq!(changed.await.unwrap().path, "/zookeeper/config");

    let answer = client.get_config();
    let asked = line.asked().await;
    assert!(matches!(&asked.request, Request::GetData(get) if !get.watch));
    line.refuse(&asked, 9, ErrorCode::NoNode).await;
    let error = answer.await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("getData of /zookeeper/config was refused by {SERVER}: NoNode")
    );
}

#[tokio::test(start_paused = true)]
async fn a_reconfiguration_says_who_joins_and_who_leaves() {
    let (client, _peer, mut line) = connected().await;
    let member = "server.4=h4:2888:3888:observer;2181".parse().unwrap();
    let change = Reconfig::incremental().joining(member).leaving(2).leaving(3);
    let answer = client.reconfig(change.from_version(0x1_0000_0003));
    let asked = line.asked().await;
    let Request::Reconfig(wire) = &asked.request else { panic!("{asked:?}") };
    assert_eq!(wire.joining_servers.as_ref().unwrap(), "server.4=h4:2888:3888:observer;2181");
    assert_eq!(wire.leaving_servers.as_ref().unwrap(), "2,3");
    assert_eq!((&wire.new_members, wire.cur_config_id), (&None, 0x1_0000_0003));
    line.reply::<WireReconfig>(&asked, 9, &got(CONFIG)).await;
    assert_eq!(answer.await.unwrap().members.len(), 1);

    let answer = client.reconfig(Reconfig::members(["server.1=h:1:2".parse().unwrap()]));
    let asked = line.asked().await;
    let Request::Reconfig(wire) = &asked.request else { panic!("{asked:?}") };
    assert_eq!(wire.new_members.as_ref().unwrap(), "server.1=h:1:2:participant");
    assert_eq!((&wire.joining_servers, &wire.leaving_servers), (&None, &None));
    assert_eq!(wire.cur_config_id, -1);
    line.hang_up();
    assert!(answer.await.unwrap_err().may_have_applied());
}

#[tokio::test(start_paused = true)]
async fn a_transaction_creates_in_every_mode() {
    let (client, _peer, mut line) = connected().await;
    let ttl = Some(Duration::from_secs(60));
    let modes = [
        (CreateMode::Persistent, OpCode::Create2),
        (CreateMode::Ephemeral, OpCode::Create2),
        (CreateMode::PersistentSequential, OpCode::Create2),
        (CreateMode::EphemeralSequential, OpCode::Create2),
        (CreateMode::Container, OpCode::CreateContainer),
        (CreateMode::PersistentWithTtl, OpCode::CreateTtl),
        (CreateMode::PersistentSequentialWithTtl, OpCode::CreateTtl),
    ];
    let all = modes.iter().fold(Transaction::new(), |all, (mode, _)| {
        all.create(
            "/a-",
            (),
            CreateOptions { ttl: ttl.filter(|_| mode.has_ttl()), ..(*mode).into() },
        )
    });
    let answer = client.multi(all);
    let asked = line.asked().await;
    let Request::Multi(multi) = &asked.request else { panic!("{asked:?}") };
    let opcodes: Vec<_> = multi.ops.iter().map(MultiOp::opcode).collect();
    assert_eq!(opcodes, modes.map(|(_, opcode)| opcode));
    let results = modes.map(|_| MultiResult::Create2(created("/a-0000000001"))).to_vec();
    line.reply::<Multi>(&asked, 9, &MultiReply { results }).await;
    let outcomes = answer.await.unwrap();
    assert_eq!(outcomes.len(), modes.len());
    assert!(outcomes.iter().all(|outcome| matches!(outcome, MultiOutcome::Created(_))));
}

#[tokio::test(start_paused = true)]
async fn a_recursive_delete_that_fails_says_how_many_it_had_deleted() {
    let (client, _peer, mut line) = connected().await;
    let deleting = tokio::spawn({
        let client = client.clone();
        async move { client.delete_recursive("/t").await }
    });
    // Names so long that two of them fill a batch.
    let names = ["a", "b", "c"].map(|name| name.repeat(70_000));
    let mut batches = 0;
    while batches < 2 {
        let asked = line.asked().await;
        match &asked.request {
            Request::GetChildren2(get) => {
                let all = get.path == "/t";
                let children = names.iter().filter(|_| all).map(|name| name.as_str().into());
                let reply =
                    GetChildren2Reply { children: children.collect(), stat: Stat::sample() };
                line.reply::<GetChildren2>(&asked, 9, &reply).await;
            }
            Request::Multi(multi) if batches == 0 => {
                assert_eq!(multi.ops.len(), 2);
                let results = vec![MultiResult::Delete(()); 2];
                line.reply::<Multi>(&asked, 9, &MultiReply { results }).await;
                batches += 1;
            }
            Request::Multi(_) => {
                line.refuse(&asked, 9, ErrorCode::ThrottledOp).await;
                batches += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    let failed = deleting.await.unwrap().unwrap_err();
    assert_eq!((failed.deleted, failed.error.is_throttled()), (2, true));
    let text = failed.to_string();
    assert!(text.ends_with("ThrottledOp; 2 znodes were deleted before"), "{text}");
    assert!(Error::from(failed).is_throttled());
}
