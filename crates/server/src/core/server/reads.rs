//! Reads: answered from the tree as it is, with the watches that they leave.

use zookit_proto::{ErrorCode, Request, Xid};

use super::super::connection::ConnectionId;
use super::super::read;
use super::Server;

impl Server {
    /// Answers a read, and tells with which code.
    pub(super) fn read(&mut self, id: ConnectionId, xid: Xid, request: &Request) -> ErrorCode {
        let Some(connection) = self.connections.get(&id) else { return ErrorCode::SystemError };
        let ids = connection.ids.as_slice();
        let result = read::read(&self.asking(connection.session, ids), request);
        let err = result.as_ref().err().copied().unwrap_or(ErrorCode::Ok);
        self.leave_watch(id, request, err);
        let reply = match result {
            Ok(reply) => Some(reply),
            Err(ErrorCode::MarshallingError) => read::body_of_refusal(request),
            Err(_) => None,
        };
        self.answer(id, xid, self.zxid, err, |out| {
            if let Some(reply) = reply {
                reply.write(out);
            }
        });
        err
    }

    /// The watch that a read asked for. Exists leaves one also where there is nothing.
    fn leave_watch(&mut self, id: ConnectionId, request: &Request, err: ErrorCode) {
        match (request, err) {
            (Request::Exists(request), ErrorCode::Ok | ErrorCode::NoNode) if request.watch => {
                self.watches.add_data(id, &request.path);
            }
            (Request::GetData(request), ErrorCode::Ok) if request.watch => {
                self.watches.add_data(id, &request.path);
            }
            (Request::GetChildren(request) | Request::GetChildren2(request), ErrorCode::Ok)
                if request.watch =>
            {
                self.watches.add_child(id, &request.path);
            }
            _ => {}
        }
    }
}
