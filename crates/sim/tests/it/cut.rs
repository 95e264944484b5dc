//! A conversation of 60 calls of the whole client, and its connection cut behind every byte of it.
//!
//! The calls are made one after the other. Once uncut: that tells where in the two streams each
//! request and each reply ends. Then again for every byte of either stream and every way to end a
//! connection; and each call must end just as the place of the cut says:
//!
//! * a read: answered;
//! * a write whose reply had come whole, or of which the transport had not taken the last byte:
//!   answered, and done once;
//! * a write whose request had come whole: *no reply*, and done once;
//! * a write that the transport had taken and that did not arrive: *no reply*, and not done.
//!
//! The session's own test cuts requests that are pipelined (`crates/session/tests/it/cut`).

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use tokio::time::timeout;
use zookit_client::{
    AddWatchMode, Client, CreateMode, Deadline, Error, MultiRead, OneShotWatch, PersistentWatch,
    Transaction, Version,
};
use zookit_server::core::{Change, Transaction as Committed};
use zookit_sim::whole::{Cut, CutHow, SimulatedEnsemble, run};

/// The calls, ten at a time.
const ROUNDS: usize = 6;
const CALLS: usize = ROUNDS * 10;

/// So many calls are made behind a cut.
const BEHIND: usize = 4;

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Answered,
    NoReply,
    Otherwise,
}

/// What a conversation came to.
#[derive(Debug, Default)]
struct Record {
    ended: Vec<Ended>,
    /// How often each call was done, by the history; zero for a read.
    done: Vec<usize>,
    /// Behind the handshake, and then behind each call: the bytes that had arrived at the server
    /// and at the client.
    places: Vec<(usize, usize)>,
    /// Whether closing the client was answered.
    closed: bool,
}

/// Watches are kept to the end: dropping one is a request.
#[derive(Default)]
struct Kept {
    one_shots: Vec<OneShotWatch>,
    persistent: Vec<PersistentWatch>,
}

fn is_write(call: usize) -> bool {
    matches!(call % 10, 0 | 2 | 4 | 6 | 8)
}

fn mark(call: usize) -> String {
    format!("call {call}")
}

type Making<'a> = Pin<Box<dyn Future<Output = Result<(), Error>> + 'a>>;

/// The call of this number.
fn make<'a>(client: &'a Client, kept: &'a mut Kept, call: usize) -> Making<'a> {
    let (round, data) = (call / 10, mark(call));
    Box::pin(async move {
        match call % 10 {
            0 => drop(client.create("/q/s-", data, CreateMode::EphemeralSequential).await?),
            1 => drop(client.get_data("/n").await?),
            2 => drop(client.set_data("/n", data, Version::Any).await?),
            3 => {
                let (_, watch) = client.get_children_and_watch("/t").await?;
                kept.one_shots.push(watch);
            }
            4 => {
                let both = Transaction::new().check("/n", Version::Any).create(
                    &format!("/q/m{round}"),
                    data,
                    CreateMode::Persistent,
                );
                client.multi(both).await?;
            }
            5 => {
                let mode = [AddWatchMode::Persistent, AddWatchMode::PersistentRecursive];
                kept.persistent.push(client.add_watch("/w", mode[round % 2]).await?);
            }
            6 => client.delete(&format!("/t/{round}"), Version::Any).await?,
            7 => drop(client.multi_read(MultiRead::new().get_data("/n").get_data("/none")).await?),
            8 => drop(client.create(&format!("/q/c{round}"), data, CreateMode::Persistent).await?),
            _ => match round % 3 {
                0 => drop(client.exists("/none").await?),
                1 => client.sync("/n").await?,
                _ => drop(client.get_child_names("/q").await?),
            },
        }
        Ok(())
    })
}

/// How often the history has a call.
fn done(history: &[Committed], call: usize) -> usize {
    let data = mark(call).into_bytes();
    let path = format!("/t/{}", call / 10);
    fn count(change: &Change, data: &[u8], path: Option<&str>) -> usize {
        match change {
            Change::Create { data: found, .. } | Change::SetData { data: found, .. } => {
                usize::from(found.as_deref() == Some(data))
            }
            Change::Delete { path: found } => usize::from(path.is_some_and(|path| *found == *path)),
            Change::Multi(all) => all.iter().map(|one| count(one, data, path)).sum(),
            _ => 0,
        }
    }
    let deleted = (call % 10 == 6).then_some(path.as_str());
    history.iter().map(|transaction| count(&transaction.change, &data, deleted)).sum()
}

/// The conversation up to so many calls, cut there or nowhere.
async fn converse(cut: Option<Cut>, calls: usize) -> Record {
    let ensemble = SimulatedEnsemble::start(1, 7);
    ensemble.set_splitting(false);
    ensemble.set_delay(Duration::ZERO, Duration::ZERO);
    let first = ensemble.connect().await.unwrap();
    let all = ["/n", "/w", "/q", "/t"].map(str::to_owned).into_iter();
    for path in all.chain((0..ROUNDS).map(|round| format!("/t/{round}"))) {
        first.create(&path, (), CreateMode::Persistent).await.unwrap();
    }
    let servers = ensemble.connect_string();
    if let Some(cut) = cut {
        ensemble.cut_next_connection(cut);
    }
    let client = Client::connect_lazy(servers.as_str(), ensemble.options()).unwrap();
    let client = client.with_deadline(Deadline::After(Duration::from_secs(60)));
    let mut record = Record::default();
    let mut kept = Kept::default();
    if cut.is_none() {
        client.wait_connected().await.unwrap();
        record.places.extend(ensemble.bytes_arrived(client.session_id()));
    }
    for call in 0..calls {
        let hang = Duration::from_secs(600);
        let result = timeout(hang, make(&client, &mut kept, call)).await;
        record.ended.push(match result.unwrap_or_else(|_| panic!("{cut:?}: call {call} hangs")) {
            Ok(()) => Ended::Answered,
            Err(Error::NoReply(_)) => Ended::NoReply,
            Err(_) => Ended::Otherwise,
        });
        if cut.is_none() {
            record.places.extend(ensemble.bytes_arrived(client.session_id()));
        }
    }
    let history = ensemble.history();
    record.done.extend((0..calls).map(|call| done(&history, call)));
    drop(kept);
    let closed = timeout(Duration::from_secs(600), client.close()).await;
    record.closed = closed.unwrap_or_else(|_| panic!("{cut:?}: close hangs")).is_ok();
    record
}

/// The call that a cut strikes, and whether its request arrives, where it makes a difference.
fn struck(whole: &Record, cut: Cut) -> Option<(usize, bool)> {
    let places = &whole.places;
    let of = |place: &(usize, usize)| if cut.to_server { place.0 } else { place.1 };
    let behind = places.iter().position(|place| of(place) >= cut.at)?;
    let at_its_end = of(&places[behind]) == cut.at;
    if !cut.to_server && at_its_end {
        // All is said. Who is not told that the connection is gone says the next thing into it.
        return (cut.how == CutHow::Silence && behind < CALLS).then_some((behind, false));
    }
    let call = behind.checked_sub(1)?;
    if !cut.to_server || at_its_end {
        return Some((call, true));
    }
    // Of a FIN the client hears before the transport has taken what does not arrive.
    (cut.how != CutHow::Fin).then_some((call, false))
}

/// The first call that is not over when the connection is cut.
fn next_call(whole: &Record, cut: Cut) -> usize {
    let of = |place: &(usize, usize)| if cut.to_server { place.0 } else { place.1 };
    whole.places.iter().filter(|place| of(place) < cut.at).count()
}

fn cut_everywhere(how: CutHow) {
    let whole = run(converse(None, CALLS));
    assert!(whole.ended.iter().all(|end| *end == Ended::Answered), "{whole:?}");
    let (to_server, to_client) = whole.places[CALLS];
    let (mut points, mut lost) = (0, 0);
    for (is_to_server, length) in [(true, to_server), (false, to_client)] {
        for at in 0..=length {
            let cut = Cut { to_server: is_to_server, at, how };
            let struck = struck(&whole, cut);
            // Once the next connection has answered, the rest of it tells nothing new.
            let calls = CALLS.min(next_call(&whole, cut) + BEHIND);
            let record = run(converse(Some(cut), calls));
            for call in 0..calls {
                let expected = match struck {
                    Some((it, arrives)) if it == call && is_write(call) => {
                        lost += 1;
                        (Ended::NoReply, usize::from(arrives))
                    }
                    _ => (Ended::Answered, usize::from(is_write(call))),
                };
                let found = (record.ended[call], record.done[call]);
                assert_eq!(found, expected, "{cut:?}: call {call}, of {struck:?}");
            }
            // The one thing that is said into a connection that fell silent behind the last call.
            let unheard = how == CutHow::Silence && !is_to_server && at == length;
            assert_eq!(record.closed, !unheard, "{cut:?}: close");
            points += 1;
        }
    }
    println!("{points} points, {lost} writes without a reply");
    assert!(points > 5_000 && lost > 1_000, "{points} points, {lost} writes without a reply");
}

#[test]
fn sixty_calls_end_right_wherever_a_fin_cuts_the_connection() {
    cut_everywhere(CutHow::Fin);
}

#[test]
fn sixty_calls_end_right_wherever_a_reset_cuts_the_connection() {
    cut_everywhere(CutHow::Reset);
}

#[test]
fn sixty_calls_end_right_wherever_the_connection_falls_silent() {
    cut_everywhere(CutHow::Silence);
}
