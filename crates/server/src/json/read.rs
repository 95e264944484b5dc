//! From JSON to a tree: everything is looked at before anything is changed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value};
use zookit_proto::types::{Acl, MAX_TTL_MS, Perms};
use zookit_proto::{SessionId, Text, Zxid, path};

use super::LoadError;
use crate::core::{Counters, Owner, Server, Snapshot, Time, Znode};

/// What a text says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Document {
    zxid: Zxid,
    sessions: BTreeMap<SessionId, Duration>,
    znodes: BTreeMap<String, Described>,
}

/// A znode as a text describes it.
#[derive(Debug, PartialEq, Eq)]
struct Described {
    data: Option<Bytes>,
    acl: Vec<Acl>,
    owner: Owner,
    /// `None`: as if just created.
    stat: Option<Map<String, Value>>,
}

type Object = Map<String, Value>;

/// Reads a text, as [`json`](super) says.
pub(crate) fn parse(text: &str) -> Result<Document, LoadError> {
    let document: Value =
        serde_json::from_str(text).map_err(|error| LoadError::Syntax(error.to_string()))?;
    let wrong = |why: String| LoadError::Document(why);
    let document = object(&document, "the document").map_err(wrong)?;
    only(document, &["zxid", "sessions", "znodes"]).map_err(wrong)?;
    let zxid = document.get("zxid").map_or(Ok(0), |value| hexadecimal(value, "zxid"));
    let mut sessions = BTreeMap::new();
    if let Some(value) = document.get("sessions") {
        for (id, timeout) in object(value, "sessions").map_err(wrong)? {
            let parsed = hexadecimal(&Value::from(id.as_str()), "the id of a session");
            let timeout = timeout.as_u64().filter(|ms| (1..1 << 31).contains(ms));
            let timeout = timeout.ok_or_else(|| {
                wrong(format!("the timeout of session {id} is not a number of milliseconds"))
            })?;
            sessions.insert(SessionId(parsed.map_err(wrong)?), Duration::from_millis(timeout));
        }
    }
    let mut znodes = BTreeMap::new();
    if let Some(value) = document.get("znodes") {
        for (path, value) in object(value, "znodes").map_err(wrong)? {
            let described = path::validate(path).map_err(|error| error.to_string());
            let described = described.and_then(|()| describe(value));
            let described =
                described.map_err(|why| LoadError::Znode { path: path.clone(), why })?;
            znodes.insert(path.clone(), described);
        }
    }
    Ok(Document { zxid: Zxid(zxid.map_err(wrong)?), sessions, znodes })
}

fn describe(value: &Value) -> Result<Described, String> {
    let mut described = Described {
        data: None,
        acl: vec![Acl::world(Perms::ALL)],
        owner: Owner::Persistent,
        stat: None,
    };
    let members = match value {
        Value::Null => return Ok(described),
        Value::String(text) => {
            described.data = Some(Bytes::from(text.clone()));
            return Ok(described);
        }
        value => object(value, "a znode that is neither a string nor null")?,
    };
    let known = ["data", "encoding", "acl", "ephemeralOwner", "container", "ttl", "stat"];
    only(members, &known)?;
    described.data = data(members)?;
    if let Some(value) = members.get("acl") {
        let entries = value.as_array().filter(|entries| !entries.is_empty());
        let entries = entries.ok_or("its acl is not a list of at least one entry")?;
        described.acl = entries.iter().map(acl).collect::<Result<_, _>>()?;
    }
    described.owner = owner(members)?;
    if let Some(value) = members.get("stat") {
        let stat = object(value, "its stat")?;
        counters(stat, Counters::default())?;
        described.stat = Some(stat.clone());
    }
    Ok(described)
}

fn data(members: &Object) -> Result<Option<Bytes>, String> {
    let text = match members.get("data") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text,
        Some(_) => return Err("its data is neither a string nor null".into()),
    };
    match members.get("encoding").map(Value::as_str) {
        None | Some(Some("utf8")) => Ok(Some(Bytes::from(text.clone()))),
        Some(Some("base64")) => {
            let bytes = STANDARD.decode(text);
            let bytes = bytes.map_err(|error| format!("its data is not base64: {error}"))?;
            Ok(Some(Bytes::from(bytes)))
        }
        Some(_) => Err("its encoding is neither \"utf8\" nor \"base64\"".into()),
    }
}

fn owner(members: &Object) -> Result<Owner, String> {
    let container = match members.get("container") {
        None | Some(Value::Bool(false)) => None,
        Some(Value::Bool(true)) => Some(Owner::Container),
        Some(_) => return Err("its container is neither true nor false".into()),
    };
    let session = members.get("ephemeralOwner").map(|id| hexadecimal(id, "its ephemeralOwner"));
    let ttl = members.get("ttl").map(|ttl| {
        let ms = ttl.as_i64().filter(|ms| (1..=MAX_TTL_MS).contains(ms));
        ms.ok_or("its ttl is not a number of milliseconds that servers take")
    });
    let session = session.transpose()?.map(|id| Owner::Session(SessionId(id)));
    let ttl = ttl.transpose()?.map(|ms| Owner::Ttl { ms });
    let mut owners = [container, session, ttl].into_iter().flatten();
    match (owners.next(), owners.next()) {
        (_, Some(_)) => Err("it is two of ephemeral, container and with a ttl".into()),
        (owner, None) => Ok(owner.unwrap_or(Owner::Persistent)),
    }
}

/// `scheme:id:perms`; the id may have colons.
fn acl(value: &Value) -> Result<Acl, String> {
    let text = value.as_str().ok_or("an entry of its acl is not a string")?;
    let parts = text.split_once(':').and_then(|(scheme, rest)| {
        let (id, perms) = rest.rsplit_once(':')?;
        Some((scheme, id, perms))
    });
    let (scheme, id, perms) =
        parts.ok_or_else(|| format!("{text:?} is not of the form scheme:id:perms"))?;
    let (letters, more) = perms.split_once("+0x").unwrap_or((perms, "0"));
    let more = i32::from_str_radix(more, 16).ok();
    let bits = letters.chars().try_fold(Perms::NONE, |perms, letter| {
        let bit = match letter {
            'c' => Perms::CREATE,
            'd' => Perms::DELETE,
            'r' => Perms::READ,
            'w' => Perms::WRITE,
            'a' => Perms::ADMIN,
            _ => return None,
        };
        Some(perms | bit)
    });
    match (bits, more) {
        (Some(bits), Some(more)) => Ok(Acl::new(bits | Perms(more), scheme, id)),
        _ => Err(format!("{perms:?} in {text:?} is not of the letters cdrwa")),
    }
}

/// What a stat says, over what it leaves out.
fn counters(stat: &Object, mut counters: Counters) -> Result<Counters, String> {
    for (name, value) in stat {
        let zxid = || hexadecimal(value, name).map(Zxid);
        let long = || value.as_i64().ok_or_else(|| format!("its {name} is not a number"));
        let int = || i32::try_from(long()?).map_err(|_| format!("its {name} has not 32 bits"));
        match name.as_str() {
            "czxid" => counters.czxid = zxid()?,
            "mzxid" => counters.mzxid = zxid()?,
            "pzxid" => counters.pzxid = zxid()?,
            "ctime" => counters.ctime = long()?,
            "mtime" => counters.mtime = long()?,
            "version" => counters.version = int()?,
            "aversion" => counters.aversion = int()?,
            "childrenCreated" => counters.cversion = int()?,
            other => return Err(format!("its stat has no {other:?}")),
        }
    }
    Ok(counters)
}

fn object<'a>(value: &'a Value, what: &str) -> Result<&'a Object, String> {
    value.as_object().ok_or_else(|| format!("{what} is not an object"))
}

fn only(object: &Object, known: &[&str]) -> Result<(), String> {
    let stranger = object.keys().find(|name| !known.contains(&name.as_str()));
    stranger.map_or(Ok(()), |name| {
        Err(format!("{name:?} is not known; there are {}", known.join(", ")))
    })
}

/// `"0x1f"`; the highest bit is the sign, as everywhere in ZooKeeper.
fn hexadecimal(value: &Value, what: &str) -> Result<i64, String> {
    let digits = value.as_str().and_then(|text| text.strip_prefix("0x"));
    let number = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
    number
        .map(|number| i64::from_ne_bytes(number.to_ne_bytes()))
        .ok_or_else(|| format!("{what} is not a string like \"0x1f\": {value}"))
}

/// Puts it all in place, or nothing.
pub(crate) fn load(server: &mut Server, now: Time, document: Document) -> Result<(), LoadError> {
    let Document { zxid, sessions, mut znodes } = document;
    let mut living: BTreeSet<SessionId> = sessions.keys().copied().collect();
    living.extend(server.sessions().iter().map(|session| session.id));
    for (path, described) in &znodes {
        let wrong = |why: String| Err(LoadError::Znode { path: path.clone(), why });
        if let Owner::Session(session) = described.owner {
            if !living.contains(&session) {
                return wrong(format!("its session {session} is not among the sessions"));
            }
        }
        let is_ephemeral = |above: &str| match znodes.get(above) {
            Some(described) => matches!(described.owner, Owner::Session(_)),
            None => matches!(server.tree().owner(above), Some(Owner::Session(_))),
        };
        if let Some(parent) = path::parent(path).filter(|parent| is_ephemeral(parent)) {
            return wrong(format!("its parent {parent} is ephemeral, and has no children"));
        }
    }
    // As if it were created by the transaction behind all that the document knows.
    let created_by = Zxid(zxid.max(server.last_zxid()).0.saturating_add(1));
    let without_stat = znodes.values().any(|described| described.stat.is_none());
    add_parents(server, &mut znodes);
    let zxid = if without_stat { created_by } else { zxid };
    let sessions = sessions.into_iter().collect();
    let znodes = placed(server, created_by, znodes);
    let snapshot = Snapshot { zxid, sessions, znodes };
    server.restore(now, &snapshot).map_err(|error| LoadError::Document(error.to_string()))
}

/// What is above a znode and nowhere, is made.
fn add_parents(server: &Server, znodes: &mut BTreeMap<String, Described>) {
    let paths: Vec<String> = znodes.keys().cloned().collect();
    for path in &paths {
        let mut above = path::parent(path);
        while let Some(path) = above {
            if znodes.contains_key(path) || server.tree().contains(path) {
                break;
            }
            let acl = vec![Acl::world(Perms::ALL)];
            let described = Described { data: None, acl, owner: Owner::Persistent, stat: None };
            znodes.insert(path.to_owned(), described);
            above = path::parent(path);
        }
    }
}

/// The znodes as they will be, with those whose children become more.
fn placed(
    server: &Server,
    created_by: Zxid,
    mut described: BTreeMap<String, Described>,
) -> Vec<Znode> {
    let tree = server.tree();
    let mut grown: BTreeMap<String, i32> = BTreeMap::new();
    for path in described.keys().filter(|path| !tree.contains(path)) {
        if let Some(parent) = path::parent(path) {
            let count = grown.entry(parent.to_owned()).or_default();
            *count = count.saturating_add(1);
        }
    }
    // A parent that is there already, and not in the document, has new children all the same.
    for path in grown.keys() {
        if let (Some(data), Some(acl), Some(owner)) =
            (tree.data(path), tree.acl(path), tree.owner(path))
        {
            let as_it_is = || Described { data, acl: acl.to_vec(), owner, stat: None };
            described.entry(path.clone()).or_insert_with(as_it_is);
        }
    }
    let time_ms = server.date_ms();
    let place = |(path, described): (String, Described)| {
        let mut counters = tree.counters(&path).unwrap_or_else(|| Counters {
            czxid: created_by,
            mzxid: created_by,
            pzxid: created_by,
            ctime: time_ms,
            mtime: time_ms,
            ..Counters::default()
        });
        if let Some(children) = grown.get(&path) {
            counters.cversion = counters.cversion.saturating_add(*children);
            counters.pzxid = created_by;
        }
        let stat = described.stat.unwrap_or_default();
        // It was looked at when it was read.
        let counters = self::counters(&stat, counters).unwrap_or(counters);
        let Described { data, acl, owner, .. } = described;
        Znode { path: Text::from(path), data, acl, owner, counters }
    };
    let znodes: Vec<Znode> = described.into_iter().map(place).collect();
    in_order_of_creation(znodes)
}

/// Children are listed in the order of their creation, among other things. No znode is older than
/// its parent, whatever their stats say.
fn in_order_of_creation(znodes: Vec<Znode>) -> Vec<Znode> {
    let mut born: BTreeMap<String, Zxid> = BTreeMap::new();
    // By their paths parents are before their children.
    let mut dated: Vec<(Zxid, Znode)> = Vec::with_capacity(znodes.len());
    for znode in znodes {
        let path = znode.path.to_string();
        let parent = path::parent(&path).and_then(|parent| born.get(parent));
        let date = znode.counters.czxid.max(parent.copied().unwrap_or_default());
        born.insert(path, date);
        dated.push((date, znode));
    }
    dated.sort_by_key(|(date, _)| *date);
    dated.into_iter().map(|(_, znode)| znode).collect()
}
