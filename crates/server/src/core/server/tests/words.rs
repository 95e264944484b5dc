//! Four-letter words.

use std::time::Duration;

use zookit_proto::types::CreateMode;
use zookit_proto::{OpCode, Request, Xid, Zxid};

use super::talk::{Talk, config, create, exists, get, new_session, request_frame};
use crate::core::{Config, Effect, Fault};

fn ask(talk: &mut Talk, word: &[u8]) -> String {
    let id = talk.dial();
    talk.send(id, word);
    let text = talk.text(id);
    talk.closes(id);
    text
}

/// A server with a client that watches and has an ephemeral znode.
fn busy() -> Talk {
    let mut talk = Talk::new();
    let a = talk.client();
    assert!(talk.done(a, &create("/e", CreateMode::Ephemeral)).is_ok());
    talk.send(a, &request_frame(Xid(77), &get("/e", true)));
    talk.says(a);
    talk
}

#[test]
fn short_answers() {
    let mut talk = busy();
    assert_eq!(ask(&mut talk, b"ruok"), "imok");
    assert_eq!(ask(&mut talk, b"isro"), "rw");
    assert_eq!(ask(&mut talk, b"gtmk"), "306");
    assert_eq!(ask(&mut talk, b"stmk\0\0\0\0\0\0\x01\x00"), "256");
    assert_eq!(ask(&mut talk, b"dirs"), "datadir_size: 0\nlogdir_size: 0\n");
    assert_eq!(ask(&mut talk, b"wchs"), "1 connections watching 1 paths\nTotal watches:1\n");
    assert_eq!(ask(&mut talk, b"crst"), "Connection stats reset.\n");
    assert_eq!(ask(&mut talk, b"srst"), "Server stats reset.\n");
}

#[test]
fn the_server_and_its_clients() {
    let mut talk = busy();
    let srvr = ask(&mut talk, b"srvr");
    let lines: Vec<_> = srvr.lines().collect();
    assert!(lines[0].starts_with("Zookeeper version: 3.9.5"), "{srvr}");
    let rest = [
        "Latency min/avg/max: 0/0.0/0",
        "Received: 4",
        "Sent: 3",
        "Connections: 2",
        "Outstanding: 0",
        "Zxid: 0x2",
        "Mode: standalone",
        "Node count: 6",
    ];
    assert_eq!(lines[1..], rest);
    let stat = ask(&mut talk, b"stat");
    let clients = "Clients:\n /127.0.0.1:50001[1](queued=0,recved=3,sent=3)\n \
                   /127.0.0.1:50003[0](queued=0,recved=1,sent=0)\n\nLatency";
    assert!(stat.contains(clients), "{stat}");
    let cons = ask(&mut talk, b"cons");
    let line = ",lop=GETD,est=0,to=10000,lcxid=0x4d,lzxid=0x2,lresp=0,llat=0,minlat=0,avglat=0,maxlat=0)\n";
    assert!(cons.contains(line) && cons.ends_with("\n\n"), "{cons}");
}

#[test]
fn sessions_and_watches() {
    let mut talk = busy();
    let session = talk.server.sessions()[0].id;
    assert_eq!(ask(&mut talk, b"wchc"), format!("{session}\n\t/e\n\n"));
    assert_eq!(ask(&mut talk, b"wchp"), format!("/e\n\t{session}\n\n"));
    let dump = ask(&mut talk, b"dump");
    let expected = format!(
        "SessionTracker dump:\nSession Sets (1)/(1):\n1 expire at Thu Jan 01 00:00:12 UTC 1970:\n\
         \t{session}\nephemeral nodes dump:\nSessions with Ephemerals (1):\n{session}:\n\t/e\n\
         Connections dump:\nConnections Sets (1)/(2):\n"
    );
    assert!(dump.starts_with(&expected), "{dump}");
}

#[test]
fn keys_and_values() {
    let mut talk = busy();
    talk.server.set_client_port(2181);
    let conf = ask(&mut talk, b"conf");
    for line in ["clientPort=2181", "tickTime=2000", "minSessionTimeout=4000", "serverId=0"] {
        assert!(conf.lines().any(|other| other == line), "{line} in {conf}");
    }
    let mntr = ask(&mut talk, b"mntr");
    assert!(mntr.starts_with("zk_version\t3.9.5"), "{mntr}");
    for line in ["zk_server_state\tstandalone", "zk_watch_count\t1", "zk_ephemerals_count\t1"] {
        assert!(mntr.lines().any(|other| other == line), "{line} in {mntr}");
    }
    assert!(ask(&mut talk, b"envi").starts_with("Environment:\nzookeeper.version=3.9.5"));
}

/// The value of a metric.
fn metric(talk: &mut Talk, key: &str) -> String {
    let mntr = ask(talk, b"mntr");
    let mut values = mntr.lines().filter_map(|line| line.strip_prefix("zk_")?.split_once('\t'));
    values.find(|(name, _)| *name == key).unwrap_or_else(|| panic!("{key} in {mntr}")).1.to_owned()
}

#[test]
fn latencies_are_from_receipt_to_reply() {
    let mut talk = busy();
    talk.server.add_fault(Fault::new(Effect::Delay(Duration::from_millis(300)), |asked| {
        asked.is_about("/slow")
    }));
    let a = talk.client();
    let xid = talk.ask(a, &create("/slow", CreateMode::Persistent));
    assert!(ask(&mut talk, b"srvr").contains("\nOutstanding: 1\n"));
    assert!(ask(&mut talk, b"cons").contains("(queued=1,"));
    talk.wait(Duration::from_millis(300));
    assert!(talk.answers(a, xid, OpCode::Create).1.is_ok());
    let xid = talk.ask(a, &get("/slow", false));
    talk.wait(Duration::from_millis(300));
    assert!(talk.answers(a, xid, OpCode::GetData).1.is_ok());
    let srvr = ask(&mut talk, b"srvr");
    // Two sessions, two creates, two reads, of which those that are slow took 300 ms each.
    assert!(srvr.contains("\nLatency min/avg/max: 0/100.0/300\n"), "{srvr}");
    assert!(srvr.contains("\nOutstanding: 0\n"), "{srvr}");
    let cons = ask(&mut talk, b"cons");
    assert!(cons.contains(",llat=300,minlat=0,avglat=200,maxlat=300)\n"), "{cons}");
    for (key, value) in [
        ("avg_latency", "100.0"),
        ("min_latency", "0"),
        ("max_latency", "300"),
        ("outstanding_requests", "0"),
        ("cnt_updatelatency", "4"),
        ("sum_updatelatency", "300"),
        ("cnt_readlatency", "2"),
        ("avg_readlatency", "150.0"),
    ] {
        assert_eq!(metric(&mut talk, key), value, "{key}");
    }
}

#[test]
fn what_happened_is_counted() {
    let mut talk = busy();
    let (a, b) = (talk.client(), talk.client());
    for id in [a, b] {
        assert!(talk.done(id, &get("/e", true)).is_ok());
        assert!(talk.done(id, &exists("/new", true)).is_err());
    }
    talk.ask(a, &create("/new", CreateMode::Persistent));
    let session = talk.server.sessions()[0].id;
    assert!(talk.server.expire_session(talk.now, session));
    talk.settle();
    for (key, value) in [
        ("connection_request_count", "3"),
        ("stale_sessions_expired", "1"),
        ("sum_node_created_watch_count", "2"),
        ("cnt_node_created_watch_count", "1"),
        ("avg_node_deleted_watch_count", "2.0"),
        ("cnt_node_changed_watch_count", "0"),
        ("watch_bytes", "124"),
        ("last_client_response_size", "30"),
        ("min_client_response_size", "16"),
    ] {
        assert_eq!(metric(&mut talk, key), value, "{key}");
    }
}

#[test]
fn connections_without_a_session_are_counted_when_they_end() {
    let mut talk = Talk::with(Config { max_client_connections: 1, ..config() });
    let first = talk.dial();
    let above = talk.dial();
    talk.closes(above);
    talk.wait(Duration::from_secs(10));
    talk.closes(first);
    assert_eq!(metric(&mut talk, "connection_rejected"), "1");
    assert_eq!(metric(&mut talk, "sessionless_connections_expired"), "1");
}

#[test]
fn a_reset_leaves_what_a_real_server_leaves() {
    let mut talk = busy();
    ask(&mut talk, b"crst");
    let cons = ask(&mut talk, b"cons");
    let reset = ",lop=NA,est=0,to=10000,lzxid=0xffffffffffffffff,lresp=0,llat=0,minlat=0,avglat=0,\
                 maxlat=0)\n";
    assert!(cons.contains("(queued=0,recved=0,sent=0,sid=") && cons.contains(reset), "{cons}");
    for (key, value) in [
        ("packets_received", "1"),
        ("bytes_received_count", "4"),
        ("last_client_response_size", "-1"),
        ("cnt_updatelatency", "0"),
        ("watch_count", "1"),
    ] {
        ask(&mut talk, b"srst");
        assert_eq!(metric(&mut talk, key), value, "{key}");
    }
}

/// As a real server shows them: neither pings nor what is behind authentication is the client's.
#[test]
fn connections_say_what_they_did_last() {
    let mut talk = Talk::new();
    let a = talk.dial();
    let session = talk.connect(a, &new_session());
    assert!(ask(&mut talk, b"cons").contains(",lop=SESS,est=0,to=10000,lcxid=0x0,lzxid=0x1,"));
    assert!(talk.done(a, &get("/", false)).is_ok());
    assert!(talk.done(a, &Request::Ping(())).is_ok());
    assert!(ask(&mut talk, b"cons").contains(",lop=PING,est=0,to=10000,lcxid=0x1,lzxid=0x1,"));
    talk.reconnect(&session);
    assert!(ask(&mut talk, b"cons").contains(",lop=null,est=0,to=10000,lcxid=0x0,lzxid=0x0,"));
}

/// As a real server that keeps no digests: one line every 128 transactions, of which it has 1024.
#[test]
fn digests_are_none() {
    let mut talk = busy();
    assert_eq!(ask(&mut talk, b"hash"), "");
    assert!(talk.server.set_zxid(Zxid(126)));
    let a = talk.client();
    talk.create(a, "/a");
    assert_eq!(ask(&mut talk, b"hash"), "80: 0\n");
    for number in 2..=1025 {
        assert!(talk.server.set_zxid(Zxid(number * 128 - 1)));
        assert!(talk.done(a, &create("/a", CreateMode::Persistent)).is_err());
    }
    let hash = ask(&mut talk, b"hash");
    assert_eq!((hash.lines().next(), hash.lines().count()), (Some("100: 0"), 1024));
}

#[test]
fn only_words_on_the_list_are_answered() {
    let four_letter_words = ["ruok".to_owned()].into();
    let mut talk = Talk::with(Config { four_letter_words, ..config() });
    assert_eq!(ask(&mut talk, b"ruok"), "imok");
    assert!(ask(&mut talk, b"srvr").starts_with("Zookeeper version"));
    let refused = "mntr is not executed because it is not in the whitelist.\n";
    assert_eq!(ask(&mut talk, b"mntr"), refused);
    assert_eq!(ask(&mut talk, b"xxxx"), "");
}

#[test]
fn a_word_may_come_in_pieces() {
    let mut talk = Talk::new();
    let id = talk.dial();
    talk.send(id, b"ru");
    talk.says_nothing(id);
    talk.send(id, b"ok");
    assert_eq!(talk.text(id), "imok");
    let id = talk.dial();
    talk.send(id, b"stmk\0\0\0\0");
    talk.says_nothing(id);
    talk.send(id, b"\0\0\0\x07");
    assert_eq!(talk.text(id), "7");
    talk.closes(id);
}
