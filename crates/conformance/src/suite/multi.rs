//! multi and multiRead.

use zookit_proto::ops::check::CheckRequest;
use zookit_proto::ops::delete::DeleteRequest;
use zookit_proto::ops::error::ErrorResponse;
use zookit_proto::ops::get_children::GetChildrenRequest;
use zookit_proto::ops::get_data::GetDataRequest;
use zookit_proto::ops::multi::{MultiOp, MultiRequest, MultiResult};
use zookit_proto::ops::set_data::SetDataRequest;
use zookit_proto::types::CreateMode;
use zookit_proto::{ErrorCode, OpCode, Reply, Request};

use super::bench::{Answer, Bench, Client, creation, equal, exists};
use super::{Case, always, fixed, old};
use crate::Outcome;

pub(super) const CASES: &[Case] = &[
    Case { name: "a multi that fails says Ok, and why within", holds: always, run: failed },
    Case { name: "a multi is one transaction", holds: always, run: one_transaction },
    Case { name: "an empty multi takes a zxid", holds: always, run: empty },
    Case { name: "later operations of a multi see earlier ones", holds: always, run: sees },
    Case { name: "a multi that fails takes no numbers", holds: always, run: rolled_back },
    Case { name: "a multi with a read is refused", holds: always, run: mixed },
    Case { name: "create2 in a multi answers a stat", holds: fixed, run: create2 },
    Case { name: "create2 in a multi was a create", holds: old, run: create2_before },
    Case { name: "each read of a multiRead has its own outcome", holds: always, run: multi_read },
    Case {
        name: "a multiRead with a write is refused with a body",
        holds: always,
        run: with_write,
    },
];

fn check(path: &str, version: i32) -> MultiOp {
    MultiOp::Check(CheckRequest { path: path.into(), version })
}

fn create(path: &str, mode: CreateMode) -> MultiOp {
    MultiOp::Create(creation(path, mode))
}

fn set(path: &str) -> MultiOp {
    MultiOp::SetData(SetDataRequest { path: path.into(), data: None, version: -1 })
}

fn delete(path: &str) -> MultiOp {
    MultiOp::Delete(DeleteRequest { path: path.into(), version: -1 })
}

fn multi(zk: &mut Client, ops: Vec<MultiOp>) -> Outcome<(Answer, Vec<MultiResult>)> {
    let answer = zk.expect(ErrorCode::Ok, &Request::Multi(MultiRequest { ops }))?;
    match &answer.reply {
        Some(Reply::Multi(reply)) => {
            let results = reply.results.clone();
            Ok((answer, results))
        }
        other => Err(format!("{other:?}").into()),
    }
}

fn error(err: ErrorCode) -> MultiResult {
    MultiResult::Error(ErrorResponse { err })
}

fn failed(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    zk.create("/m", CreateMode::Persistent)?;
    let ops = vec![set("/m"), check("/m", 9), delete("/m")];
    let (_, results) = multi(&mut zk, ops)?;
    let codes = [ErrorCode::Ok, ErrorCode::BadVersion, ErrorCode::RuntimeInconsistency];
    equal("the results", results, codes.map(error).to_vec())?;
    equal("nothing changed", zk.stat("/m")?.version, 0)
}

fn one_transaction(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    let before = zk.expect(ErrorCode::Ok, &Request::Ping(()))?.zxid.0;
    let ops = vec![
        create("/m", CreateMode::Persistent),
        create("/m/s-", CreateMode::PersistentSequential),
        create("/m/s-", CreateMode::PersistentSequential),
    ];
    let (answer, results) = multi(&mut zk, ops)?;
    equal("the zxid", answer.zxid.0, before + 1)?;
    let path = |result: &MultiResult| match result {
        MultiResult::Create(reply) => reply.path.to_string(),
        other => format!("{other:?}"),
    };
    let paths: Vec<String> = results.iter().map(path).collect();
    equal(
        "the paths",
        paths,
        ["/m", "/m/s-0000000000", "/m/s-0000000001"].map(String::from).into(),
    )?;
    let (one, other) = (zk.stat("/m")?, zk.stat("/m/s-0000000001")?);
    equal("the stats", (one.czxid, one.ctime), (other.czxid, other.ctime))
}

fn empty(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    let before = zk.expect(ErrorCode::Ok, &Request::Ping(()))?.zxid.0;
    let (answer, results) = multi(&mut zk, Vec::new())?;
    equal("results", results, Vec::new())?;
    equal("the zxid", answer.zxid.0, before + 1)
}

fn sees(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    let ops = vec![
        create("/m", CreateMode::Persistent),
        set("/m"),
        check("/m", 1),
        create("/m/a", CreateMode::Persistent),
        delete("/m/a"),
        delete("/m"),
    ];
    let (_, results) = multi(&mut zk, ops)?;
    equal("failures", results.iter().find(|result| !result.err().is_ok()), None)?;
    zk.expect(ErrorCode::NoNode, &exists("/m", false)).map(|_| ())
}

fn rolled_back(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    zk.create("/m", CreateMode::Persistent)?;
    let ops = vec![create("/m/s-", CreateMode::PersistentSequential), check("/missing", -1)];
    multi(&mut zk, ops)?;
    let path = zk.create("/m/s-", CreateMode::PersistentSequential)?;
    equal("the next number", path.as_str(), "/m/s-0000000000")
}

fn mixed(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    let before = zk.expect(ErrorCode::Ok, &Request::Ping(()))?.zxid.0;
    let read = MultiOp::GetData(GetDataRequest { path: "/".into(), watch: false });
    let ops = MultiRequest { ops: vec![check("/", -1), read] };
    let answer = zk.expect(ErrorCode::MarshallingError, &Request::Multi(ops))?;
    equal("the zxid", answer.zxid.0, before + 1)
}

fn create2_result(bench: &mut Bench<'_>) -> Outcome<OpCode> {
    let mut zk = bench.client()?;
    let ops = vec![MultiOp::Create2(creation("/m", CreateMode::Persistent))];
    let (_, results) = multi(&mut zk, ops)?;
    Ok(results.first().ok_or("no result")?.opcode())
}

fn create2(bench: &mut Bench<'_>) -> Outcome {
    equal("the result", create2_result(bench)?, OpCode::Create2)
}

fn create2_before(bench: &mut Bench<'_>) -> Outcome {
    equal("the result", create2_result(bench)?, OpCode::Create)
}

fn multi_read(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    zk.create("/m", CreateMode::Persistent)?;
    let data = |path: &str| MultiOp::GetData(GetDataRequest { path: path.into(), watch: true });
    let list = GetChildrenRequest { path: "/missing".into(), watch: false };
    let ops = vec![data("/missing"), data("/m"), MultiOp::GetChildren(list)];
    let answer = zk.expect(ErrorCode::Ok, &Request::MultiRead(MultiRequest { ops }))?;
    let Some(Reply::MultiRead(reply)) = answer.reply else { return Err("no results".into()) };
    let codes: Vec<ErrorCode> = reply.results.iter().map(MultiResult::err).collect();
    equal("the codes", codes, vec![ErrorCode::NoNode, ErrorCode::Ok, ErrorCode::NoNode])?;
    // The flag is decoded, and leaves no watch.
    zk.expect(ErrorCode::Ok, &super::bench::set("/m", -1))?;
    equal("events", zk.events()?, Vec::new())
}

fn with_write(bench: &mut Bench<'_>) -> Outcome {
    let mut zk = bench.client()?;
    let ops = MultiRequest { ops: vec![set("/")] };
    let answer = zk.expect(ErrorCode::MarshallingError, &Request::MultiRead(ops))?;
    let end = &[0xff, 0xff, 0xff, 0xff, 1, 0xff, 0xff, 0xff, 0xff][..];
    equal("the body", &answer.body[..], end)
}
