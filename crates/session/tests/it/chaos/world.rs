//! The world of the chaos: a network that cuts and stalls, a server that refuses, forgets and talks
//! nonsense, and time that passes as it likes.

use bytes::Bytes;
use zookit_proto::connect::{ConnectResponse, decode_request};
use zookit_proto::header::RequestHeader;
use zookit_proto::types::{EventType, Password};
use zookit_proto::wire::{Field, Reader};
use zookit_proto::{ErrorCode, OpCode, Request, SessionId, Xid, frame};
use zookit_session::{Endpoint, Generation, Loss, Time};

use super::Chaos;
use crate::talk::{event_frame, reply_frame};

impl Chaos {
    pub(super) fn network(&mut self) {
        match self.rng.u8(0..40) {
            0 => {
                self.dialing = false;
                self.session.handle_dial_failed(self.now);
            }
            1 => {
                let losses = [Loss::Fin, Loss::Reset];
                if self.connected {
                    self.disconnect();
                }
                self.session.handle_disconnected(self.now, *self.rng.choice(&losses).unwrap());
            }
            2 => {
                let endpoint = Endpoint::new("h", self.rng.u16(1..6));
                let answers = [None, Some(Bytes::from_static(b"rw")), Some(Bytes::new())];
                let answer = self.rng.choice(&answers).unwrap().clone();
                let word = *self.rng.choice(&[b"srvr", b"isro", b"what"]).unwrap();
                self.session.handle_probed(self.now, &endpoint, word, answer);
            }
            _ if self.dialing => {
                self.disconnect();
                self.connected = true;
                self.session.handle_connected(self.now);
            }
            _ => {}
        }
        if self.rng.u8(0..20) == 0 {
            // Reports that nobody asked for.
            self.session.handle_written(self.now, 0);
            self.session.handle_timeout(Time::ZERO);
        }
    }

    pub(super) fn disconnect(&mut self) {
        self.dialing = false;
        self.connected = false;
        self.greeted = false;
        self.up.clear();
        self.down.clear();
        self.inbox.clear();
        self.owed.clear();
    }

    /// The transport takes some of what is offered.
    pub(super) fn write(&mut self) {
        if !self.session.poll_transmit(self.now) {
            return;
        }
        assert!(self.connected, "bytes for no connection");
        let offered: Vec<u8> = self.session.transmit().flatten().copied().collect();
        let count = if self.rng.bool() { offered.len() } else { self.rng.usize(0..=offered.len()) };
        let generation = self.session.generation();
        self.session.handle_written(self.now, count);
        self.up.extend_from_slice(&offered[..count]);
        self.read(generation);
    }

    /// The server reads whole frames.
    fn read(&mut self, generation: Generation) {
        while let Some(payload) = frame::next(&mut self.up, usize::MAX).expect("no frame") {
            if !self.greeted {
                self.greeted = true;
                self.greet(payload);
                continue;
            }
            let mut reader = Reader::new("RequestHeader", payload);
            let header = RequestHeader::read(&mut reader, "").expect("no header");
            let opcode = OpCode::from_number(header.opcode);
            let request = Request::decode(opcode, reader.rest()).expect("no request");
            if let Request::Create(create) = request {
                let number = create.path.to_str().rsplit('/').next().unwrap().parse().unwrap();
                let write = self.writes.get_mut(&number).unwrap();
                write.times_sent += 1;
                assert_eq!(write.times_sent, 1, "write {number} was sent twice");
                assert_eq!(write.generation, generation, "write {number} changed sessions");
                assert!(number > self.last_write_sent, "write {number} was overtaken");
                assert!(number >= self.stopped_before, "write {number} followed a lost one");
                self.last_write_sent = number;
            }
            self.owed.push_back((header.xid, opcode));
        }
    }

    fn greet(&mut self, payload: Bytes) {
        let request = decode_request(payload).expect("no handshake");
        let asked = request.session_id;
        if asked == SessionId::NONE {
            let alive: Vec<_> = self.sessions_seen.difference(&self.sessions_gone).collect();
            assert!(alive.is_empty(), "a new session while {alive:?} may live");
        }
        let granted = match self.rng.u8(0..10) {
            0 => SessionId::NONE,
            1 => self.new_session(),
            _ if asked == SessionId::NONE => self.new_session(),
            _ if self.sessions_gone.contains(&asked) => SessionId::NONE,
            _ => asked,
        };
        if granted != asked && asked != SessionId::NONE {
            self.sessions_gone.insert(asked);
        }
        self.on_this_connection = granted;
        let timeout_ms = if granted == SessionId::NONE {
            0
        } else {
            *self.rng.choice(&[1, 300, 4000, 9000, 9000]).unwrap()
        };
        let response = ConnectResponse {
            protocol_version: 0,
            timeout_ms,
            session_id: granted,
            password: Some(Password::zeros()),
            read_only: Some(false),
        };
        self.down.extend_from_slice(&frame::around(&response));
    }

    fn new_session(&mut self) -> SessionId {
        self.sessions_granted += 1;
        SessionId(self.sessions_granted)
    }

    /// The server answers the next request, or tells of an event.
    pub(super) fn serve(&mut self) {
        self.zxid += i64::from(self.rng.bool());
        if self.rng.u8(0..6) == 0 && self.greeted {
            let path = *self.rng.choice(&["/0", "/1", "/2", "/1/c", "/"]).unwrap();
            let event = EventType::from_number(self.rng.i32(0..6));
            let zxid = if self.rng.bool() { self.zxid } else { -1 };
            self.down.extend_from_slice(&event_frame(event, path, zxid));
            return;
        }
        let Some((xid, opcode)) = self.owed.pop_front() else { return };
        let codes = [
            ErrorCode::NoNode,
            ErrorCode::SystemError,
            ErrorCode::Unimplemented,
            ErrorCode::Unknown(-999),
        ];
        let mut code = ErrorCode::Ok;
        if self.rng.u8(0..8) == 0 && opcode != OpCode::Auth {
            code = *self.rng.choice(&codes).unwrap();
        }
        if opcode == OpCode::CloseSession && code.is_ok() {
            self.sessions_gone.insert(self.on_this_connection);
        }
        self.down.extend_from_slice(&reply_frame(xid, self.zxid, code, b"some body"));
    }

    /// The server sends what no server should.
    pub(super) fn misbehave(&mut self) {
        if !self.connected {
            return;
        }
        let garbage: Vec<u8> = (0..self.rng.usize(1..60)).map(|_| self.rng.u8(..)).collect();
        let bytes: Bytes = match self.rng.u8(0..6) {
            0 => garbage.into(),
            1 => [&[0, 0, 0, 3][..], b"abc"].concat().into(),
            2 => [&[0, 1, 0, 0][..], &garbage].concat().into(),
            3 => reply_frame(Xid(1_000_000), 5, ErrorCode::Ok, b""),
            4 => reply_frame(Xid::NOTIFICATION, 5, ErrorCode::Ok, &garbage),
            _ => reply_frame(Xid::PING, 5, ErrorCode::Ok, b""),
        };
        self.down.extend_from_slice(&bytes);
    }

    /// Some bytes arrive.
    pub(super) fn deliver(&mut self) {
        let count =
            if self.rng.bool() { self.down.len() } else { self.rng.usize(0..=self.down.len()) };
        let bytes = self.down.split_to(count);
        self.inbox.extend_from_slice(&bytes);
        self.session.handle_received(self.now, &mut self.inbox);
    }

    pub(super) fn pass_time(&mut self) {
        match self.session.poll_timeout() {
            Some(at) if self.rng.bool() => self.now = self.now.max(at),
            _ => self.now = self.now.after(self.duration()),
        }
        if self.rng.u8(0..4) > 0 {
            self.wake();
        }
    }

    /// Wakes the session for all that is due: it may not want that for ever.
    pub(super) fn wake(&mut self) {
        for _ in 0..20 {
            if self.session.poll_timeout().is_none_or(|at| at > self.now) {
                return;
            }
            self.session.handle_timeout(self.now);
        }
        panic!("it wants to be woken again and again at {}", self.now);
    }
}
