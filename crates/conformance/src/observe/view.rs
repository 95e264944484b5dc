//! What a reply says, in words that two servers have in common.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use zookit_proto::ops::multi::{MultiOp, MultiReply, MultiRequest, MultiResult};
use zookit_proto::types::{Acl, SessionId};
use zookit_proto::{ErrorCode, OpCode, Reply, Request, Stat, Text, Zxid};

use super::item::Moment;
use super::prologue::Beginning;
use crate::script::Ask;

/// What has to be known of a server to see past its own numbers.
pub(super) struct View {
    beginning: Beginning,
    sessions: BTreeMap<SessionId, usize>,
    /// The date of each transaction.
    dates: BTreeMap<Zxid, i64>,
}

impl View {
    pub(super) const fn new(beginning: Beginning) -> Self {
        Self { beginning, sessions: BTreeMap::new(), dates: BTreeMap::new() }
    }

    /// The zxid at which the script began.
    pub(super) const fn beginning(&self) -> Zxid {
        self.beginning.zxid
    }

    /// Gives a session a number.
    pub(super) fn name(&mut self, id: SessionId, number: usize) {
        self.sessions.insert(id, number);
    }

    /// A header's zxid.
    pub(super) fn moment(&self, zxid: Zxid) -> Moment {
        match zxid {
            Zxid::NONE => Moment::None,
            Zxid(0) => Moment::Zero,
            Zxid(zxid) => Moment::At(zxid.wrapping_sub(self.beginning.zxid.0)),
        }
    }

    /// What a reply says, and the codes within it.
    pub(super) fn body(
        &mut self,
        ask: &Ask,
        code: ErrorCode,
        body: Bytes,
    ) -> (String, Vec<(OpCode, ErrorCode)>) {
        if code != ErrorCode::Ok {
            return (refusal(ask.opcode, &body), Vec::new());
        }
        let reply = match Reply::decode(ask.opcode, body.clone()) {
            Ok(reply) => reply,
            Err(error) => return (format!("UNDECODABLE {error}: {body:?}"), Vec::new()),
        };
        let mut again = BytesMut::new();
        reply.write(&mut again);
        let request = ask.request();
        let results = results(request.as_ref(), &reply);
        let mut text = self.reply(request.as_ref(), reply);
        if again != body {
            text = format!("{text} IN OTHER BYTES {body:?}");
        }
        (text, results)
    }

    fn reply(&mut self, request: Option<&Request>, reply: Reply) -> String {
        let path = request.and_then(path_of).unwrap_or_default();
        match reply {
            Reply::Create(reply) => format!("{:?}", reply.path),
            Reply::Create2(reply) | Reply::CreateContainer(reply) | Reply::CreateTtl(reply) => {
                format!("{:?} {}", reply.path, self.stat(&reply.path, &reply.stat))
            }
            Reply::Exists(reply) => self.stat(&path, &reply.stat),
            Reply::SetData(reply) => self.stat(&path, &reply.stat),
            Reply::SetAcl(reply) => self.stat(&path, &reply.stat),
            Reply::GetData(reply) => {
                format!("{} {}", data(reply.data.as_ref()), self.stat(&path, &reply.stat))
            }
            Reply::GetAcl(reply) => {
                format!("{} {}", acl(reply.acl), self.stat(&path, &reply.stat))
            }
            Reply::GetChildren(reply) => sorted(&reply.children),
            Reply::GetChildren2(reply) => {
                format!("{} {}", sorted(&reply.children), self.stat(&path, &reply.stat))
            }
            Reply::GetEphemerals(reply) => sorted(&reply.ephemerals),
            Reply::GetAllChildrenNumber(reply) => reply.total_number.to_string(),
            Reply::Sync(reply) => format!("{:?}", reply.path),
            Reply::Multi(reply) | Reply::MultiRead(reply) => self.multi(request, reply),
            Reply::WhoAmI(reply) => {
                let who = reply.client_info.iter();
                let mut who: Vec<_> =
                    who.map(|who| format!("{}:{}", who.auth_scheme, who.user)).collect();
                who.sort();
                who.join(" ")
            }
            Reply::Sasl(reply) => {
                format!("{:?}", reply.token.as_ref().map(|token| token.expose().len()))
            }
            Reply::AddWatch(reply) => reply.err.to_string(),
            Reply::Unknown { body, .. } => format!("{body:?}"),
            Reply::Ping(()) | Reply::Delete(()) | Reply::SetWatches(()) | Reply::Auth(()) => {
                String::new()
            }
            other => format!("{other:?}").split_once('(').map_or_else(String::new, |(_, rest)| {
                rest.trim_end_matches(')').trim_matches(['(', ')']).to_owned()
            }),
        }
    }

    fn multi(&mut self, request: Option<&Request>, reply: MultiReply) -> String {
        let ops: &[MultiOp] = request.and_then(ops_of).map_or(&[], |request| &request.ops);
        let results = reply.results.into_iter().enumerate().map(|(at, result)| {
            let path = ops.get(at).map(multi_path).unwrap_or_default();
            match result {
                MultiResult::Create(reply) => format!("create {:?}", reply.path),
                MultiResult::Create2(reply) => {
                    format!("create2 {:?} {}", reply.path, self.stat(&reply.path, &reply.stat))
                }
                MultiResult::Delete(()) => String::from("delete"),
                MultiResult::Check(()) => String::from("check"),
                MultiResult::SetData(reply) => {
                    format!("setData {}", self.stat(&path, &reply.stat))
                }
                MultiResult::GetData(reply) => {
                    let data = data(reply.data.as_ref());
                    format!("getData {data} {}", self.stat(&path, &reply.stat))
                }
                MultiResult::GetChildren(reply) => {
                    format!("getChildren {}", sorted(&reply.children))
                }
                MultiResult::Error(error) => format!("error {}", error.err),
                other => format!("{other:?}"),
            }
        });
        format!("[{}]", results.collect::<Vec<_>>().join("; "))
    }

    fn stat(&mut self, path: &Text, stat: &Stat) -> String {
        let path = if path.is_empty() { "/".into() } else { path.to_str() };
        let before = self.beginning.stats.get(&*path).copied().unwrap_or_default();
        let owner = match (stat.ephemeral_owner, self.sessions.get(&stat.ephemeral_owner)) {
            (SessionId::NONE, _) => String::new(),
            (_, Some(number)) => format!(" s{number}"),
            (owner, None) => format!(" OWNER {owner}"),
        };
        let (created, set) = (self.date(stat.czxid, stat.ctime), self.date(stat.mzxid, stat.mtime));
        let children = self.zxid(stat.pzxid);
        format!(
            "{{c{created} m{set} p{children} v{} cv{} av{}{owner} len{} n{}}}",
            stat.version.wrapping_sub(before.version),
            stat.cversion.wrapping_sub(before.cversion),
            stat.aversion.wrapping_sub(before.aversion),
            stat.data_length,
            stat.num_children,
        )
    }

    fn zxid(&self, zxid: Zxid) -> String {
        match zxid.0.wrapping_sub(self.beginning.zxid.0) {
            since if since > 0 => format!("+{since}"),
            _ => String::from("old"),
        }
    }

    /// A zxid, whose date must be the one that it had before.
    fn date(&mut self, zxid: Zxid, date: i64) -> String {
        let text = self.zxid(zxid);
        if zxid <= self.beginning.zxid {
            return text;
        }
        let known = *self.dates.entry(zxid).or_insert(date);
        if known == date { text } else { format!("{text} DATED {:+}", date.wrapping_sub(known)) }
    }
}

/// What stands behind the header of a refusal: mostly nothing. A multiRead that stumbles over a null
/// path has the results of what is before it, of whose stats no path is known here.
fn refusal(opcode: OpCode, body: &Bytes) -> String {
    if body.is_empty() {
        return String::new();
    }
    let Ok(Reply::MultiRead(reply)) = Reply::decode(opcode, body.clone()) else {
        return format!("{body:?}");
    };
    let results = reply.results.iter().map(|result| match result {
        MultiResult::GetData(reply) => {
            let Stat { data_length, num_children, .. } = reply.stat;
            format!("getData {} {{len{data_length} n{num_children}}}", data(reply.data.as_ref()))
        }
        MultiResult::GetChildren(reply) => format!("getChildren {}", sorted(&reply.children)),
        MultiResult::Error(error) => format!("error {}", error.err),
        other => format!("{other:?}"),
    });
    format!("up to [{}]", results.collect::<Vec<_>>().join("; "))
}

/// The codes of the results within a reply, with the operations that were asked for.
fn results(request: Option<&Request>, reply: &Reply) -> Vec<(OpCode, ErrorCode)> {
    let (Reply::Multi(reply) | Reply::MultiRead(reply)) = reply else { return Vec::new() };
    let ops: &[MultiOp] = request.and_then(ops_of).map_or(&[], |request| &request.ops);
    let opcode = |at: usize, result: &MultiResult| {
        ops.get(at).map_or_else(|| result.opcode(), MultiOp::opcode)
    };
    let results = reply.results.iter().enumerate();
    results.map(|(at, result)| (opcode(at, result), result.err())).collect()
}

const fn ops_of(request: &Request) -> Option<&MultiRequest> {
    match request {
        Request::Multi(request) | Request::MultiRead(request) => Some(request),
        _ => None,
    }
}

/// The path whose stat a reply has.
fn path_of(request: &Request) -> Option<Text> {
    Some(match request {
        Request::Exists(request) => request.path.clone(),
        Request::GetData(request) => request.path.clone(),
        Request::SetData(request) => request.path.clone(),
        Request::GetAcl(request) => request.path.clone(),
        Request::SetAcl(request) => request.path.clone(),
        Request::GetChildren2(request) => request.path.clone(),
        _ => return None,
    })
}

fn multi_path(op: &MultiOp) -> Text {
    match op {
        MultiOp::SetData(request) => request.path.clone(),
        MultiOp::GetData(request) => request.path.clone(),
        _ => Text::new(),
    }
}

fn data(data: Option<&Bytes>) -> String {
    data.map_or_else(|| String::from("null"), |data| format!("{data:?}"))
}

/// Names in no order.
fn sorted(names: &[Text]) -> String {
    let mut names = names.to_vec();
    names.sort();
    format!("{names:?}")
}

/// An ACL: the ids that stand for `auth` come out of a set, in no order.
fn acl(mut acl: Vec<Acl>) -> String {
    for run in acl.chunk_by_mut(|a, b| a.perms == b.perms && a.id.scheme == b.id.scheme) {
        run.sort();
    }
    let entry = |acl: &Acl| format!("{}:{}:{}", acl.id.scheme, acl.id.id, acl.perms);
    format!("{:?}", acl.iter().map(entry).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use zookit_proto::ops::get_data::GetDataReply;
    use zookit_proto::wire::encode;

    #[test]
    fn results_before_a_null_path_do_not_show_when_they_were_written() {
        let seen = |zxid: i64| {
            let stat = Stat { czxid: Zxid(zxid), mtime: zxid, data_length: 2, ..Stat::default() };
            let read = GetDataReply { data: Some(Bytes::from_static(b"hi")), stat };
            let results = vec![MultiResult::GetData(read)];
            refusal(OpCode::MultiRead, &encode(&MultiReply { results }))
        };
        assert_eq!(seen(7), seen(8));
        assert_eq!(seen(7), "up to [getData b\"hi\" {len2 n0}]");
        assert_eq!(refusal(OpCode::MultiRead, &Bytes::new()), "");
        assert_eq!(refusal(OpCode::GetData, &Bytes::from_static(b"?")), "b\"?\"");
    }
}
