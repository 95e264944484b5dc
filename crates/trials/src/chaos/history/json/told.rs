//! What clients tell of by themselves, and what the servers have: states, notices, transactions,
//! and what is left at the end.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use zookit_proto::types::EventType;
use zookit_proto::{ErrorCode, SessionId, Text};
use zookit_server::core::{Change, Owner, Transaction, WatchMode};
use zookit_session::{Generation, Reason, State, StateChange, WatchEnd, WatchNotice};
use zookit_sim::check::{ClientLeft, MemberLeft, WatchLeft};
use zookit_sim::observe::ClientId;

use super::{Read, bad, count, flag, hex, int, list, long, member, number, optional_zxid, session};
use super::{string, zxid};

const STATES: [(State, &str); 7] = [
    (State::Connecting, "connecting"),
    (State::Connected, "connected"),
    (State::ConnectedReadOnly, "connected-read-only"),
    (State::Suspended, "suspended"),
    (State::Expired, "expired"),
    (State::AuthFailed, "auth-failed"),
    (State::Closed, "closed"),
];

/// The reasons that a checker looks at; of all others only their words are kept.
const REASONS: [(Reason, &str); 7] = [
    (Reason::NewSession, "new-session"),
    (Reason::Resumed, "resumed"),
    (Reason::ServerSaidExpired, "server-said-expired"),
    (Reason::PresumedExpired, "presumed-expired"),
    (Reason::ReadOnlySessionEnded, "read-only-session-ended"),
    (Reason::NextGeneration, "next-generation"),
    (Reason::Closed, "closed"),
];

fn name_of<T: PartialEq>(names: &[(T, &'static str)], value: &T) -> Option<&'static str> {
    names.iter().find(|(one, _)| one == value).map(|(_, name)| *name)
}

fn named<T: Copy>(names: &[(T, &'static str)], name: &str) -> Option<T> {
    names.iter().find(|(_, other)| *other == name).map(|(value, _)| *value)
}

pub(super) fn state_to(change: &StateChange) -> Value {
    json!({
        "state": name_of(&STATES, &change.state),
        "reason": name_of(&REASONS, &change.reason).unwrap_or("lost"),
        "why": change.reason.to_string(),
        "generation": change.generation.0,
        "session": hex(change.session.0),
        "server": change.server.as_ref().map(ToString::to_string),
        "zxid": hex(change.zxid.0),
        "watchesRestored": change.watches_restored,
        "notSent": change.not_sent,
        "noReply": change.no_reply,
    })
}

pub(super) fn state_of(value: &Value) -> Read<StateChange> {
    let Some(state) = named(&STATES, string(value, "state")?) else { return bad("no such state") };
    // Any loss is as good as another to whoever checks.
    let lost = Reason::Lost(zookit_session::Loss::Fin);
    Ok(StateChange {
        state,
        reason: named(&REASONS, string(value, "reason")?).unwrap_or(lost),
        generation: Generation(number(value, "generation")?),
        session: session(value, "session")?,
        server: None,
        zxid: zxid(value, "zxid")?,
        watches_restored: count(value, "watchesRestored")?,
        not_sent: count(value, "notSent")?,
        no_reply: count(value, "noReply")?,
    })
}

pub(super) fn notice_to(notice: &WatchNotice) -> Value {
    match notice {
        WatchNotice::Event { event, path, zxid } => {
            let mut value = json!({"notice": "event", "event": event.number(), "name": event.to_string(),
                       "path": path.to_str()});
            if let Some(zxid) = zxid {
                value["zxid"] = hex(zxid.0);
            }
            value
        }
        WatchNotice::Gap { after, until } => {
            json!({"notice": "gap", "after": hex(after.0), "until": hex(until.0)})
        }
        WatchNotice::Ended(end) => json!({"notice": "ended", "why": end.to_string()}),
    }
}

pub(super) fn notice_of(value: &Value) -> Read<WatchNotice> {
    Ok(match string(value, "notice")? {
        "event" => {
            let event = EventType::from_number(int(value, "event")?);
            let path = Text::from(string(value, "path")?);
            WatchNotice::Event { event, path, zxid: optional_zxid(value, "zxid")? }
        }
        "gap" => WatchNotice::Gap { after: zxid(value, "after")?, until: zxid(value, "until")? },
        // Why does not matter to a checker.
        "ended" => WatchNotice::Ended(WatchEnd::SessionLost),
        other => return bad(format!("there is no notice {other:?}")),
    })
}

pub(super) fn transaction_to(transaction: &Transaction) -> Value {
    json!({
        "zxid": hex(transaction.zxid.0), "timeMs": transaction.time_ms,
        "session": hex(transaction.session.0), "change": change_to(&transaction.change),
    })
}

pub(super) fn transaction_of(value: &Value) -> Read<Transaction> {
    Ok(Transaction {
        zxid: zxid(value, "zxid")?,
        time_ms: long(value, "timeMs")?,
        session: session(value, "session")?,
        change: change_of(member(value, "change")?)?,
    })
}

/// Data is text here, but for what the servers themselves write, which nobody compares.
fn data_to(data: Option<&Bytes>) -> Value {
    data.map_or(Value::Null, |data| Value::from(String::from_utf8_lossy(data)))
}

fn change_to(change: &Change) -> Value {
    match change {
        Change::Create { path, data, owner, parent_cversion, .. } => {
            let mut value = json!({"type": "create", "path": path.to_str(),
                "data": data_to(data.as_ref()), "parentCversion": parent_cversion});
            match owner {
                Owner::Persistent => {}
                Owner::Session(owner) => value["owner"] = hex(owner.0),
                Owner::Container => value["container"] = true.into(),
                Owner::Ttl { ms } => value["ttl"] = (*ms).into(),
            }
            value
        }
        Change::Delete { path } => json!({"type": "delete", "path": path.to_str()}),
        Change::SetData { path, data, version } => {
            let data = data_to(data.as_ref());
            json!({"type": "setData", "path": path.to_str(), "data": data, "version": version})
        }
        Change::SetAcl { path, aversion, .. } => {
            json!({"type": "setACL", "path": path.to_str(), "version": aversion})
        }
        Change::Check { path, version } => {
            json!({"type": "check", "path": path.to_str(), "version": version})
        }
        Change::Multi(changes) => {
            json!({"type": "multi", "changes": changes.iter().map(change_to).collect::<Vec<_>>()})
        }
        Change::CreateSession { timeout } => {
            json!({"type": "createSession", "timeoutMs": millis(*timeout)})
        }
        Change::CloseSession { ephemerals } => {
            let paths = ephemerals.iter().map(|path| path.to_str()).collect::<Vec<_>>();
            json!({"type": "closeSession", "ephemerals": paths})
        }
        Change::Error(code) => {
            json!({"type": "error", "code": code.number(), "error": code.to_string()})
        }
    }
}

fn change_of(value: &Value) -> Read<Change> {
    let path = || string(value, "path").map(Text::from);
    let data = || match member(value, "data")? {
        Value::Null => Ok(None),
        _ => Ok(Some(Bytes::from(string(value, "data")?.to_owned()))),
    };
    Ok(match string(value, "type")? {
        "create" => {
            let owner = if value.get("owner").is_some() {
                Owner::Session(session(value, "owner")?)
            } else if flag(value, "container")? {
                Owner::Container
            } else if value.get("ttl").is_some() {
                Owner::Ttl { ms: long(value, "ttl")? }
            } else {
                Owner::Persistent
            };
            let (acl, parent_cversion) = (Vec::new(), int(value, "parentCversion")?);
            Change::Create { path: path()?, data: data()?, acl, owner, parent_cversion }
        }
        "delete" => Change::Delete { path: path()? },
        "setData" => {
            Change::SetData { path: path()?, data: data()?, version: int(value, "version")? }
        }
        "setACL" => {
            Change::SetAcl { path: path()?, acl: Vec::new(), aversion: int(value, "version")? }
        }
        "check" => Change::Check { path: path()?, version: int(value, "version")? },
        "multi" => {
            Change::Multi(list(value, "changes")?.iter().map(change_of).collect::<Read<_>>()?)
        }
        "createSession" => {
            let timeout = Duration::from_millis(number(value, "timeoutMs")?);
            Change::CreateSession { timeout }
        }
        "closeSession" => Change::CloseSession { ephemerals: texts(value, "ephemerals")? },
        "error" => Change::Error(ErrorCode::from_number(int(value, "code")?)),
        other => return bad(format!("there is no change {other:?}")),
    })
}

fn texts(value: &Value, name: &str) -> Read<Vec<Text>> {
    Ok(super::strings(value, name)?.into_iter().map(Text::from).collect())
}

pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

pub(super) fn client_left_to(left: &ClientLeft) -> Value {
    json!({"client": left.client.0, "inFlight": left.in_flight, "queued": left.queued,
           "watchers": left.watchers})
}

pub(super) fn client_left_of(value: &Value) -> Read<ClientLeft> {
    Ok(ClientLeft {
        client: client(value)?,
        in_flight: count(value, "inFlight")?,
        queued: count(value, "queued")?,
        watchers: count(value, "watchers")?,
    })
}

pub(super) fn client(value: &Value) -> Read<ClientId> {
    let number = u32::try_from(number(value, "client")?);
    number.map(ClientId).map_err(|error| super::BadLine(error.to_string()))
}

/// Which of the kinds of watches it is, four-letter words do not tell, and so neither does this.
pub(super) fn member_left_to(left: &MemberLeft) -> Value {
    let sessions = left.sessions.iter().map(|id| hex(id.0)).collect::<Vec<_>>();
    let ephemerals = left.ephemerals.iter();
    let ephemerals = ephemerals
        .map(|(path, owner)| json!({"path": path.to_str(), "session": hex(owner.0)}))
        .collect::<Vec<_>>();
    let watches = left.watches.iter().map(|watch| {
        json!({"path": watch.path.to_str(), "session": hex(watch.session.0),
               "connected": watch.connected})
    });
    json!({"zxid": hex(left.zxid.0), "dataWatchesOnly": left.data_watches_only, "sessions": sessions, "ephemerals": ephemerals,
           "watches": watches.collect::<Vec<_>>()})
}

pub(super) fn member_left_of(value: &Value) -> Read<MemberLeft> {
    let id = |value: &Value| super::hex_number(value).map(SessionId);
    let ephemeral =
        |value: &Value| Ok((Text::from(string(value, "path")?), session(value, "session")?));
    let watch = |value: &Value| {
        Ok(WatchLeft {
            path: Text::from(string(value, "path")?),
            session: session(value, "session")?,
            mode: WatchMode::Data,
            connected: flag(value, "connected")?,
        })
    };
    Ok(MemberLeft {
        zxid: zxid(value, "zxid")?,
        sessions: list(value, "sessions")?.iter().map(id).collect::<Read<_>>()?,
        ephemerals: list(value, "ephemerals")?.iter().map(ephemeral).collect::<Read<_>>()?,
        watches: list(value, "watches")?.iter().map(watch).collect::<Read<_>>()?,
        data_watches_only: flag(value, "dataWatchesOnly")?,
    })
}
