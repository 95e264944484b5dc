//! A server that does just enough: a flat tree, transactions, watches, and a count of what each
//! request's body has done.

use std::collections::{BTreeMap, BTreeSet};

use bytes::{Bytes, BytesMut};
use zookit_proto::connect::{ConnectResponse, decode_request};
use zookit_proto::header::RequestHeader;
use zookit_proto::ops::create::{CreateReply, CreateRequest};
use zookit_proto::ops::error::ErrorResponse;
use zookit_proto::ops::exists::ExistsReply;
use zookit_proto::ops::get_children2::GetChildren2Reply;
use zookit_proto::ops::get_data::GetDataReply;
use zookit_proto::ops::multi::{MultiOp, MultiReply, MultiResult};
use zookit_proto::ops::set_data::{SetDataReply, SetDataRequest};
use zookit_proto::ops::set_watches2::SetWatches2Request;
use zookit_proto::ops::sync::SyncReply;
use zookit_proto::types::{AddWatchMode, CreateMode, EventType, Password};
use zookit_proto::wire::{Field, Reader};
use zookit_proto::{ErrorCode, OpCode, Reply, Request, SessionId, Stat, Text, Xid, Zxid, frame};

use crate::talk::{event_frame, reply_frame};

#[derive(Debug, Default)]
struct Node {
    data: Option<Bytes>,
    mzxid: i64,
    pzxid: i64,
}

/// The tree and the sessions; one connection at a time.
#[derive(Debug, Default)]
pub struct Server {
    nodes: BTreeMap<String, Node>,
    zxid: i64,
    sessions: BTreeSet<i64>,
    created: usize,
    link: Link,
    /// How often each write has been applied, by its body, and in which order.
    pub applied: BTreeMap<Bytes, usize>,
    pub order: Vec<Bytes>,
}

/// What the server keeps of a connection.
#[derive(Debug, Default)]
struct Link {
    inbox: BytesMut,
    outbox: BytesMut,
    session: Option<i64>,
    data: BTreeSet<String>,
    child: BTreeSet<String>,
    persistent: BTreeSet<String>,
    recursive: BTreeSet<String>,
}

impl Server {
    pub fn new(paths: impl IntoIterator<Item = String>) -> Self {
        let nodes = paths.into_iter().map(|path| (path, Node::default())).collect();
        Self { nodes, ..Self::default() }
    }

    pub fn zxid(&self) -> i64 {
        self.zxid
    }

    pub fn sessions(&self) -> usize {
        self.sessions.len()
    }

    /// A new connection; the old one and its watches are gone.
    pub fn accept(&mut self) {
        self.link = Link::default();
    }

    /// Bytes arrive. Whole frames are served, in order.
    pub fn receive(&mut self, bytes: &[u8]) {
        self.link.inbox.extend_from_slice(bytes);
        while let Some(payload) = frame::next(&mut self.link.inbox, 1 << 20).unwrap() {
            if self.link.session.is_none() {
                self.shake_hands(payload);
            } else {
                self.serve(payload);
            }
        }
    }

    /// What is to be sent.
    pub fn take_output(&mut self) -> BytesMut {
        self.link.outbox.split()
    }

    fn shake_hands(&mut self, payload: Bytes) {
        let request = decode_request(payload).unwrap();
        let asked = request.session_id.0;
        let known = asked == 0 || self.sessions.contains(&asked);
        let session = if asked == 0 {
            self.zxid += 1;
            0x100 + self.zxid
        } else {
            asked
        };
        if known {
            self.sessions.insert(session);
            self.link.session = Some(session);
        }
        let response = ConnectResponse {
            protocol_version: 0,
            timeout_ms: if known { request.timeout_ms } else { 0 },
            session_id: SessionId(if known { session } else { 0 }),
            password: Some(Password::zeros()),
            read_only: Some(false),
        };
        self.link.outbox.extend_from_slice(&frame::around(&response));
    }

    fn serve(&mut self, payload: Bytes) {
        let mut reader = Reader::new("RequestHeader", payload);
        let RequestHeader { xid, opcode } = Field::read(&mut reader, "").unwrap();
        let opcode = OpCode::from_number(opcode);
        let body = reader.rest();
        let request = Request::decode(opcode, body.clone()).unwrap();
        if opcode.class() == zookit_proto::Class::Write {
            *self.applied.entry(body.clone()).or_insert(0) += 1;
            self.order.push(body);
            self.zxid += 1;
        }
        let answer = self.apply(request);
        let mut out = BytesMut::new();
        let code = match answer {
            Ok(Some(reply)) => {
                reply.write(&mut out);
                ErrorCode::Ok
            }
            Ok(None) => ErrorCode::Ok,
            Err(code) => code,
        };
        let zxid = if xid == Xid::AUTH { 0 } else { self.zxid };
        self.link.outbox.extend_from_slice(&reply_frame(xid, zxid, code, &out));
    }

    fn apply(&mut self, request: Request) -> Result<Option<Reply>, ErrorCode> {
        Ok(Some(match request {
            Request::Create(request) => Reply::Create(self.create(&request)),
            Request::SetData(request) => Reply::SetData(self.set(&request)),
            Request::Delete(request) => {
                self.delete(&request.path.to_str());
                return Ok(None);
            }
            Request::Multi(request) => Reply::Multi(self.multi(request.ops)),
            Request::GetData(request) => {
                let path = request.path.to_str().into_owned();
                let node = self.nodes.get(&path).ok_or(ErrorCode::NoNode)?;
                let data = node.data.clone();
                if request.watch {
                    self.link.data.insert(path);
                }
                Reply::GetData(GetDataReply { data, stat: Stat::default() })
            }
            Request::Exists(request) => {
                let path = request.path.to_str().into_owned();
                let there = self.nodes.contains_key(&path);
                if request.watch {
                    self.link.data.insert(path);
                }
                let stat = Stat::default();
                Reply::Exists(there.then_some(ExistsReply { stat }).ok_or(ErrorCode::NoNode)?)
            }
            Request::GetChildren2(request) => {
                let path = request.path.to_str().into_owned();
                let children = self.children(&path);
                if request.watch {
                    self.link.child.insert(path);
                }
                Reply::GetChildren2(GetChildren2Reply { children, stat: Stat::default() })
            }
            Request::AddWatch(request) => {
                let path = request.path.to_str().into_owned();
                match request.mode {
                    AddWatchMode::Persistent => self.link.persistent.insert(path),
                    _ => self.link.recursive.insert(path),
                };
                Reply::AddWatch(ErrorResponse { err: ErrorCode::Ok })
            }
            Request::Sync(request) => Reply::Sync(SyncReply { path: request.path }),
            Request::SetWatches(request) => {
                self.set_watches(SetWatches2Request {
                    relative_zxid: request.relative_zxid,
                    data_watches: request.data_watches,
                    exist_watches: request.exist_watches,
                    child_watches: request.child_watches,
                    persistent_watches: Vec::new(),
                    persistent_recursive_watches: Vec::new(),
                });
                return Ok(None);
            }
            Request::SetWatches2(request) => {
                self.set_watches(request);
                return Ok(None);
            }
            Request::CloseSession(()) => {
                let session = self.link.session.unwrap();
                self.sessions.remove(&session);
                self.zxid += 1;
                return Ok(None);
            }
            Request::Auth(_) | Request::Ping(()) => return Ok(None),
            other => panic!("the script has no {other:?}"),
        }))
    }

    fn create(&mut self, request: &CreateRequest) -> CreateReply {
        let mut path = request.path.to_str().into_owned();
        if request.mode == CreateMode::PersistentSequential {
            path.push_str(&format!("{:010}", self.created));
        }
        self.created += 1;
        self.create_path(&path);
        CreateReply { path: Text::from(path) }
    }

    fn create_path(&mut self, path: &str) {
        let (mzxid, pzxid) = (self.zxid, self.zxid);
        self.nodes.insert(path.to_owned(), Node { data: None, mzxid, pzxid });
        self.fire(EventType::NodeCreated, path);
        self.child_changed(path);
    }

    fn set(&mut self, request: &SetDataRequest) -> SetDataReply {
        let path = request.path.to_str().into_owned();
        let node = self.nodes.get_mut(&path).unwrap();
        node.data.clone_from(&request.data);
        node.mzxid = self.zxid;
        self.fire(EventType::NodeDataChanged, &path);
        SetDataReply { stat: Stat::default() }
    }

    fn delete(&mut self, path: &str) {
        self.nodes.remove(path).unwrap();
        self.fire(EventType::NodeDeleted, path);
        self.child_changed(path);
    }

    fn multi(&mut self, ops: Vec<MultiOp>) -> MultiReply {
        let results = ops.into_iter().map(|op| match op {
            MultiOp::Check(_) => MultiResult::Check(()),
            MultiOp::SetData(request) => MultiResult::SetData(self.set(&request)),
            other => panic!("the script has no {other:?} in a multi"),
        });
        MultiReply { results: results.collect() }
    }

    fn children(&self, path: &str) -> Vec<Text> {
        let names = self.nodes.keys().filter_map(|node| node.strip_prefix(path)?.strip_prefix('/'));
        names.filter(|name| !name.contains('/')).map(Text::from).collect()
    }

    /// Others change something, in a transaction of its own.
    pub fn others_set(&mut self, path: &str) {
        self.zxid += 1;
        self.nodes.get_mut(path).unwrap().mzxid = self.zxid;
        self.fire(EventType::NodeDataChanged, path);
    }

    pub fn others_create(&mut self, path: &str) {
        self.zxid += 1;
        self.create_path(path);
    }

    pub fn others_delete(&mut self, path: &str) {
        self.zxid += 1;
        self.delete(path);
    }

    fn child_changed(&mut self, child: &str) {
        let parent = &child[..child.rfind('/').unwrap()];
        if let Some(node) = self.nodes.get_mut(parent) {
            node.pzxid = self.zxid;
        }
        let parent = parent.to_owned();
        self.fire(EventType::NodeChildrenChanged, &parent);
    }

    /// One event a connection, whatever made it fire.
    fn fire(&mut self, event: EventType, path: &str) {
        let link = &mut self.link;
        let spent = match event {
            EventType::NodeChildrenChanged => link.child.remove(path),
            EventType::NodeDeleted => link.data.remove(path) | link.child.remove(path),
            _ => link.data.remove(path),
        };
        let below = |top: &String| path == top || path.starts_with(&format!("{top}/"));
        let recursive = event != EventType::NodeChildrenChanged && link.recursive.iter().any(below);
        if spent || link.persistent.contains(path) || recursive {
            link.outbox.extend_from_slice(&event_frame(event, path, self.zxid));
        }
    }

    /// Replays what was missed and sets the rest again, as a server does.
    fn set_watches(&mut self, request: SetWatches2Request) {
        let Zxid(relative) = request.relative_zxid;
        let mut replay = Vec::new();
        for path in request.data_watches {
            let path = path.to_str().into_owned();
            match self.nodes.get(&path) {
                None => replay.push((EventType::NodeDeleted, path)),
                Some(node) if node.mzxid > relative => {
                    replay.push((EventType::NodeDataChanged, path));
                }
                Some(_) => drop(self.link.data.insert(path)),
            }
        }
        for path in request.exist_watches {
            let path = path.to_str().into_owned();
            if self.nodes.contains_key(&path) {
                replay.push((EventType::NodeCreated, path));
            } else {
                self.link.data.insert(path);
            }
        }
        for path in request.child_watches {
            let path = path.to_str().into_owned();
            match self.nodes.get(&path) {
                None => replay.push((EventType::NodeDeleted, path)),
                Some(node) if node.pzxid > relative => {
                    replay.push((EventType::NodeChildrenChanged, path));
                }
                Some(_) => drop(self.link.child.insert(path)),
            }
        }
        let names = |paths: Vec<Text>| paths.into_iter().map(String::from);
        self.link.persistent.extend(names(request.persistent_watches));
        self.link.recursive.extend(names(request.persistent_recursive_watches));
        for (event, path) in replay {
            self.link.outbox.extend_from_slice(&event_frame(event, &path, -1));
        }
    }
}
