//! Replies and requests are lost with their connection: what a fence on the next one shows stays
//! so.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use zookit_client::{Client, ConnectOptions, CreateMode, Deadline};
use zookit_proxy::{Cut, Effect, Fault, Proxy};

use super::prelude::*;
use crate::survive::lines::Lines;
use crate::survive::network::BreakingDialer;
use crate::survive::traffic::PATIENCE;

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "fence-moved",
    about: "writes are lost with a connection, or arrive late: what a fence then shows stays so",
    since: Since::Always,
    declared: None,
    run: |setting| Box::pin(run(setting)),
};

/// So many clients do so at the same time.
const CLIENTS: usize = 5;

/// How often the connection of each is lost with writes under way.
const ROUNDS: usize = 30;

/// A connection that does not last so long is one more failure of its server.
const LASTS: Duration = Duration::from_millis(1050);

/// So many writes are under way; the accident happens to one in their middle.
const WRITES: usize = 8;

/// How late what a client sent before its connection broke arrives.
const LATE: Duration = Duration::from_millis(150);

/// What happens to the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Accident {
    /// A write is done, and its reply is lost.
    ReplyLost,
    /// A write is lost, and what comes behind it.
    RequestLost,
    /// The client's end breaks, and what it had sent arrives when it has moved.
    Late,
    /// The same, and it arrives first.
    LateAndFirst,
}

const ACCIDENTS: [Accident; 4] =
    [Accident::ReplyLost, Accident::RequestLost, Accident::Late, Accident::LateAndFirst];

/// What was found behind the fence.
#[derive(Debug, Default)]
struct Found {
    /// Paths of writes without a reply, and whether they were there.
    verdicts: Vec<(String, bool)>,
    /// How often the next connection was to another member.
    moved: usize,
    faults: Vec<String>,
}

async fn run(setting: &Setting) -> Result<Verdict, Failure> {
    let cluster = setting.cluster(|builder| builder).await?;
    let mut losing = JoinSet::new();
    for number in 0..CLIENTS {
        let lines = Lines::to(&cluster)?;
        let breaking = BreakingDialer::default();
        let options =
            ConnectOptions { dialer: Arc::new(breaking.clone()), ..setting.options(LONG_SESSION) };
        let client = Client::connect_with(lines.connect_string(), options).await?;
        let client = client.with_deadline(Deadline::After(PATIENCE));
        let place = format!("/fenced-{number}");
        losing.spawn_local(lose_often(client, lines, breaking, place));
    }
    let mut all = Found::default();
    while let Some(found) = losing.join_next().await {
        let Found { mut verdicts, moved, mut faults } =
            found?.map_err(|error| error.to_string())?;
        all.verdicts.append(&mut verdicts);
        all.moved += moved;
        all.faults.append(&mut faults);
    }
    // What was late has come by now.
    sleep(2 * LATE).await;
    let client = cluster.connect_all_with(setting.options(LONG_SESSION)).await?;
    judge(&client, all).await
}

async fn lose_often(
    client: Client,
    lines: Lines,
    breaking: BreakingDialer,
    place: String,
) -> Result<Found, Failure> {
    client.create(&place, (), CreateMode::Persistent).await?;
    let mut found = Found::default();
    for round in 0..ROUNDS {
        sleep(LASTS).await;
        let accident = ACCIDENTS[round % ACCIDENTS.len()];
        let (member, line) = lines.of(&client).ok_or("the client is on no line")?;
        let paths = (0..WRITES).map(|write| format!("{place}/{round}-{write}")).collect();
        let lose = lose(&client, &lines, line, &breaking, accident, paths, &mut found);
        timeout(PATIENCE, lose).await??;
        let now = lines.of(&client).map(|(member, _)| member);
        found.moved += usize::from(now != Some(member));
    }
    Ok(found)
}

/// Looks at all of it again, when all is calm.
async fn judge(client: &Client, found: Found) -> Result<Verdict, Failure> {
    client.fence().await?;
    let mut verdict = Verdict { faults: found.faults, ..Verdict::default() };
    let mut there = 0;
    for (path, was_there) in &found.verdicts {
        let is_there = client.exists(path).await?.is_some();
        there += usize::from(is_there);
        verdict.hold(is_there == *was_there, || {
            format!("{path}: there behind the fence: {was_there}; in the end: {is_there}")
        });
    }
    let (lost, rounds) = (found.verdicts.len(), CLIENTS * ROUNDS);
    verdict.hold(there > 0 && there < lost, || {
        format!("of {lost} lost writes {there} were done: that proves nothing")
    });
    verdict
        .hold(found.moved > rounds / 3, || format!("the clients moved only {} times", found.moved));
    verdict.seen.push(format!(
        "{rounds} connections lost, {} times for another member; {lost} writes without a reply: \
         behind the fence {there} were there and {} were not, and so it was in the end",
        found.moved,
        lost - there
    ));
    Ok(verdict)
}

/// Loses a connection under writes, and looks behind a fence at what became of them.
async fn lose(
    client: &Client,
    lines: &Lines,
    line: &Proxy,
    breaking: &BreakingDialer,
    accident: Accident,
    paths: Vec<String>,
    found: &mut Found,
) -> Result<(), Failure> {
    let victim = paths[WRITES / 2].clone();
    let fault = match accident {
        Accident::ReplyLost => Some(Effect::LoseReply),
        Accident::RequestLost => Some(Effect::LoseRequest),
        Accident::Late | Accident::LateAndFirst => None,
    };
    match fault {
        Some(effect) => {
            let fault = Fault::new(effect, move |asked| asked.is_about(&victim));
            line.add_fault(fault.by(Cut::Reset).times(1));
        }
        None => line.to_server().delay(LATE),
    }
    let create = |path: &String| client.create(path, (), CreateMode::Persistent);
    let mut answers: Vec<_> = paths.iter().map(create).collect();
    if fault.is_none() {
        // They are written by the time that another request could be answered.
        let written = timeout(Duration::from_millis(20), &mut answers[0]).await;
        if written.is_ok() {
            return Err("a write was answered that was to be late".into());
        }
        breaking.break_off();
        line.to_server().of_new().clear();
        if accident == Accident::LateAndFirst {
            lines.each().iter().for_each(|line| line.refuse_connections(true));
            sleep(2 * LATE).await;
            lines.each().iter().for_each(|line| line.refuse_connections(false));
        }
    }
    let mut lost = Vec::new();
    for (path, answer) in paths.into_iter().zip(answers) {
        match answer.await {
            Ok(_) => {}
            Err(error) if error.may_have_applied() => lost.push(path),
            Err(error) if error.is_transient() => {}
            Err(error) => return Err(error.into()),
        }
    }
    if lost.is_empty() {
        found.faults.push(format!("no write was lost by {accident:?}"));
    }
    client.retry(Default::default(), |_| client.fence()).await?;
    for path in lost {
        let is_there = client.exists(&path).await?.is_some();
        found.verdicts.push((path, is_there));
    }
    Ok(())
}
