//! Answers recorded from Apache ZooKeeper 3.4 to 3.9; see `tests/fixtures/README.md`.

use std::time::Duration;

use zookit_proto::{SessionId, Zxid};
use zookit_session::Endpoint;

use crate::admin::*;

pub(super) const VERSIONS: [(&str, [u32; 3]); 6] = [
    ("3.4.14", [3, 4, 14]),
    ("3.5.10", [3, 5, 10]),
    ("3.6.4", [3, 6, 4]),
    ("3.7.2", [3, 7, 2]),
    ("3.8.6", [3, 8, 6]),
    ("3.9.5", [3, 9, 5]),
];

/// The versions of which an ensemble was recorded too.
const ENSEMBLES: [&str; 3] = ["3.4.14", "3.6.4", "3.9.5"];

pub(super) fn answer(version: &str, name: &str) -> String {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/four_letter");
    let path = format!("{directory}/{version}/{name}.txt");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The answer to the type's own word, `-suffix` of it.
fn read_as<A: FourLetterAnswer>(version: &str, suffix: &str) -> A {
    let answer = answer(version, &format!("{}{suffix}", A::WORD));
    let server = Endpoint::new("zk1", 2181);
    read(&server, answer.as_bytes()).unwrap_or_else(|error| panic!("{version}{suffix}: {error}"))
}

fn is_3_4(version: &str) -> bool {
    version.starts_with("3.4.")
}

#[test]
fn srvr_and_stat_tell_the_same() {
    for (version, release) in VERSIONS {
        let stats: ServerStats = read_as(version, "");
        assert!(stats.version.starts_with(version));
        assert_eq!(stats.release(), Some(release));
        assert_eq!((stats.mode.clone(), stats.zxid), (Some(Mode::Standalone), Some(Zxid(7))));
        assert_eq!(stats.node_count, Some(if is_3_4(version) { 9 } else { 10 }));
        assert_eq!(stats.sent.map(|sent| sent + 1), stats.received);
        assert_eq!((stats.connections, stats.outstanding), (Some(3), Some(0)));
        assert!(stats.latency.unwrap().max > 0);
        assert!(!stats.read_only && stats.proposal_sizes.is_none());
        assert_eq!(stats.other, [""; 0], "{version}");

        let full: FullStats = read_as(version, "");
        assert_eq!((&full.server.version, full.server.zxid), (&stats.version, stats.zxid));
        assert_eq!(full.server.other, [""; 0], "{version}");
        assert_eq!(full.connections.len(), 3);
        assert!(full.connections.iter().all(|one| one.address.starts_with("127.0.0.1:")));
        assert!(full.connections.iter().any(|one| one.received == Some(8)));
    }
}

#[test]
fn the_roles_of_an_ensemble_are_read() {
    for version in ENSEMBLES {
        let leader: ServerStats = read_as(version, "-leader");
        assert_eq!(leader.mode, Some(Mode::Leader));
        assert!(leader.proposal_sizes.is_some_and(|sizes| sizes.max > sizes.min), "{version}");
        let follower: ServerStats = read_as(version, "-follower");
        assert_eq!((follower.mode, follower.zxid), (Some(Mode::Follower), leader.zxid));
        let alone: ServerStats = read_as(version, "-read-only");
        assert!(alone.read_only);
        assert_eq!(alone.mode, Some(Mode::ReadOnly));
        for stats in [&leader.other, &follower.other, &alone.other] {
            assert_eq!(*stats, [""; 0], "{version}");
        }
        assert_eq!(read_as::<Access>(version, "-read-only"), Access::ReadOnly);
        assert_eq!(read_as::<Access>(version, "-leader"), Access::ReadWrite);
        let metrics: Metrics = read_as(version, "-leader");
        assert_eq!((metrics.mode(), metrics.synced_followers()), (Some(Mode::Leader), Some(2)));
        assert_eq!(read_as::<Metrics>(version, "-read-only").mode(), Some(Mode::ReadOnly));
    }
}

#[test]
fn metrics_keep_every_line() {
    for (version, release) in VERSIONS {
        let metrics: Metrics = read_as(version, "");
        assert_eq!(metrics.fields().len(), answer(version, "mntr").lines().count(), "{version}");
        assert_eq!(metrics.fields().other(), [""; 0]);
        assert_eq!(metrics.release(), Some(release));
        assert_eq!(metrics.number("zk_ephemerals_count"), Some(3.0));
        assert_eq!(metrics.number("ephemerals_count"), Some(3.0));
        assert_eq!(metrics.number("zk_version"), None);
        assert_eq!(metrics.mode(), Some(Mode::Standalone));
    }
}

#[test]
fn connections_are_read_in_full() {
    for (version, _) in VERSIONS {
        let all: Connections = read_as(version, "");
        assert_eq!((all.connections.len(), all.other), (3, vec![]), "{version}");
        assert!(all.connections.iter().all(|one| one.other.is_empty()), "{version}");
        let ours = all.connections.iter().find(|one| one.session.is_none()).unwrap();
        assert_eq!((ours.queued, ours.received, ours.sent), (Some(0), Some(1), Some(0)));
        let one = all.connections.iter().find(|one| one.received == Some(8)).unwrap();
        assert_eq!(one.interest_ops, Some(1));
        assert!(one.session.unwrap().0 > 1 << 56);
        assert_eq!(one.last_operation.as_deref(), Some("GETC"));
        assert!(one.established.unwrap() > 1_500_000_000_000);
        assert_eq!(one.session_timeout, Some(Duration::from_secs(30)));
        assert_eq!((one.last_cxid.as_deref(), one.last_zxid), (Some("0x7"), Some(Zxid(7))));
        assert!(one.last_response.is_some() && one.last_latency.is_some());
        assert!(one.min_latency <= one.avg_latency && one.avg_latency <= one.max_latency);
    }
}

#[test]
fn addresses_of_ipv6_have_brackets_of_their_own() {
    let line = " /[0:0:0:0:0:0:0:1]:5000[1](queued=0,recved=1,sent=2,new=x)\n";
    let all = Connections::parse(line).unwrap();
    assert_eq!(all.connections[0].address, "[0:0:0:0:0:0:0:1]:5000");
    assert_eq!(
        (all.connections[0].sent, &all.connections[0].other[..]),
        (Some(2), &["new=x".to_owned()][..])
    );
}

#[test]
fn the_configuration_is_read() {
    for (version, _) in VERSIONS {
        let conf: Configuration = read_as(version, "");
        assert_eq!((conf.client_port(), conf.secure_client_port()), (Some(2181), None));
        assert_eq!(conf.tick_time(), Some(Duration::from_secs(2)));
        assert_eq!(conf.min_session_timeout(), Some(Duration::from_secs(4)));
        assert_eq!(conf.max_session_timeout(), Some(Duration::from_secs(40)));
        assert_eq!((conf.max_client_connections(), conf.server_id()), (Some(60), Some(0)));
        assert_eq!(conf.members(), []);
        assert_eq!(conf.fields().other(), [""; 0]);
    }
    let conf: Configuration = read_as("3.9.5", "-follower");
    assert_eq!(conf.server_id(), Some(1));
    assert_eq!(conf.members()[2], (3, "127.0.0.1:2890:3890:participant"));
    assert_eq!(conf.fields().other(), ["membership: "]);
}

#[test]
fn sessions_and_their_ephemerals_are_read() {
    for (version, _) in VERSIONS {
        let dump: Dump = read_as(version, "");
        assert_eq!((dump.sessions.len(), &dump.other[..]), (2, &[][..]), "{version}");
        assert!(dump.sessions.iter().all(|one| one.expires.as_ref().unwrap().contains(" UTC ")));
        let mut paths: Vec<_> = dump.ephemerals.iter().flat_map(|one| one.paths.clone()).collect();
        paths.sort();
        assert_eq!(paths, ["/app/lock-0000000001", "/app/workers/a", "/app/workers/b"]);
        assert_eq!(dump.connections.len(), if is_3_4(version) { 0 } else { 3 });
    }
    for version in ENSEMBLES {
        let dump: Dump = read_as(version, "-leader");
        assert_eq!((dump.sessions.len(), dump.ephemerals.len()), (2, 2));
        let dump: Dump = read_as(version, "-follower");
        assert_eq!(dump.ephemerals.len(), 2, "{version}");
    }
    let dump: Dump = read_as("3.9.5", "-follower");
    let timeouts: Vec<_> = dump.sessions.iter().map(|one| one.timeout).collect();
    assert_eq!(timeouts, [Some(Duration::from_secs(10)); 2]);
    assert!(dump.connections.iter().any(|one| one.session == SessionId::NONE));
    // It says only who it is.
    let dump: Dump = read_as("3.4.14", "-follower");
    assert!(dump.sessions.is_empty() && dump.other[0].contains("LearnerSessionTracker"));
}

#[test]
fn watches_are_read_in_both_orders() {
    for (version, _) in VERSIONS {
        let summary: WatchSummary = read_as(version, "");
        assert_eq!((summary.connections, summary.paths, summary.watches), (2, 4, 6));
        let by_session: WatchesBySession = read_as(version, "");
        let by_path: WatchesByPath = read_as(version, "");
        assert!(by_session.other.is_empty() && by_path.other.is_empty(), "{version}");
        assert_eq!((by_session.sessions.len(), by_path.paths.len()), (2, 4));
        let paths: usize = by_session.sessions.iter().map(|one| one.paths.len()).sum();
        let sessions: usize = by_path.paths.iter().map(|one| one.sessions.len()).sum();
        assert_eq!((paths, sessions), (6, 6));
    }
}

#[test]
fn the_rest_is_read() {
    for (version, release) in VERSIONS {
        let environment: Environment = read_as(version, "");
        assert_eq!(environment.release(), Some(release));
        assert_eq!(environment.fields().get("os.name"), Some("Linux"));
        read_as::<Alive>(version, "");
        assert_eq!(read_as::<Access>(version, ""), Access::ReadWrite);
        if !is_3_4(version) {
            let sizes: Directories = read_as(version, "");
            assert!(sizes.data.unwrap() > 60_000 && sizes.log == sizes.data);
        }
    }
}

#[test]
fn refusals_are_told_from_answers() {
    use FourLetterWord as W;
    for version in ["3.5.10", "3.9.5"] {
        for word in [W::Ruok, W::Mntr, W::Isro] {
            let answer = answer(version, &format!("{word}-not-whitelisted"));
            let refused = refusal(word, answer.as_bytes());
            assert!(matches!(refused, Some(AdminErrorKind::NotWhitelisted)), "{version} {word}");
        }
    }
    for version in ENSEMBLES {
        for word in [W::Srvr, W::Stat, W::Mntr, W::Conf, W::Cons, W::Dump, W::Wchc] {
            let answer = answer(version, &format!("{word}-not-serving"));
            let refused = refusal(word, answer.as_bytes());
            assert!(matches!(refused, Some(AdminErrorKind::NotServing)), "{version} {word}");
        }
    }
    assert!(refusal(W::Srvr, answer("3.9.5", "srvr").as_bytes()).is_none());
    let server = Endpoint::new("zk1", 2181);
    let error = read::<Access>(&server, b"null").unwrap_err();
    assert!(matches!(error.kind(), AdminErrorKind::NotServing));
}
