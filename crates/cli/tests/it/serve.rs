//! `zk serve` and `zk --embedded`, with nothing but the command itself: it is its own server.

use std::fs;
use std::net::TcpStream;
use std::path::PathBuf;

use crate::running::Running;
use crate::zk::{command, finish, run};

/// A file of this process, removed in the end.
struct File(PathBuf);

impl File {
    fn new(name: &str, text: &str) -> Self {
        let file = std::env::temp_dir().join(format!("zk-serve-{}-{name}", std::process::id()));
        fs::write(&file, text).unwrap();
        Self(file)
    }

    fn name(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// A server on a free port, with more arguments; and where it listens.
fn serve(arguments: &[&str]) -> (Running, String) {
    let all = [&["serve", "--listen", "127.0.0.1:0"], arguments].concat();
    let mut server = Running::start(&mut command(&all));
    let address = server.line();
    (server, address)
}

fn zk(address: &str, arguments: &[&str]) -> crate::zk::Ran {
    run(&[&["-s", address], arguments].concat())
}

#[test]
fn a_verb_runs_on_a_server_of_its_own() {
    assert_eq!(run(&["--embedded", "ls", "/"]).exits(0).quietly().text(), "zookeeper\n");
    let created = run(&["create", "--embedded", "-p", "/a/b", "x"]).exits(0).quietly();
    assert_eq!(created.text(), "/a/b\n");
    run(&["--embedded", "get", "/a/b"]).exits(3);
    assert_eq!(run(&["--embedded", "ruok"]).exits(0).text(), "imok");
}

#[test]
fn no_other_server_is_asked() {
    let mut with_environment = command(&["--embedded", "exists", "/zookeeper"]);
    with_environment.env("ZK_SERVERS", "127.0.0.1:1/chroot");
    finish(&mut with_environment, b"").exits(0).quietly();
}

#[test]
fn it_begins_with_the_tree_of_a_file() {
    let tree = File::new("embedded", r#"{"znodes": {"/app/config": "v1"}}"#);
    let ran = run(&["--embedded", "--load", tree.name(), "get", "/app/config"]).exits(0);
    assert_eq!(ran.quietly().text(), "v1");
    run(&["ls", "/app", "--load", tree.name(), "--embedded"]).exits(0);
    let wrong = File::new("embedded-wrong", r#"{"znodes": {"a": ""}}"#);
    run(&["--embedded", "--load", wrong.name(), "ls", "/"]).exits(2).says("cannot load");
    run(&["--embedded", "--load", "/no/such.json", "ls", "/"]).exits(2).says("cannot read");
}

#[test]
fn two_answers_to_which_server_are_refused() {
    let refused = run(&["--embedded", "-s", "127.0.0.1:1", "ls", "/"]).exits(2);
    refused.says("--embedded and --servers 127.0.0.1:1 exclude each other");
    run(&["-s", "127.0.0.1:1", "--load", "f", "ls", "/"]).exits(2).says("without --embedded");
}

#[test]
fn the_doctor_finds_nothing_wrong_with_it() {
    let ran = run(&["--embedded", "doctor"]).exits(0);
    assert!(ran.text().contains("ZooKeeper 3.9.5"), "{ran:#?}");
}

#[cfg(unix)]
#[test]
fn the_first_line_is_the_address_and_a_signal_is_a_good_end() {
    for signal in ["TERM", "INT"] {
        let (mut server, address) = serve(&[]);
        assert!(server.message().contains("in memory"));
        zk(&address, &["create", "/a", "x"]).exits(0);
        assert_eq!(zk(&address, &["get", "/a"]).exits(0).text(), "x");
        server.signal(signal);
        assert_eq!(server.end(), (Some(0), Vec::new()));
        assert!(TcpStream::connect(&address).is_err());
    }
}

#[cfg(unix)]
#[test]
fn what_one_dumps_another_loads() {
    let dump = File::new("dump", "");
    let tree = File::new("tree", r#"{"znodes": {"/app/config": "v1"}}"#);
    let (server, address) = serve(&["--load", tree.name(), "--dump", dump.name()]);
    zk(&address, &["set", "/app/config", "v2"]).exits(0);
    let stat = zk(&address, &["stat", "/app/config"]).exits(0);
    server.signal("TERM");
    assert_eq!(server.end(), (Some(0), Vec::new()));

    let (_server, address) = serve(&["--load", dump.name()]);
    assert_eq!(zk(&address, &["get", "/app/config"]).exits(0).text(), "v2");
    assert_eq!(zk(&address, &["stat", "/app/config"]).exits(0).text(), stat.text());
}

#[test]
fn a_file_for_apaches_server_is_read() {
    let config = File::new(
        "zoo.cfg",
        "tickTime=2000\ndataDir=/nowhere/zk\nclientPort=0\nclientPortAddress=127.0.0.1\n\
         initLimit=10\nautopurge.purgeInterval=1\n4lw.commands.whitelist=ruok\n",
    );
    let mut server = Running::start(&mut command(&[
        "serve",
        "--config",
        config.name(),
        "-Dzookeeper.extendedTypesEnabled=true",
        "-Dzookeeper.foo=1",
        "--profile",
        "3.8.6",
    ]));
    let address = server.line();
    assert!(address.starts_with("127.0.0.1:"), "{address}");
    let ignored = server.message();
    assert!(ignored.ends_with(": initLimit, autopurge.purgeInterval, zookeeper.foo"), "{ignored}");
    assert!(server.message().contains("dataDir /nowhere/zk is not written"));
    assert_eq!(zk(&address, &["ruok"]).exits(0).text(), "imok");
    zk(&address, &["mntr"]).exits(10);
    zk(&address, &["create", "/a", "--ttl", "1h"]).exits(0);
    assert!(zk(&address, &["srvr"]).exits(0).text().contains("3.8.6"));
}

#[test]
fn json_has_the_address_too() {
    let (_server, line) = serve(&["-o", "json"]);
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    zk(line["address"].as_str().unwrap(), &["exists", "/"]).exits(0);
}

#[test]
fn what_cannot_be_served_is_refused_with_the_reason() {
    let config = File::new("bad.cfg", "# first\nclientPort=many\n");
    let tree = File::new("bad.json", r#"{"znodes": {"a": ""}}"#);
    let (_server, taken) = serve(&[]);
    let cases: &[(&[&str], &str)] = &[
        (&["--config", config.name()], "bad.cfg:2: clientPort: \"many\" is not a port"),
        (&["--config", "/no/such/zoo.cfg"], "cannot read /no/such/zoo.cfg"),
        (&["--load", tree.name()], "a: "),
        (&["--load", "/no/such/tree.json"], "cannot read /no/such/tree.json"),
        (&["--dump", "/no/such/dir/tree.json"], "cannot dump to"),
        (&["--listen", "localhost"], "HOST:PORT"),
        (&["--listen", &taken], "somebody else does"),
        (&["--profile", "3.7.0"], "there are 3.8.0, 3.8.6 and 3.9.5"),
        (&["-D", "=x"], "there is no name"),
        (&["-Djute.maxbuffer=x"], "-D: jute.maxbuffer: \"x\" is not"),
        (&["--embedded"], "is a server itself"),
    ];
    for (arguments, reason) in cases {
        let ran = run(&[&["serve"], *arguments].concat()).exits(2).says(reason);
        assert!(ran.stdout.is_empty(), "{ran:#?}");
    }
}
