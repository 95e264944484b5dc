//! Everything at random, again and again: what must hold whatever happens.
//!
//! Two servers are told the same and must say the same, byte for byte. On each connection replies
//! come in the order of requests, and each number of a transaction is given once.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::BytesMut;
use zookit_proto::connect::ConnectRequest;
use zookit_proto::header::ReplyHeader;
use zookit_proto::types::CreateMode;
use zookit_proto::{ErrorCode, OpCode, Request, SessionId, Xid, Zxid, frame};

use super::talk::{children, config, create, delete, exists, get, new_session, request_frame, set};
use crate::core::{Config, ConnectionId, Effect, Fault, Profile, Server, Time};

/// xorshift: the only randomness.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn of<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let sides = u64::try_from(items.len()).unwrap();
        if sides == 0 { None } else { items.get(usize::try_from(self.roll(sides)).unwrap()) }
    }
}

/// A server, and what its clients have heard.
struct World {
    server: Server,
    now: Time,
    heard: BTreeMap<ConnectionId, BytesMut>,
    rest: BTreeMap<ConnectionId, BytesMut>,
}

impl World {
    fn new(config: Config) -> Self {
        let server = Server::new(config, 3);
        Self { server, now: Time::ZERO, heard: BTreeMap::new(), rest: BTreeMap::new() }
    }

    fn settle(&mut self) {
        while let Some(id) = self.server.poll_read() {
            self.receive(id, &[]);
        }
        while let Some(id) = self.server.poll_transmit() {
            self.flush(id);
        }
        while let Some(id) = self.server.poll_close() {
            self.flush(id);
            self.server.disconnected(self.now, id);
            self.rest.remove(&id);
        }
    }

    fn flush(&mut self, id: ConnectionId) {
        let chunk: Vec<u8> = self.server.transmit(id).flatten().copied().collect();
        self.server.written(id, chunk.len());
        self.heard.entry(id).or_default().extend_from_slice(&chunk);
    }

    fn receive(&mut self, id: ConnectionId, bytes: &[u8]) {
        let Some(rest) = self.rest.get_mut(&id) else { return };
        rest.extend_from_slice(bytes);
        self.server.receive(self.now, id, rest);
    }
}

/// Something that happens.
#[derive(Debug)]
enum Step {
    Dial(Option<SessionId>),
    Send(ConnectionId, Vec<u8>),
    HangUp(ConnectionId),
    Wait(Duration),
    Control(u64, ConnectionId, SessionId),
}

fn request(dice: &mut Dice, samples: &[Request]) -> Request {
    let path = *dice.of(&["/", "/a", "/a/b", "/a/c", "/d", "/zookeeper"]).unwrap();
    match dice.roll(12) {
        0 | 1 => create(path, CreateMode::Persistent),
        2 => create(path, CreateMode::EphemeralSequential),
        3 => create(path, CreateMode::Ephemeral),
        4 => delete(path),
        5 => set(path),
        6 => get(path, dice.roll(2) == 0),
        7 => exists(path, true),
        8 => children(path, true),
        _ => dice.of(samples).unwrap().clone(),
    }
}

/// Bits are flipped from this byte of a frame on: 0 is its length, 8 is behind its xid.
fn step(
    dice: &mut Dice,
    world: &World,
    xid: &mut i32,
    samples: &[Request],
    flips_from: usize,
) -> Step {
    let ids: Vec<_> = world.rest.keys().copied().collect();
    let sessions: Vec<_> = world.server.sessions().iter().map(|session| session.id).collect();
    let session = dice.of(&sessions).copied();
    let Some(&id) = dice.of(&ids) else { return Step::Dial(None) };
    match dice.roll(100) {
        0..=5 => Step::Dial(session.filter(|_| dice.roll(2) == 0)),
        6 => Step::HangUp(id),
        7..=12 => Step::Wait(Duration::from_millis(dice.roll(3000))),
        13..=15 => Step::Control(dice.roll(14), id, session.unwrap_or(SessionId::NONE)),
        16 => {
            *xid += 1;
            let mut bytes = request_frame(Xid(*xid), &request(dice, samples)).to_vec();
            let at = usize::try_from(dice.roll(bytes.len() as u64)).unwrap();
            if at >= flips_from {
                bytes[at] ^= u8::try_from(1 << dice.roll(8)).unwrap();
            }
            Step::Send(id, bytes)
        }
        _ => {
            let mut bytes = Vec::new();
            for _ in 0..=dice.roll(3) {
                *xid += 1;
                bytes.extend_from_slice(&request_frame(Xid(*xid), &request(dice, samples)));
            }
            Step::Send(id, bytes)
        }
    }
}

fn carry_out(world: &mut World, step: &Step) {
    let now = world.now;
    match step {
        Step::Dial(session) => {
            let id = world.server.connect(now, SocketAddr::from(([127, 0, 0, 1], 5)));
            world.rest.insert(id, BytesMut::new());
            let request = session.map_or_else(new_session, |session_id| ConnectRequest {
                session_id,
                password: Some(crate::core::sessions::password(session_id)),
                read_only: Some(true),
                ..new_session()
            });
            world.receive(id, &frame::around(&request));
        }
        Step::Send(id, bytes) => world.receive(*id, bytes),
        Step::HangUp(id) => {
            world.server.disconnected(now, *id);
            world.rest.remove(id);
        }
        Step::Wait(duration) => {
            world.now = now.after(*duration);
            world.server.handle_timeout(world.now);
        }
        Step::Control(which, id, session) => control(&mut world.server, now, *which, *id, *session),
    }
    world.settle();
}

fn control(server: &mut Server, now: Time, which: u64, id: ConnectionId, session: SessionId) {
    let some = Duration::from_millis(700);
    let fault = |effect| Fault::new(effect, |asked| asked.opcode() != OpCode::Ping).times(1);
    match which {
        0 => drop(server.expire_session(now, session)),
        1 => drop(server.kill_session(now, session)),
        2 => drop(server.drop_connection(now, id)),
        3 => drop(server.freeze_connection(now, id)),
        4 => drop(server.thaw_connection(now, id)),
        5 => drop(server.half_open_connection(now, id)),
        6 => server.set_read_only(now, !server.is_read_only()),
        7 => server.restart(now),
        8 => server.bump_epoch(now),
        9 => drop(server.add_fault(fault(Effect::LoseReply))),
        10 => drop(server.add_fault(fault(Effect::Delay(some)))),
        11 => drop(server.add_fault(fault(Effect::DelayReply(some)))),
        12 => drop(server.add_fault(fault(Effect::LoseReplySilently))),
        _ => drop(server.add_fault(fault(Effect::Fail(ErrorCode::SystemError)))),
    }
}

/// Replies in the order of requests, and zxids that never go back. Tells how many there were.
fn is_in_order(heard: &BytesMut, asked: i32) -> usize {
    let mut bytes = heard.clone();
    let (mut xid, mut zxid, mut replies) = (0, Zxid(0), 0);
    // The first frame is the handshake.
    let _ = frame::next(&mut bytes, usize::MAX);
    while let Ok(Some(payload)) = frame::next(&mut bytes, usize::MAX) {
        let (header, _) = ReplyHeader::split(payload).unwrap();
        if header.zxid.0 > 0 {
            assert!(header.zxid >= zxid, "{header:?} behind {zxid}");
            zxid = header.zxid;
        }
        if header.xid != Xid::NOTIFICATION && header.xid != Xid::PING {
            assert!(header.xid.0 > xid && header.xid.0 <= asked, "{header:?} behind {xid}");
            xid = header.xid.0;
            replies += 1;
        }
    }
    replies
}

fn run(seed: u64, profile: Profile) -> usize {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let samples: Vec<_> = Request::samples()
        .into_iter()
        .filter(|request| !matches!(request.opcode(), OpCode::Sasl | OpCode::Auth))
        .collect();
    let config = || Config { profile, extended_types: seed % 2 == 0, ..config() };
    let (mut one, mut two) = (World::new(config()), World::new(config()));
    let mut xid = 0;
    for _ in 0..400 {
        let step = step(&mut dice, &one, &mut xid, &samples, 0);
        let before = one.server.last_zxid();
        carry_out(&mut one, &step);
        carry_out(&mut two, &step);
        assert!(one.server.last_zxid() >= before);
        let unsent: usize = one.server.connections().iter().map(|info| info.unsent).sum();
        assert_eq!(one.server.unsent_bytes(), unsent, "seed {seed}, behind {step:?}");
        assert_eq!(one.server.poll_timeout(), two.server.poll_timeout());
    }
    assert_eq!(one.heard, two.heard, "seed {seed}");
    assert_eq!(one.server.watches(), two.server.watches());
    assert_eq!(one.server.sessions(), two.server.sessions());
    for session in one.server.tree().sessions() {
        let alive = one.server.sessions().iter().any(|other| other.id == session);
        assert!(alive || one.server.tree().ephemerals(session).is_empty(), "{session}");
    }
    for watch in one.server.watches() {
        assert!(one.rest.contains_key(&watch.connection), "a watch of a connection that is gone");
    }
    one.heard.values().map(BytesMut::len).sum()
}

#[test]
fn whatever_happens_two_servers_say_the_same() {
    let mut said = 0;
    for seed in 1..=40 {
        for profile in Profile::ALL {
            said += run(seed, profile);
        }
    }
    assert!(said > 400_000, "only {said} bytes were said");
}

#[test]
fn replies_keep_the_order_of_requests_whatever_happens() {
    let mut replies = 0;
    for seed in 1000..1050 {
        let mut dice = Dice(seed);
        let samples = [get("/", true), set("/"), delete("/none"), exists("/a", true)];
        let mut world = World::new(config());
        let mut xid = 0;
        for _ in 0..300 {
            let step = step(&mut dice, &world, &mut xid, &samples, 8);
            carry_out(&mut world, &step);
        }
        for heard in world.heard.values() {
            replies += is_in_order(heard, xid);
        }
    }
    assert!(replies > 5_000, "only {replies} replies came");
}
