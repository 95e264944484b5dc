//! A server that is told whatever there is to tell, beside a client that means well.

use std::net::SocketAddr;

use bytes::BytesMut;
use zookit_fuzz::Case;
use zookit_proto::connect::ConnectRequest;
use zookit_proto::frame::{self, append_request};
use zookit_proto::header::ReplyHeader;
use zookit_proto::{ErrorCode, OpCode, Xid};
use zookit_server::core::{Config, ConnectionId, Profile, Server, Time};

struct World {
    server: Server,
    heard: Vec<u8>,
}

impl World {
    fn dial(&mut self) -> ConnectionId {
        self.server.connect(Time::ZERO, SocketAddr::from(([127, 0, 0, 1], 1)))
    }

    fn tell(&mut self, id: ConnectionId, bytes: &mut BytesMut) {
        self.server.receive(Time::ZERO, id, bytes);
        while let Some(to) = self.server.poll_transmit() {
            let chunk: Vec<u8> = self.server.transmit(to).flatten().copied().collect();
            self.server.written(to, chunk.len());
            if to == id {
                self.heard.extend_from_slice(&chunk);
            }
        }
    }
}

/// What one who says the case in pieces of this size hears, when one who means well was served
/// before and is served behind.
fn hears(case: &Case, piece: usize) -> Vec<u8> {
    let profiles = Profile::ALL;
    let profile = profiles[usize::from(case.kind) % profiles.len()];
    let mut config = Config::default();
    config.profile = profile;
    config.extended_types = true;
    config.max_buffer = 2048;
    let mut world = World { server: Server::new(config, 1), heard: Vec::new() };
    let handshake = frame::around(&ConnectRequest::samples()[0]);

    let good = world.dial();
    world.tell(good, &mut BytesMut::from(&handshake[..]));
    let other = world.dial();
    if case.kind < 96 {
        world.tell(other, &mut BytesMut::from(&handshake[..]));
    }
    world.heard.clear();
    let mut rest = BytesMut::new();
    for piece in case.bytes.chunks(piece) {
        rest.extend_from_slice(piece);
        world.tell(other, &mut rest);
    }
    let heard = std::mem::take(&mut world.heard);

    let mut ping = BytesMut::new();
    append_request(&mut ping, Xid::PING, OpCode::Ping.number(), 100, |_| {}).expect("a ping");
    world.tell(good, &mut ping);
    let pong = ReplyHeader::of_frame(&world.heard).expect("an answer");
    assert_eq!((pong.xid, pong.err), (Xid::PING, ErrorCode::Ok));
    heard
}

/// No panic, the same answers however it is cut, and nothing but whole frames, or a text where
/// there was no handshake.
pub fn converse(case: &Case) {
    let whole = hears(case, usize::MAX);
    assert_eq!(whole, hears(case, usize::from(case.kind) % 7 + 1));
    if case.kind < 96 {
        let mut bytes = BytesMut::from(&whole[..]);
        while let Ok(Some(payload)) = frame::next(&mut bytes, usize::MAX) {
            assert!(ReplyHeader::split(payload).is_ok());
        }
        assert!(bytes.is_empty(), "{bytes:?} is no frame");
    }
}
