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

use bytes::{Bytes, BytesMut};
use zookit_proto::frame::FrameError;
use zookit_proto::ops::reconfig::Reconfig;
use zookit_proto::path;
use zookit_proto::wire::Field;
use zookit_proto::{Class, OpCode, Operation, Text, Zxid};
use zookit_session::{NotSent, Ticket, WatchKind, WatchRequest};

pub(crate) use batch::for_each_collected;
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
pub(crate) struct Call<'a, T> {
    operation: &'static str,
    class: Class,
    path: Option<&'a str>,
    watch: Option<(WatchKind, Text)>,
    rest: Rest<T>,
}

/// What the answer needs, whatever it is.
struct Rest<T> {
    decode: Decode<T>,
    absent: Option<fn(&mut AskFrame) -> T>,
    parts: Vec<Part>,
}

impl<'a, T> Call<'a, T> {
    pub(crate) fn new<O: Operation>(
        operation: &'static str,
        path: Option<&'a str>,
        decode: Decode<T>,
    ) -> Self {
        let rest = Rest { decode, absent: None, parts: Vec::new() };
        Self { operation, class: O::CLASS, path, watch: None, rest }
    }

    /// An ordinary operation on a path, by ZooKeeper's name for it.
    pub(crate) fn on<O: Operation>(path: &'a str, decode: Decode<T>) -> Self {
        Self::new::<O>(O::NAME, Some(path), decode)
    }

    /// That there is no such znode is an answer.
    pub(crate) fn or_absent(mut self, absent: fn(&mut AskFrame) -> T) -> Self {
        self.rest.absent = Some(absent);
        self
    }

    pub(crate) fn watching(mut self, kind: WatchKind, path: Text) -> Self {
        self.watch = Some((kind, path));
        self
    }

    pub(crate) fn parts(mut self, parts: Vec<Part>) -> Self {
        self.rest.parts = parts;
        self
    }

    /// It takes the way of a write and has no effect.
    pub(crate) fn without_effect(mut self) -> Self {
        self.class = Class::Read;
        self
    }

    /// Whether the request's path can be read off its frame: every operation on a path begins with
    /// it, but for reconfig, which names none.
    fn path_in_frame<O: Operation>(&self) -> bool {
        self.path.is_some() && O::NUMBER != Reconfig::NUMBER
    }

    /// What the answers to it need, whose paths are read off their frames.
    fn into_ask(self, client: &Client) -> Ask<T> {
        let Self { operation, class, rest: Rest { decode, absent, parts }, .. } = self;
        let about = About { operation, path: None, class };
        let chroot = client.handle.chroot.clone();
        let frame = AskFrame { about, request: None, chroot, watcher: None, parts, zxid: Zxid(0) };
        Ask { frame, decode, absent }
    }

    fn about(&self) -> About {
        About { operation: self.operation, path: self.path.map(Box::from), class: self.class }
    }
}

/// Where an operation goes once its arguments are checked.
pub(crate) trait Destination<T> {
    /// What its caller gets for it.
    type Receipt;

    /// Takes an operation, whose record `write` appends.
    fn take<O: Operation>(
        self,
        client: &Client,
        call: Call<'_, T>,
        write: impl FnOnce(&mut BytesMut),
    ) -> Self::Receipt;

    /// Takes what is wrong with it instead.
    fn fail(self, error: Error) -> Self::Receipt;
}

/// It is submitted at once.
pub(crate) struct Outbox;

impl<T> Destination<T> for Outbox {
    type Receipt = Answer<T>;

    fn take<O: Operation>(
        self,
        client: &Client,
        call: Call<'_, T>,
        write: impl FnOnce(&mut BytesMut),
    ) -> Answer<T> {
        client.send(client.prepare::<O, T>(call, write))
    }

    fn fail(self, error: Error) -> Answer<T> {
        Answer::failed(error)
    }
}

/// An operation whose arguments are right, encoded and ready to leave; or what is wrong with them.
type Prepared<T> = Result<Ready<T>, Error>;

/// An encoded operation, and what its answer needs.
struct Ready<T> {
    request: Request,
    later: Later<T>,
}

/// What stays behind when the request leaves.
struct Later<T> {
    /// Without the path, if that can be read off the frame.
    about: About,
    frame: Option<Bytes>,
    cell: Option<Arc<WatchCell>>,
    rest: Rest<T>,
}

impl Client {
    /// Encodes and submits, unless the arguments are wrong.
    pub(crate) fn submit<O: Operation, T>(
        &self,
        call: Call<'_, T>,
        body: Result<O::Request, ArgumentError>,
    ) -> Answer<T> {
        self.hand::<O, T, _>(Outbox, call, body)
    }

    /// Hands an operation on, or what is wrong with its arguments.
    pub(crate) fn hand<O: Operation, T, D: Destination<T>>(
        &self,
        to: D,
        call: Call<'_, T>,
        body: Result<O::Request, ArgumentError>,
    ) -> D::Receipt {
        match body {
            Ok(body) => to.take::<O>(self, call, |out| body.write(out)),
            Err(error) => to.fail(Error::argument(call.about(), error)),
        }
    }

    /// As [`hand`](Self::hand), of an operation whose record is the path and a watch flag that is
    /// not set: written without a copy of the path.
    pub(crate) fn hand_read<O: Operation, T, D: Destination<T>>(
        &self,
        to: D,
        call: Call<'_, T>,
    ) -> D::Receipt {
        let path = call.path.unwrap_or_default();
        match path::validate(path) {
            Ok(()) => to.take::<O>(self, call, |out| {
                self.handle.chroot.write(path, out);
                false.write(out);
            }),
            Err(error) => to.fail(Error::argument(call.about(), error.into())),
        }
    }

    fn prepare<O: Operation, T>(
        &self,
        mut call: Call<'_, T>,
        write: impl FnOnce(&mut BytesMut),
    ) -> Prepared<T> {
        let limit = self.handle.max_request;
        let frame = match self.handle.shared.encoder.encode(O::NUMBER, limit, write) {
            Ok(frame) => frame,
            Err(error) => return Err(Error::argument(call.about(), too_large(error))),
        };
        let cell = call.watch.take().map(|(kind, path)| {
            let watcher = self.handle.shared.next_watcher();
            let request = WatchRequest { watcher, kind, path };
            let capacity = self.handle.watch_buffer;
            Arc::new(WatchCell::new(request, self.handle.chroot.clone(), capacity))
        });
        let in_frame = call.path_in_frame::<O>();
        let path = if in_frame { None } else { call.path.map(Box::from) };
        let later = Later {
            about: About { operation: call.operation, path, class: call.class },
            frame: in_frame.then(|| frame.clone()),
            cell: cell.clone(),
            rest: call.rest,
        };
        let request = Request {
            opcode: OpCode::from_number(O::NUMBER),
            frame,
            deadline: self.deadline,
            watch: cell,
            pinned: self.pinned,
        };
        Ok(Ready { request, later })
    }

    /// Submits what was prepared.
    fn send<T>(&self, prepared: Prepared<T>) -> Answer<T> {
        match prepared {
            Ok(Ready { request, later }) => {
                let shared = &self.handle.shared;
                let ticket = shared.submit(request, self.reservation.as_deref());
                self.waiting(ticket, later)
            }
            Err(error) => Answer::failed(error),
        }
    }

    fn waiting<T>(&self, ticket: Result<Ticket, NotSent>, later: Later<T>) -> Answer<T> {
        let shared = &self.handle.shared;
        let Later { about, frame, cell, rest } = later;
        // Made only once it is submitted: dropping a watcher asks the session to forget it.
        let watcher = cell
            .filter(|_| ticket.is_ok())
            .map(|cell| Watcher { cell, shared: Arc::clone(shared) });
        let chroot = self.handle.chroot.clone();
        let parts = rest.parts;
        let mut frame = AskFrame { about, request: frame, chroot, watcher, parts, zxid: Zxid(0) };
        match ticket {
            Ok(ticket) => {
                let ask = Ask { frame, decode: rest.decode, absent: rest.absent };
                Answer::waiting(Arc::clone(shared), ticket, ask)
            }
            Err(reason) => Answer::not_sent(frame.about(), reason),
        }
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
