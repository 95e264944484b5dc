//! All that can stand in a line.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value, json};
use zookit_session::{Generation, WatchKind, WatcherId};
use zookit_sim::observe::Call;

use super::super::line::{
    Accident, Asked, Complete, Event, Function, Invoke, Line, Outcome, Workload,
};
use super::told::{client, client_left_of, client_left_to, member_left_of, member_left_to};
use super::told::{notice_of, notice_to, state_of, state_to, transaction_of, transaction_to};
use super::{BadLine, Read, ask, bad, flag, hex, list, member, number, owned, session, string};
use super::{value, zxid};

const KINDS: [(WatchKind, &str); 5] = [
    (WatchKind::Data, "data"),
    (WatchKind::Exists, "exists"),
    (WatchKind::Children, "children"),
    (WatchKind::Persistent, "persistent"),
    (WatchKind::PersistentRecursive, "persistent-recursive"),
];

/// The line as JSON. `open` has what each process is about, so that what an operation came to can
/// be told together with what it was.
#[must_use]
pub fn to_json(index: u64, line: &Line, open: &mut BTreeMap<u64, Invoke>) -> Value {
    let nanos = u64::try_from(line.at.as_nanos()).unwrap_or(u64::MAX);
    let mut object = Map::new();
    object.insert("index".into(), index.into());
    object.insert("time".into(), nanos.into());
    let (kind, more) = match &line.event {
        Event::Invoke(invoke) => {
            open.insert(invoke.process, invoke.clone());
            ("invoke", invoke_to(invoke))
        }
        Event::Complete(complete) => {
            let invoke = open.remove(&complete.process);
            (complete.outcome.name(), complete_to(invoke.as_ref(), complete))
        }
        Event::State(client, change) => ("state", with_client(client.0, state_to(change))),
        Event::Trusted(client, session, until) => {
            let until = until.map(|until| u64::try_from(until.as_nanos()).unwrap_or(u64::MAX));
            let more = json!({"session": hex(session.0), "until": until});
            ("trusted", with_client(client.0, more))
        }
        Event::Notice(client, watcher, notice) => {
            ("notice", with_watcher(client.0, *watcher, notice_to(notice)))
        }
        Event::Dropped(client, watcher) => ("dropped", with_watcher(client.0, *watcher, json!({}))),
        Event::Accident(accident) => ("info", accident_to(accident)),
        Event::Calm => ("calm", json!({})),
        Event::Settled => ("settled", json!({})),
        Event::ClientLeft(left) => ("client-left", client_left_to(left)),
        Event::MemberLeft(left) => ("member-left", member_left_to(left)),
        Event::Transaction(transaction) => ("transaction", transaction_to(transaction)),
        Event::Fault(what) => ("fault", json!({"what": what})),
    };
    object.insert("type".into(), kind.into());
    if let Value::Object(more) = more {
        object.extend(more);
    }
    Value::Object(object)
}

fn with_client(client: u32, mut value: Value) -> Value {
    value["client"] = client.into();
    value
}

fn with_watcher(client: u32, watcher: WatcherId, mut value: Value) -> Value {
    value["watcher"] = watcher.0.into();
    with_client(client, value)
}

fn invoke_to(invoke: &Invoke) -> Value {
    let call = |asked: &Asked| {
        let mut value = json!({"call": asked.call.0, "ask": ask::ask_to(&asked.ask)});
        if let Some((watcher, kind)) = asked.watcher {
            value["watcher"] = watcher.0.into();
            value["kind"] =
                KINDS.iter().find(|(one, _)| *one == kind).map(|(_, name)| *name).into();
        }
        value
    };
    json!({
        "process": invoke.process,
        "workload": invoke.workload.name(), "f": invoke.function.name(), "key": invoke.key,
        "value": value::of_invoke(invoke),
        "client": invoke.client.0, "generation": invoke.generation.0, "pinned": invoke.pinned,
        "connection": invoke.connection, "seen": hex(invoke.seen.0),
        "calls": invoke.calls.iter().map(call).collect::<Vec<_>>(),
    })
}

fn complete_to(invoke: Option<&Invoke>, complete: &Complete) -> Value {
    let ends = complete.ends.iter().map(|(call, told)| {
        let mut value = ask::told_to(told);
        value["call"] = call.0.into();
        value
    });
    let mut value = json!({
        "process": complete.process, "seen": hex(complete.seen.0),
        "ends": ends.collect::<Vec<_>>(),
    });
    if let Some(invoke) = invoke {
        value["workload"] = invoke.workload.name().into();
        value["f"] = invoke.function.name().into();
        value["key"] = invoke.key.as_str().into();
        value["value"] = value::of_complete(invoke, complete);
    }
    value
}

fn accident_to(accident: &Accident) -> Value {
    json!({
        "process": "nemesis", "f": accident.function, "value": accident.value,
        "mended": accident.mended, "cutsMembers": accident.cuts_members,
    })
}

/// Reads a line.
///
/// # Errors
/// It is not one.
pub fn from_json(value: &Value) -> Result<Line, BadLine> {
    let at = Duration::from_nanos(number(value, "time")?);
    let watcher = || number(value, "watcher").map(WatcherId);
    let event = match string(value, "type")? {
        "info" if value.get("process").is_some_and(Value::is_string) => {
            Event::Accident(accident_of(value)?)
        }
        "invoke" => Event::Invoke(invoke_of(value)?),
        "ok" => Event::Complete(complete_of(value, Outcome::Ok)?),
        "fail" => Event::Complete(complete_of(value, Outcome::Fail)?),
        "info" => Event::Complete(complete_of(value, Outcome::Info)?),
        "state" => Event::State(client(value)?, state_of(value)?),
        "trusted" => {
            let until = member(value, "until")?.as_u64().map(Duration::from_nanos);
            Event::Trusted(client(value)?, session(value, "session")?, until)
        }
        "notice" => Event::Notice(client(value)?, watcher()?, notice_of(value)?),
        "dropped" => Event::Dropped(client(value)?, watcher()?),
        "calm" => Event::Calm,
        "settled" => Event::Settled,
        "client-left" => Event::ClientLeft(client_left_of(value)?),
        "member-left" => Event::MemberLeft(member_left_of(value)?),
        "transaction" => Event::Transaction(transaction_of(value)?),
        "fault" => Event::Fault(owned(value, "what")?),
        other => return bad(format!("there is no line of the type {other:?}")),
    };
    Ok(Line { at, event })
}

fn invoke_of(value: &Value) -> Read<Invoke> {
    let Some(workload) = Workload::named(string(value, "workload")?) else {
        return bad("no such workload");
    };
    let Some(function) = Function::named(string(value, "f")?) else { return bad("no such f") };
    Ok(Invoke {
        process: number(value, "process")?,
        workload,
        function,
        key: owned(value, "key")?,
        client: client(value)?,
        generation: Generation(number(value, "generation")?),
        pinned: flag(value, "pinned")?,
        connection: number(value, "connection")?,
        seen: zxid(value, "seen")?,
        calls: list(value, "calls")?.iter().map(asked_of).collect::<Read<_>>()?,
    })
}

fn asked_of(value: &Value) -> Read<Asked> {
    let watcher = match value.get("watcher") {
        None => None,
        Some(_) => {
            let kind = string(value, "kind")?;
            let kind = KINDS.iter().find(|(_, name)| *name == kind).map(|(kind, _)| *kind);
            let Some(kind) = kind else { return bad("no such kind of watch") };
            Some((WatcherId(number(value, "watcher")?), kind))
        }
    };
    Ok(Asked {
        call: Call(number(value, "call")?),
        ask: ask::ask_of(member(value, "ask")?)?,
        watcher,
    })
}

fn complete_of(value: &Value, outcome: Outcome) -> Read<Complete> {
    let end = |value: &Value| Ok((Call(number(value, "call")?), ask::told_of(value)?));
    Ok(Complete {
        process: number(value, "process")?,
        outcome,
        seen: zxid(value, "seen")?,
        ends: list(value, "ends")?.iter().map(end).collect::<Read<_>>()?,
    })
}

fn accident_of(value: &Value) -> Read<Accident> {
    Ok(Accident {
        function: owned(value, "f")?,
        value: owned(value, "value")?,
        cuts_members: flag(value, "cutsMembers")?,
        mended: flag(value, "mended")?,
    })
}
