//! Recorded answers of AdminServers, and what else a web server may send.

use proptest::prelude::*;

use super::*;

/// Recorded from Apache ZooKeeper; see `tests/fixtures/README.md`.
fn recorded(version: &str, command: &str) -> Vec<u8> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/admin_server");
    let path = format!("{directory}/{version}/{command}.http");
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

const VERSIONS: [&str; 5] = ["3.5.10", "3.6.4", "3.7.2", "3.8.6", "3.9.5"];

#[test]
fn recorded_answers_are_read() {
    for version in VERSIONS {
        for command in ["configuration", "connections", "monitor", "ruok", "server_stats"] {
            let answer = read(&recorded(version, command)).unwrap();
            assert!(answer.contains_key("command"), "{version} {command}");
        }
        let stats = read(&recorded(version, "server_stats")).unwrap();
        assert!(stats["version"].as_str().unwrap().starts_with(version));
        assert_eq!(stats["server_stats"]["server_state"], "standalone", "{version}");
        let monitor = read(&recorded(version, "monitor")).unwrap();
        assert_eq!(monitor["ephemerals_count"], 3, "{version}");
    }
    // Numbers of 64 bits are exact.
    let connections = read(&recorded("3.9.5", "connections")).unwrap();
    assert!(connections["connections"][0]["session_id"].as_i64().unwrap() > 1 << 56);
}

#[test]
fn an_error_of_the_server_is_an_error() {
    for version in VERSIONS {
        match read(&recorded(version, "nosuch")).unwrap_err() {
            Kind::Command(error) => assert_eq!(error, "Unknown command: nosuch", "{version}"),
            other => panic!("{version}: {other:?}"),
        }
    }
}

#[test]
fn a_body_ends_by_its_length_its_chunks_or_the_connection() {
    for response in [
        "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n{\"a\":1}and more",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n",
        "HTTP/1.0 200 OK\r\n\r\n{\"a\":1}",
    ] {
        let answer = read(response.as_bytes()).unwrap();
        assert_eq!(answer["a"], 1, "{response}");
    }
}

#[test]
fn what_is_cut_off_is_no_answer() {
    for response in [
        "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{\"a\":1}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n{\"a\":1}\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n",
    ] {
        assert!(matches!(read(response.as_bytes()), Err(Kind::Lost(_))), "{response}");
    }
}

#[test]
fn refusals_and_strangers_are_told_apart() {
    let page = b"HTTP/1.1 404 Not Found\r\nContent-Length: 6\r\n\r\n<html>";
    assert!(matches!(read(page), Err(Kind::Status(404))));
    let json = b"HTTP/1.1 503 Unavailable\r\n\r\n{\"error\":null}";
    assert!(matches!(read(json), Err(Kind::Status(503))));
    let html = b"HTTP/1.1 200 OK\r\n\r\n<html>";
    assert!(matches!(read(html), Err(Kind::Unexpected { .. })));
    assert!(matches!(read(b"imok"), Err(Kind::Unexpected { .. })));
    let deep = format!("HTTP/1.1 200 OK\r\n\r\n{}", "[".repeat(100_000));
    assert!(matches!(read(deep.as_bytes()), Err(Kind::Unexpected { .. })));
}

#[test]
fn a_command_cannot_leave_its_place_in_the_request() {
    assert_eq!(encode("server_stats"), "server_stats");
    assert_eq!(encode("a b/../c?d#e\r\nHost: f"), "a%20b%2F..%2Fc%3Fd%23e%0D%0AHost%3A%20f");
}

proptest! {
    #[test]
    fn no_bytes_cause_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&bytes);
        let _ = read(&[b"HTTP/1.1 200 OK\r\n", &bytes[..]].concat());
        let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let _ = read(&[chunked, &bytes[..]].concat());
    }

    #[test]
    fn no_cut_of_a_real_answer_is_taken_for_the_whole(cut in 0_usize..1_000) {
        let whole = recorded("3.9.5", "server_stats");
        let cut = cut.min(whole.len() - 1);
        prop_assert!(read(&whole[..cut]).is_err());
    }
}
