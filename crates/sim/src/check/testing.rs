//! Runs made by hand, for the tests of the checkers.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use zookit_proto::ops::add_watch::AddWatchRequest;
use zookit_proto::ops::create::{CreateReply, CreateRequest};
use zookit_proto::ops::delete::DeleteRequest;
use zookit_proto::ops::exists::ExistsRequest;
use zookit_proto::ops::get_children::GetChildrenRequest;
use zookit_proto::ops::get_data::GetDataRequest;
use zookit_proto::ops::set_data::SetDataRequest;
use zookit_proto::types::{AddWatchMode, CreateMode, EventType};
use zookit_proto::{ErrorCode, Reply, Request, SessionId, Text, Time, Zxid};
use zookit_server::core::{Change, Owner, Transaction};
use zookit_session::{
    Generation, Reason, State, StateChange, WatchEnd, WatchKind, WatchNotice, WatcherId,
};

use super::{Bounds, Checkers, Final, Violation};
use crate::observe::{Call, ClientId, End, Observation};

/// The timeout of all sessions.
pub(super) const TIMEOUT: Duration = Duration::from_secs(4);

/// A run under construction. It goes on until the first violation.
pub(super) struct Run {
    checkers: Checkers,
    now: Time,
    pub(super) history: Vec<Transaction>,
    generation: Generation,
    found: Option<Violation>,
}

pub(super) fn session(number: i64) -> SessionId {
    SessionId(number)
}

impl Run {
    pub(super) fn new() -> Self {
        Self {
            checkers: Checkers::new(1),
            now: Time::ZERO,
            history: Vec::new(),
            generation: Generation(1),
            found: None,
        }
    }

    /// With client 1 connected, in session 1; observations are made later than things happen.
    pub(super) fn observed_late() -> Self {
        let bounds = Bounds { in_order: false, ..Bounds::default() };
        let checkers = Checkers::within(1, bounds);
        Self { checkers, ..Self::new() }.begun()
    }

    /// With client 1 connected, in session 1.
    pub(super) fn connected() -> Self {
        Self::new().begun()
    }

    fn begun(self) -> Self {
        let mut run = self;
        run.begin(1);
        run.state(1, State::Connected, Reason::NewSession);
        run
    }

    pub(super) fn at(&mut self, ms: u64) {
        self.now = Time::from_millis(ms);
    }

    pub(super) fn see(&mut self, observation: &Observation) {
        if self.found.is_none() {
            self.found = self.checkers.see(self.now, observation).err();
        }
    }

    pub(super) fn commit(&mut self, by: i64, change: Change) -> Zxid {
        let zxid = Zxid(i64::try_from(self.history.len()).unwrap() + 1);
        let transaction = Transaction { zxid, time_ms: 0, session: session(by), change };
        self.history.push(transaction.clone());
        self.see(&Observation::Committed(transaction));
        zxid
    }

    /// A session begins.
    pub(super) fn begin(&mut self, number: i64) {
        self.commit(number, Change::CreateSession { timeout: TIMEOUT });
    }

    /// A session ends, and these znodes with it.
    pub(super) fn close(&mut self, number: i64, gone: &[&str]) {
        let ephemerals = gone.iter().map(|path| Text::from(*path)).collect();
        self.commit(number, Change::CloseSession { ephemerals });
    }

    /// Of client 1, whose generations have sessions of the same numbers.
    pub(super) fn state(&mut self, generation: u64, state: State, reason: Reason) {
        self.generation = Generation(generation);
        let number = if state == State::Connecting { 0 } else { generation };
        let change = StateChange {
            state,
            reason,
            generation: self.generation,
            session: session(i64::try_from(number).unwrap()),
            server: None,
            zxid: Zxid(i64::try_from(self.history.len()).unwrap()),
            watches_restored: 0,
            not_sent: 0,
            no_reply: 0,
        };
        self.see(&Observation::State { client: ClientId(1), change });
    }

    pub(super) fn trust(&mut self, number: i64, until_ms: Option<u64>) {
        let until = until_ms.map(Time::from_millis);
        let (client, session) = (ClientId(1), session(number));
        self.see(&Observation::Trusted { client, session, until });
    }

    pub(super) fn submit(&mut self, call: u64, request: Request) {
        self.submit_with(call, request, None, None);
    }

    pub(super) fn submit_with(
        &mut self,
        call: u64,
        request: Request,
        watcher: Option<(u64, WatchKind)>,
        pinned: Option<u64>,
    ) {
        let watcher = watcher.map(|(id, kind)| (WatcherId(id), kind));
        let (client, call) = (ClientId(1), Call(call));
        let (generation, pinned) = (self.generation, pinned.map(Generation));
        self.see(&Observation::Submitted { client, call, request, watcher, pinned, generation });
    }

    pub(super) fn end(&mut self, call: u64, end: End) {
        self.see(&Observation::Ended { client: ClientId(1), call: Call(call), end });
    }

    pub(super) fn answer(&mut self, call: u64, zxid: Zxid) {
        self.answer_with(call, zxid, Bytes::new());
    }

    pub(super) fn answer_with(&mut self, call: u64, zxid: Zxid, body: Bytes) {
        self.end(call, End::Answered { zxid: Some(zxid), body });
    }

    pub(super) fn refuse(&mut self, call: u64, code: ErrorCode, zxid: Zxid) {
        self.end(call, End::Refused { code, zxid: Some(zxid) });
    }

    /// A request that arms a watcher, answered at once.
    pub(super) fn watch(&mut self, call: u64, watcher: u64, kind: WatchKind, path: &str) {
        self.submit_with(call, watching(kind, path), Some((watcher, kind)), None);
        self.answer(call, self.last());
    }

    pub(super) fn event(&mut self, watcher: u64, event: EventType, path: &str, zxid: Option<Zxid>) {
        self.notice(watcher, WatchNotice::Event { event, path: path.into(), zxid });
    }

    pub(super) fn notice(&mut self, watcher: u64, notice: WatchNotice) {
        let (client, watcher) = (ClientId(1), WatcherId(watcher));
        self.see(&Observation::Notice { client, watcher, notice });
    }

    pub(super) fn over(&mut self, watcher: u64, why: WatchEnd) {
        self.notice(watcher, WatchNotice::Ended(why));
    }

    pub(super) fn last(&self) -> Zxid {
        self.history.last().map_or(Zxid(0), |last| last.zxid)
    }

    /// The run ends in calm, with nothing more known than what was observed.
    pub(super) fn finish(&mut self) -> Result<(), Violation> {
        self.finish_with(|_| {})
    }

    pub(super) fn finish_with(
        &mut self,
        leave: impl FnOnce(&mut Final<'_>),
    ) -> Result<(), Violation> {
        self.see(&Observation::Calm);
        if let Some(found) = self.found.take() {
            return Err(found);
        }
        let history = self.history.clone();
        let (members, clients) = (Vec::new(), Vec::new());
        let mut left = Final { now: self.now, history: &history, members, clients };
        leave(&mut left);
        std::mem::replace(&mut self.checkers, Checkers::new(1)).finish(&left)
    }

    pub(super) fn passes(&mut self) {
        if let Err(violation) = self.finish() {
            panic!("a good run: {violation}");
        }
    }

    /// Something was found, by this checker, and this is said of it.
    pub(super) fn is_caught(&mut self, checker: &str, what: &str) {
        caught(self.finish(), checker, what);
    }
}

pub(super) fn caught(result: Result<(), Violation>, checker: &str, what: &str) {
    let violation = result.expect_err("nothing was found");
    let said = violation.to_string();
    assert!(violation.checker == checker && said.contains(what), "{said}");
}

pub(super) fn create(path: &str, mode: CreateMode) -> Request {
    let acl = Some(Vec::new());
    Request::Create(CreateRequest { path: path.into(), data: None, acl, mode })
}

pub(super) fn created(path: &str, owner: Owner) -> Change {
    let acl = Vec::new();
    Change::Create { path: path.into(), data: None, acl, owner, parent_cversion: 1 }
}

/// The body of the answer to a create.
pub(super) fn path_body(path: &str) -> Bytes {
    let mut body = BytesMut::new();
    Reply::Create(CreateReply { path: path.into() }).write(&mut body);
    body.freeze()
}

pub(super) fn set(path: &str, data: &'static str, version: i32) -> Request {
    let data = Some(Bytes::from_static(data.as_bytes()));
    Request::SetData(SetDataRequest { path: path.into(), data, version })
}

/// Data was set; the version is the one from then on.
pub(super) fn was_set(path: &str, data: &'static str, version: i32) -> Change {
    let data = Some(Bytes::from_static(data.as_bytes()));
    Change::SetData { path: path.into(), data, version }
}

pub(super) fn delete(path: &str) -> Request {
    Request::Delete(DeleteRequest { path: path.into(), version: -1 })
}

pub(super) fn deleted(path: &str) -> Change {
    Change::Delete { path: path.into() }
}

pub(super) fn read(path: &str) -> Request {
    Request::GetData(GetDataRequest { path: path.into(), watch: false })
}

fn watching(kind: WatchKind, path: &str) -> Request {
    let (path, watch) = (Text::from(path), true);
    match kind {
        WatchKind::Data => Request::GetData(GetDataRequest { path, watch }),
        WatchKind::Exists => Request::Exists(ExistsRequest { path, watch }),
        WatchKind::Children => Request::GetChildren(GetChildrenRequest { path, watch }),
        WatchKind::Persistent => {
            Request::AddWatch(AddWatchRequest { path, mode: AddWatchMode::Persistent })
        }
        WatchKind::PersistentRecursive => {
            Request::AddWatch(AddWatchRequest { path, mode: AddWatchMode::PersistentRecursive })
        }
    }
}
