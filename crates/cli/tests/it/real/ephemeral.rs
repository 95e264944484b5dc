//! An ephemeral lives as long as the command that created it.

use super::{Place, on_each};
use crate::running::Running;

/// Its path printed, and the message that it is held: from then on the signals are its business.
fn hold(place: &Place, arguments: &[&str]) -> (Running, String) {
    let mut running = place.start(&[&["create", "--ephemeral"], arguments].concat());
    let path = running.line();
    assert!(running.message().starts_with(&format!("holding {path} until ")));
    (running, path)
}

fn owner(place: &Place, path: &str) -> String {
    let document = place.zk(&["stat", path, "-o", "json"]).exits(0).json();
    document["stat"]["ephemeralOwner"].as_str().unwrap().to_owned()
}

#[test]
fn it_goes_at_the_end_of_input() {
    on_each("ephemeral", |place| {
        let (mut running, path) = hold(place, &[&place.at("e"), "x"]);
        assert_eq!(path, place.at("e"));
        assert_ne!(owner(place, &path), "0x0");
        assert_eq!(place.zk(&["get", &path]).exits(0).stdout, b"x");
        place.zk(&["create", &place.at("e/child")]).exits(4).says("NoChildrenForEphemerals");
        running.end_input();
        assert_eq!(running.end(), (Some(0), vec![]));
        // The session was closed before the command ended, so no wait is needed.
        place.zk(&["exists", &path]).exits(1);
    });
}

#[cfg(unix)]
#[test]
fn it_goes_at_once_with_a_signal() {
    on_each("ephemeral-signal", |place| {
        for signal in ["INT", "TERM"] {
            let (running, path) = hold(place, &["--sequential", &place.at("e-")]);
            assert_ne!(owner(place, &path), "0x0");
            running.signal(signal);
            assert_eq!(running.end(), (Some(130), vec![]));
            place.zk(&["exists", &path]).exits(1);
        }
    });
}

/// With the data from standard input there is no end of input left to wait for.
#[cfg(unix)]
#[test]
fn it_can_take_its_data_from_standard_input() {
    use std::io::Write;
    on_each("ephemeral-stdin", |place| {
        let path = place.at("e");
        let mut command = place.command(&["create", "-e", &path, "-"]);
        let (reader, mut writer) = pipe();
        command.stdin(reader);
        let mut running = Running::start(&mut command);
        writer.write_all(b"from a pipe").unwrap();
        drop(writer);
        assert_eq!(running.line(), path);
        running.message();
        assert_eq!(place.zk(&["get", &path]).exits(0).stdout, b"from a pipe");
        running.signal("INT");
        assert_eq!(running.end().0, Some(130));
        place.zk(&["exists", &path]).exits(1);
    });
}

#[cfg(unix)]
fn pipe() -> (std::process::Stdio, std::os::unix::net::UnixStream) {
    let (reader, writer) = std::os::unix::net::UnixStream::pair().unwrap();
    (std::os::fd::OwnedFd::from(reader).into(), writer)
}

#[test]
fn what_cannot_be_created_is_not_held() {
    on_each("ephemeral-exists", |place| {
        let running = place.start(&["create", "--ephemeral", &place.path]);
        let (code, said) = running.end();
        assert_eq!(code, Some(4));
        assert!(said[0].contains("NodeExists"), "{said:?}");
    });
}
