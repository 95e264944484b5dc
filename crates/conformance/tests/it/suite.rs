//! Every fact of the suite, on the embedded server.

use zookit_conformance::suite;
use zookit_conformance::target::Which;
use zookit_server::core::Profile;

fn failures(profile: Profile) -> Vec<String> {
    let done = suite::run(&Which::Embedded(profile), profile, "").unwrap();
    assert!(done.len() > 70, "{} cases", done.len());
    let failed = done.into_iter().filter_map(|(name, error)| Some(format!("{name}: {}", error?)));
    failed.collect()
}

#[test]
fn the_embedded_server_knows_every_fact() {
    for profile in Profile::ALL {
        assert_eq!(failures(profile), [""; 0], "{profile}");
    }
}

#[test]
fn a_server_of_another_version_does_not() {
    let done = suite::run(&Which::Embedded(Profile::V3_8_0), Profile::V3_9_5, "").unwrap();
    let failed = done.iter().filter(|(_, error)| error.is_some()).map(|(name, _)| *name);
    let failed: Vec<&str> = failed.collect();
    for fact in ["exists needs READ", "events have the zxid of their transaction"] {
        assert!(failed.contains(&fact), "{failed:?}");
    }
}
