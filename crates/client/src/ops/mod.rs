//! The operations, a file for each family, and the one way that all of them take to the outbox.
//!
//! A method here checks its arguments, applies the chroot, encodes one frame, and submits it
//! before it returns.

mod auth;
mod batch;
mod census;
mod create;
mod delete;
mod ensemble;

mod fence;
mod multi;
mod multi_read;
mod parents;
mod read;
mod recursive;
mod reserve;
mod retry;
mod session;
mod settle;
mod stats;
mod watch;
mod write;

use std::sync::Arc;

use zookit_proto::frame::FrameError;
use zookit_proto::path;
use zookit_proto::{OpCode, Operation, Text, Zxid};
use zookit_session::{Ticket, WatchKind, WatchRequest};

pub use batch::{Batch, BatchAnswer, BatchValue};
pub use create::CreateOptions;
pub use multi::{MultiOutcome, Transaction};
pub use multi_read::{MultiRead, MultiReadOutcome};
pub use recursive::DeleteRecursiveError;
pub use reserve::Reserved;
pub use retry::{Attempt, RetryPolicy};
pub use settle::{GuaranteedDelete, Owned};
pub use stats::Stats;

use crate::answer::{Answer, Ask, AskFrame, Decode, Part};
use crate::client::Client;
use crate::error::{About, ArgumentError, Error};
use crate::shared::Request;
use crate::shared::WatchCell;
use crate::watch::Watcher;

/// A request on its way to the outbox: what its method adds to the record itself.
pub(crate) struct Call<T> {
    about: About,
    decode: Decode<T>,
    absent: Option<fn(&mut AskFrame) -> T>,
    watch: Option<(WatchKind, Text)>,
    parts: Vec<Part>,
}

impl<T> Call<T> {
    pub(crate) fn new<O: Operation>(
        operation: &'static str,
        path: Option<&str>,
        decode: Decode<T>,
    ) -> Self {
        let about = About { operation, path: path.map(Box::from), class: O::CLASS };
        Self { about, decode, absent: None, watch: None, parts: Vec::new() }
    }

    /// An ordinary operation on a path, by ZooKeeper's name for it.
    pub(crate) fn on<O: Operation>(path: &str, decode: Decode<T>) -> Self {
        Self::new::<O>(O::NAME, Some(path), decode)
    }

    /// That there is no such znode is an answer.
    pub(crate) fn or_absent(mut self, absent: fn(&mut AskFrame) -> T) -> Self {
        self.absent = Some(absent);
        self
    }

    pub(crate) fn watching(mut self, kind: WatchKind, path: Text) -> Self {
        self.watch = Some((kind, path));
        self
    }

    pub(crate) fn parts(mut self, parts: Vec<Part>) -> Self {
        self.parts = parts;
        self
    }
}

/// An operation whose arguments are right, encoded and ready to leave; or what is wrong with them.
pub(crate) type Prepared<T> = Result<Ready<T>, Error>;

/// An encoded operation, and what its answer needs.
pub(crate) struct Ready<T> {
    request: Request,
    call: Call<T>,
}

impl Client {
    /// Encodes and submits, unless the arguments are wrong.
    pub(crate) fn submit<O: Operation, T>(
        &self,
        call: Call<T>,
        body: Result<O::Request, ArgumentError>,
    ) -> Answer<T> {
        self.send(self.prepare::<O, T>(call, body))
    }

    /// Encodes, unless the arguments are wrong.
    pub(crate) fn prepare<O: Operation, T>(
        &self,
        mut call: Call<T>,
        body: Result<O::Request, ArgumentError>,
    ) -> Prepared<T> {
        let body = match body {
            Ok(body) => body,
            Err(error) => return Err(Error::argument(call.about, error)),
        };
        let limit = self.handle.max_request;
        let frame = match self.handle.shared.encoder.encode(O::NUMBER, &body, limit) {
            Ok(frame) => frame,
            Err(error) => return Err(Error::argument(call.about, too_large(error))),
        };
        let watch = call.watch.take().map(|(kind, path)| {
            let watcher = self.handle.shared.next_watcher();
            let request = WatchRequest { watcher, kind, path };
            let capacity = self.handle.watch_buffer;
            Arc::new(WatchCell::new(request, self.handle.chroot.clone(), capacity))
        });
        let request = Request {
            opcode: OpCode::from_number(O::NUMBER),
            frame,
            deadline: self.deadline,
            watch,
            pinned: self.pinned,
        };
        Ok(Ready { request, call })
    }

    /// Submits what was prepared.
    pub(crate) fn send<T>(&self, prepared: Prepared<T>) -> Answer<T> {
        let Ready { request, call } = match prepared {
            Ok(ready) => ready,
            Err(error) => return Answer::failed(error),
        };
        let cell = request.watch.clone();
        match self.handle.shared.submit(request, self.reservation.as_deref()) {
            Ok(ticket) => self.waiting(ticket, cell, call),
            Err(reason) => Answer::not_sent(call.about, reason),
        }
    }

    /// Submits all of it at once, in this order.
    pub(crate) fn send_all<T>(&self, prepared: Vec<Prepared<T>>) -> Vec<Answer<T>> {
        let mut calls = Vec::with_capacity(prepared.len());
        let mut requests = Vec::with_capacity(prepared.len());
        for prepared in prepared {
            calls.push(prepared.map(|Ready { request, call }| {
                let cell = request.watch.clone();
                requests.push(request);
                (cell, call)
            }));
        }
        let shared = &self.handle.shared;
        let tickets = shared.submit_all(requests.into_iter(), self.reservation.as_deref());
        let mut tickets = tickets.into_iter();
        let answer = |call| {
            let (cell, call): (_, Call<T>) = match call {
                Ok(call) => call,
                Err(error) => return Answer::failed(error),
            };
            match tickets.next().expect("each request has its ticket, or its refusal") {
                Ok(ticket) => self.waiting(ticket, cell, call),
                Err(reason) => Answer::not_sent(call.about, reason),
            }
        };
        calls.into_iter().map(answer).collect()
    }

    fn waiting<T>(&self, ticket: Ticket, cell: Option<Arc<WatchCell>>, call: Call<T>) -> Answer<T> {
        let shared = &self.handle.shared;
        // Made only now: dropping a watcher asks the session to forget it.
        let watcher = cell.map(|cell| Watcher { cell, shared: Arc::clone(shared) });
        let chroot = self.handle.chroot.clone();
        let frame =
            AskFrame { about: call.about, chroot, watcher, parts: call.parts, zxid: Zxid(0) };
        let ask = Ask { frame, decode: call.decode, absent: call.absent };
        Answer::waiting(Arc::clone(shared), ticket, ask)
    }

    /// The server's path for a valid path of the caller's.
    pub(crate) fn server_path(&self, path: &str) -> Result<Text, ArgumentError> {
        path::validate(path)?;
        Ok(self.handle.chroot.to_server(path))
    }
}

fn too_large(error: FrameError) -> ArgumentError {
    match error {
        FrameError::TooLarge { length, limit, .. } => {
            ArgumentError::TooLarge { bytes: length, limit }
        }
        // The length of an encoded frame is that of a buffer.
        _ => unreachable!("an encoded request can only be too large: {error}"),
    }
}
