//! What facts are made of.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use zookit_proto::connect::{ConnectRequest, ConnectResponse};
use zookit_proto::four_letter::FourLetterWord;
use zookit_proto::ops::sync::SyncRequest;
use zookit_proto::{ErrorCode, OpCode, Request, SessionId, Zxid};

use super::{Members, SIZE, Version, Way};
use crate::Outcome;
use crate::suite::Client;
use crate::suite::bench::resume;
use crate::wire::{Connection, Heard, new_session};

/// A server that has nothing to say for so long is waiting for another one.
const NOTHING_YET: Duration = Duration::from_millis(150);

/// Where a fact stands.
pub struct Bench<'m> {
    members: &'m mut dyn Members,
    /// The member that leads at the beginning.
    pub leader: usize,
    /// Those that follow it.
    pub followers: [usize; 2],
    /// The version.
    pub version: Version,
    root: String,
    sessions: Vec<ConnectResponse>,
}

impl<'m> Bench<'m> {
    /// A bench before these members, for a fact. Each time that one is tried has its own number.
    ///
    /// # Errors
    /// They have no leader.
    pub fn new(members: &'m mut dyn Members, number: usize) -> Outcome<Self> {
        let leader = members.leader()?;
        let followers = [(leader + 1) % SIZE, (leader + 2) % SIZE];
        let (version, root) = (members.version(), format!("/fact-{number}"));
        Ok(Self { members, leader, followers, version, root, sessions: Vec::new() })
    }

    /// Ends the sessions that an earlier fact left.
    pub(super) fn end(&mut self, sessions: Vec<ConnectResponse>) -> Outcome {
        for session in sessions {
            let mut connection = self.connection(self.leader)?;
            let greeted = connection.handshake(&resume(&session))?;
            if greeted.is_some_and(|response| response.is_accepted()) {
                connection.ask_raw(OpCode::CloseSession, Bytes::new())?;
            }
        }
        Ok(())
    }

    /// The sessions that are left at the end of a fact.
    pub(super) fn left(self) -> Vec<ConnectResponse> {
        self.sessions
    }

    /// A path of this fact's own.
    #[must_use]
    pub fn path(&self, name: &str) -> String {
        format!("{}-{name}", self.root)
    }

    /// A connection without a handshake.
    ///
    /// # Errors
    /// The member is killed.
    pub fn connection(&mut self, member: usize) -> Outcome<Connection> {
        Ok(Connection::over(self.members.dial(member)?))
    }

    /// A client with a new session of 30 s.
    ///
    /// # Errors
    /// The member gives none.
    pub fn client(&mut self, member: usize) -> Outcome<Client> {
        self.client_with(member, &new_session(30_000))
    }

    /// A client with the session that this handshake gets.
    ///
    /// # Errors
    /// The member gives none.
    pub fn client_with(&mut self, member: usize, request: &ConnectRequest) -> Outcome<Client> {
        let mut connection = self.connection(member)?;
        let session = connection.handshake(request)?.ok_or("closed instead of a session")?;
        if !session.is_accepted() {
            return Err("no session".into());
        }
        if request.session_id == SessionId::NONE {
            self.sessions.push(session.clone());
        }
        Ok(Client { connection, session, events: Vec::new() })
    }

    /// A client's session is taken up at a member.
    ///
    /// # Errors
    /// It is not.
    pub fn take_up(&mut self, member: usize, client: &Client) -> Outcome<Client> {
        let taken = self.client_with(member, &resume(&client.session))?;
        if taken.session.session_id != client.session.session_id {
            return Err("another session".into());
        }
        Ok(taken)
    }

    /// What a member answers to a handshake; `None`: it closes without a word.
    ///
    /// # Errors
    /// It says nothing, or something that is no answer.
    pub fn greeting(
        &mut self,
        member: usize,
        request: &ConnectRequest,
    ) -> Outcome<Option<ConnectResponse>> {
        self.connection(member)?.handshake(request)
    }

    /// The answer to a four-letter word.
    ///
    /// # Errors
    /// The member is killed, or does not close behind it.
    pub fn word(&mut self, member: usize, word: FourLetterWord) -> Outcome<String> {
        let mut connection = self.connection(member)?;
        connection.send_raw(&word.bytes());
        Ok(String::from_utf8_lossy(&connection.read_to_end()?).into_owned())
    }

    /// A session that a fact got by itself ends with the fact, as those of its clients do.
    pub fn keep(&mut self, session: ConnectResponse) {
        self.sessions.push(session);
    }

    /// How late it is.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.members.now()
    }

    /// Lets time pass.
    pub fn wait(&mut self, time: Duration) {
        self.members.wait(time);
    }

    /// As [`Members::leader`].
    ///
    /// # Errors
    /// The same.
    pub fn next_leader(&mut self) -> Outcome<usize> {
        self.members.leader()
    }

    /// As [`Members::hold`].
    ///
    /// # Errors
    /// The same.
    pub fn hold(&mut self, follower: usize, way: Way) -> Outcome {
        self.members.hold(follower, way)
    }

    /// As [`Members::release`].
    ///
    /// # Errors
    /// The same.
    pub fn release(&mut self) -> Outcome {
        self.members.release()
    }

    /// As [`Members::kill`].
    ///
    /// # Errors
    /// The same.
    pub fn kill(&mut self, members: &[usize]) -> Outcome {
        self.members.kill(members)
    }

    /// As [`Members::revive`].
    ///
    /// # Errors
    /// The same.
    pub fn revive(&mut self) -> Outcome {
        self.members.revive()
    }

    /// As [`Members::leave_alone`].
    ///
    /// # Errors
    /// The same.
    pub fn leave_alone(&mut self, member: usize) -> Outcome {
        self.members.leave_alone(member)
    }
}

/// Sends requests together, and waits for nothing.
pub(super) fn send(client: &mut Client, requests: &[Request]) {
    let encode = |request: &Request| {
        let mut body = BytesMut::new();
        request.write(&mut body);
        (request.opcode(), body.freeze())
    };
    client.connection.send(&requests.iter().map(encode).collect::<Vec<_>>());
}

/// Nothing comes, since the member waits for another one.
pub(super) fn nothing_yet(connection: &mut Connection) -> Outcome {
    match connection.is_silent_for(NOTHING_YET)? {
        true => Ok(()),
        false => Err(format!("it was to wait: {:?}", connection.hear()?).into()),
    }
}

/// The next thing that comes is a reply, to this operation and with this code; its zxid. The replies
/// are told apart by the order of the requests.
pub(super) fn reply(client: &mut Client, opcode: OpCode, code: ErrorCode) -> Outcome<Zxid> {
    match client.connection.hear()? {
        Heard::Reply { opcode: of, in_turn: true, header, .. }
            if (of, header.err) == (opcode, code) =>
        {
            Ok(header.zxid)
        }
        other => Err(format!("instead of {code} to {opcode}: {other:?}").into()),
    }
}

/// The next thing that comes is an event; its zxid, and what happened to which path.
pub(super) fn event(client: &mut Client) -> Outcome<(Zxid, String)> {
    match client.connection.hear()? {
        Heard::Event { zxid, event } => Ok((zxid, format!("{} {}", event.event_type, event.path))),
        other => Err(format!("instead of an event: {other:?}").into()),
    }
}

/// All that was agreed on when this is called has been applied by the client's member; the zxid that
/// this shows.
pub(super) fn catch_up(client: &mut Client) -> Outcome<Zxid> {
    Ok(client.expect(ErrorCode::Ok, &sync())?.zxid)
}

pub(super) fn sync() -> Request {
    Request::Sync(SyncRequest { path: "/".into() })
}
