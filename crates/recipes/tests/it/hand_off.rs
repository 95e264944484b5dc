//! What it takes from one holder to the next, counted: however many wait.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use tokio::task::JoinSet;
use zookit_client::Client;
use zookit_proto::OpCode;
use zookit_recipes::Mutex;

use crate::place::{Place, bounded};

const PATH: &str = "/locks/a";

/// How many events about deleted znodes the server has told, of all time.
fn told(place: &Place) -> u64 {
    let mut stream = TcpStream::connect(place.server.address()).unwrap();
    stream.write_all(b"mntr").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let key = "zk_sum_node_deleted_watch_count\t";
    answer.lines().find_map(|line| line.strip_prefix(key)).unwrap().parse().unwrap()
}

/// Waits until each of so many has its watch. It looks once in a round trip: to look whenever the
/// server has done anything would take longer than what is looked for.
async fn until_all_wait(place: &Place, client: &Client, waiters: usize) {
    let waiting = || place.server.look(|server| server.watches().len());
    while waiting() < waiters {
        client.exists("/").await.unwrap();
    }
}

/// A release is a delete, one event, and a listing by the one who is told: from the release to the
/// next holder that is two round trips, of which the delete's way back is not waited for.
async fn hand_over(waiters: usize) {
    let place = Place::new();
    let client = place.client().await;
    let first = bounded(Mutex::new(&client, PATH).acquire()).await.unwrap();
    let clients = [place.client().await, place.client().await, place.client().await];
    let mut waiting = JoinSet::new();
    for number in 0..waiters {
        let lock = Mutex::new(&clients[number % clients.len()], PATH);
        waiting.spawn(async move {
            let guard = lock.acquire().await.unwrap();
            let token = guard.token();
            guard.release().await.unwrap();
            token
        });
        // Not all at once: no request is to wait for a thousand others on a machine that is busy.
        if number % 50 == 49 {
            bounded(until_all_wait(&place, &client, number + 1)).await;
        }
    }
    bounded(until_all_wait(&place, &client, waiters)).await;
    let before = told(&place);
    place.server.log_requests(4 * waiters);
    let mut last = first.token();
    bounded(first.release()).await.unwrap();
    while let Some(token) = bounded(waiting.join_next()).await {
        let token = token.unwrap();
        assert!(last < token, "{last:?} held before {token:?}");
        last = token;
    }
    assert_eq!(told(&place) - before, u64::try_from(waiters).unwrap(), "one event a release");
    let asked = place.asked();
    let count = |code| asked.iter().filter(|asked| **asked == code).count();
    assert_eq!(count(OpCode::Delete), waiters + 1);
    assert_eq!(count(OpCode::GetChildren), waiters);
    assert_eq!(asked.len(), 2 * waiters + 1);
}

#[tokio::test]
async fn one_event_and_two_requests_hand_a_lock_over_to_one_of_two() {
    hand_over(2).await;
}

#[tokio::test]
async fn one_event_and_two_requests_hand_a_lock_over_to_one_of_a_thousand() {
    hand_over(1000).await;
}
