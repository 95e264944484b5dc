//! The differential runner finds what differs, and nothing where nothing does. Without Java: two
//! embedded servers, of one version and of two.

use std::time::Duration;

use zookit_conformance::differential::{Bounds, run};
use zookit_conformance::generate::Options;
use zookit_conformance::target::Which;
use zookit_server::core::Profile;

fn bounds(operations: usize, kinds: usize) -> Bounds {
    Bounds { seed: 1, operations, time: Duration::from_secs(600), kinds }
}

#[test]
fn a_version_does_not_differ_from_itself() {
    for profile in Profile::ALL {
        let servers = [Which::Embedded(profile), Which::Embedded(profile)];
        let options = Options { lone_check: profile != Profile::V3_8_0, ..Options::default() };
        let report = run(&servers, options, &bounds(5_000, 1), |_, _| {}).unwrap();
        assert!(report.operations >= 5_000);
        let differences: Vec<_> = report.differences.values().map(|(one, _)| one).collect();
        assert!(differences.is_empty(), "{profile}: {}", differences[0]);
    }
}

#[test]
fn what_differs_between_versions_is_found_and_shrunk() {
    let servers = [Which::Embedded(Profile::V3_8_0), Which::Embedded(Profile::V3_9_5)];
    let options = Options { lone_check: false, ..Options::default() };
    let report = run(&servers, options, &bounds(20_000, 12), |_, _| {}).unwrap();
    // Events have had a zxid since 3.9: a session, a znode, a watch, a change.
    let (shortest, _) = &report.differences["the zxid of the event NodeDataChanged"];
    assert!(shortest.script.len() <= 8, "{shortest}");
    assert!(
        report
            .differences
            .contains_key("removeWatches MarshallingError and removeWatches NoWatcher")
    );
    let missing = report.cells.below(1_000, Profile::V3_8_0, options);
    assert!(!missing.is_empty(), "a run this short meets not everything so often");
}

#[test]
fn a_run_meets_all_that_can_be_met_and_nothing_else() {
    for profile in Profile::ALL {
        let options = Options { lone_check: profile != Profile::V3_8_0, ..Options::default() };
        let servers = [Which::Embedded(profile), Which::Embedded(profile)];
        let report = run(&servers, options, &bounds(50_000, 1), |_, _| {}).unwrap();
        // What comes rarely comes often enough in longer runs.
        assert_eq!(report.cells.below(1, profile, options), [], "{profile}");
        assert_eq!(report.cells.unexpected(profile, options), [], "{profile}");
    }
}

#[test]
fn what_another_version_does_is_not_known_as_reachable() {
    let servers = [Which::Embedded(Profile::V3_9_5), Which::Embedded(Profile::V3_9_5)];
    let options = Options::default();
    let report = run(&servers, options, &bounds(10_000, 1), |_, _| {}).unwrap();
    let unexpected = report.cells.unexpected(Profile::V3_8_0, options);
    let names: Vec<String> = unexpected.iter().map(|(cell, _)| cell.to_string()).collect();
    assert!(names.iter().any(|name| name == "exists NoAuth"), "{names:?}");
    let none = Options { delete_container: false, ..options };
    let unexpected = report.cells.unexpected(Profile::V3_9_5, none);
    assert!(unexpected.iter().all(|(cell, _)| cell.operation == "deleteContainer"));
    assert!(!unexpected.is_empty());
}

#[test]
fn a_short_run_meets_every_operation() {
    let server = Which::Embedded(Profile::V3_9_5);
    let servers = [server.clone(), server];
    let report = run(&servers, Options::default(), &bounds(10_000, 1), |_, _| {}).unwrap();
    let ok = |operation: &str| report.cells.table().contains(operation);
    for operation in ["create ", "createTTL ", "multi:setData", "multiRead:getData", "setWatches2"]
    {
        assert!(ok(operation), "{operation}");
    }
}

/// The program: whether it succeeds, and its last lines.
fn program(arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_conformance"));
    let output = command.arg("differential").args(arguments).output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn a_run_fails_by_what_it_met_too_seldom_and_says_which() {
    let servers = ["embedded:3.9.5", "embedded:3.9.5", "--operations", "500"];
    let (code, text) = program(&servers);
    assert_eq!(code, Some(0), "{text}");
    let (code, text) = program(&[&servers[..], &["--threshold", "1"]].concat());
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("\nFAILED: met 0 times, less than 1: multi:createTTL NoAuth\n"),
        "{text}"
    );
}

#[test]
fn a_run_fails_by_what_is_not_known_as_reachable_and_says_which() {
    let servers = ["embedded:3.9.5", "embedded:3.9.5", "--operations", "5000"];
    let (code, text) = program(&[&servers[..], &["--cells", "3.8.0"]].concat());
    assert_eq!(code, Some(1), "{text}");
    let says = |line: &str| line.ends_with("not known as reachable on 3.8.0: exists NoAuth");
    assert!(text.lines().any(says), "{text}");
}
