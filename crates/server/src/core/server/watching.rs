//! Watches without a read: addWatch, checkWatches, removeWatches, and those that are set again on
//! a new connection.
//!
//! Facts: `FinalRequestProcessor` and `DataTree.setWatches`.

use bytes::Bytes;
use zookit_proto::ops::error::ErrorResponse;
use zookit_proto::types::{AddWatchMode, EventType};
use zookit_proto::wire::{DecodeError, Reader};
use zookit_proto::{ErrorCode, OpCode, Reply, Request, Stat, Text, Xid, Zxid};

use super::super::connection::ConnectionId;
use super::super::java;
use super::Server;

impl Server {
    /// Answers, and tells with which code.
    pub(super) fn watching(&mut self, id: ConnectionId, xid: Xid, request: &Request) -> ErrorCode {
        let (err, reply) = match request {
            Request::AddWatch(request) => match request.mode {
                AddWatchMode::Persistent => {
                    self.watches.add_persistent(id, &request.path);
                    (ErrorCode::Ok, Some(ErrorResponse { err: ErrorCode::Ok }))
                }
                AddWatchMode::PersistentRecursive => {
                    self.watches.add_recursive(id, &request.path);
                    (ErrorCode::Ok, Some(ErrorResponse { err: ErrorCode::Ok }))
                }
                _ => (ErrorCode::MarshallingError, None),
            },
            Request::CheckWatches(request) if self.watches.knows(request.watcher_type) => {
                match self.watches.contains(id, &request.path, request.watcher_type) {
                    Some(is_there) => (found(is_there), None),
                    None => (ErrorCode::MarshallingError, None),
                }
            }
            Request::RemoveWatches(request) if self.watches.knows(request.watcher_type) => {
                (found(self.watches.remove(id, &request.path, request.watcher_type)), None)
            }
            Request::SetWatches(request) => {
                let since = request.relative_zxid;
                self.set_again(id, since, &request.data_watches, EventType::NodeDataChanged);
                self.set_again(id, since, &request.exist_watches, EventType::NodeCreated);
                self.set_again(id, since, &request.child_watches, EventType::NodeChildrenChanged);
                (ErrorCode::Ok, None)
            }
            Request::SetWatches2(request) => {
                let since = request.relative_zxid;
                self.set_again(id, since, &request.data_watches, EventType::NodeDataChanged);
                self.set_again(id, since, &request.exist_watches, EventType::NodeCreated);
                self.set_again(id, since, &request.child_watches, EventType::NodeChildrenChanged);
                for path in &request.persistent_watches {
                    self.watches.add_persistent(id, path);
                }
                for path in &request.persistent_recursive_watches {
                    self.watches.add_recursive(id, path);
                }
                (ErrorCode::Ok, None)
            }
            _ => (ErrorCode::MarshallingError, None),
        };
        self.answer(id, xid, self.zxid, err, |out| {
            if let Some(reply) = reply {
                Reply::AddWatch(reply).write(out);
            }
        });
        err
    }

    /// Watches of a connection before this one, with nulls among them: a real server sets those that
    /// come before the null. On a null path a persistent watch is taken, and hears of nothing.
    pub(super) fn set_again_until_null(
        &mut self,
        id: ConnectionId,
        opcode: OpCode,
        body: &Bytes,
    ) -> ErrorCode {
        let Ok((since, lists)) = lists(opcode, body) else { return ErrorCode::MarshallingError };
        for (at, list) in lists.iter().enumerate() {
            let Some(list) = list else { return ErrorCode::MarshallingError };
            for path in list {
                match (ONE_SHOT.get(at), path) {
                    (Some(missed), Some(path)) => {
                        self.set_again(id, since, std::slice::from_ref(path), *missed);
                    }
                    (Some(_), None) => return ErrorCode::MarshallingError,
                    (None, Some(path)) if at == ONE_SHOT.len() => {
                        self.watches.add_persistent(id, path);
                    }
                    (None, Some(path)) => self.watches.add_recursive(id, path),
                    (None, None) => {}
                }
            }
        }
        ErrorCode::Ok
    }

    /// Watches of a connection before this one. What they would have fired for in the meantime is
    /// told now, as far as the tree still shows it; the others are set.
    ///
    /// `missed` names the kind: what a watch of this kind fires for besides deletion.
    fn set_again(&mut self, id: ConnectionId, since: Zxid, paths: &[Text], missed: EventType) {
        for path in paths {
            let stat = self.tree.stat(&path.to_str());
            match happened(missed, stat, since) {
                // These are made up, so they have no transaction, and they are not kept from whom
                // may not read the znode.
                Some(event) => self.notify(id, event, &java::echo(path), Zxid::NONE),
                None if missed == EventType::NodeChildrenChanged => {
                    self.watches.add_child(id, path);
                }
                None => self.watches.add_data(id, path),
            }
        }
    }
}

/// The lists of setWatches; those of setWatches2 go on with persistent ones and recursive ones.
const ONE_SHOT: [EventType; 3] =
    [EventType::NodeDataChanged, EventType::NodeCreated, EventType::NodeChildrenChanged];

/// Paths, or null; or no list at all.
type List = Option<Vec<Option<Text>>>;

/// What is to be set again, whatever of it is null.
fn lists(opcode: OpCode, body: &Bytes) -> Result<(Zxid, Vec<List>), DecodeError> {
    let mut reader = Reader::new("SetWatches", body.clone());
    let since = Zxid(reader.i64("relativeZxid")?);
    let count = if opcode == OpCode::SetWatches { 3 } else { 5 };
    let lists = (0..count).map(|_| reader.vector("watches")).collect::<Result<_, _>>()?;
    Ok((since, lists))
}

/// What happened since, as far as a stat tells.
fn happened(missed: EventType, stat: Option<Stat>, since: Zxid) -> Option<EventType> {
    match (missed, stat) {
        (EventType::NodeCreated, stat) => stat.map(|_| EventType::NodeCreated),
        (_, None) => Some(EventType::NodeDeleted),
        (EventType::NodeDataChanged, Some(stat)) => (stat.mzxid > since).then_some(missed),
        (_, Some(stat)) => (stat.pzxid > since).then_some(missed),
    }
}

const fn found(found: bool) -> ErrorCode {
    if found { ErrorCode::Ok } else { ErrorCode::NoWatcher }
}
