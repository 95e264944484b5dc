//! Dumps: a line a znode, so that two of them can be compared line by line.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use zookit_proto::types::{Acl, Perms};

use crate::core::{Counters, Owner, Server, Tree, Znode};

/// The whole server, as [`json`](super) says.
pub(crate) fn dump(server: &Server) -> String {
    let snapshot = server.snapshot();
    let new: BTreeMap<String, Znode> =
        Tree::new().znodes().map(|znode| (znode.path.to_string(), znode)).collect();
    let sessions: Map<String, Value> = snapshot
        .sessions
        .iter()
        .map(|(id, timeout)| (id.to_string(), json!(milliseconds(timeout.as_millis()))))
        .collect();
    let mut text = format!("{{\n  \"zxid\": {},\n", json!(snapshot.zxid.to_string()));
    text.push_str(&format!("  \"sessions\": {},\n  \"znodes\": {{", Value::Object(sessions)));
    let mut separator = "\n";
    for znode in &snapshot.znodes {
        let path = znode.path.to_string();
        if new.get(&path) == Some(znode) {
            continue;
        }
        text.push_str(&format!("{separator}    {}: {}", json!(path), object(znode)));
        separator = ",\n";
    }
    text.push_str("\n  }\n}\n");
    text
}

fn object(znode: &Znode) -> Value {
    let mut object = Map::new();
    if let Some(data) = &znode.data {
        let (text, encoding) = match std::str::from_utf8(data) {
            Ok(text) => (text.to_owned(), None),
            Err(_) => (STANDARD.encode(data), Some("base64")),
        };
        object.insert(String::from("data"), text.into());
        if let Some(encoding) = encoding {
            object.insert(String::from("encoding"), encoding.into());
        }
    }
    if znode.acl != [Acl::world(Perms::ALL)] {
        let entries = znode.acl.iter().map(|acl| {
            let Acl { perms, id } = acl;
            Value::from(format!("{}:{}:{perms}", id.scheme, id.id))
        });
        object.insert(String::from("acl"), entries.collect());
    }
    match znode.owner {
        Owner::Persistent => None,
        Owner::Session(id) => object.insert(String::from("ephemeralOwner"), id.to_string().into()),
        Owner::Container => object.insert(String::from("container"), true.into()),
        Owner::Ttl { ms } => object.insert(String::from("ttl"), ms.into()),
    };
    object.insert(String::from("stat"), stat(&znode.counters));
    Value::Object(object)
}

fn stat(counters: &Counters) -> Value {
    json!({
        "czxid": counters.czxid.to_string(),
        "mzxid": counters.mzxid.to_string(),
        "pzxid": counters.pzxid.to_string(),
        "ctime": counters.ctime,
        "mtime": counters.mtime,
        "version": counters.version,
        "aversion": counters.aversion,
        "childrenCreated": counters.cversion,
    })
}

fn milliseconds(ms: u128) -> u64 {
    u64::try_from(ms).unwrap_or(u64::MAX)
}
