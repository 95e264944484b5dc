//! How long sessions live.

use std::time::Duration;

use zookit_proto::types::CreateMode;
use zookit_proto::{ErrorCode, Request, SessionId};

use super::super::bench::catch_up;
use super::super::{Bench, Fact, Version, Way};
use super::always;
use crate::Outcome;
use crate::suite::Client;
use crate::suite::bench::{create_in, equal, exists, resume};
use crate::wire::new_session;

pub(super) const FACTS: &[Fact] = &[
    Fact { name: "a session ends that no member hears of", holds: always, run: expires },
    Fact { name: "a session lives that a follower hears of", holds: always, run: lives },
    Fact { name: "a connection left without a word is closed", holds: from_3_5, run: left },
    Fact { name: "who is asked nothing keeps no session alive", holds: always, run: not_asked },
    Fact { name: "a session that is closed is gone everywhere", holds: always, run: closed },
];

/// What the sessions here ask for, the shortest that there is.
const TIMEOUT_MS: i32 = 1_000;
const TIMEOUT: Duration = Duration::from_secs(1);

/// From one look to the next.
const A_WHILE: Duration = Duration::from_millis(100);

/// Just long enough to see what is there already.
const NO_TIME: Duration = Duration::from_millis(1);

/// Before that a member closes the connections of no session but those of its leader's list.
fn from_3_5(version: Version) -> bool {
    version >= Version::new(3, 5, 0)
}

fn expires(bench: &mut Bench<'_>) -> Outcome {
    let (path, silent_path) = (bench.path("left"), bench.path("silent"));
    let [here, there] = bench.followers;
    let short = new_session(TIMEOUT_MS);
    let mut left = bench.client_with(here, &short)?;
    left.expect(ErrorCode::Ok, &create_in(&path, CreateMode::Ephemeral))?;
    // This one stays connected, and says nothing.
    let mut silent = bench.client_with(here, &short)?;
    silent.expect(ErrorCode::Ok, &create_in(&silent_path, CreateMode::Ephemeral))?;
    let session = left.session.clone();
    drop(left);
    let mut watchers = [bench.client(there)?, bench.client(bench.leader)?];
    for watcher in &mut watchers {
        catch_up(watcher)?;
        watcher.expect(ErrorCode::Ok, &exists(&path, true))?;
        watcher.expect(ErrorCode::Ok, &exists(&silent_path, true))?;
    }
    bench.wait(TIMEOUT / 2);
    for watcher in &mut watchers {
        equal("before its time", watcher.events()?, Vec::new())?;
    }
    for watcher in &mut watchers {
        let mut events = Vec::new();
        while events.len() < 2 {
            events.extend(soon(bench, watcher)?);
        }
        events.sort_unstable();
        let both = vec![format!("NodeDeleted {path}"), format!("NodeDeleted {silent_path}")];
        equal("events", events, both)?;
        watcher.expect(ErrorCode::NoNode, &exists(&path, false))?;
    }
    silent.ends()?;
    for member in [here, there, bench.leader] {
        let gone = bench.greeting(member, &resume(&session))?.ok_or("closed")?;
        equal("the session", gone.session_id, SessionId::NONE)?;
    }
    Ok(())
}

/// Events that come within seconds.
fn soon(bench: &mut Bench<'_>, watcher: &mut Client) -> Outcome<Vec<String>> {
    for _ in 0..30 {
        let events = watcher.events()?;
        if !events.is_empty() {
            return Ok(events);
        }
        bench.wait(A_WHILE);
    }
    Err("no event comes".into())
}

fn lives(bench: &mut Bench<'_>) -> Outcome {
    let path = bench.path("a");
    let mut zk = bench.client_with(bench.followers[0], &new_session(TIMEOUT_MS))?;
    zk.expect(ErrorCode::Ok, &create_in(&path, CreateMode::Ephemeral))?;
    for _ in 0..9 {
        bench.wait(TIMEOUT / 4);
        zk.expect(ErrorCode::Ok, &Request::Ping(()))?;
    }
    catch_up(&mut zk)?;
    zk.expect(ErrorCode::Ok, &exists(&path, false)).map(drop)
}

/// A leader asks its followers twice a tick which sessions they have heard of. One that it does not
/// reach serves its clients, and tells nobody of them.
fn not_asked(bench: &mut Bench<'_>) -> Outcome {
    let path = bench.path("e");
    let [here, slow] = bench.followers;
    let mut zk = bench.client_with(slow, &new_session(TIMEOUT_MS))?;
    zk.expect(ErrorCode::Ok, &create_in(&path, CreateMode::Ephemeral))?;
    let mut watches = bench.client(here)?;
    catch_up(&mut watches)?;
    watches.expect(ErrorCode::Ok, &exists(&path, true))?;
    bench.hold(slow, Way::FromLeader)?;
    let mut events = Vec::new();
    for _ in 0..30 {
        bench.wait(A_WHILE);
        zk.expect(ErrorCode::Ok, &exists(&path, false))?;
        events = watches.events()?;
        if !events.is_empty() {
            break;
        }
    }
    equal("what others hear", events, vec![format!("NodeDeleted {path}")])?;
    zk.expect(ErrorCode::Ok, &Request::Ping(()))?;
    bench.release()?;
    zk.ends()?;
    let gone = bench.greeting(here, &resume(&zk.session))?.ok_or("closed")?;
    equal("the session", gone.session_id, SessionId::NONE)
}

fn closed(bench: &mut Bench<'_>) -> Outcome {
    let path = bench.path("e");
    let [here, there] = bench.followers;
    let mut watchers = [bench.client(there)?, bench.client(bench.leader)?];
    let mut zk = bench.client(here)?;
    let before = zk.expect(ErrorCode::Ok, &create_in(&path, CreateMode::Ephemeral))?.zxid;
    for watcher in &mut watchers {
        catch_up(watcher)?;
        watcher.expect(ErrorCode::Ok, &exists(&path, true))?;
    }
    let ended = zk.expect(ErrorCode::Ok, &Request::CloseSession(()))?.zxid;
    equal("in one transaction", ended.0, before.0 + 1)?;
    zk.ends()?;
    for watcher in &mut watchers {
        equal("the last transaction", catch_up(watcher)?, ended)?;
        equal("events", watcher.events()?, vec![format!("NodeDeleted {path}")])?;
    }
    let gone = bench.greeting(there, &resume(&zk.session))?.ok_or("closed")?;
    equal("the session", gone.session_id, SessionId::NONE)
}

fn left(bench: &mut Bench<'_>) -> Outcome {
    let [from, to] = bench.followers;
    let mut old = bench.client_with(from, &new_session(TIMEOUT_MS))?;
    let mut new = bench.take_up(to, &old)?;
    bench.wait(TIMEOUT / 2);
    equal("before its time", old.connection.is_silent_for(NO_TIME)?, true)?;
    for _ in 0..30 {
        bench.wait(A_WHILE);
        new.expect(ErrorCode::Ok, &Request::Ping(()))?;
        if !old.connection.is_silent_for(NO_TIME)? {
            return old.ends();
        }
    }
    Err("it stays open".into())
}
