//! Requests, answers, and how requests end.

use serde_json::{Value, json};
use zookit_proto::{ErrorCode, Stat};

use super::super::ask::{Answer, Ask, Told};
use super::{Read, bad, flag, hex, int, list, long, member, optional_zxid, owned, session, string};
use super::{strings, zxid};

pub(super) fn ask_to(ask: &Ask) -> Value {
    let many = |op: &str, asks: &[Ask]| json!({"op": op, "ops": asks.iter().map(ask_to).collect::<Vec<_>>()});
    match ask {
        Ask::Create { path, data, ephemeral, sequential } => {
            let (ephemeral, sequential) = (*ephemeral, *sequential);
            json!({"op": "create", "path": path, "data": data, "ephemeral": ephemeral,
                   "sequential": sequential})
        }
        Ask::Delete { path, version } => json!({"op": "delete", "path": path, "version": version}),
        Ask::Set { path, data, version } => {
            json!({"op": "setData", "path": path, "data": data, "version": version})
        }
        Ask::Check { path, version } => json!({"op": "check", "path": path, "version": version}),
        Ask::Get { path, watch } => json!({"op": "getData", "path": path, "watch": watch}),
        Ask::Exists { path, watch } => json!({"op": "exists", "path": path, "watch": watch}),
        Ask::Children { path, watch } => json!({"op": "getChildren", "path": path, "watch": watch}),
        Ask::Watch { path, recursive } => {
            json!({"op": "addWatch", "path": path, "recursive": recursive})
        }
        Ask::Multi(asks) => many("multi", asks),
        Ask::Reads(asks) => many("multiRead", asks),
        Ask::Fence => json!({"op": "fence"}),
        Ask::Close => json!({"op": "closeSession"}),
    }
}

pub(super) fn ask_of(value: &Value) -> Read<Ask> {
    let path = || owned(value, "path");
    let version = || match member(value, "version")? {
        Value::Null => Ok(None),
        _ => int(value, "version").map(Some),
    };
    let many = || list(value, "ops")?.iter().map(ask_of).collect::<Read<Vec<_>>>();
    Ok(match string(value, "op")? {
        "create" => {
            let (path, data) = (path()?, owned(value, "data")?);
            let (ephemeral, sequential) = (flag(value, "ephemeral")?, flag(value, "sequential")?);
            Ask::Create { path, data, ephemeral, sequential }
        }
        "delete" => Ask::Delete { path: path()?, version: version()? },
        "setData" => Ask::Set { path: path()?, data: owned(value, "data")?, version: version()? },
        "check" => Ask::Check { path: path()?, version: int(value, "version")? },
        "getData" => Ask::Get { path: path()?, watch: flag(value, "watch")? },
        "exists" => Ask::Exists { path: path()?, watch: flag(value, "watch")? },
        "getChildren" => Ask::Children { path: path()?, watch: flag(value, "watch")? },
        "addWatch" => Ask::Watch { path: path()?, recursive: flag(value, "recursive")? },
        "multi" => Ask::Multi(many()?),
        "multiRead" => Ask::Reads(many()?),
        "fence" => Ask::Fence,
        "closeSession" => Ask::Close,
        other => return bad(format!("there is no operation {other:?}")),
    })
}

/// A stat in ZooKeeper's own words.
fn stat_to(stat: &Stat) -> Value {
    json!({
        "czxid": hex(stat.czxid.0), "mzxid": hex(stat.mzxid.0), "pzxid": hex(stat.pzxid.0),
        "ctime": stat.ctime, "mtime": stat.mtime, "version": stat.version,
        "cversion": stat.cversion, "aversion": stat.aversion,
        "ephemeralOwner": hex(stat.ephemeral_owner.0), "dataLength": stat.data_length,
        "numChildren": stat.num_children,
    })
}

fn stat_of(value: &Value) -> Read<Stat> {
    Ok(Stat {
        czxid: zxid(value, "czxid")?,
        mzxid: zxid(value, "mzxid")?,
        ctime: long(value, "ctime")?,
        mtime: long(value, "mtime")?,
        version: int(value, "version")?,
        cversion: int(value, "cversion")?,
        aversion: int(value, "aversion")?,
        ephemeral_owner: session(value, "ephemeralOwner")?,
        data_length: int(value, "dataLength")?,
        num_children: int(value, "numChildren")?,
        pzxid: zxid(value, "pzxid")?,
    })
}

pub(super) fn answer_to(answer: &Answer) -> Value {
    match answer {
        Answer::Done => json!({}),
        Answer::Created(path, None) => json!({"path": path}),
        Answer::Created(path, Some(stat)) => json!({"path": path, "stat": stat_to(stat)}),
        Answer::Stat(stat) => json!({"stat": stat_to(stat)}),
        Answer::Data(data, stat) => json!({"data": data, "stat": stat_to(stat)}),
        Answer::Children(names, stat) => json!({"children": names, "stat": stat_to(stat)}),
        Answer::Many(answers) => {
            let one = |answer: &Result<Answer, ErrorCode>| match answer {
                Ok(answer) => answer_to(answer),
                Err(code) => json!({"code": code.number()}),
            };
            json!({"results": answers.iter().map(one).collect::<Vec<_>>()})
        }
    }
}

pub(super) fn answer_of(value: &Value) -> Read<Answer> {
    let stat = || value.get("stat").map(stat_of).transpose();
    if value.get("results").is_some() {
        let one = |value: &Value| match value.get("code") {
            Some(_) => Ok(Err(ErrorCode::from_number(int(value, "code")?))),
            None => answer_of(value).map(Ok),
        };
        return Ok(Answer::Many(list(value, "results")?.iter().map(one).collect::<Read<_>>()?));
    }
    if value.get("path").is_some() {
        return Ok(Answer::Created(owned(value, "path")?, stat()?));
    }
    let Some(stat) = stat()? else { return Ok(Answer::Done) };
    if value.get("children").is_some() {
        return Ok(Answer::Children(strings(value, "children")?, stat));
    }
    Ok(match value.get("data") {
        None => Answer::Stat(stat),
        Some(Value::Null) => Answer::Data(None, stat),
        Some(_) => Answer::Data(Some(owned(value, "data")?), stat),
    })
}

pub(super) fn told_to(told: &Told) -> Value {
    let mut value = match told {
        Told::Answered(answer, _) => json!({"end": "answered", "answer": answer_to(answer)}),
        Told::Refused(code, _) => {
            json!({"end": "refused", "code": code.number(), "error": code.to_string()})
        }
        Told::NotSent => json!({"end": "not sent"}),
        Told::NoReply => json!({"end": "no reply"}),
    };
    if let Some(zxid) = told.zxid() {
        value["zxid"] = hex(zxid.0);
    }
    value
}

pub(super) fn told_of(value: &Value) -> Read<Told> {
    Ok(match string(value, "end")? {
        "answered" => {
            Told::Answered(answer_of(member(value, "answer")?)?, optional_zxid(value, "zxid")?)
        }
        "refused" => {
            let code = ErrorCode::from_number(int(value, "code")?);
            Told::Refused(code, optional_zxid(value, "zxid")?)
        }
        "not sent" => Told::NotSent,
        "no reply" => Told::NoReply,
        other => return bad(format!("no request ends {other:?}")),
    })
}
