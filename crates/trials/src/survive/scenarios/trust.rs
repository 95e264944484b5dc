//! How long clients that are cut off trust their sessions, and when those end.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::{Instant, sleep, timeout};
use zookit_client::{Client, CreateMode, EventType, SessionId};

use super::prelude::*;
use crate::survive::lines::Lines;
use crate::survive::transactions;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "trust",
    about: "clients are cut off: none trusts its session when it has ended",
    since: Since::Always,
    declared: None,
    run: |setting| Box::pin(run(setting)),
};

/// How often.
const ROUNDS: usize = 4;

/// How long a session that is cut off is waited for to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// Pings go every third of the timeout: for so long an idle client is left alone, so that it is
/// cut off at any point between two of them.
const IDLE: [Duration; ROUNDS] = [
    Duration::from_millis(100),
    Duration::from_millis(700),
    Duration::from_millis(1200),
    Duration::from_millis(1900),
];

/// What one client found.
struct Found {
    session: SessionId,
    /// Until when the client trusted it at most, in milliseconds since 1970.
    trusted_ms: i64,
    /// When another client was told that its ephemeral znode had gone.
    gone_ms: i64,
}

async fn run(setting: &Setting) -> Result<Verdict, Failure> {
    let cluster = setting.cluster(|builder| builder).await?;
    let watcher = cluster.connect_all_with(setting.options(2 * LONG_SESSION)).await?;
    watcher.create("/trusted", (), CreateMode::Persistent).await?;
    let clock = Clock::new();
    let mut found = Vec::new();
    for idle in IDLE {
        let lines = Lines::to(&cluster)?;
        let mut clients = Vec::new();
        for _ in 0..2 * setting.members {
            clients.push(lines.client(setting, SHORT_SESSION).await?.0);
        }
        found.append(&mut cut_off(&watcher, &clients, &lines, &clock, idle).await?);
        // They end without a word to anybody.
        drop(clients);
    }
    let ends = transactions::ends(&transactions::read(&cluster).await?);
    judge(&found, &ends, clock.set_by_ms())
}

/// Cuts the clients off, and notes until when each trusts its session and when that is gone.
async fn cut_off(
    watcher: &Client,
    clients: &[Client],
    lines: &Lines,
    clock: &Clock,
    idle: Duration,
) -> Result<Vec<Found>, Failure> {
    let mut watches = Vec::new();
    for client in clients {
        let session = client.session_id();
        let path = format!("/trusted/{session}");
        client.create(&path, (), CreateMode::Ephemeral).await?;
        // Its member may lag behind the create, and would watch for that.
        watcher.fence().await?;
        let (Some(_), watch) = watcher.exists_and_watch(&path).await? else {
            return Err(format!("{path} is not there behind a fence").into());
        };
        watches.push((session, watch));
    }
    sleep(idle).await;
    lines.hold();
    let mut trusted: BTreeMap<SessionId, i64> = BTreeMap::new();
    let mut sample = async || loop {
        for client in clients {
            if let Some(until) = client.trusted_until() {
                let until = clock.wall_ms(until);
                let newest = trusted.entry(client.session_id()).or_insert(until);
                *newest = until.max(*newest);
            }
        }
        sleep(Duration::from_millis(3)).await;
    };
    let all_gone = async {
        let mut gone = Vec::new();
        for (session, watch) in watches {
            let event = timeout(PATIENCE, watch).await??;
            if event.event_type != EventType::NodeDeleted {
                return Err(format!("{}: {}", event.path, event.event_type).into());
            }
            gone.push((session, clock.wall_ms(Instant::now())));
        }
        Ok::<_, Failure>(gone)
    };
    let gone = tokio::select! {
        gone = all_gone => gone?,
        () = sample() => return Err("sampling has no end".into()),
    };
    let found = |(session, gone_ms)| {
        let trusted_ms = trusted.get(&session).copied();
        trusted_ms.map(|trusted_ms| Found { session, trusted_ms, gone_ms })
    };
    Ok(gone.into_iter().filter_map(found).collect())
}

fn judge(
    found: &[Found],
    ends: &BTreeMap<SessionId, (zookit_client::Zxid, i64)>,
    set_by_ms: i64,
) -> Result<Verdict, Failure> {
    let mut verdict = Verdict::default();
    let mut margins = Vec::new();
    for Found { session, trusted_ms, gone_ms } in found {
        let Some((zxid, ended_ms)) = ends.get(session) else {
            verdict.faults.push(format!("no log tells of the end of session {session}"));
            continue;
        };
        verdict.hold(*trusted_ms <= ended_ms + set_by_ms, || {
            let late = trusted_ms - ended_ms;
            format!("session {session} ended at {zxid}, and was trusted for {late} ms more")
        });
        verdict.hold(*ended_ms <= gone_ms + set_by_ms, || {
            let early = ended_ms - gone_ms;
            format!("the znode of session {session} was told as gone {early} ms before it ended")
        });
        margins.push(ended_ms - trusted_ms);
    }
    margins.sort_unstable();
    let (Some(least), Some(most)) = (margins.first(), margins.last()) else {
        return Err("no session was looked at".into());
    };
    verdict.seen.push(format!(
        "{} sessions of {} s were cut off and ended {least} to {most} ms after their clients' trust \
         did",
        margins.len(),
        SHORT_SESSION.as_secs()
    ));
    if set_by_ms > 0 {
        verdict.seen.push(format!("the clock was set by {set_by_ms} ms meanwhile"));
    }
    Ok(verdict)
}

/// The clock that the servers, on the same machine, write into their logs, and whether somebody set
/// it meanwhile: what the two sides say is compared as far as it goes evenly.
struct Clock {
    origin: Instant,
    /// The least and the greatest that it was ahead of the origin's, in microseconds.
    ahead_us: Cell<(i64, i64)>,
}

/// Two readings that are further apart are not taken for one moment.
const APART: Duration = Duration::from_micros(200);

impl Clock {
    fn new() -> Self {
        let origin = Instant::now();
        let clock = Self { origin, ahead_us: Cell::new((i64::MAX, i64::MIN)) };
        clock.wall_ms(origin);
        clock
    }

    /// A moment by that clock, in milliseconds since 1970.
    fn wall_ms(&self, moment: Instant) -> i64 {
        let ahead = loop {
            let (before, wall, after) =
                (self.origin.elapsed(), SystemTime::now(), self.origin.elapsed());
            if after - before <= APART {
                let wall = wall.duration_since(UNIX_EPOCH).unwrap_or_default();
                break micros(wall) - micros(after);
            }
        };
        let (least, most) = self.ahead_us.get();
        self.ahead_us.set((least.min(ahead), most.max(ahead)));
        (ahead + micros(moment.saturating_duration_since(self.origin))).div_euclid(1000)
    }

    /// By how much it was set, or ran unevenly, at most.
    fn set_by_ms(&self) -> i64 {
        let (least, most) = self.ahead_us.get();
        (most - least - micros(APART)).max(0).div_euclid(1000)
    }
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}
