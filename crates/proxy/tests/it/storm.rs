//! Faults that lose nothing, set and taken back at random: every byte arrives, in its order.

use std::io::{Read, Write};
use std::thread;
use std::time::Duration;

use zookit_proxy::{Flow, Opening, Proxy};

use crate::peers::{Pair, Peer};

/// What each of the two says.
const SAID: usize = 3 << 20;

fn said(seed: u64) -> Vec<u8> {
    let mut bytes = vec![0; SAID];
    fastrand::Rng::with_seed(seed).fill(&mut bytes);
    bytes
}

/// Talks and listens, each in pieces of random sizes.
fn talk(peer: Peer, seed: u64, other: u64) {
    let mut writer = peer.0.try_clone().unwrap();
    let talker = thread::spawn(move || {
        let mut chance = fastrand::Rng::with_seed(seed + 100);
        let bytes = said(seed);
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let (piece, left) = rest.split_at(chance.usize(1..=40_000).min(rest.len()));
            writer.write_all(piece).unwrap();
            rest = left;
        }
        writer.shutdown(std::net::Shutdown::Write).unwrap();
    });
    let mut heard = Vec::new();
    (&peer.0).read_to_end(&mut heard).unwrap();
    assert!(heard == said(other), "seed {seed}: {} bytes of {SAID}", heard.len());
    talker.join().unwrap();
}

fn disturb(proxy: &Proxy, chance: &mut fastrand::Rng) {
    let flow: Flow<'_> = match chance.u8(0..3) {
        0 => proxy.to_server(),
        1 => proxy.to_client(),
        _ => proxy.both_ways(),
    };
    match chance.u8(0..7) {
        0 => flow.delay(Duration::from_micros(chance.u64(0..3000))),
        1 => flow.jitter(Duration::from_micros(chance.u64(0..3000))),
        2 => flow.bandwidth(chance.u64(1 << 20..1 << 26)),
        3 => flow.hold(),
        4 => drop(proxy.lose_next_reply("/never/asked")),
        5 => flow.clear(),
        _ => proxy.heal(),
    }
}

#[test]
fn whatever_the_weather_bytes_arrive_in_their_order() {
    for seed in 0..20 {
        let opening = |bytes: &[u8]| if bytes.len() < 50 { Opening::More } else { Opening::Keep };
        let pair = Pair::with(|builder| builder.seed(seed).opening(opening));
        let link = pair.link();
        let client = thread::spawn(move || talk(link.client, seed, seed + 1));
        let server = thread::spawn(move || talk(link.server, seed + 1, seed));
        let mut chance = fastrand::Rng::with_seed(seed);
        while !(client.is_finished() && server.is_finished()) {
            disturb(&pair.proxy, &mut chance);
            // Something happens in between, if anything can.
            let passed = pair.proxy.statistics();
            let _ = pair.proxy.wait(Duration::from_millis(1), |now| *now != passed);
        }
        client.join().unwrap();
        server.join().unwrap();
    }
}
