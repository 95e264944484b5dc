//! Four-letter words and the AdminServer as verbs, against servers that answer what is wanted here.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::thread;

use crate::clinic::{Patient, srvr};
use crate::nobody::Nobody;
use crate::zk::{GUARD, run};

#[test]
fn the_text_of_one_server_is_printed_exactly() {
    let server = Patient::default().says("ruok", "imok").start();
    assert_eq!(run(&["-s", &server, "ruok"]).exits(0).quietly().text(), "imok");
    let expected = srvr("standalone", "").replace("{zxid}", "0x7");
    assert_eq!(run(&["-s", &server, "srvr"]).exits(0).quietly().text(), expected);
    let stat = run(&["-s", &server, "stat"]).exits(10).says("stat of").says("whitelist");
    assert!(stat.stdout.is_empty());
}

#[test]
fn several_servers_are_each_named() {
    let one = Patient::default().says("ruok", "imok").start();
    let other = Patient::default().says("ruok", "imok").start();
    let servers = format!("{one},{other}");
    let ran = run(&["-s", &servers, "ruok"]).exits(0).quietly();
    assert_eq!(ran.text(), format!("--- {one}\nimok\n--- {other}\nimok\n"));
    let ran = run(&["-s", &servers, "-o", "json", "isro"]).exits(0);
    let line = |server: &str| {
        format!(r#"{{"answer":{{"read_only":false}},"server":"{server}","word":"isro"}}"#)
    };
    assert_eq!(ran.text(), format!("{}\n{}\n", line(&one), line(&other)));
}

#[test]
fn the_exit_code_tells_all_from_some_from_none() {
    let kept = Nobody::listens();
    let nobody = kept.address.to_string();
    let silent = Patient::default().start();
    let answers = Patient::default().says("ruok", "imok").start();
    let ran = run(&["-s", &format!("{nobody},{answers}"), "ruok"]).exits(9);
    assert!(ran.says(&format!("error: cannot ask ruok of {nobody}")).text().contains("imok"));
    run(&["-s", &nobody, "ruok"]).exits(7).says("zk doctor");
    run(&["-s", &silent, "ruok"]).exits(10).says("4lw.commands.whitelist").says("hint: ");
    run(&["-s", &format!("{nobody},{silent}"), "ruok"]).exits(10).says(&nobody).says(&silent);
}

#[test]
fn what_is_no_answer_is_shown_and_is_no_success() {
    let server = Patient::default().says("ruok", "good morning").start();
    let ran = run(&["-s", &server, "ruok"]).exits(10).says("the answer is none to that");
    assert_eq!(ran.text(), "good morning");
    let ran = run(&["-s", &server, "-o", "json", "ruok"]).exits(10);
    assert!(ran.stdout.is_empty());
}

/// Answers each connection with this body, whatever is asked, and tells the request lines.
fn web_server(body: &'static str) -> (String, std::sync::mpsc::Receiver<String>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let (sender, requests) = std::sync::mpsc::channel();
    thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            let mut request = Vec::new();
            let mut byte = [0];
            while !request.ends_with(b"\r\n\r\n") && connection.read(&mut byte).unwrap_or(0) > 0 {
                request.push(byte[0]);
            }
            let _ = sender.send(String::from_utf8_lossy(&request).lines().next().unwrap().into());
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
            let _ = connection.write_all(format!("{head}{body}").as_bytes());
        }
    });
    (port, requests)
}

#[test]
fn a_command_of_the_admin_server_is_printed_as_json() {
    let (port, requests) = web_server(r#"{"znode_count":5,"command":"monitor","error":null}"#);
    let arguments = ["-s", "127.0.0.1:2181", "admin", "monitor", "--port", &port];
    let ran = run(&arguments).exits(0).quietly();
    assert!(ran.text().contains("\n  \"znode_count\": 5"), "{ran:#?}");
    assert_eq!(requests.recv_timeout(GUARD).unwrap(), "GET /commands/monitor HTTP/1.1");
    let document = run(&[&arguments[..], &["-o", "json", "--url", "/zk"]].concat()).exits(0).json();
    assert_eq!(document["answer"]["znode_count"], 5);
    assert_eq!(document["server"], format!("127.0.0.1:{port}"));
    assert_eq!(requests.recv_timeout(GUARD).unwrap(), "GET /zk/monitor HTTP/1.1");
}

#[test]
fn an_error_of_the_admin_server_ends_with_10() {
    let (port, _requests) = web_server(r#"{"command":"x","error":"Unknown command: x"}"#);
    let ran = run(&["-s", "127.0.0.1", "admin", "x", "--port", &port]).exits(10);
    assert!(ran.says("Unknown command: x").stdout.is_empty());
}
