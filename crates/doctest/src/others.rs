//! The other clients of a real server: what an example watches is changed by them, once for each
//! path. What it created itself is left to it.

use std::collections::BTreeSet;
use std::thread;

use zookit_proto::ops::create::CreateRequest;
use zookit_proto::ops::exists::ExistsRequest;
use zookit_proto::ops::set_data::SetDataRequest;
use zookit_proto::ops::{Reply, Request};
use zookit_proto::types::{Acl, CreateMode, Perms};
use zookit_proto::{ErrorCode, SessionId, Text, Zxid};
use zookit_server::control::Control;
use zookit_server::core::Server as Machine;

use crate::LIMIT;

/// Follows an example from a thread of its own, until nothing new was watched for as long as an
/// example may take.
pub(crate) fn follow(server: Control) {
    let start = server.last_zxid();
    thread::spawn(move || {
        let mut known = BTreeSet::new();
        let new = |machine: &Machine, known: &BTreeSet<Text>| {
            let paths = machine.watches().into_iter().map(|watch| watch.path);
            paths.filter(|path| !known.contains(path)).collect::<Vec<_>>()
        };
        while server.wait(LIMIT, |machine| !new(machine, &known).is_empty()) {
            for path in server.look(|machine| new(machine, &known)) {
                if let Err(code) = change(&server, &path, start) {
                    eprintln!("the others could not change {path}: {code:?}");
                }
                known.insert(path);
            }
        }
    });
}

/// Does something that every kind of watch on this path tells.
fn change(server: &Control, path: &Text, start: Zxid) -> Result<(), ErrorCode> {
    let by_others = |request| server.execute(SessionId::NONE, &request);
    let exists = ExistsRequest { path: path.clone(), watch: false };
    match by_others(Request::Exists(exists)) {
        Ok(Reply::Exists(found)) if found.stat.czxid > start => {}
        Ok(_) => {
            let set = SetDataRequest { path: path.clone(), data: None, version: -1 };
            by_others(Request::SetData(set))?;
            by_others(create(format!("{path}/from-others").into()))?;
        }
        Err(_) => drop(by_others(create(path.clone()))?),
    }
    Ok(())
}

fn create(path: Text) -> Request {
    let acl = Some(vec![Acl::world(Perms::ALL)]);
    let mode = CreateMode::Persistent;
    Request::Create2(CreateRequest { path, data: None, acl, mode })
}
