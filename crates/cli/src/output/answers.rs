//! The answers to four-letter words as JSON. `docs/ZK.md` says what they look like.

use serde_json::{Map, Value, json};
use zookit::admin::{
    self, Access, AdminError, Alive, Configuration, Connection, Connections, Directories, Dump,
    Environment, Fields, FourLetterWord, FullStats, Metrics, ServerStats, WatchSummary,
    WatchesByPath, WatchesBySession,
};
use zookit::{Endpoint, SessionId};

/// The answer to a word, or why it is none.
pub(crate) fn parsed(
    word: FourLetterWord,
    server: &Endpoint,
    answer: &[u8],
) -> Result<Value, AdminError> {
    use FourLetterWord as W;
    Ok(match word {
        W::Ruok => admin::read::<Alive>(server, answer).map(|_| json!({ "alive": true }))?,
        W::Srvr => srvr(&admin::read(server, answer)?),
        W::Stat => stat(&admin::read(server, answer)?),
        W::Mntr => fields(admin::read::<Metrics>(server, answer)?.fields(), number),
        W::Cons => cons(&admin::read(server, answer)?),
        W::Conf => fields(admin::read::<Configuration>(server, answer)?.fields(), setting),
        W::Envi => {
            fields(admin::read::<Environment>(server, answer)?.fields(), |_, value| value.into())
        }
        W::Dump => dump(&admin::read(server, answer)?),
        W::Wchs => wchs(&admin::read(server, answer)?),
        W::Wchc => wchc(&admin::read(server, answer)?),
        W::Wchp => wchp(&admin::read(server, answer)?),
        W::Dirs => fields(&admin::read::<Directories>(server, answer)?.fields, number),
        W::Isro => {
            let access: Access = admin::read(server, answer)?;
            json!({ "read_only": access == Access::ReadOnly })
        }
        // Words that no verb asks.
        _ => Value::String(String::from_utf8_lossy(answer).into_owned()),
    })
}

/// Ids are strings, as everywhere: see `json.rs`.
fn id(id: Option<impl ToString>) -> Value {
    id.map(|id| id.to_string()).into()
}

/// Keys and values, and under `other` the lines that are neither.
fn fields(fields: &Fields, value: impl Fn(&str, &str) -> Value) -> Value {
    let mut object: Map<String, Value> =
        fields.iter().map(|(key, text)| (key.to_owned(), value(key, text))).collect();
    add_other(&mut object, fields.other());
    Value::Object(object)
}

/// Only where there is any: most servers have none.
fn add_other(object: &mut Map<String, Value>, other: &[String]) {
    if !other.is_empty() {
        object.insert("other".into(), json!(other));
    }
}

fn with_other(object: Value, other: &[String]) -> Value {
    match object {
        Value::Object(mut object) => {
            add_other(&mut object, other);
            Value::Object(object)
        }
        object => object,
    }
}

fn number(_: &str, text: &str) -> Value {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    match (text.parse::<i64>(), text.parse::<f64>()) {
        (Ok(number), _) => number.into(),
        (_, Ok(number)) if plain => number.into(),
        _ => text.into(),
    }
}

/// The version of a dynamic configuration is a zxid in hexadecimal without a mark.
fn setting(key: &str, text: &str) -> Value {
    if key == "version" { text.into() } else { number(key, text) }
}

fn srvr(stats: &ServerStats) -> Value {
    let object = json!({
        "version": stats.version,
        "read_only": stats.read_only,
        "latency": stats.latency.map(|of| json!({ "min": of.min, "avg": of.avg, "max": of.max })),
        "received": stats.received,
        "sent": stats.sent,
        "connections": stats.connections,
        "outstanding": stats.outstanding,
        "zxid": id(stats.zxid),
        "mode": id(stats.mode.as_ref()),
        "node_count": stats.node_count,
        "proposal_sizes": stats.proposal_sizes.map(
            |of| json!({ "last": of.last, "min": of.min, "max": of.max })
        ),
    });
    with_other(object, &stats.other)
}

fn stat(full: &FullStats) -> Value {
    let clients: Vec<Value> = full.connections.iter().map(connection).collect();
    json!({ "server": srvr(&full.server), "clients": clients })
}

fn cons(all: &Connections) -> Value {
    let connections: Vec<Value> = all.connections.iter().map(connection).collect();
    with_other(json!({ "connections": connections }), &all.other)
}

/// What the server does not tell is left out: of connections there may be many.
fn connection(one: &Connection) -> Value {
    let all = json!({
        "address": one.address,
        "interest_ops": one.interest_ops,
        "queued": one.queued,
        "received": one.received,
        "sent": one.sent,
        "session": id(one.session),
        "last_operation": one.last_operation,
        "established": one.established,
        "session_timeout_ms": milliseconds(one.session_timeout),
        "last_cxid": one.last_cxid,
        "last_zxid": id(one.last_zxid),
        "last_response": one.last_response,
        "last_latency": one.last_latency,
        "min_latency": one.min_latency,
        "avg_latency": one.avg_latency,
        "max_latency": one.max_latency,
    });
    with_other(without_nulls(all), &one.other)
}

fn without_nulls(object: Value) -> Value {
    match object {
        Value::Object(object) => object.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        object => object,
    }
}

fn milliseconds(duration: Option<std::time::Duration>) -> Option<u64> {
    duration.and_then(|duration| u64::try_from(duration.as_millis()).ok())
}

fn dump(dump: &Dump) -> Value {
    let sessions: Vec<Value> = (dump.sessions.iter())
        .map(|one| {
            without_nulls(json!({
                "session": id(Some(one.session)),
                "expires": one.expires,
                "timeout_ms": milliseconds(one.timeout),
            }))
        })
        .collect();
    let ephemerals: Vec<Value> = (dump.ephemerals.iter())
        .map(|one| json!({ "session": id(Some(one.session)), "paths": one.paths }))
        .collect();
    let connections: Vec<Value> = (dump.connections.iter())
        .map(|one| {
            let session = id(Some(one.session).filter(|session| *session != SessionId::NONE));
            let all = json!({ "address": one.address, "session": session, "expires": one.expires });
            without_nulls(all)
        })
        .collect();
    let all = json!({
        "sessions": sessions, "ephemerals": ephemerals, "connections": connections
    });
    with_other(all, &dump.other)
}

fn wchs(summary: &WatchSummary) -> Value {
    let all = json!({
        "connections": summary.connections, "paths": summary.paths, "watches": summary.watches
    });
    with_other(all, &summary.other)
}

fn wchc(watches: &WatchesBySession) -> Value {
    let sessions: Vec<Value> = (watches.sessions.iter())
        .map(|one| json!({ "session": id(Some(one.session)), "paths": one.paths }))
        .collect();
    with_other(json!({ "sessions": sessions }), &watches.other)
}

fn wchp(watches: &WatchesByPath) -> Value {
    let sessions = |ids: &[SessionId]| ids.iter().map(|one| id(Some(*one))).collect::<Vec<_>>();
    let paths: Vec<Value> = (watches.paths.iter())
        .map(|one| json!({ "path": one.path, "sessions": sessions(&one.sessions) }))
        .collect();
    with_other(json!({ "paths": paths }), &watches.other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(word: FourLetterWord, answer: &str) -> Value {
        parsed(word, &Endpoint::new("zk1", 2181), answer.as_bytes()).unwrap()
    }

    #[test]
    fn numbers_are_numbers_and_versions_are_not() {
        let metrics =
            parse(FourLetterWord::Mntr, "zk_a\t7\nzk_b\t1.5\nzk_c\tx\nzk_d\tNaN\nstray\n");
        assert_eq!(
            metrics,
            json!({ "zk_a": 7, "zk_b": 1.5, "zk_c": "x", "zk_d": "NaN", "other": ["stray"] })
        );
        let conf = parse(FourLetterWord::Conf, "tickTime=2000\nversion=100000000\n");
        assert_eq!(conf, json!({ "tickTime": 2000, "version": "100000000" }));
        let environment = parse(FourLetterWord::Envi, "Environment:\nos.version=6.1\n");
        assert_eq!(environment, json!({ "os.version": "6.1" }));
    }

    #[test]
    fn what_a_server_does_not_tell_of_a_connection_is_left_out() {
        let cons = parse(FourLetterWord::Cons, " /[::1]:5[1](queued=0,sid=0x1,to=4000,x=y)\n\n");
        assert_eq!(
            cons["connections"][0],
            json!({
                "address": "[::1]:5", "interest_ops": 1, "queued": 0, "session": "0x1",
                "session_timeout_ms": 4000, "other": ["x=y"],
            })
        );
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        let server = Endpoint::new("zk1", 2181);
        for word in [FourLetterWord::Srvr, FourLetterWord::Ruok, FourLetterWord::Mntr] {
            assert!(parsed(word, &server, b"good morning").is_err(), "{word}");
        }
        assert!(id(None::<SessionId>).is_null());
    }
}
