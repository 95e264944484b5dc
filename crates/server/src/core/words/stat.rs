//! The words about the server and its connections: srvr, stat, cons, conf, envi, hash.

use std::fmt::Write as _;
use std::net::SocketAddr;

use zookit_proto::{OpCode, SessionId};

use super::super::connection::{Connection, ConnectionId};
use super::Facts;

/// `srvr`, or with its clients `stat`.
pub(super) fn srvr(facts: &Facts<'_>, clients: bool) -> String {
    let mut text = format!("Zookeeper version: {}\n", facts.version());
    if facts.read_only {
        text.push_str("READ-ONLY mode; serving only read-only clients\n");
    }
    if clients {
        text.push_str("Clients:\n");
        for (id, connection) in facts.open_connections() {
            line(&mut text, facts, id, connection, true);
        }
        text.push('\n');
    }
    let latency = &facts.statistics.latency;
    let _ = write!(
        text,
        "Latency min/avg/max: {}/{}/{}\nReceived: {}\nSent: {}\nConnections: {}\n\
         Outstanding: {}\nZxid: {}\nMode: {}\nNode count: {}\n",
        latency.min(),
        latency.average(),
        latency.max(),
        facts.received,
        facts.sent,
        facts.open_connections().count(),
        facts.outstanding(),
        facts.zxid,
        facts.state(),
        facts.tree.node_count(),
    );
    text
}

/// `cons`: a line for each connection.
pub(super) fn cons(facts: &Facts<'_>) -> String {
    let mut text = String::new();
    for (id, connection) in facts.open_connections() {
        line(&mut text, facts, id, connection, false);
    }
    text.push('\n');
    text
}

fn line(
    text: &mut String,
    facts: &Facts<'_>,
    id: ConnectionId,
    connection: &Connection,
    brief: bool,
) {
    let counters = &connection.counters;
    // The events that the server waits for: to read; of the one that asks, none any more.
    let interest = if id == facts.asking { 0 } else { 1 };
    let queued = u8::from(connection.delayed.is_some());
    let _ = write!(
        text,
        " {}[{interest}](queued={queued},recved={},sent={}",
        address(connection.peer),
        counters.received,
        counters.sent
    );
    if !brief && connection.session != SessionId::NONE {
        // Both in whole milliseconds, so that it is the same whenever it is asked.
        let since = facts.now.as_millis().saturating_sub(connection.since.as_millis());
        let _ = write!(
            text,
            ",sid={},lop={},est={},to={}",
            connection.session,
            counters.last_op.map_or("null", last_op),
            facts.date_ms.saturating_sub(since),
            connection.timeout.as_millis(),
        );
        if let Some(xid) = counters.last_client_xid {
            let _ = write!(text, ",lcxid={:#x}", xid.0);
        }
        let _ = write!(
            text,
            ",lzxid={},lresp={},llat={},minlat={},avglat={},maxlat={}",
            counters.last_zxid,
            counters.last_reply.as_millis(),
            counters.last_latency,
            counters.latency.min(),
            counters.latency.whole_average(),
            counters.latency.max(),
        );
    }
    text.push_str(")\n");
}

/// As Java prints a socket's address that was not looked up.
pub(super) fn address(peer: SocketAddr) -> String {
    match peer {
        SocketAddr::V4(peer) => format!("/{}:{}", peer.ip(), peer.port()),
        SocketAddr::V6(peer) => {
            let groups = peer.ip().segments().map(|group| format!("{group:x}")).join(":");
            format!("/[{groups}]:{}", peer.port())
        }
    }
}

/// The server's short name of an operation.
const fn last_op(opcode: OpCode) -> &'static str {
    match opcode {
        OpCode::Create | OpCode::Create2 | OpCode::CreateContainer | OpCode::CreateTtl => "CREA",
        OpCode::Delete | OpCode::DeleteContainer => "DELE",
        OpCode::Exists => "EXIS",
        OpCode::GetData => "GETD",
        OpCode::SetData => "SETD",
        OpCode::GetAcl => "GETA",
        OpCode::SetAcl => "SETA",
        OpCode::GetChildren | OpCode::GetChildren2 => "GETC",
        OpCode::Sync => "SYNC",
        OpCode::Ping => "PING",
        OpCode::Check => "CHEC",
        OpCode::Multi => "MULT",
        OpCode::MultiRead => "MLTR",
        OpCode::Reconfig => "RECO",
        OpCode::CheckWatches => "CHKW",
        OpCode::RemoveWatches => "REMW",
        OpCode::SetWatches => "SETW",
        OpCode::SetWatches2 => "STW2",
        OpCode::AddWatch => "ADDW",
        OpCode::GetEphemerals => "GETE",
        OpCode::GetAllChildrenNumber => "GETACN",
        OpCode::WhoAmI => "HOMI",
        OpCode::CreateSession => "SESS",
        OpCode::CloseSession => "CLOS",
        _ => "NA",
    }
}

/// `conf`: the configuration, a line a key.
pub(super) fn conf(facts: &Facts<'_>) -> String {
    let config = facts.config;
    let port = facts.client_port.map_or(-1, i32::from);
    // What is negotiated with whoever asks for the shortest and for the longest.
    let (min, max) = (config.negotiate(0), config.negotiate(i32::MAX));
    // A server that is alone calls itself 0 here, though its sessions say 1.
    format!(
        "clientPort={port}\nsecureClientPort=-1\ndataDir=\ndataDirSize=0\ndataLogDir=\n\
         dataLogSize=0\ntickTime={}\nmaxClientCnxns={}\nminSessionTimeout={}\n\
         maxSessionTimeout={}\nclientPortListenBacklog=-1\nserverId=0\n",
        config.tick.as_millis(),
        config.max_client_connections,
        min.as_millis(),
        max.as_millis(),
    )
}

/// `envi`: what of a Java server's environment this one has.
pub(super) fn envi(facts: &Facts<'_>) -> String {
    let version = facts.version();
    format!("Environment:\nzookeeper.version={version}\nhost.name=localhost\njava.version=none\n")
}

/// `hash`: digests of the tree as it was at some transactions. There are none here, so they are 0,
/// as those of a real server with `zookeeper.digest.enabled=false`.
pub(super) fn hash(facts: &Facts<'_>) -> String {
    facts.digested.iter().map(|zxid| format!("{:x}: 0\n", zxid.0)).collect()
}
