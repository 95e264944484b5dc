//! The sessions of a script on one server.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use zookit_proto::connect::ConnectRequest;
use zookit_proto::four_letter::FourLetterWord;
use zookit_proto::header::ReplyHeader;
use zookit_proto::types::{EventType, KeeperState, Password, SessionId, Zxid};
use zookit_proto::{ErrorCode, OpCode};

use super::item::{Item, Moment, Seen};
use super::prologue::{self, Beginning};
use super::view::View;
use crate::Outcome;
use crate::script::{Ask, Hello, SLOTS, Seen as Saw, Step, Who};
use crate::target::Target;
use crate::wire::{Connection, Heard, new_session};

/// The server raises it to its shortest timeout.
const SHORTEST_MS: i32 = 1;

/// How often it is looked whether a session has expired.
const POLL: Duration = Duration::from_millis(25);

/// How often it is looked whether the server has noticed that a connection was dropped.
const SHORT_POLL: Duration = Duration::from_millis(1);

/// A session that lives longer than this does not expire.
const PATIENCE: Duration = Duration::from_secs(20);

/// Carries a script out; what is seen of each step.
///
/// The server is tidied up before, so that nothing of an earlier script is left, and all sessions
/// are closed behind it.
///
/// # Errors
/// There is no server, or it does not let itself be tidied up.
pub fn observe(target: &mut dyn Target, script: &[Step]) -> Outcome<Vec<Seen>> {
    let beginning = prologue::tidy(target)?;
    let mut side = Side::new(target, beginning);
    let seen = script.iter().map(|step| side.perform(step)).collect();
    side.close_all()?;
    seen
}

struct Side<'t> {
    target: &'t mut dyn Target,
    view: View,
    slots: [Slot; SLOTS],
    sessions: Vec<Session>,
}

#[derive(Default)]
struct Slot {
    connection: Option<Connection>,
    /// Requests that were not answered.
    asked: VecDeque<Ask>,
    /// The number of its session.
    session: Option<usize>,
    last_zxid: Zxid,
}

struct Session {
    id: SessionId,
    password: Option<Password>,
    closed: bool,
}

impl<'t> Side<'t> {
    fn new(target: &'t mut dyn Target, beginning: Beginning) -> Self {
        let slots = Default::default();
        Self { target, view: View::new(beginning), slots, sessions: Vec::new() }
    }

    fn perform(&mut self, step: &Step) -> Outcome<Seen> {
        let mut items: [Vec<Item>; SLOTS] = Default::default();
        match step {
            Step::Connect { slot, hello } => self.connect(*slot, hello, &mut items[*slot])?,
            Step::Ask { slot, asks } => self.ask(*slot, asks, &mut items[*slot])?,
            Step::Drop { slot } => {
                let item = self.hang_up(*slot)?;
                items[*slot].extend(item);
            }
            Step::Expire { slot } => {
                let item = self.expire(*slot)?;
                items[*slot].push(item);
            }
        }
        let newest = self.barrier(&mut items)?;
        if step.ends_a_session() {
            items.iter_mut().for_each(|items| sort_events(items));
        }
        let items = items.into_iter().enumerate();
        let items = items.flat_map(|(slot, items)| items.into_iter().map(move |item| (slot, item)));
        Ok(Seen { items: items.collect(), newest })
    }

    fn connect(&mut self, slot: usize, hello: &Hello, items: &mut Vec<Item>) -> Outcome {
        let own = self.slots[slot].session.filter(|_| hello.who != Who::New);
        let (id, password) = match (hello.who, own.map(|own| &self.sessions[own])) {
            (Who::Own, Some(own)) => (own.id, own.password.clone()),
            (Who::WrongPassword, Some(own)) => (own.id, Some(Password::new(vec![7; 16].into()))),
            (Who::Unknown, _) => (SessionId(0x77), Some(Password::zeros())),
            _ => (SessionId::NONE, Some(Password::zeros())),
        };
        let last_zxid_seen = match hello.seen {
            Saw::Nothing => Zxid(0),
            Saw::Current => self.slots[slot].last_zxid,
            Saw::Ahead => Zxid(i64::MAX >> 1),
        };
        let request = ConnectRequest {
            last_zxid_seen,
            session_id: id,
            password,
            read_only: hello.read_only,
            ..new_session(hello.timeout_ms)
        };
        if matches!(hello.who, Who::New) {
            self.slots[slot].hang_up();
        }
        let mut connection = Connection::open(self.target)?;
        let response = connection.handshake(&request)?;
        // A connection that the server has kicked shows its end.
        if id != SessionId::NONE && hello.who != Who::Unknown && hello.seen != Saw::Ahead {
            self.slots[slot].hear_the_end(&mut self.view, items)?;
        }
        let Some(response) = response else {
            items.push(Item::Closed);
            return Ok(());
        };
        if !response.is_accepted() {
            let zeros = response.password == Some(Password::zeros());
            let how = format!(
                "gone timeout {} session {} zeros {zeros} {:?}",
                response.timeout_ms, response.session_id, response.read_only
            );
            items.push(Item::Connected(how));
            items.push(end_of(&mut connection)?);
            return Ok(());
        }
        let number = match self.sessions.iter().position(|known| known.id == response.session_id) {
            Some(known) => known,
            None => {
                let (id, password) = (response.session_id, response.password.clone());
                self.sessions.push(Session { id, password, closed: false });
                self.view.name(id, self.sessions.len() - 1);
                self.sessions.len() - 1
            }
        };
        let same = self.sessions[number].password == response.password;
        let how = format!(
            "s{number} timeout {} password {same} {:?}",
            response.timeout_ms, response.read_only
        );
        items.push(Item::Connected(how));
        let slot = &mut self.slots[slot];
        slot.hang_up();
        slot.connection = Some(connection);
        slot.session = Some(number);
        Ok(())
    }

    /// Drops a connection, and waits until the server has noticed: until then its watches are there
    /// for others to find.
    fn hang_up(&mut self, slot: usize) -> Outcome<Option<Item>> {
        if self.slots[slot].hang_up().is_none() {
            return Ok(Some(Item::NotConnected));
        }
        let open = self.slots.iter().filter(|slot| slot.connection.is_some()).count();
        let mut waited = Duration::ZERO;
        // The connection that asks is one, too.
        while connections(self.target)? > open.saturating_add(1) {
            if waited > PATIENCE {
                return Ok(Some(Item::Silence));
            }
            self.target.wait(SHORT_POLL);
            waited = waited.saturating_add(SHORT_POLL);
        }
        Ok(None)
    }

    /// Leaves a session alone until the server has ended it. That it has, a new zxid shows: nothing
    /// else can happen meanwhile.
    fn expire(&mut self, slot: usize) -> Outcome<Item> {
        let own = self.slots[slot].session.filter(|own| !self.sessions[*own].closed);
        let Some(own) = own else { return Ok(Item::NotConnected) };
        self.slots[slot].hang_up();
        let (session_id, password) = (self.sessions[own].id, self.sessions[own].password.clone());
        let request = ConnectRequest { session_id, password, ..new_session(SHORTEST_MS) };
        let mut connection = Connection::open(self.target)?;
        if !connection.handshake(&request)?.is_some_and(|response| response.is_accepted()) {
            return Ok(Item::Closed);
        }
        let before = newest_zxid(self.target)?;
        drop(connection);
        let mut waited = Duration::ZERO;
        while newest_zxid(self.target)? == before {
            if waited > PATIENCE {
                return Ok(Item::Silence);
            }
            self.target.wait(POLL);
            waited = waited.saturating_add(POLL);
        }
        self.sessions[own].closed = true;
        Ok(Item::Expired)
    }

    fn ask(&mut self, slot: usize, asks: &[Ask], items: &mut Vec<Item>) -> Outcome {
        let slot = &mut self.slots[slot];
        let last_zxid = slot.last_zxid;
        let Some(connection) = &mut slot.connection else {
            items.push(Item::NotConnected);
            return Ok(());
        };
        let oldest = self.view.beginning();
        let requests: Vec<_> =
            asks.iter().map(|ask| (ask.opcode, absolute(ask, last_zxid, oldest))).collect();
        connection.send(&requests);
        slot.asked.extend(asks.iter().cloned());
        while slot.connection.as_ref().is_some_and(|connection| connection.unanswered() > 0) {
            let item = slot.hear(&mut self.view)?;
            if matches!(&item, Item::Reply { opcode: OpCode::CloseSession, .. }) {
                if let Some(session) = slot.session {
                    self.sessions[session].closed = true;
                }
            }
            let last = is_last(&item);
            items.push(item);
            if last {
                slot.hear_the_end(&mut self.view, items)?;
            }
        }
        Ok(())
    }

    /// A ping on every connection: what comes before its answer belongs to the step.
    fn barrier(&mut self, items: &mut [Vec<Item>; SLOTS]) -> Outcome<Vec<Moment>> {
        let mut newest = Vec::new();
        for slot in &mut self.slots {
            if let Some(connection) = &mut slot.connection {
                connection.send(&[(OpCode::Ping, Bytes::new())]);
                slot.asked.push_back(Ask { opcode: OpCode::Ping, body: Bytes::new() });
            }
        }
        for (slot, items) in self.slots.iter_mut().zip(items) {
            while slot.connection.is_some() {
                match slot.hear(&mut self.view)? {
                    Item::Reply { opcode: OpCode::Ping, code: ErrorCode::Ok, zxid, .. } => {
                        newest.push(zxid);
                        break;
                    }
                    item => items.push(item),
                }
            }
        }
        Ok(newest)
    }

    /// Ends every session that still lives, so that none expires in the middle of another script.
    fn close_all(&mut self) -> Outcome {
        for slot in &mut self.slots {
            slot.hang_up();
        }
        for session in self.sessions.iter().filter(|session| !session.closed) {
            let mut connection = Connection::open(self.target)?;
            let (session_id, password) = (session.id, session.password.clone());
            let request = ConnectRequest { session_id, password, ..new_session(30_000) };
            if connection.handshake(&request)?.is_some_and(|response| response.is_accepted()) {
                connection.ask_raw(OpCode::CloseSession, Bytes::new())?;
            }
        }
        Ok(())
    }
}

impl Slot {
    /// Closes the connection, if there is one.
    fn hang_up(&mut self) -> Option<Connection> {
        self.asked.clear();
        self.connection.take()
    }

    fn hear(&mut self, view: &mut View) -> Outcome<Item> {
        let Some(connection) = &mut self.connection else { return Ok(Item::NotConnected) };
        let heard = connection.hear()?;
        self.last_zxid = self.last_zxid.max(connection.last_zxid);
        Ok(match heard {
            Heard::Reply { header, body, in_turn, .. } => {
                let ask = self.asked.pop_front();
                reply(view, ask.as_ref(), in_turn, header, body)
            }
            Heard::Event { zxid, event } => {
                let unusual = event.state != KeeperState::SyncConnected;
                let state = if unusual { format!(" {}", event.state) } else { String::new() };
                let path = format!("{:?}{state}", event.path);
                Item::Event { kind: event.event_type, zxid: view.moment(zxid), path }
            }
            Heard::Nonsense(bytes) => Item::Nonsense(format!("{bytes:?}")),
            Heard::Closed => {
                self.hang_up();
                Item::Closed
            }
            Heard::Silence => {
                self.hang_up();
                Item::Silence
            }
        })
    }

    /// What comes until the server closes, which it is about to do.
    fn hear_the_end(&mut self, view: &mut View, items: &mut Vec<Item>) -> Outcome {
        while self.connection.is_some() {
            items.push(self.hear(view)?);
        }
        Ok(())
    }
}

fn reply(
    view: &mut View,
    ask: Option<&Ask>,
    in_turn: bool,
    header: ReplyHeader,
    body: Bytes,
) -> Item {
    let Some(ask) = ask else { return Item::Nonsense(format!("{header:?} {body:?}")) };
    let (mut text, results) = view.body(ask, header.err, body);
    if !in_turn {
        text.push_str(" WITH ANOTHER XID");
    }
    let zxid = view.moment(header.zxid);
    Item::Reply { opcode: ask.opcode, code: header.err, zxid, body: text, results }
}

/// Whether the server closes behind it. A ping might be answered before it does, or might not.
const fn is_last(item: &Item) -> bool {
    let Item::Reply { opcode, code, zxid, .. } = item else { return false };
    match code {
        ErrorCode::Unimplemented => matches!(zxid, Moment::None),
        ErrorCode::AuthFailed => true,
        _ => matches!(opcode, OpCode::CloseSession),
    }
}

/// The server's newest zxid, without a session that would change it.
fn newest_zxid(target: &mut dyn Target) -> Outcome<Zxid> {
    let zxid = of_srvr(target, "Zxid: 0x", |zxid| i64::from_str_radix(zxid, 16).ok())?;
    Ok(Zxid(zxid))
}

/// How many connections the server has, the one that asks included.
fn connections(target: &mut dyn Target) -> Outcome<usize> {
    of_srvr(target, "Connections: ", |count| count.parse().ok())
}

/// What a line of `srvr` says.
fn of_srvr<T>(
    target: &mut dyn Target,
    name: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Outcome<T> {
    let mut connection = Connection::open(target)?;
    connection.send_raw(&FourLetterWord::Srvr.bytes());
    let text = String::from_utf8_lossy(&connection.read_to_end()?).into_owned();
    let value = text.lines().find_map(|line| line.strip_prefix(name)).and_then(parse);
    value.ok_or_else(|| format!("srvr tells no {name:?}: {text:?}").into())
}

/// The end of a connection that was refused.
fn end_of(connection: &mut Connection) -> Outcome<Item> {
    Ok(match connection.hear()? {
        Heard::Closed => Item::Closed,
        Heard::Silence => Item::Silence,
        other => Item::Nonsense(format!("{other:?}")),
    })
}

/// The body to send: a setWatches counts from what its slot has seen, and does not reach behind the
/// beginning, where servers have histories of their own.
fn absolute(ask: &Ask, last_zxid: Zxid, oldest: Zxid) -> Bytes {
    let from_here = matches!(ask.opcode, OpCode::SetWatches | OpCode::SetWatches2);
    match ask.body.split_first_chunk::<8>() {
        Some((offset, rest)) if from_here => {
            let zxid = last_zxid.0.saturating_add(i64::from_be_bytes(*offset)).max(oldest.0);
            let mut body = BytesMut::with_capacity(ask.body.len());
            body.put_i64(zxid);
            body.extend_from_slice(rest);
            body.freeze()
        }
        _ => ask.body.clone(),
    }
}

/// The ephemeral znodes of a session are deleted in no order, so the events of that have none.
fn sort_events(items: &mut [Item]) {
    let is_event = |item: &Item| matches!(item, Item::Event { .. });
    for run in items.chunk_by_mut(|a, b| is_event(a) && is_event(b)) {
        if run
            .iter()
            .all(|item| matches!(item, Item::Event { kind, .. } if *kind != EventType::None))
        {
            run.sort();
        }
    }
}
