//! Every finding of `zk doctor`, each brought about by a server that has it.

use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::thread;

use serde_json::Value;

use crate::clinic::{Patient, Session, srvr};
#[cfg(feature = "tls")]
use crate::front::Front;
use crate::nobody::Nobody;
use crate::zk::{Ran, run};

fn doctor(servers: &[&str]) -> Ran {
    let servers = servers.join(",");
    run(&["-s", &servers, "--timeout", "2s", "doctor"])
}

/// The findings of the JSON form as `STEP LEVEL MESSAGE`, of the servers and then of all.
fn findings(servers: &str, exit: i32) -> Vec<String> {
    let ran = run(&["-s", servers, "--timeout", "2s", "-o", "json", "doctor"]).exits(exit);
    let document = ran.json();
    let servers = document["servers"].as_array().unwrap().iter().map(|one| &one["findings"]);
    let all = servers.chain([&document["compared"]]).flat_map(|all| all.as_array().unwrap());
    let line = |one: &Value| {
        let text = |key: &str| one[key].as_str().unwrap().to_owned();
        assert_eq!(one["level"] == "wrong", one["advice"].is_string(), "{one}");
        format!("{} {} {}", text("step"), text("level"), text("message"))
    };
    all.map(line).collect()
}

/// One finding that is not ok, and how it begins; nothing else is to be found.
#[track_caller]
fn finds_only(patient: Patient, exit: i32, expected: &[&str]) {
    let found = findings(&patient.start(), exit);
    let ill: Vec<_> = found.iter().filter(|line| !line.contains(" ok ")).collect();
    assert_eq!(ill.len(), expected.len(), "{found:#?}");
    for (line, beginning) in ill.iter().zip(expected) {
        assert!(line.starts_with(beginning), "{line} is not {beginning}");
    }
}

#[test]
fn of_a_server_in_good_health_every_step_is_told() {
    let server = Patient::default().start();
    let ran = doctor(&[&server]).exits(0).quietly();
    let text = ran.text();
    for part in [
        "takes connections",
        "ZooKeeper 3.9.5, standalone, at zxid 0x7, with 1 connections",
        "its jute.maxbuffer seems to be 1048575",
        "it grants a session",
        "a read is answered",
        "its clock and ours agree",
        "it closes the session",
        "all is well",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(text.starts_with(&format!("{server}\n  ok     tcp ")), "{text}");
}

#[test]
fn each_illness_of_the_words_is_found() {
    let healthy = Patient::default;
    let not_serving = "This ZooKeeper instance is not currently serving requests\n";
    let read_only = srvr("read-only", "").replacen('\n', "\nREAD-ONLY mode; serving only …\n", 1);
    let busy = srvr("leader", "").replace("Outstanding: 0", "Outstanding: 1500");
    let files = "zk_open_file_descriptor_count\t95\nzk_max_file_descriptor_count\t100\n";
    let members = "tickTime=1\nserver.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\n";
    let cases: Vec<(Patient, i32, &[&str])> = vec![
        (healthy().says("srvr", not_serving), 1, &["words wrong cannot ask srvr of 127.0.0.1:"]),
        (healthy().says("srvr", "HTTP/1.1 400 Bad\r\n\r\n"), 1, &["words wrong cannot ask srvr"]),
        (healthy().says("srvr", "\u{15}\u{3}\u{3}"), 1, &["tls wrong 127.0.0.1:"]),
        (healthy().says("srvr", ""), 1, &["words wrong cannot ask srvr"]),
        (healthy().says("srvr", read_only), 1, &["words wrong it has lost the other members"]),
        (healthy().says("srvr", busy), 1, &["words wrong 1500 requests wait"]),
        (healthy().says("mntr", files), 1, &["words wrong 95 of the 100 files"]),
        (healthy().says("isro", ""), 1, &["words wrong cannot ask isro"]),
        (healthy().says("conf", members), 0, &["members note the ensemble has 3 members, and 1"]),
    ];
    for (patient, exit, expected) in cases {
        finds_only(patient, exit, expected);
    }
}

#[test]
fn what_the_whitelist_lacks_is_no_illness() {
    let mut patient = Patient::default();
    patient.words.retain(|(word, _)| *word == "srvr");
    let expected = ["words note its 4lw.commands.whitelist is without isro, mntr, conf, cons"];
    finds_only(patient, 0, &expected);
    // Even srvr may be taken off it; what a session tells is told all the same.
    let mut patient = Patient::default();
    patient.words.retain(|(word, _)| *word != "srvr");
    finds_only(patient, 0, &["words note it answers no srvr"]);
}

#[test]
fn each_illness_of_a_session_is_found() {
    let with = |session| Patient { session, ..Patient::default() };
    finds_only(with(Session::Timeout(4000)), 0, &["session note it grants a session, within"]);
    finds_only(with(Session::ReadOnly), 1, &["session wrong the session is one for reading only"]);
    finds_only(with(Session::Refused), 1, &["size wrong", "session wrong there is no session"]);
    let refuses = Patient { code: -4711, ..Patient::default() };
    finds_only(refuses, 1, &["session wrong a read fails"]);
}

#[test]
fn clocks_that_differ_are_found() {
    let with = |clock| Patient { clock, ..Patient::default() };
    finds_only(with(-30_000), 0, &["clock note its clock is "]);
    finds_only(with(3_600_000), 1, &["clock wrong its clock is "]);
}

#[test]
fn another_jute_maxbuffer_is_found() {
    let with = |jute_maxbuffer| Patient { jute_maxbuffer, ..Patient::default() };
    finds_only(with(1000), 1, &["size wrong it closes the connection on a request of 1048575"]);
    finds_only(with(2_000_000), 0, &["size note it seems to take requests of more than 1048575"]);
}

#[test]
fn a_chroot_that_is_not_there_is_found() {
    let server = Patient { code: -101, ..Patient::default() }.start();
    let ran = doctor(&[&format!("{server}/app")]).exits(1);
    assert!(ran.text().contains("the chroot /app does not exist"), "{ran:#?}");
    assert!(ran.text().contains("-> `zk create --parents /app`"), "{ran:#?}");
}

#[test]
fn nothing_reachable_ends_with_7_and_says_why() {
    let kept = Nobody::listens();
    let nobody = kept.address.to_string();
    let ran = doctor(&[&nobody, "zk.invalid:2181"]).exits(7).says("none of the servers");
    assert!(ran.text().contains(&format!("nobody listens at {nobody}")), "{ran:#?}");
    assert!(ran.text().contains("the name zk.invalid does not resolve"), "{ran:#?}");
    // With one that can be reached something is wrong, and not all.
    let server = Patient::default().start();
    doctor(&[&nobody, &server]).exits(1);
    assert_eq!(
        findings(&nobody, 7)[0].split(':').next(),
        Some("tcp wrong nobody listens at 127.0.0.1")
    );
}

#[test]
fn a_server_that_says_nothing_is_found() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let found = findings(&address, 1);
    assert!(found.last().unwrap().contains("no answer within 2s"), "{found:#?}");
    assert!(doctor(&[&address]).exits(1).text().contains("the process may hang"));
}

#[test]
fn a_connection_that_breaks_in_the_answer_is_found() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    // A web server that speaks first.
    thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            let _ = connection.write_all(b"220 mail ready\r\n");
        }
    });
    let found = findings(&address, 1);
    assert!(found.last().unwrap().starts_with("words wrong cannot ask srvr"), "{found:#?}");
}

fn member(mode: &str, zxids: &[i64]) -> String {
    let patient = Patient { zxids: zxids.to_vec(), ..Patient::default() };
    patient.says("srvr", srvr(mode, "")).start()
}

#[test]
fn an_ensemble_in_step_is_well() {
    let (leader, follower) =
        (member("leader", &[0x1_0000_0007]), member("follower", &[0x1_0000_0007]));
    let ran = doctor(&[&leader, &follower]).exits(0);
    assert!(ran.text().contains("all have what is up to 0x100000007"), "{ran:#?}");
    // Short of it at first, and there when it is asked again.
    let later = member("follower", &[0x1_0000_0005, 0x1_0000_0008]);
    doctor(&[&leader, &later]).exits(0);
}

#[test]
fn a_member_that_is_behind_is_found() {
    let leader = member("leader", &[0x2_0000_0007]);
    for (zxid, how_far) in
        [(0x2_0000_0003, "4 transactions behind"), (0x1_0000_0009, "1 epochs behind")]
    {
        let follower = member("follower", &[zxid]);
        let found = findings(&format!("{leader},{follower}"), 1);
        let last = found.last().unwrap();
        assert!(last.starts_with(&format!("zxid wrong {follower}")), "{found:#?}");
        assert!(last.contains(how_far) && last.contains(&leader), "{found:#?}");
    }
}

#[test]
fn servers_that_are_no_one_ensemble_are_found() {
    let (one, other) = (member("standalone", &[1]), member("follower", &[9]));
    let found = findings(&format!("{one},{other}"), 1);
    assert!(found.last().unwrap().starts_with(&format!("roles wrong {one} runs standalone")));
    let (one, other) = (member("leader", &[1]), member("leader", &[9]));
    let found = findings(&format!("{one},{other}"), 1);
    assert!(found.last().unwrap().starts_with("roles wrong "), "{found:#?}");
}

#[test]
fn different_releases_are_told() {
    let old = srvr("follower", "").replace("3.9.5", "3.8.6");
    let (old, leader) = (Patient::default().says("srvr", old).start(), member("leader", &[7]));
    let found = findings(&format!("{old},{leader}"), 0);
    assert!(found.contains(&"releases note they run different releases: 3.8.6, 3.9.5".into()));
}

#[cfg(feature = "tls")]
#[test]
fn a_port_that_does_not_speak_tls_is_found() {
    let server = Patient::default().start();
    let ran = run(&["-s", &server, "--timeout", "2s", "--tls", "-o", "json", "doctor"]).exits(1);
    let document = ran.json();
    let last = document["servers"][0]["findings"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["step"], &last["level"]), (&"tls".into(), &"wrong".into()), "{last}");
    assert!(last["message"].as_str().unwrap().starts_with("the handshake fails: "), "{last}");
}

/// The port waits for a handshake and says nothing to a word; the time that there would be is longer
/// than a test has.
#[cfg(feature = "tls")]
#[test]
fn a_port_with_tls_is_found_long_before_the_time_is_over() {
    let front = Front::before(&Patient::default().start());
    let ran = run(&["-s", &front.address, "--timeout", "1h", "-o", "json", "doctor"]).exits(1);
    let document = ran.json();
    let findings = document["servers"][0]["findings"].as_array().unwrap();
    let last = findings.last().unwrap();
    assert_eq!((&last["step"], &last["level"]), (&"tls".into(), &"wrong".into()), "{last}");
    let message = format!("{} speaks TLS, and was asked without", front.address);
    assert_eq!(last["message"], message.as_str(), "{last}");
    assert!(last["advice"].as_str().unwrap().contains("ask with --tls"), "{last}");
}

#[cfg(feature = "tls")]
#[test]
fn by_tls_every_step_is_told_too() {
    let front = Front::before(&Patient::default().start());
    let ca = front.root.path();
    let ran = run(&["-s", &front.by_name(), "--timeout", "20s", "--tls-ca", ca, "doctor"]);
    let ran = ran.exits(0).quietly();
    for part in [
        "ok     tls      the handshake succeeds",
        "ZooKeeper 3.9.5, standalone, at zxid 0x7",
        "its jute.maxbuffer seems to be 1048575",
        "it grants a session",
        "its clock and ours agree",
        "it closes the session",
        "all is well",
    ] {
        assert!(ran.text().contains(part), "{part}: {}", ran.text());
    }
    // The system's roots do not have the one of this test.
    let ran = run(&["-s", &front.by_name(), "--timeout", "20s", "--tls", "doctor"]).exits(1);
    assert!(ran.text().contains("wrong  tls      the handshake fails: "), "{ran:#?}");
}
