//! Faults that strike ZooKeeper's requests, between its client and the embedded server.
//!
//! `frames.rs` has what becomes of the bytes.

use std::time::Duration;

use zookit_client::{Client, ConnectOptions, CreateMode, Deadline, Error, Transaction, Version};
use zookit_proto::{Class, OpCode};
use zookit_proxy::{Asked, Cut, Effect, Fault, Proxy};
use zookit_server::core::Outcome;
use zookit_server::testing::Server;

use crate::peers::GUARD;

struct Talk {
    server: Server,
    proxy: Proxy,
    client: Client,
}

async fn talk() -> Talk {
    let server = Server::start();
    let proxy = Proxy::start(server.address()).unwrap();
    let options = ConnectOptions { session_timeout: Duration::from_secs(20), ..Default::default() };
    let client = Client::connect_with(proxy.address(), options).await.unwrap();
    client.create("/a", "0", CreateMode::Persistent).await.unwrap();
    server.log_requests(10_000);
    Talk { server, proxy, client }
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(GUARD, future).await.expect("it takes a tenth of the guard")
}

impl Talk {
    /// A hundred sets in flight at once, each with its number as data.
    async fn hundred_sets(&self) -> Vec<Result<(), Error>> {
        let set = |number: i32| self.client.set_data("/a", number.to_string(), Version::Any);
        let sets: Vec<_> = (0..100).map(set).collect();
        let mut results = Vec::new();
        for set in sets {
            results.push(within(set).await.map(drop));
        }
        results
    }

    /// How many sets the server has carried out.
    fn sets(&self) -> usize {
        let log = self.server.request_log();
        log.iter().filter(|logged| logged.opcode == OpCode::SetData).count()
    }

    async fn data(&self) -> String {
        within(self.client.wait_connected()).await.unwrap();
        let data = within(self.client.get_data("/a")).await.unwrap().data.unwrap();
        String::from_utf8(data.to_vec()).unwrap()
    }
}

fn nth_set(effect: Effect, number: u32) -> Fault {
    Fault::on(effect, OpCode::SetData, "/a").after(number).times(1)
}

#[tokio::test]
async fn a_lost_reply_is_that_of_a_request_that_was_carried_out() {
    let talk = talk().await;
    let fault = talk.proxy.add_fault(nth_set(Effect::LoseReply, 60));
    let results = talk.hundred_sets().await;
    assert!(results[..60].iter().all(Result::is_ok));
    assert!(results[60..].iter().all(Result::is_err));
    assert!(results[60].as_ref().unwrap_err().may_have_applied());
    assert_eq!(talk.data().await, "60");
    assert_eq!(talk.sets(), 61, "nothing behind it arrived");
    assert_eq!(talk.proxy.fault_struck(fault), Some(1));
}

#[tokio::test]
async fn a_lost_request_is_not_carried_out_and_those_before_it_are_answered() {
    let talk = talk().await;
    talk.proxy.add_fault(nth_set(Effect::LoseRequest, 60));
    let results = talk.hundred_sets().await;
    assert!(results[..60].iter().all(Result::is_ok));
    assert!(results[60].as_ref().unwrap_err().may_have_applied());
    assert_eq!(talk.data().await, "59");
    assert_eq!(talk.sets(), 60);
}

#[tokio::test]
async fn a_connection_is_cut_behind_a_reply() {
    let talk = talk().await;
    talk.proxy.add_fault(nth_set(Effect::CutBehindReply, 60));
    let results = talk.hundred_sets().await;
    assert!(results[..61].iter().all(Result::is_ok));
    assert!(results[61..].iter().all(Result::is_err));
    assert_eq!(talk.data().await, "60");
    assert_eq!(talk.proxy.statistics().made, 2);
}

#[tokio::test]
async fn requests_and_replies_are_lost_whatever_the_way_is_like() {
    for effect in [Effect::LoseRequest, Effect::LoseReply, Effect::CutBehindReply] {
        let talk = talk().await;
        talk.proxy.both_ways().delay(Duration::from_millis(2));
        talk.proxy.both_ways().bandwidth(1 << 20);
        talk.proxy.both_ways().jitter(Duration::from_millis(2));
        talk.proxy.add_fault(nth_set(effect, 60).by(Cut::Reset));
        let results = talk.hundred_sets().await;
        let answered = if effect == Effect::CutBehindReply { 61 } else { 60 };
        assert!(results[..answered].iter().all(Result::is_ok), "{effect:?}");
        assert!(results[answered..].iter().all(Result::is_err), "{effect:?}");
        let last = if effect == Effect::LoseRequest { "59" } else { "60" };
        assert_eq!(talk.data().await, last, "{effect:?}");
        // Or it would look for its server where other tests have theirs by then.
        within(talk.client.close()).await.unwrap();
    }
}

#[tokio::test]
async fn a_reply_lost_in_silence_leaves_the_client_waiting() {
    let talk = talk().await;
    talk.proxy.add_fault(nth_set(Effect::LoseReply, 0).by(Cut::Silence));
    let hurried = talk.client.with_deadline(Deadline::After(Duration::from_millis(200)));
    let lost = within(hurried.set_data("/a", "1", Version::Any)).await.unwrap_err();
    assert!(lost.may_have_applied());
    assert_eq!((talk.proxy.statistics().open, talk.proxy.statistics().made), (1, 1));
    talk.proxy.heal();
    assert_eq!(talk.data().await, "1");
}

#[tokio::test]
async fn a_delayed_request_holds_up_those_behind_it() {
    let talk = talk().await;
    let delay = Duration::from_millis(100);
    talk.proxy.add_fault(nth_set(Effect::Delay(delay), 1));
    let begun = std::time::Instant::now();
    let first = talk.client.set_data("/a", "1", Version::Any);
    let second = talk.client.set_data("/a", "2", Version::Any);
    let third = talk.client.get_data("/a");
    within(first).await.unwrap();
    within(second).await.unwrap();
    assert!(begun.elapsed() >= delay);
    assert_eq!(within(third).await.unwrap().data.unwrap(), "2");
}

#[tokio::test]
async fn a_fault_sees_every_request_whole_with_its_path() {
    let talk = talk().await;
    talk.client.create("/b", "0", CreateMode::Persistent).await.unwrap();
    let big = vec![7; 900_000];
    let set = |path: &str| talk.client.set_data(path, big.clone(), Version::Any);
    talk.proxy.add_fault(Fault::on(Effect::LoseReply, OpCode::SetData, "/b").times(1));
    within(set("/a")).await.unwrap();
    assert!(within(set("/b")).await.is_err());
    within(talk.client.wait_connected()).await.unwrap();

    talk.proxy.lose_next_reply("/b");
    let multi = |path: &str| {
        let checked = Transaction::new().check("/a", Version::Any);
        talk.client.multi(checked.delete(path, Version::Any))
    };
    assert!(within(multi("/nowhere")).await.unwrap_err().code().is_some());
    assert!(within(multi("/b")).await.unwrap_err().may_have_applied());
    within(talk.client.wait_connected()).await.unwrap();
    assert!(within(talk.client.exists("/b")).await.unwrap().is_none());
}

fn writes(asked: &Asked<'_>) -> bool {
    asked.opcode().class() == Class::Write
}

#[tokio::test]
async fn removed_faults_strike_no_more() {
    let talk = talk().await;
    let fault = talk.proxy.add_fault(Fault::new(Effect::LoseReply, writes));
    assert_eq!(talk.proxy.remove_fault(fault), Some(0));
    talk.proxy.add_fault(Fault::new(Effect::LoseReply, writes));
    talk.proxy.clear_faults();
    talk.proxy.add_fault(Fault::new(Effect::LoseReply, writes));
    talk.proxy.heal();
    within(talk.client.set_data("/a", "1", Version::Any)).await.unwrap();
    assert_eq!(talk.proxy.statistics().struck, 0);
}

#[tokio::test]
async fn a_server_that_dies_before_the_reply_to_be_lost_ends_the_connection_too() {
    let mut talk = talk().await;
    talk.server.add_fault(zookit_server::core::Fault::on(
        zookit_server::core::Effect::LoseRequest,
        OpCode::SetData,
        "/a",
    ));
    talk.proxy.add_fault(nth_set(Effect::LoseReply, 0));
    let lost = within(talk.client.set_data("/a", "1", Version::Any)).await.unwrap_err();
    assert!(lost.may_have_applied());
    let outcomes: Vec<_> = talk.server.request_log().iter().map(|logged| logged.outcome).collect();
    assert!(outcomes.contains(&Outcome::Lost));
    assert_eq!(talk.data().await, "0");
    talk.server.stop().unwrap();
}
