//! What is refused before anything is sent: always with the reason, and always with exit code 2.
//!
//! The address is one where nobody listens; who tried to connect would end with 7.

use std::fs;

use crate::zk::{command, finish, run};

const NOWHERE: &str = "127.0.0.1:1";

const VERBS: [&str; 23] = [
    "get", "set", "create", "rm", "ls", "stat", "exists", "watch", "ruok", "srvr", "mntr", "cons",
    "conf", "dump", "envi", "wchs", "wchc", "wchp", "dirs", "isro", "admin", "doctor", "serve",
];

#[test]
fn what_cannot_be_right_is_refused_with_the_reason() {
    let cases: &[(&[&str], &str)] = &[
        (&["get", "a"], "the path begins with 'a', not with '/'"),
        (&["get", "/a/"], "the path ends with '/'"),
        (&["get", "/a//b"], "empty component at byte 3"),
        (&["rm", "/a/../b"], "relative component \"..\""),
        (&["stat", "/\u{1f600}"], "at byte 1"),
        (&["set", "/a", "x", "--version", "-1"], "leave the option out"),
        (&["set", "/a"], "- to read standard input"),
        (&["set", "/a", "x", "--null"], "cannot be used with"),
        (&["set", "/a", "x", "--version", "2147483648"], "whole number"),
        (&["create", "/a", "--ttl", "10"], "write 10ms, 10s or 10m"),
        (&["create", "/a", "--ttl", "0s"], "a time to live is between"),
        (&["create", "/a", "--ttl", "5s", "-e"], "--ephemeral and --ttl exclude each other"),
        (&["create", "/a", "--container", "--sequential"], "ZooKeeper has no such mode"),
        (&["create", "/"], "the root always exists"),
        (&["rm", "/"], "the root cannot be deleted"),
        (&["rm", "--recursive", "/"], "the root cannot be deleted"),
        (&["rm", "-r", "/a", "--version", "1"], "--recursive and --version exclude each other"),
        (&["rm", "-r", "/zookeeper"], "/zookeeper"),
        (&["rm", "-r", "/zookeeper/quota"], "/zookeeper"),
        (&["get", "/a", "--timeout", "0s"], "it must not be zero"),
        (&["get", "/a", "-o", "yaml"], "possible values: text, json"),
        (&["get", "/a", "--no-such-option"], "--no-such-option"),
        (&["frobnicate", "/a"], "frobnicate"),
        (&["get"], "PATH"),
        (&["stat", "a"], "the path begins with 'a', not with '/'"),
        (&["admin"], "COMMAND"),
        (&["admin", "monitor", "--port", "0"], "0 is not in"),
        (&["ruok", "/a"], "unexpected argument '/a'"),
    ];
    for (arguments, reason) in cases {
        let with_servers = [&["-s", NOWHERE], *arguments].concat();
        let ran = run(&with_servers).exits(2).says("error: ").says(reason);
        assert!(ran.stdout.is_empty(), "{ran:#?}");
    }
}

#[test]
fn without_servers_the_hint_says_how_to_name_them() {
    run(&["get", "/a"]).exits(2).says("error: no servers").says("ZK_SERVERS");
    let mut command = command(&["get", "/a"]);
    finish(command.env("ZK_SERVERS", ""), b"").exits(2).says("error: no servers");
}

#[test]
fn servers_that_are_none_are_refused() {
    for servers in ["h:0x1", "h:65536", "[::1:2181", "h:1,/", ",", "h:1/a//b"] {
        run(&["-s", servers, "get", "/a"]).exits(2).says("error: ");
    }
}

#[test]
fn zookeepers_own_znodes_are_protected_through_a_chroot_too() {
    run(&["-s", "127.0.0.1:1/zookeeper", "rm", "-r", "/quota"]).exits(2).says("/zookeeper/quota");
}

#[test]
fn data_that_no_server_takes_is_refused() {
    let data = vec![b'x'; 0xf_ffff + 1];
    let mut set = command(&["-s", NOWHERE, "set", "/a", "-"]);
    finish(&mut set, &data).exits(2).says("jute.maxbuffer").says("hint: ");
}

#[test]
fn a_password_on_the_command_line_is_refused_and_not_repeated() {
    let ran = run(&["-s", NOWHERE, "--auth", "digest:amy:secret", "get", "/a"]);
    let ran = ran.exits(2).says("--auth-file").says("ZK_AUTH");
    assert!(!ran.stderr.contains("secret"));
}

#[test]
fn credentials_that_make_no_sense_are_named_by_line_and_not_quoted() {
    let file = std::env::temp_dir().join(format!("zk-cli-auth-{}", std::process::id()));
    fs::write(&file, "# ours\nsecret\n").unwrap();
    let name = file.to_str().unwrap();
    let from_file = run(&["-s", NOWHERE, "--auth-file", name, "get", "/a"]);
    fs::remove_file(&file).unwrap();
    let mut from_environment = command(&["-s", NOWHERE, "get", "/a"]);
    let from_environment = finish(from_environment.env("ZK_AUTH", "digest:secret"), b"");
    for (ran, line) in [(from_file, "line 2"), (from_environment, "ZK_AUTH, line 1")] {
        let ran = ran.exits(2).says(line);
        assert!(!ran.stderr.contains("secret"));
    }
    run(&["-s", NOWHERE, "--auth-file", name, "get", "/a"]).exits(2).says(name);
}

#[test]
fn help_goes_to_standard_output_and_lists_verbs_and_exit_codes() {
    let ran = run(&["--help"]).exits(0).quietly();
    let help = ran.text();
    for verb in VERBS {
        assert!(help.lines().any(|line| line.trim_start().starts_with(verb)), "{verb}: {help}");
    }
    for (code, meaning) in zookit_cli::exit::TABLE {
        assert!(help.contains(meaning), "{meaning}: {help}");
        assert!(help.contains(&format!("\n  {code:>3}  ")), "{code}: {help}");
    }
}

#[test]
fn each_verb_has_help_and_says_what_its_options_do() {
    for verb in VERBS {
        let ran = run(&[verb, "--help"]).exits(0).quietly();
        assert!(ran.text().contains("Usage: zk"), "{ran:#?}");
    }
    let ran = run(&["create", "--help"]).exits(0);
    for option in ["--ephemeral", "--sequential", "--container", "--ttl", "--parents"] {
        assert!(ran.text().contains(option), "{option}");
    }
}

#[test]
fn the_version_is_the_crates() {
    let ran = run(&["--version"]).exits(0).quietly();
    assert_eq!(ran.text(), format!("zk {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn without_a_verb_the_help_is_an_error() {
    run(&[]).exits(2).says("Usage: zk");
}

#[test]
fn help_never_shows_the_credentials_of_the_environment() {
    let mut help = command(&["--help"]);
    let ran = finish(help.env("ZK_AUTH", "digest:amy:secret"), b"").exits(0);
    assert!(ran.text().contains("ZK_AUTH"));
    assert!(!ran.text().contains("secret"));
}
