//! What a client asks a server for, and how that ends: the requests that the workloads make.

use bytes::{Bytes, BytesMut};
use zookit_proto::ops::add_watch::AddWatchRequest;
use zookit_proto::ops::check::CheckRequest;
use zookit_proto::ops::create::CreateRequest;
use zookit_proto::ops::create2::Create2Reply;
use zookit_proto::ops::delete::DeleteRequest;
use zookit_proto::ops::error::ErrorResponse;
use zookit_proto::ops::exists::{ExistsReply, ExistsRequest};
use zookit_proto::ops::get_children::GetChildrenRequest;
use zookit_proto::ops::get_children2::GetChildren2Reply;
use zookit_proto::ops::get_data::{GetDataReply, GetDataRequest};
use zookit_proto::ops::multi::{MultiOp, MultiReply, MultiRequest, MultiResult};
use zookit_proto::ops::set_data::{SetDataReply, SetDataRequest};
use zookit_proto::types::{Acl, AddWatchMode, CreateMode, Perms};
use zookit_proto::{ErrorCode, Reply, Request, Stat, Text, Zxid};
use zookit_session::WatchKind;
use zookit_sim::observe::End;

/// A request. All znodes are open to everybody, and all data is text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// create2.
    Create {
        /// Without the number, if it is sequential.
        path: String,
        /// What is in it.
        data: String,
        /// Whether it goes with the session.
        ephemeral: bool,
        /// Whether it gets a number.
        sequential: bool,
    },
    /// delete.
    Delete {
        /// Which.
        path: String,
        /// `None`: whatever version it has.
        version: Option<i32>,
    },
    /// setData.
    Set {
        /// Where.
        path: String,
        /// What.
        data: String,
        /// `None`: whatever version it has.
        version: Option<i32>,
    },
    /// check, within a multi.
    Check {
        /// Which.
        path: String,
        /// The version it must have.
        version: i32,
    },
    /// getData.
    Get {
        /// Which.
        path: String,
        /// Whether it leaves a one-shot watch.
        watch: bool,
    },
    /// exists.
    Exists {
        /// Which.
        path: String,
        /// Whether it leaves a one-shot watch.
        watch: bool,
    },
    /// getChildren2.
    Children {
        /// Of which.
        path: String,
        /// Whether it leaves a one-shot watch.
        watch: bool,
    },
    /// addWatch.
    Watch {
        /// Where.
        path: String,
        /// Whether it is about all below, too.
        recursive: bool,
    },
    /// multi: all of it or nothing.
    Multi(Vec<Self>),
    /// multiRead: each for itself, all at one moment.
    Reads(Vec<Self>),
    /// A multi of nothing: what the client's `fence` sends.
    Fence,
    /// closeSession.
    Close,
}

/// What a server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// That it is done.
    Done,
    /// Of a create; its stat where the server tells it.
    Created(String, Option<Stat>),
    /// Of a setData or an exists.
    Stat(Stat),
    /// Of a getData. `None`: the data is null.
    Data(Option<String>, Stat),
    /// Of a getChildren.
    Children(Vec<String>, Stat),
    /// Of a multi and a multiRead: of each.
    Many(Vec<Result<Self, ErrorCode>>),
}

/// How a request ended, as its caller was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// The server did it, in this transaction if it is a write whose caller is told.
    Answered(Answer, Option<Zxid>),
    /// The server refused it. Its zxid where the caller is told.
    Refused(ErrorCode, Option<Zxid>),
    /// It had no effect and never will.
    NotSent,
    /// It left and no answer came.
    NoReply,
}

impl Ask {
    /// Whether it can change anything.
    #[must_use]
    pub fn is_write(&self) -> bool {
        match self {
            Self::Create { .. } | Self::Delete { .. } | Self::Set { .. } | Self::Close => true,
            Self::Multi(asks) => !asks.is_empty(),
            _ => false,
        }
    }

    /// The path it is about.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Create { path, .. }
            | Self::Delete { path, .. }
            | Self::Set { path, .. }
            | Self::Check { path, .. }
            | Self::Get { path, .. }
            | Self::Exists { path, .. }
            | Self::Children { path, .. }
            | Self::Watch { path, .. } => Some(path),
            Self::Multi(asks) | Self::Reads(asks) => asks.first().and_then(Self::path),
            Self::Fence | Self::Close => None,
        }
    }

    /// What kind of watcher its reply arms.
    #[must_use]
    pub const fn watch(&self) -> Option<WatchKind> {
        match self {
            Self::Get { watch: true, .. } => Some(WatchKind::Data),
            Self::Exists { watch: true, .. } => Some(WatchKind::Exists),
            Self::Children { watch: true, .. } => Some(WatchKind::Children),
            Self::Watch { recursive: false, .. } => Some(WatchKind::Persistent),
            Self::Watch { recursive: true, .. } => Some(WatchKind::PersistentRecursive),
            _ => None,
        }
    }

    /// The request as it is on the wire.
    #[must_use]
    pub fn request(&self) -> Request {
        match self {
            Self::Create { .. }
            | Self::Delete { .. }
            | Self::Set { .. }
            | Self::Check { .. }
            | Self::Get { .. } => match self.part() {
                MultiOp::Create2(request) => Request::Create2(request),
                MultiOp::Delete(request) => Request::Delete(request),
                MultiOp::SetData(request) => Request::SetData(request),
                MultiOp::Check(request) => Request::Check(request),
                MultiOp::GetData(request) => Request::GetData(request),
                _ => unreachable!("none of these becomes another operation"),
            },
            Self::Exists { path, watch } => {
                Request::Exists(ExistsRequest { path: text(path), watch: *watch })
            }
            Self::Children { path, watch } => {
                Request::GetChildren2(GetChildrenRequest { path: text(path), watch: *watch })
            }
            Self::Watch { path, recursive } => {
                let (one, all) = (AddWatchMode::Persistent, AddWatchMode::PersistentRecursive);
                let mode = if *recursive { all } else { one };
                Request::AddWatch(AddWatchRequest { path: text(path), mode })
            }
            Self::Multi(asks) => Request::Multi(parts(asks)),
            Self::Reads(asks) => Request::MultiRead(parts(asks)),
            Self::Fence => Request::Multi(MultiRequest::default()),
            Self::Close => Request::CloseSession(()),
        }
    }

    /// The request as it is within a multi, of those that can be.
    fn part(&self) -> MultiOp {
        match self {
            Self::Create { path, data, .. } => {
                let (path, data, mode) = (text(path), bytes(data), self.mode());
                let acl = Some(vec![Acl::world(Perms::ALL)]);
                MultiOp::Create2(CreateRequest { path, data, acl, mode })
            }
            Self::Delete { path, version } => {
                MultiOp::Delete(DeleteRequest { path: text(path), version: version.unwrap_or(-1) })
            }
            Self::Set { path, data, version } => {
                let (path, data, version) = (text(path), bytes(data), version.unwrap_or(-1));
                MultiOp::SetData(SetDataRequest { path, data, version })
            }
            Self::Check { path, version } => {
                MultiOp::Check(CheckRequest { path: text(path), version: *version })
            }
            Self::Get { path, watch } => {
                MultiOp::GetData(GetDataRequest { path: text(path), watch: *watch })
            }
            ask => panic!("no workload has this within a multi: {ask:?}"),
        }
    }

    /// How a create makes its znode.
    #[must_use]
    pub const fn mode(&self) -> CreateMode {
        match self {
            Self::Create { ephemeral: true, sequential: true, .. } => {
                CreateMode::EphemeralSequential
            }
            Self::Create { ephemeral: true, .. } => CreateMode::Ephemeral,
            Self::Create { sequential: true, .. } => CreateMode::PersistentSequential,
            _ => CreateMode::Persistent,
        }
    }
}

fn text(path: &str) -> Text {
    Text::from(path)
}

#[allow(clippy::unnecessary_wraps)]
fn bytes(data: &str) -> Option<Bytes> {
    Some(Bytes::copy_from_slice(data.as_bytes()))
}

fn parts(asks: &[Ask]) -> MultiRequest {
    MultiRequest { ops: asks.iter().map(Ask::part).collect() }
}

impl Answer {
    /// The reply as it is on the wire, behind its header; empty where nothing is said.
    #[must_use]
    pub fn body(&self, ask: &Ask) -> Bytes {
        let stat = |stat: &Stat| match ask {
            Ask::Exists { .. } => Reply::Exists(ExistsReply { stat: *stat }),
            _ => Reply::SetData(SetDataReply { stat: *stat }),
        };
        let reply = match self {
            // A server before 3.5 does not tell the stat, and so the body is not that of create2.
            Self::Done | Self::Created(_, None) => return Bytes::new(),
            Self::Created(path, Some(stat)) => {
                Reply::Create2(Create2Reply { path: text(path), stat: *stat })
            }
            Self::Stat(told) => stat(told),
            Self::Data(data, stat) => {
                let data = data.as_ref().map(|data| Bytes::copy_from_slice(data.as_bytes()));
                Reply::GetData(GetDataReply { data, stat: *stat })
            }
            Self::Children(names, stat) => {
                let children = names.iter().map(|name| text(name)).collect();
                Reply::GetChildren2(GetChildren2Reply { children, stat: *stat })
            }
            Self::Many(answers) => {
                let (Ask::Multi(asks) | Ask::Reads(asks)) = ask else { return Bytes::new() };
                let results = asks.iter().zip(answers).map(|(ask, answer)| result(ask, answer));
                Reply::Multi(MultiReply { results: results.collect() })
            }
        };
        let mut body = BytesMut::new();
        reply.write(&mut body);
        body.freeze()
    }
}

fn result(ask: &Ask, answer: &Result<Answer, ErrorCode>) -> MultiResult {
    match (answer, ask) {
        (Err(code), _) => MultiResult::Error(ErrorResponse { err: *code }),
        (Ok(Answer::Created(path, Some(stat))), _) => {
            MultiResult::Create2(Create2Reply { path: text(path), stat: *stat })
        }
        (Ok(Answer::Created(path, None)), _) => {
            MultiResult::Create(zookit_proto::ops::create::CreateReply { path: text(path) })
        }
        (Ok(Answer::Stat(stat)), _) => MultiResult::SetData(SetDataReply { stat: *stat }),
        (Ok(Answer::Data(data, stat)), _) => {
            let data = data.as_ref().map(|data| Bytes::copy_from_slice(data.as_bytes()));
            MultiResult::GetData(GetDataReply { data, stat: *stat })
        }
        (Ok(_), Ask::Delete { .. }) => MultiResult::Delete(()),
        (Ok(_), _) => MultiResult::Check(()),
    }
}

impl Told {
    /// As the simulator's checkers are shown it, with this zxid if it was answered.
    #[must_use]
    pub fn end(&self, ask: &Ask, zxid: Option<Zxid>) -> End {
        match self {
            Self::Answered(answer, _) => End::Answered { zxid, body: answer.body(ask) },
            Self::Refused(code, zxid) => End::Refused { code: *code, zxid: *zxid },
            Self::NotSent => End::NotSent,
            Self::NoReply => End::NoReply,
        }
    }

    /// The answer, if there is one.
    #[must_use]
    pub const fn answer(&self) -> Option<&Answer> {
        match self {
            Self::Answered(answer, _) => Some(answer),
            _ => None,
        }
    }

    /// The newest transaction that it tells of.
    #[must_use]
    pub fn zxid(&self) -> Option<Zxid> {
        match self {
            Self::Answered(_, zxid) | Self::Refused(_, zxid) => *zxid,
            Self::NotSent | Self::NoReply => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(ask: &Ask, answer: &Answer) -> Reply {
        Reply::decode(ask.request().opcode(), answer.body(ask)).expect("a reply of this operation")
    }

    #[test]
    fn a_reply_is_that_of_its_request() {
        let stat = Stat::sample();
        let path = || "/a".to_owned();
        let set = Ask::Set { path: path(), data: "x".into(), version: None };
        assert!(
            matches!(round(&set, &Answer::Stat(stat)), Reply::SetData(told) if told.stat == stat)
        );
        let exists = Ask::Exists { path: path(), watch: false };
        assert!(matches!(round(&exists, &Answer::Stat(stat)), Reply::Exists(_)));
        let get = Ask::Get { path: path(), watch: true };
        let data = Answer::Data(Some("x".into()), stat);
        assert!(matches!(round(&get, &data), Reply::GetData(told) if told.data.is_some()));
        let create = |ephemeral, sequential| {
            let (path, data) = (path(), String::new());
            Ask::Create { path, data, ephemeral, sequential }
        };
        let made = Answer::Created("/a0000000001".into(), Some(stat));
        assert!(matches!(round(&create(false, true), &made), Reply::Create2(_)));
        assert_eq!(create(true, false).mode(), CreateMode::Ephemeral);
        let many = Ask::Multi(vec![Ask::Check { path: path(), version: 1 }, set]);
        let done = Answer::Many(vec![Ok(Answer::Done), Ok(Answer::Stat(stat))]);
        let Reply::Multi(reply) = round(&many, &done) else { panic!("no multi") };
        assert_eq!(reply.results[0], MultiResult::Check(()));
    }
}
