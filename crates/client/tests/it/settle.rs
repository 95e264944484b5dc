//! Writes that find out what became of them when their reply is lost.

use bytes::Bytes;
use zookit_client::{
    ArgumentError, Client, CreateMode, Error, ErrorCode, Owned, SessionId, Stat, State, Version,
};
use zookit_proto::Request;
use zookit_proto::ops::create2::Create2;
use zookit_proto::ops::delete::Delete;
use zookit_proto::ops::exists::{Exists, ExistsReply};
use zookit_proto::ops::get_children::{GetChildren, GetChildrenReply};
use zookit_proto::ops::get_data::{GetData, GetDataReply};
use zookit_proto::ops::multi::{Multi, MultiReply};
use zookit_proto::ops::set_data::SetData;

use crate::peer::{Line, Peer, SESSION, connected, created, set};

/// The path of the create that the client asks for now.
async fn create_asked(line: &mut Line) -> (crate::peer::Asked, String) {
    let asked = line.asked().await;
    let Request::Create2(create) = &asked.request else { panic!("{asked:?}") };
    let path = create.path.to_string();
    (asked, path)
}

/// Loses the connection; the next one begins with the fence, and it is answered.
async fn lose_and_fence(line: Line, peer: &mut Peer) -> Line {
    line.hang_up();
    let mut line = peer.accept().await;
    let asked = line.asked().await;
    assert!(matches!(&asked.request, Request::Multi(multi) if multi.ops.is_empty()), "{asked:?}");
    line.reply::<Multi>(&asked, 20, &MultiReply::default()).await;
    line
}

async fn answer_exists(line: &mut Line, path: &str, stat: Option<Stat>) {
    let asked = line.asked().await;
    assert!(matches!(&asked.request, Request::Exists(exists) if exists.path == path), "{asked:?}");
    match stat {
        Some(stat) => line.reply::<Exists>(&asked, 20, &ExistsReply { stat }).await,
        None => line.refuse(&asked, 20, ErrorCode::NoNode).await,
    }
}

async fn answer_names(line: &mut Line, names: &[&str]) {
    let asked = line.asked().await;
    assert!(matches!(&asked.request, Request::GetChildren(get) if get.path == "/lock"));
    let children = names.iter().map(|name| (*name).into()).collect();
    line.reply::<GetChildren>(&asked, 20, &GetChildrenReply { children }).await;
}

fn owned_by(session: SessionId) -> Stat {
    Stat { ephemeral_owner: session, ..Stat::sample() }
}

fn protected(
    client: &Client,
    path: &'static str,
    mode: CreateMode,
) -> tokio::task::JoinHandle<Result<zookit_client::Created, Error>> {
    let client = client.clone();
    tokio::spawn(async move { client.create_protected(path, "x", mode).await })
}

#[tokio::test(start_paused = true)]
async fn a_protected_name_begins_with_its_mark_and_id() {
    let (client, _peer, mut line) = connected().await;
    let creating = protected(&client, "/lock/lock-", CreateMode::EphemeralSequential);
    let (asked, path) = create_asked(&mut line).await;
    let name = path.strip_prefix("/lock/_c_").unwrap();
    let (id, rest) = name.split_at(36);
    assert_eq!(rest, "-lock-");
    assert!(id.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit()), "{id}");
    line.reply::<Create2>(&asked, 9, &created(&format!("{path}0000000004"))).await;
    assert_eq!(creating.await.unwrap().unwrap().path, format!("{path}0000000004"));

    // Each has an id of its own.
    let _creating = protected(&client, "/lock/lock-", CreateMode::EphemeralSequential);
    assert_ne!(create_asked(&mut line).await.1, path);
}

#[tokio::test(start_paused = true)]
async fn a_lost_protected_create_that_was_applied_is_found_by_its_id() {
    let (client, mut peer, mut line) = connected().await;
    let creating = protected(&client, "/lock/lock-", CreateMode::EphemeralSequential);
    let (_, path) = create_asked(&mut line).await;
    let mut line = lose_and_fence(line, &mut peer).await;
    let ours = format!("{path}0000000004");
    let other = "_c_00000000-0000-4000-8000-000000000000-lock-0000000003";
    answer_names(&mut line, &[other, "lock-0000000002", &ours["/lock/".len()..]]).await;
    answer_exists(&mut line, &ours, Some(owned_by(SESSION))).await;
    let created = creating.await.unwrap().unwrap();
    assert_eq!((created.path, created.stat), (ours, Some(owned_by(SESSION))));
}

#[tokio::test(start_paused = true)]
async fn a_lost_protected_create_that_was_not_applied_is_made_again_with_the_same_id() {
    let (client, mut peer, mut line) = connected().await;
    let creating = protected(&client, "/lock/lock-", CreateMode::EphemeralSequential);
    let (_, path) = create_asked(&mut line).await;
    let mut line = lose_and_fence(line, &mut peer).await;
    answer_names(&mut line, &["lock-0000000002"]).await;
    let (asked, again) = create_asked(&mut line).await;
    assert_eq!(again, path);
    line.reply::<Create2>(&asked, 21, &created(&format!("{path}0000000004"))).await;
    assert_eq!(creating.await.unwrap().unwrap().path, format!("{path}0000000004"));
}

#[tokio::test(start_paused = true)]
async fn a_lost_protected_create_without_a_number_is_asked_for_by_its_path() {
    for applied in [true, false] {
        let (client, mut peer, mut line) = connected().await;
        let creating = protected(&client, "/a", CreateMode::Persistent);
        let (_, path) = create_asked(&mut line).await;
        let mut line = lose_and_fence(line, &mut peer).await;
        answer_exists(&mut line, &path, applied.then(Stat::sample)).await;
        if !applied {
            let (asked, again) = create_asked(&mut line).await;
            line.reply::<Create2>(&asked, 21, &created(&again)).await;
        }
        assert_eq!(creating.await.unwrap().unwrap().path, path);
    }
}

#[tokio::test(start_paused = true)]
async fn a_protected_create_that_stays_in_doubt_is_no_reply_with_its_path() {
    let (client, mut peer, mut line) = connected().await;
    let creating = protected(&client, "/lock/lock-", CreateMode::PersistentSequential);
    let (_, path) = create_asked(&mut line).await;
    let mut line = lose_and_fence(line, &mut peer).await;
    let asked = line.asked().await;
    line.refuse(&asked, 20, ErrorCode::NoAuth).await;
    let error = creating.await.unwrap().unwrap_err();
    assert!(error.may_have_applied(), "{error}");
    assert_eq!((error.operation(), error.path()), ("create", Some(&path[..])));
}

/// Answers the handshakes to come: the session is gone, and then a new one is there.
async fn expire(line: Line, peer: &mut Peer) -> Line {
    line.hang_up();
    let mut line = peer.dialed().await;
    line.handshake().await;
    line.answer_handshake(0, SessionId::NONE).await;
    peer.accept().await
}

#[tokio::test(start_paused = true)]
async fn an_ephemeral_is_not_created_in_the_next_session() {
    let (client, mut peer, mut line) = connected().await;
    let creating = protected(&client, "/lock/lock-", CreateMode::EphemeralSequential);
    create_asked(&mut line).await;
    let mut line = expire(line, &mut peer).await;
    assert!(creating.await.unwrap().unwrap_err().may_have_applied());
    // The first that the next session sees is not of it.
    client.wait_connected().await.unwrap();
    let after = client.exists("/after");
    answer_exists(&mut line, "/after", None).await;
    after.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_refused_protected_create_is_refused() {
    let (client, _peer, mut line) = connected().await;
    let creating = protected(&client, "/no/lock-", CreateMode::EphemeralSequential);
    let (asked, _) = create_asked(&mut line).await;
    line.refuse(&asked, 9, ErrorCode::NoNode).await;
    assert!(creating.await.unwrap().unwrap_err().is_no_node());
}

fn owning(client: &Client) -> tokio::task::JoinHandle<Result<Owned, Error>> {
    let client = client.clone();
    tokio::spawn(async move { client.create_owned("/leader", "me", CreateMode::Ephemeral).await })
}

#[tokio::test(start_paused = true)]
async fn an_owner_is_found_out_when_the_znode_exists() {
    let (client, _peer, mut line) = connected().await;
    for (owner, ours) in [(SESSION, true), (SessionId(0x99), false), (SessionId::NONE, false)] {
        let owning = owning(&client);
        let (asked, _) = create_asked(&mut line).await;
        line.refuse(&asked, 9, ErrorCode::NodeExists).await;
        answer_exists(&mut line, "/leader", Some(owned_by(owner))).await;
        assert_eq!(owning.await.unwrap().unwrap().is_ours(), ours, "{owner}");
    }
    // It goes between the two requests: there is room again.
    let owning = owning(&client);
    let (asked, _) = create_asked(&mut line).await;
    line.refuse(&asked, 9, ErrorCode::NodeExists).await;
    answer_exists(&mut line, "/leader", None).await;
    let (asked, _) = create_asked(&mut line).await;
    line.reply::<Create2>(&asked, 10, &created("/leader")).await;
    assert!(owning.await.unwrap().unwrap().is_ours());
}

#[tokio::test(start_paused = true)]
async fn an_owner_is_found_out_when_the_reply_is_lost() {
    for (owner, ours) in [(SESSION, true), (SessionId(0x99), false)] {
        let (client, mut peer, mut line) = connected().await;
        let owning = owning(&client);
        create_asked(&mut line).await;
        let mut line = lose_and_fence(line, &mut peer).await;
        answer_exists(&mut line, "/leader", Some(owned_by(owner))).await;
        let owned = owning.await.unwrap().unwrap();
        assert_eq!(owned.is_ours(), ours, "{owned:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn only_a_plain_ephemeral_can_be_owned() {
    let (client, _peer, _line) = connected().await;
    for mode in [CreateMode::Persistent, CreateMode::EphemeralSequential] {
        let error = client.create_owned("/a", (), mode).await.unwrap_err();
        let text = ArgumentError::NotEphemeral(mode).to_string();
        assert_eq!(error.to_string(), format!("create of /a was not sent: {text}"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_guarded_set_is_told_by_the_version_that_is_there() {
    // What is there behind the loss, and what that means.
    enum Then {
        Done,
        SentAgain,
        BadVersion,
        Unknown,
    }
    for (version, data, then) in [
        (8, "new", Then::Done),
        (7, "old", Then::SentAgain),
        (8, "other", Then::BadVersion),
        (9, "new", Then::Unknown),
        (0, "new", Then::Unknown),
    ] {
        let (client, mut peer, mut line) = connected().await;
        let setting = tokio::spawn({
            let client = client.clone();
            async move { client.set_data_guarded("/a", "new", 7).await }
        });
        let asked = line.asked().await;
        assert!(matches!(&asked.request, Request::SetData(set) if set.version == 7));
        let mut line = lose_and_fence(line, &mut peer).await;
        let asked = line.asked().await;
        let stat = Stat { version, ..Stat::sample() };
        let reply = GetDataReply { data: Some(Bytes::from(data)), stat };
        line.reply::<GetData>(&asked, 20, &reply).await;
        if matches!(then, Then::SentAgain) {
            let asked = line.asked().await;
            line.reply::<SetData>(&asked, 21, &set()).await;
        }
        let result = setting.await.unwrap();
        match then {
            Then::Done => assert_eq!(result.unwrap(), stat),
            Then::SentAgain => assert_eq!(result.unwrap(), set().stat),
            Then::BadVersion => assert!(result.unwrap_err().is_bad_version()),
            Then::Unknown => assert!(result.unwrap_err().may_have_applied()),
        }
    }
}

async fn delete_asked(line: &mut Line) -> crate::peer::Asked {
    let asked = line.asked().await;
    assert!(matches!(&asked.request, Request::Delete(delete) if delete.path == "/a"), "{asked:?}");
    asked
}

#[tokio::test(start_paused = true)]
async fn a_guaranteed_delete_goes_on_though_nobody_waits_for_it() {
    let (client, mut peer, mut line) = connected().await;
    drop(client.delete_guaranteed("/a", Version::Any));
    // Submitted by the call, before what comes behind it.
    drop(client.set_data("/b", "x", Version::Any));
    delete_asked(&mut line).await;
    assert!(matches!(line.asked().await.request, Request::SetData(_)));
    // Even the last handle may be dropped: the session is kept for it.
    drop(client);
    line.hang_up();
    let mut line = peer.accept().await;
    let asked = delete_asked(&mut line).await;
    line.refuse(&asked, 30, ErrorCode::ThrottledOp).await;
    let asked = delete_asked(&mut line).await;
    line.reply::<Delete>(&asked, 31, &()).await;
    let asked = line.asked().await;
    assert!(matches!(asked.request, Request::CloseSession(())), "then it ends: {asked:?}");
}

#[tokio::test(start_paused = true)]
async fn that_nothing_is_there_ends_a_guaranteed_delete_one_way_or_the_other() {
    let (client, mut peer, mut line) = connected().await;
    let never = client.delete_guaranteed("/a", Version::Any);
    let asked = delete_asked(&mut line).await;
    line.refuse(&asked, 9, ErrorCode::NoNode).await;
    assert!(never.await.unwrap_err().is_no_node(), "nothing was ever there");

    let lost = client.delete_guaranteed("/a", Version::Any);
    delete_asked(&mut line).await;
    line.hang_up();
    let mut line = peer.accept().await;
    let asked = delete_asked(&mut line).await;
    line.refuse(&asked, 9, ErrorCode::NoNode).await;
    lost.await.expect("the lost one did it");
}

#[tokio::test(start_paused = true)]
async fn a_guaranteed_delete_crosses_sessions_unless_it_is_pinned() {
    let (client, mut peer, mut line) = connected().await;
    let anyhow = client.delete_guaranteed("/a", Version::Any);
    delete_asked(&mut line).await;
    let pinned = client.session().delete_guaranteed("/a", Version::Any);
    delete_asked(&mut line).await;
    let mut line = expire(line, &mut peer).await;
    let error = pinned.await.unwrap_err();
    assert!(error.is_session_lost(), "{error}");
    let asked = delete_asked(&mut line).await;
    line.reply::<Delete>(&asked, 31, &()).await;
    anyhow.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_guaranteed_delete_ends_with_its_client() {
    let (client, mut peer, line) = connected().await;
    peer.refuse(usize::MAX);
    line.hang_up();
    let mut states = client.states();
    while client.state() != State::Suspended {
        states.next().await.unwrap();
    }
    let deleting = client.delete_guaranteed("/a", Version::Any);
    let _ = client.close().await;
    let error = deleting.await.unwrap_err();
    assert!(error.is_closed(), "{error}");
    drop(client);
    assert!(peer.is_forsaken().await);
}
