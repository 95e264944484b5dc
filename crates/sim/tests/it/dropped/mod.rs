//! Every public async function of the client and of the recipes, dropped at every poll, in calm and
//! in trouble: nothing leaks, and the client works on.
//!
//! A call is polled so many times, with time passing in between, and then its future is dropped;
//! and so on with one poll more, until it ends. Behind that, in calm:
//!
//! * no request waits in the client, no watch is held, and all the room for requests is there;
//! * no server keeps a watch;
//! * the client is connected and writes;
//! * of a recipe, no znode is left that is ephemeral, while the client lives;
//! * once it is closed, its session is gone and with it all that was its own;
//! * no write was done twice.

/// Eager calls are made when this is called, lazy ones when it is first polled.
macro_rules! calls {
    ($( $name:literal => |$setting:ident| $call:expr; )*) => {
        /// Each by its module and its name.
        pub(super) const CALLS: &[(&str, Call)] = &[ $( ($name, |$setting: Setting| {
            let _ = &$setting;
            $call
        }), )* ];
    };
}

/// A lazy call: nothing happens before its future is polled.
macro_rules! lazy {
    ($call:expr) => {
        Box::pin(async move {
            let _kept = $call.await;
        })
    };
}

mod calls;
mod families;
mod names;
mod recipes;

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{sleep, timeout};
use zookit_client::{Client, ConnectOptions, CreateMode, RetryPolicy, State, Version};
use zookit_server::core::{Change, Config, Effect, Fault};
use zookit_sim::whole::{SimulatedEnsemble, run};

use calls::{CALLS, Call, MARK, Setting};

/// All the room for requests that a client of these tests has.
const MOST_REQUESTS: usize = 16;

/// What may be going wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    None,
    /// The next request is carried out, and its connection ends without a reply.
    LostReply,
    Reset,
    HalfOpen,
    Expiry,
    Election,
}

/// All of it, and behind how many polls.
const TROUBLES: &[(Trouble, usize)] = &[
    (Trouble::None, 0),
    (Trouble::LostReply, 0),
    (Trouble::Reset, 0),
    (Trouble::Reset, 2),
    (Trouble::HalfOpen, 0),
    (Trouble::HalfOpen, 2),
    (Trouble::HalfOpen, 4),
    (Trouble::Expiry, 0),
    (Trouble::Expiry, 3),
    (Trouble::Expiry, 5),
    (Trouble::Election, 0),
    (Trouble::Election, 3),
];

/// Not called, each with its reason.
const LEFT_OUT: &[(&str, &str)] =
    &[("client::connect", "connect_with with the default options, which are a real network's")];

/// What ends the client, so that it cannot work on.
const LAST: [&str; 3] = ["session::close", "session::export", "state::next"];

#[test]
fn every_public_async_function_is_called() {
    all_are_called(CALLS, names::of_the_client());
}

#[test]
fn every_public_async_function_of_a_recipe_is_called() {
    all_are_called(&of_recipes(), names::of_the_recipes());
}

fn all_are_called(calls: &[(&str, Call)], public: BTreeSet<String>) {
    let called = calls.iter().map(|(name, _)| (*name).to_owned());
    let left_out = LEFT_OUT.iter().map(|(name, _)| (*name).to_owned());
    let left_out: BTreeSet<String> = left_out.filter(|name| public.contains(name)).collect();
    let known: BTreeSet<String> = called.chain(left_out).collect();
    let missing: Vec<_> = public.difference(&known).collect();
    assert!(missing.is_empty(), "to be called: {missing:?}");
    let gone: Vec<_> = known.difference(&public).collect();
    assert!(gone.is_empty(), "called, and no public function: {gone:?}");
}

#[test]
fn nothing_leaks_from_a_future_that_is_dropped_at_any_poll() {
    let points = all_points(CALLS, false);
    assert!(points >= 5_000, "only {points} points");
}

#[test]
fn no_znode_is_left_by_a_recipe_that_is_dropped_at_any_poll() {
    let calls = of_recipes();
    let points = all_points(&calls, true);
    assert!(points >= 100 * calls.len(), "only {points} points");
}

fn of_recipes() -> Vec<(&'static str, Call)> {
    recipes::CALLS.iter().copied().chain(families::calls()).collect()
}

/// Drops each call at every poll; how many points that are.
fn all_points(calls: &[(&str, Call)], of_recipes: bool) -> usize {
    let mut points = 0;
    for (name, call) in calls {
        for trouble in TROUBLES {
            // It ends within its deadline, which is the session timeout, and that within 100 polls.
            let point = |polls: &usize| run(point(name, *call, *trouble, *polls, of_recipes));
            let ended = (0..200).find(point);
            let ended = ended.unwrap_or_else(|| panic!("{name} does not end in {trouble:?}"));
            points += ended;
        }
    }
    println!("{points} points");
    points
}

/// Between two polls, some time: little at first, when much happens.
fn pause(polls: usize) -> Duration {
    Duration::from_millis(match polls {
        0..8 => 1,
        8..16 => 10,
        16..40 => 100,
        _ => 1000,
    })
}

/// One call, dropped behind so many polls. True: it had ended by then.
async fn point(
    name: &str,
    call: Call,
    trouble: (Trouble, usize),
    polls: usize,
    of_a_recipe: bool,
) -> bool {
    let about = format!("{name}, {trouble:?}, {polls} polls");
    let mut config = Config::default();
    config.tick = Duration::from_millis(200);
    let ensemble = SimulatedEnsemble::start_with(&config, 1, 7);
    let servers = ensemble.connect_string();
    let client = Client::connect_with(servers.as_str(), options(&ensemble)).await.unwrap();
    for path in ["/n", "/q", "/t", "/t/a", "/t/b", "/alive"] {
        client.create(path, (), CreateMode::Persistent).await.unwrap();
    }
    let setting = Setting { client: client.clone(), servers, options: options(&ensemble) };
    let mut future = call(setting);
    let mut ended = false;
    for polled in 0..polls {
        if polled == trouble.1 {
            make(trouble.0, &ensemble, &client);
        }
        ended = poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await;
        if ended {
            break;
        }
        sleep(pause(polled)).await;
    }
    drop(future);
    ensemble.calm();
    if !LAST.contains(&name) {
        works(&client, &about).await;
        holds_nothing(&ensemble, &client, &about).await;
    }
    if of_a_recipe {
        let gone = ensemble.until(|server| server.tree().ephemerals_count() == 0);
        let gone = timeout(Duration::from_secs(60), gone).await;
        assert!(gone.is_ok(), "{about}: znodes are left: {:?}", ensemble.sessions());
    }
    drop(client);
    let gone = ensemble.until(|server| server.sessions().is_empty());
    let gone = timeout(Duration::from_secs(60), gone).await;
    assert!(gone.is_ok(), "{about}: sessions are left: {:?}", ensemble.sessions());
    let left = ensemble.agreed(|server| server.tree().ephemerals_count());
    assert_eq!(left, 0, "{about}: ephemeral znodes are left");
    let done: usize = ensemble.history().iter().map(|it| marks(&it.change)).sum();
    assert!(done <= 1, "{about}: a write was done {done} times");
    ended
}

fn options(ensemble: &SimulatedEnsemble) -> ConnectOptions {
    let mut options = ensemble.options();
    options.session_timeout = Duration::from_secs(2);
    options.limits.max_requests = MOST_REQUESTS;
    options
}

fn make(trouble: Trouble, ensemble: &SimulatedEnsemble, client: &Client) {
    let session = client.session_id();
    match trouble {
        Trouble::None => {}
        Trouble::LostReply => {
            ensemble.add_fault(0, Fault::new(Effect::LoseReply, |_| true).times(1));
        }
        Trouble::Reset => drop(ensemble.reset_connection(session)),
        Trouble::HalfOpen => drop(ensemble.half_open(session)),
        Trouble::Expiry => drop(ensemble.expire(session)),
        Trouble::Election => drop(ensemble.elect(0)),
    }
}

async fn works(client: &Client, about: &str) {
    // A connection that is half-open takes the first write with it.
    let policy = RetryPolicy { lost_writes: true, ..RetryPolicy::default() };
    let write = client.retry(policy, |_| client.set_data("/alive", "yes", Version::Any));
    let written = timeout(Duration::from_secs(60), write).await;
    assert!(matches!(written, Ok(Ok(_))), "{about}: the client writes no more: {written:?}");
    assert_eq!(client.state(), State::Connected, "{about}");
}

async fn holds_nothing(ensemble: &SimulatedEnsemble, client: &Client, about: &str) {
    let holds = || {
        let stats = client.stats();
        stats.in_flight + stats.queued > 0
            || stats.watches.total() > 0
            || !ensemble.watches().is_empty()
    };
    let mut patience = 100;
    while holds() && patience > 0 {
        patience -= 1;
        sleep(Duration::from_millis(100)).await;
    }
    let (stats, watches) = (client.stats(), ensemble.watches());
    assert!(!holds(), "{about}: left: {stats:?}, {watches:?}");
    let all = timeout(Duration::from_secs(60), client.reserve(MOST_REQUESTS)).await;
    assert!(matches!(all, Ok(Ok(_))), "{about}: room is lost: {all:?}");
}

/// How many writes of a change were a call's own.
fn marks(change: &Change) -> usize {
    match change {
        Change::Create { data, .. } | Change::SetData { data, .. } => {
            usize::from(data.as_deref() == Some(MARK.as_bytes()))
        }
        Change::Multi(changes) => changes.iter().map(marks).sum(),
        _ => 0,
    }
}
