//! The operations, a file for each family, and the one way that all of them take to the outbox.
//!
//! A method here checks its arguments, applies the chroot, encodes one frame, and submits it
//! before it returns.

mod auth;
mod create;
mod delete;
mod multi;
mod parents;
mod read;
mod recursive;
mod session;
mod watch;
mod write;

use std::sync::Arc;

use zookit_proto::frame::{self, FrameError};
use zookit_proto::path;
use zookit_proto::types::Xid;
use zookit_proto::{OpCode, Operation, Text};
use zookit_session::{WatchKind, WatchRequest};

pub use create::CreateOptions;
pub use multi::{MultiOutcome, Transaction};

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

impl Client {
    /// Encodes and submits, unless the arguments are wrong.
    pub(crate) fn submit<O: Operation, T>(
        &self,
        call: Call<T>,
        body: Result<O::Request, ArgumentError>,
    ) -> Answer<T> {
        let body = match body {
            Ok(body) => body,
            Err(error) => return Answer::failed(Error::argument(call.about, error)),
        };
        let limit = self.handle.max_request;
        let frame = match frame::request(Xid::default(), O::NUMBER, &body, limit) {
            Ok(frame) => frame.freeze(),
            Err(error) => return Answer::failed(Error::argument(call.about, too_large(error))),
        };
        drop(body);
        let shared = &self.handle.shared;
        let cell = call.watch.map(|(kind, path)| {
            let request = WatchRequest { watcher: shared.next_watcher(), kind, path };
            let capacity = self.handle.watch_buffer;
            Arc::new(WatchCell::new(request, self.handle.chroot.clone(), capacity))
        });
        let request = Request {
            opcode: OpCode::from_number(O::NUMBER),
            frame,
            deadline: self.deadline,
            watch: cell.clone(),
            pinned: self.pinned,
        };
        let ticket = match shared.submit(request, self.reservation.as_deref()) {
            Ok(ticket) => ticket,
            Err(reason) => return Answer::not_sent(call.about, reason),
        };
        // Made only now: dropping a watcher asks the session to forget it.
        let watcher = cell.map(|cell| Watcher { cell, shared: Arc::clone(shared) });
        let frame = AskFrame {
            about: call.about,
            chroot: self.handle.chroot.clone(),
            watcher,
            parts: call.parts,
        };
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
