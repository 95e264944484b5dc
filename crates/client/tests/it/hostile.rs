//! Whatever a server sends, every request ends, nothing panics, and the client goes on.

use std::time::Duration;

use tokio::time::timeout;
use zookit_client::{Error, ErrorCode, State, Transaction, Version, Zxid};
use zookit_proto::Xid;
use zookit_proto::ops::close_session::CloseSession;
use zookit_proto::ops::set_data::SetData;

use crate::peer::{connected, event_frame, got, reply_frame, set};

/// A generator of its own: the seed is the number of the case.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        // splitmix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).unwrap()
    }
}

/// Good replies and events, with bytes changed, cut out or doubled.
fn spoiled(chance: &mut Chance, first: Xid) -> Vec<u8> {
    let second = Xid(first.0 + 1);
    let mut bytes = reply_frame(first, Zxid(9), ErrorCode::Ok, &got("hello")).to_vec();
    bytes.extend_from_slice(&event_frame(zookit_client::EventType::NodeDeleted, "/w", 9));
    bytes.extend_from_slice(&reply_frame(second, Zxid(10), ErrorCode::Ok, &set()));
    for _ in 0..=chance.below(4) {
        let at = chance.below(bytes.len());
        match chance.below(4) {
            0 => bytes[at] = 0xff,
            1 => bytes[at] ^= 1 << chance.below(8),
            2 => drop(bytes.remove(at)),
            _ => bytes.insert(at, bytes[at]),
        }
    }
    bytes
}

#[tokio::test(start_paused = true)]
async fn every_request_ends_whatever_comes_back() {
    let mut arms = [0; 4];
    for case in 0..300 {
        let mut chance = Chance(case);
        let (client, mut peer, mut line) = connected().await;
        let read = client.get_data("/a");
        let write = client.set_data("/a", "x", Version::Any);
        let multi = client.multi(Transaction::new());
        let first = line.asked().await.xid;
        line.asked().await;
        line.send(&spoiled(&mut chance, first)).await;

        // From here on the peer is kind: it grants the session and answers all with a refusal.
        let kind = tokio::spawn(async move {
            drop(line);
            loop {
                let mut line = peer.accept().await;
                while let Some(asked) = line.next_asked().await {
                    line.refuse(&asked, 20, ErrorCode::NoNode).await;
                }
            }
        });
        let mut count = |error: Option<Error>| match error {
            None => arms[0] += 1,
            Some(Error::Refused(_)) => arms[1] += 1,
            Some(Error::NotSent(_)) => arms[2] += 1,
            Some(Error::NoReply(_)) => arms[3] += 1,
        };
        let bound = Duration::from_secs(600);
        count(timeout(bound, read).await.unwrap().err());
        count(timeout(bound, write).await.unwrap().err());
        count(timeout(bound, multi).await.unwrap().err());
        timeout(bound, client.wait_connected()).await.unwrap().unwrap();
        drop(client);
        kind.abort();
    }
    let [values, refused, _, no_reply] = arms;
    assert!(values > 0 && refused > 0 && no_reply > 0, "each kind of spoiling was met: {arms:?}");
}

#[tokio::test(start_paused = true)]
async fn a_reply_to_another_request_ends_the_connection_and_not_the_client() {
    let (client, mut peer, mut line) = connected().await;
    let write = client.set_data("/a", "x", Version::Any);
    let asked = line.asked().await;
    line.answer(Xid(asked.xid.0 + 7), Zxid(9), ErrorCode::Ok, &set()).await;
    let error = write.await.unwrap_err();
    assert!(error.may_have_applied() && error.to_string().contains("xid"), "{error}");

    let mut line = peer.accept().await;
    let write = client.set_data("/a", "y", Version::Any);
    let asked = line.asked().await;
    line.reply::<SetData>(&asked, 10, &set()).await;
    write.await.unwrap();
    let closed = client.close();
    let asked = line.asked().await;
    line.reply::<CloseSession>(&asked, 11, &()).await;
    closed.await.unwrap();
    assert_eq!(client.state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_frame_that_claims_two_gigabytes_costs_nothing_and_ends_its_request() {
    let (client, _peer, mut line) = connected().await;
    let read = client.get_data("/a");
    let asked = line.asked().await;
    let mut claim = i32::MAX.to_be_bytes().to_vec();
    claim.extend_from_slice(&asked.xid.0.to_be_bytes());
    line.send(&claim).await;
    let error = read.await.unwrap_err();
    assert!(error.to_string().contains("2147483647 bytes"), "{error}");
    assert!(!error.may_have_applied());
}
