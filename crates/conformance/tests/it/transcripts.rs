//! What real servers answered, once: no Java is needed to compare with it.

use zookit_conformance::target::Which;
use zookit_conformance::transcript::{parse, replay};
use zookit_server::core::Profile;

const RECORDED: [(Profile, &str); 3] = [
    (Profile::V3_8_0, include_str!("../../transcripts/apache-3.8.0.transcript")),
    (Profile::V3_8_6, include_str!("../../transcripts/apache-3.8.6.transcript")),
    (Profile::V3_9_5, include_str!("../../transcripts/apache-3.9.5.transcript")),
];

#[test]
fn the_embedded_server_answers_what_real_ones_did() {
    for (profile, text) in RECORDED {
        let scripts = parse(text).unwrap();
        assert!(scripts.len() >= 20, "{profile}: {} scripts", scripts.len());
        for recorded in &scripts {
            let difference = replay(recorded, &Which::Embedded(profile)).unwrap();
            assert_eq!(difference, None, "{profile}");
        }
    }
}

#[test]
fn another_version_answers_something_else() {
    let (_, text) = RECORDED[0];
    let server = Which::Embedded(Profile::V3_9_5);
    let scripts = parse(text).unwrap();
    let different = scripts.iter().filter(|script| replay(script, &server).unwrap().is_some());
    assert!(different.count() > scripts.len() / 4);
}

#[test]
fn transcripts_say_where_they_come_from_and_stay_small() {
    let all: usize = RECORDED.iter().map(|(_, text)| text.len()).sum();
    assert!(all < 1 << 20, "{all} bytes");
    for (profile, text) in RECORDED {
        assert!(text.contains("\nexpire "), "{profile}: no session expires");
        assert!(text.starts_with(&format!("# Apache ZooKeeper {profile}, ")));
    }
}
