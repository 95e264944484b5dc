//! `zk lock`, `zk lock ls`, `zk elect` and `zk who`, on the embedded server.
#![cfg(unix)]

use std::time::Duration;

use zookit_server::core;
use zookit_server::testing::Server;

use crate::running::Running;
use crate::zk::{GUARD, Ran, command, finish};

const PATH: &str = "/locks/backup";

/// Says that it runs, and under which token and znode; goes on until it is told to end.
const UNTIL_TOLD: &str = "trap 'kill $! 2>/dev/null; echo told; exit 5' TERM; \
                          sleep 600 & echo $ZK_TOKEN $ZK_ZNODE; wait";

/// Says that it runs; goes on until its input ends.
const UNTIL_INPUT_ENDS: &str = "echo $ZK_TOKEN $ZK_ZNODE; cat >/dev/null";

fn zk(server: &Server, arguments: &[&str]) -> Ran {
    finish(&mut prepared(server, arguments), b"")
}

fn prepared(server: &Server, arguments: &[&str]) -> std::process::Command {
    let mut command = command(arguments);
    command.env("ZK_SERVERS", server.address().to_string());
    command
}

/// A run of `zk` with a script in its shell, which has printed its first line: token and znode.
fn start(server: &Server, arguments: &[&str], script: &str) -> (Running, i64, String) {
    let arguments = [arguments, &["--", "sh", "-c", script]].concat();
    let mut running = Running::start(&mut prepared(server, &arguments));
    let (token, znode) = told(&mut running);
    (running, token, znode)
}

fn told(running: &mut Running) -> (i64, String) {
    let line = running.line();
    let (token, znode) = line.split_once(' ').unwrap_or_else(|| panic!("{line}"));
    (token.parse().unwrap(), znode.to_owned())
}

fn count(server: &core::Server, path: &str) -> usize {
    server.tree().children(path).map_or(0, |children| children.len())
}

fn until_count(server: &Server, path: &str, wanted: usize) {
    assert!(server.wait(GUARD, |server| count(server, path) == wanted), "{wanted} below {path}");
}

#[test]
fn a_command_runs_under_the_lock_and_its_code_is_passed_on() {
    let server = Server::start();
    let script = "echo $ZK_TOKEN $ZK_ZNODE $ZK_SESSION; cat; exit 7";
    let mut command = prepared(&server, &["lock", PATH, "--", "sh", "-c", script]);
    let ran = finish(&mut command, b"input\n").exits(7).quietly();
    let mut words = ran.text().split_whitespace();
    assert!(words.next().unwrap().parse::<i64>().unwrap() > 0);
    let znode = words.next().unwrap();
    assert!(znode.starts_with("/locks/backup/_c_") && znode.contains("-lock-"), "{znode}");
    assert!(words.next().unwrap().starts_with("0x"));
    assert_eq!(words.next(), Some("input"));
    assert_eq!(server.look(|server| count(server, PATH)), 0);
    zk(&server, &["lock", PATH, "--", "true"]).exits(0).quietly();
    let killed = zk(&server, &["lock", PATH, "--", "sh", "-c", "kill -9 $$"]);
    killed.exits(137).quietly();
}

#[test]
fn one_waits_for_the_other_and_both_are_listed() {
    let server = Server::start();
    let arguments = ["lock", PATH, "--id", "first"];
    let (mut first, token, znode) = start(&server, &arguments, UNTIL_INPUT_ENDS);
    let second = ["lock", PATH, "--id", "second", "--", "sh", "-c", UNTIL_INPUT_ENDS];
    let mut second = Running::start(&mut prepared(&server, &second));
    until_count(&server, PATH, 2);
    zk(&server, &["lock", PATH, "--wait", "0s", "--", "true"]).exits(1).says("zk lock ls");
    zk(&server, &["lock", PATH, "--wait", "1ms", "--", "true"]).exits(1).says("somebody else");
    until_count(&server, PATH, 2);
    let document = zk(&server, &["lock", "ls", PATH, "-o", "json"]).exits(0).json();
    let all = document["participants"].as_array().unwrap();
    let data: Vec<_> = all.iter().map(|one| one["data"].as_str().unwrap()).collect();
    assert_eq!(data, ["first", "second"]);
    assert_eq!((&all[0]["holds"], &all[1]["holds"]), (&true.into(), &false.into()));
    assert_eq!(all[0]["path"], znode);
    assert_eq!(all[0]["token"], format!("{token:#x}"));
    let listed = zk(&server, &["lock", "ls", PATH]).exits(0).quietly();
    let lines: Vec<_> = listed.text().lines().collect();
    assert!(lines[0].starts_with("holds 0x") && lines[0].ends_with(" first"), "{lines:?}");
    assert!(lines[1].starts_with("waits 0x") && lines[1].ends_with(" second"), "{lines:?}");
    first.end_input();
    assert_eq!(first.end(), (Some(0), vec![]));
    assert!(told(&mut second).0 > token);
    second.end_input();
    assert_eq!(second.end(), (Some(0), vec![]));
    zk(&server, &["lock", "ls", PATH]).exits(0).quietly();
    zk(&server, &["lock", "ls", "/absent"]).exits(3).says("cannot list /absent");
}

#[test]
fn a_command_whose_lock_is_deleted_is_told_to_end() {
    let server = Server::start();
    let (mut running, _, znode) = start(&server, &["lock", PATH], UNTIL_TOLD);
    zk(&server, &["rm", &znode]).exits(0);
    assert_eq!(running.line(), "told");
    let (code, said) = running.end();
    assert_eq!(code, Some(8));
    assert!(said[0].contains("was lost, and the command ended: somebody deleted"), "{said:?}");
}

#[test]
fn a_command_that_does_not_end_is_killed_with_what_it_started() {
    let server = Server::start();
    // Both hold standard output open: were one left, the run would have no end.
    let script = "trap '' TERM; (trap '' TERM; while :; do sleep 0.02; done) & \
                  echo $ZK_TOKEN $ZK_ZNODE; while :; do sleep 0.02; done";
    let arguments = ["lock", "--kill-after", "50ms", PATH];
    let (running, _, znode) = start(&server, &arguments, script);
    zk(&server, &["rm", &znode]).exits(0);
    assert_eq!(running.end().0, Some(8));
}

/// By the time when others may hold it has ended.
#[test]
fn a_command_is_ended_before_its_lock_is_in_doubt() {
    let server = Server::start();
    let arguments = ["lock", PATH, "--session-timeout", "4s", "--kill-after", "1s"];
    let (mut running, _, znode) = start(&server, &arguments, UNTIL_TOLD);
    let session = server.look(|server| server.tree().stat(&znode).unwrap().ephemeral_owner);
    server.refuse_connections(true);
    server.drop_connections();
    assert_eq!(running.line(), "told");
    // The server has not ended the session yet, so nobody else holds.
    let lives = server.sessions().iter().any(|one| one.id == session);
    assert!(lives, "the session is over before the command was told");
    server.refuse_connections(false);
    let (code, said) = running.end();
    assert_eq!(code, Some(8));
    assert!(said.iter().any(|line| line.contains("others may hold")), "{said:?}");
    until_count(&server, PATH, 0);
}

#[test]
fn signals_go_to_the_command() {
    let server = Server::start();
    let (mut running, _, _) = start(&server, &["lock", PATH], UNTIL_TOLD);
    running.signal("TERM");
    assert_eq!(running.line(), "told");
    assert_eq!(running.end(), (Some(5), vec![]));
    let script = "trap 'kill $!; echo interrupted; exit 6' INT; \
                  sleep 600 & echo $ZK_TOKEN $ZK_ZNODE; wait";
    let (mut running, _, _) = start(&server, &["lock", PATH], script);
    running.signal("INT");
    assert_eq!(running.line(), "interrupted");
    assert_eq!(running.end(), (Some(6), vec![]));
    assert_eq!(server.look(|server| count(server, PATH)), 0);
}

#[test]
fn who_waits_gives_up_with_a_signal() {
    let server = Server::start();
    let (mut first, _, _) = start(&server, &["lock", PATH], UNTIL_INPUT_ENDS);
    let waits = Running::start(&mut prepared(&server, &["lock", PATH, "--", "true"]));
    until_count(&server, PATH, 2);
    waits.signal("INT");
    assert_eq!(waits.end(), (Some(130), vec![]));
    until_count(&server, PATH, 1);
    first.end_input();
    assert_eq!(first.end().0, Some(0));
}

#[test]
fn a_command_that_cannot_be_run_is_told_as_shells_do() {
    let server = Server::start();
    let absent = zk(&server, &["lock", PATH, "--", "/no/such/command"]);
    absent.exits(127).says("cannot run /no/such/command");
    zk(&server, &["lock", PATH, "--", "/dev/null"]).exits(126).says("cannot run /dev/null");
    assert_eq!(server.look(|server| count(server, PATH)), 0);
    zk(&server, &["lock", PATH]).exits(2).says("COMMAND");
    zk(&server, &["lock"]).exits(2);
    zk(&server, &["lock", "a", "--", "true"]).exits(2).says("a");
    zk(&server, &["elect", PATH]).exits(2).says("COMMAND");
}

#[test]
fn the_names_are_those_of_who_is_asked_for() {
    let server = Server::start();
    let script = "echo $ZK_TOKEN $ZK_ZNODE; cat >/dev/null";
    for (naming, mark) in [("kazoo", "__lock__"), ("go", "-lock-"), ("curator", "-lock-")] {
        let path = format!("/locks/{naming}");
        let arguments = ["lock", "--naming", naming, &path];
        let (mut running, _, znode) = start(&server, &arguments, script);
        assert!(znode.contains(mark), "{znode}");
        // kazoo makes its parents once, and cannot bear that the server removes them.
        let made =
            server.look(|server| server.tree().znodes().find(|it| *it.path == *path.as_bytes()));
        let container = made.unwrap().owner == core::Owner::Container;
        assert_eq!(container, naming == "curator", "{naming}");
        running.end_input();
        assert_eq!(running.end().0, Some(0));
    }
}

#[test]
fn a_command_runs_again_whenever_this_one_leads() {
    let server = Server::start();
    let (mut running, first, znode) = start(&server, &["elect", "/leader"], UNTIL_TOLD);
    assert!(znode.contains("-latch-"), "{znode}");
    zk(&server, &["rm", &znode]).exits(0);
    assert_eq!(running.line(), "told");
    let (second, _) = told(&mut running);
    assert!(second > first);
    assert!(running.message().contains("leads no more"));
    // Not after it has ended by itself.
    running.signal("TERM");
    assert_eq!(running.line(), "told");
    assert_eq!(running.end(), (Some(5), vec![]));
    assert_eq!(server.look(|server| count(server, "/leader")), 0);
}

#[test]
fn a_leader_in_doubt_ends_its_command_and_leads_on_when_it_is_back() {
    let mut server = Server::builder();
    // Its sessions do not end meanwhile.
    server = server.config(|config| config.tick = Duration::from_secs(3600));
    let server = server.start().unwrap();
    let arguments = ["elect", "/leader", "--session-timeout", "900ms", "--kill-after", "200ms"];
    let (mut running, first, _) = start(&server, &arguments, UNTIL_TOLD);
    server.refuse_connections(true);
    server.drop_connections();
    assert_eq!(running.line(), "told");
    server.refuse_connections(false);
    let (second, _) = told(&mut running);
    // The same, unless its client gave its session up for expired.
    assert!(second >= first);
    // The machine may be so slow that the doubt is back by now: then it is the doubt that ends it.
    running.signal("TERM");
    assert_eq!(running.line(), "told");
    assert!(matches!(running.end().0, Some(5 | 130)));
}

/// It was taken for a part of the loss once, and the command was run again.
#[test]
fn who_is_told_to_end_while_the_command_ends_for_a_loss_does_not_lead_again() {
    let server = Server::start();
    let script = "told=0; \
                  trap 'told=$((told + 1)); echo told $told; [ $told = 2 ] && exit 5' TERM; \
                  echo $ZK_TOKEN $ZK_ZNODE; while :; do sleep 600 & wait; done";
    // A third of the session timeout is what the command gets.
    let patient = ["--session-timeout", "30s", "--kill-after", "10s"];
    let arguments = [&["elect", "/leader"], patient.as_slice()].concat();
    let (mut running, _, znode) = start(&server, &arguments, script);
    zk(&server, &["rm", &znode]).exits(0);
    assert_eq!(running.line(), "told 1");
    running.signal("TERM");
    assert_eq!(running.line(), "told 2");
    assert_eq!(running.end().0, Some(130));
    assert_eq!(server.look(|server| count(server, "/leader")), 0);
}

#[test]
fn the_owner_of_an_ephemeral_is_told_with_its_address() {
    let server = Server::start();
    let mut holds = Running::start(&mut prepared(&server, &["create", "-e", "/e"]));
    assert_eq!(holds.line(), "/e");
    let owner = server.look(|server| server.tree().stat("/e").unwrap().ephemeral_owner);
    let ran = zk(&server, &["who", "/e"]).exits(0).quietly();
    let lines: Vec<_> = ran.text().lines().collect();
    assert_eq!(lines[0], format!("session {owner}"));
    assert!(lines[1].starts_with("since   20"), "{lines:?}");
    let connection = server.connection_of(owner).unwrap();
    let address = server.connections().into_iter().find(|one| one.id == connection).unwrap();
    let address = address.peer.to_string();
    assert_eq!(lines[2], format!("address {address}"));
    assert_eq!(lines[3], format!("server  {}", server.address()));
    let document = zk(&server, &["who", "/e", "-o", "json"]).exits(0).json();
    assert_eq!(document["session"], owner.to_string());
    assert_eq!(document["address"], address);
    assert_eq!(document["path"], "/e");
    holds.end_input();
    assert_eq!(holds.end().0, Some(0));
    zk(&server, &["who", "/e"]).exits(3).says("does not exist");
    zk(&server, &["who", "/zookeeper"]).exits(1).says("no session owns it");
}

#[test]
fn what_four_letter_words_may_not_tell_is_said() {
    let words = |allowed: &'static [&'static str]| {
        let builder = Server::builder().config(move |config| {
            config.four_letter_words = allowed.iter().map(|word| (*word).to_owned()).collect();
        });
        builder.start().unwrap()
    };
    let server = words(&["srvr"]);
    let mut holds = Running::start(&mut prepared(&server, &["create", "-e", "/e"]));
    holds.line();
    let ran = zk(&server, &["who", "/e"]).exits(0).says("4lw.commands.whitelist has cons or dump");
    assert_eq!(ran.text().lines().count(), 2);
    let document = zk(&server, &["who", "/e", "-o", "json"]).exits(0).json();
    assert_eq!(document["address"], serde_json::Value::Null);
    // Either of the two will do.
    let server = words(&["dump"]);
    let mut holds = Running::start(&mut prepared(&server, &["create", "-e", "/e"]));
    holds.line();
    let ran = zk(&server, &["who", "/e"]).exits(0).quietly();
    assert!(ran.text().contains("\naddress 127.0.0.1:"), "{ran:?}");
}
