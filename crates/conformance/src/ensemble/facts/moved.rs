//! A session that goes from one member to another.

use bytes::Bytes;
use zookit_proto::connect::ConnectRequest;
use zookit_proto::ops::set_watches::SetWatchesRequest;
use zookit_proto::types::{CreateMode, Password};
use zookit_proto::{ErrorCode, Request, SessionId, Zxid};

use super::super::bench::{catch_up, nothing_yet, send, sync};
use super::super::{Bench, Fact, SIZE, Version, Way};
use super::always;
use crate::Outcome;
use crate::suite::bench::{create, create_in, equal, exists, get, resume, set};
use crate::wire::new_session;

pub(super) const FACTS: &[Fact] = &[
    Fact { name: "ids of sessions begin with the member", holds: always, run: ids },
    Fact { name: "watches do not move with their session", holds: always, run: watches },
    Fact { name: "a follower goes on serving who has left", holds: always, run: stays },
    Fact { name: "no write gets through where a session was", holds: always, run: refused },
    Fact { name: "the leader serves nobody who has left", holds: always, run: leader },
    Fact { name: "a write on its way comes too late", holds: always, run: too_late },
    Fact { name: "who comes back loses the old connection", holds: always, run: back },
    Fact { name: "who has left may close the session", holds: always, run: closes },
    Fact { name: "a wrong password does no harm elsewhere", holds: always, run: password },
];

fn ids(bench: &mut Bench<'_>) -> Outcome {
    for member in 0..SIZE {
        let id = bench.client(member)?.session.session_id;
        equal("the first byte", usize::from(id.0.to_be_bytes()[0]), member + 1)?;
    }
    Ok(())
}

fn watches(bench: &mut Bench<'_>) -> Outcome {
    let path = bench.path("a");
    let (mut old, mut other) = (bench.client(bench.followers[0])?, bench.client(bench.leader)?);
    old.create(&path, CreateMode::Persistent)?;
    let relative_zxid = old.expect(ErrorCode::Ok, &get(&path, true))?.zxid;
    catch_up(&mut bench.client(bench.followers[1])?)?;
    let mut new = bench.take_up(bench.followers[1], &old)?;
    catch_up(&mut other)?;
    other.expect(ErrorCode::Ok, &set(&path, -1))?;
    catch_up(&mut new)?;
    equal("before they are set again", new.events()?, Vec::new())?;
    let again = SetWatchesRequest {
        relative_zxid,
        data_watches: vec![path.as_str().into()],
        exist_watches: Vec::new(),
        child_watches: Vec::new(),
    };
    new.expect(ErrorCode::Ok, &Request::SetWatches(again))?;
    equal("when they are", new.events()?, vec![format!("NodeDataChanged {path}")])
}

fn stays(bench: &mut Bench<'_>) -> Outcome {
    let path = bench.path("a");
    for (from, to) in [(0, 1), (1, 0)] {
        let (from, to) = (bench.followers[from], bench.followers[to]);
        let mut old = bench.client(from)?;
        let create = create(&format!("{path}{from}"));
        let created = old.expect(ErrorCode::Ok, &create)?.zxid;
        old.expect(ErrorCode::Ok, &get(&format!("{path}{from}"), true))?;
        let mut new = bench.take_up(to, &old)?;
        old.expect(ErrorCode::Ok, &exists("/", false))?;
        old.expect(ErrorCode::Ok, &Request::Ping(()))?;
        let seen = old.expect(ErrorCode::Ok, &sync())?.zxid;
        equal("taking it up is no transaction", seen, created)?;
        new.expect(ErrorCode::Ok, &set(&format!("{path}{from}"), -1))?;
        catch_up(&mut old)?;
        equal("its watches", old.events()?.len(), 1)?;
    }
    Ok(())
}

fn refused(bench: &mut Bench<'_>) -> Outcome {
    let path = bench.path("a");
    let [first, second] = bench.followers;
    let mut ways = vec![(first, second)];
    // A leader that is asked to take a session up says yes before it notes it, in every version;
    // in 3.4 it can take as long as the write does.
    if bench.version >= Version::new(3, 5, 0) {
        ways.push((first, bench.leader));
    }
    for (from, to) in ways {
        let mut old = bench.client(from)?;
        let before = catch_up(&mut old)?;
        let mut new = bench.take_up(to, &old)?;
        send(&mut old, &[create(&path)]);
        old.ends()?;
        equal("it takes a zxid", catch_up(&mut new)?, Zxid(before.0 + 1))?;
        new.expect(ErrorCode::NoNode, &exists(&path, false))?;
    }
    let mut old = bench.client(bench.leader)?;
    let before = catch_up(&mut old)?;
    let mut new = bench.take_up(bench.followers[0], &old)?;
    send(&mut old, &[create(&path)]);
    old.ends()?;
    equal("at the leader, too", catch_up(&mut new)?, Zxid(before.0 + 1))?;
    new.expect(ErrorCode::NoNode, &exists(&path, false)).map(drop)
}

fn leader(bench: &mut Bench<'_>) -> Outcome {
    for asked in [exists("/", false), Request::Ping(()), sync()] {
        let mut old = bench.client(bench.leader)?;
        let before = catch_up(&mut old)?;
        let mut new = bench.take_up(bench.followers[0], &old)?;
        send(&mut old, std::slice::from_ref(&asked));
        old.ends()?;
        equal("it takes no zxid", catch_up(&mut new)?, before)?;
        new.expect(ErrorCode::Ok, &exists("/", false))?;
    }
    Ok(())
}

fn too_late(bench: &mut Bench<'_>) -> Outcome {
    let path = bench.path("a");
    let [from, to] = bench.followers;
    let mut old = bench.client(from)?;
    bench.hold(from, Way::ToLeader)?;
    send(&mut old, &[create(&path)]);
    let mut new = bench.take_up(to, &old)?;
    nothing_yet(&mut old.connection)?;
    bench.release()?;
    old.ends()?;
    catch_up(&mut new)?;
    new.expect(ErrorCode::NoNode, &exists(&path, false))?;
    new.expect(ErrorCode::Ok, &create(&path)).map(drop)
}

fn back(bench: &mut Bench<'_>) -> Outcome {
    for member in [bench.followers[0], bench.leader] {
        let mut first = bench.client(member)?;
        let second = bench.take_up(bench.followers[1], &first)?;
        let mut third = bench.take_up(member, &second)?;
        first.ends()?;
        third.expect(ErrorCode::Ok, &exists("/", false))?;
        third.create(&bench.path(&format!("a{member}")), CreateMode::Persistent)?;
    }
    Ok(())
}

fn closes(bench: &mut Bench<'_>) -> Outcome {
    for (from, to) in [(bench.followers[0], bench.leader), (bench.leader, bench.followers[1])] {
        let path = bench.path(&format!("e{from}"));
        let mut old = bench.client(from)?;
        old.expect(ErrorCode::Ok, &create_in(&path, CreateMode::Ephemeral))?;
        let mut new = bench.take_up(to, &old)?;
        old.expect(ErrorCode::Ok, &Request::CloseSession(()))?;
        old.ends()?;
        new.ends()?;
        let mut other = bench.client(to)?;
        catch_up(&mut other)?;
        other.expect(ErrorCode::NoNode, &exists(&path, false))?;
        let gone = bench.greeting(to, &resume(&old.session))?.ok_or("closed")?;
        equal("the session", gone.session_id, SessionId::NONE)?;
    }
    Ok(())
}

fn password(bench: &mut Bench<'_>) -> Outcome {
    let [here, there] = bench.followers;
    let mut zk = bench.client(here)?;
    let wrong = Some(Password::new(Bytes::from_static(&[b'x'; 16])));
    let wrong = ConnectRequest { password: wrong, ..resume(&zk.session) };
    for member in [there, bench.leader] {
        let refused = bench.greeting(member, &wrong)?.ok_or("closed")?;
        equal("the answer", (refused.session_id, refused.timeout_ms), (SessionId::NONE, 0))?;
        zk.create(&bench.path(&format!("a{member}")), CreateMode::Persistent)?;
    }
    let unknown = ConnectRequest { session_id: SessionId(0x77), ..new_session(30_000) };
    let refused = bench.greeting(there, &unknown)?.ok_or("closed")?;
    equal("to an id that is nobody's", refused.session_id, SessionId::NONE)?;
    let refused = bench.greeting(here, &wrong)?.ok_or("closed")?;
    equal("at its own member", refused.session_id, SessionId::NONE)?;
    zk.ends()?;
    send(&mut bench.take_up(there, &zk)?, &[Request::Ping(())]);
    Ok(())
}
