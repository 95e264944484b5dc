//! What is written is read back, and what cannot be is said.

use std::path::PathBuf;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::testing::TempDir;

fn with(change: impl FnOnce(&mut ServerConfig)) -> ServerConfig {
    let mut config = ServerConfig { data_dir: Some("/data".into()), ..ServerConfig::default() };
    change(&mut config);
    config
}

/// What a configuration that sets this writes, beside what every one does.
fn lines(change: impl FnOnce(&mut ServerConfig)) -> Vec<String> {
    let plain = with(|_| ()).to_zoo_cfg().unwrap();
    let text = with(change).to_zoo_cfg().unwrap();
    let new = text.lines().filter(|line| !plain.lines().any(|other| other == *line));
    new.map(str::to_owned).collect()
}

#[test]
fn a_server_needs_a_data_directory_and_gets_the_rest() {
    let error = ServerConfig::default().to_zoo_cfg().unwrap_err();
    assert_eq!(error, ConfigError::MissingField { key: "dataDir" });
    assert_eq!(error.to_string(), "dataDir is not set, and a server needs it");
    let expected = "tickTime=2000\ninitLimit=10\nsyncLimit=5\ndataDir=/data\nclientPort=2181\n";
    assert_eq!(with(|_| ()).to_zoo_cfg().unwrap(), expected);
    let mut written = Vec::new();
    with(|_| ()).write_to(&mut written).unwrap();
    assert_eq!(written, expected.as_bytes());
    let error = ServerConfig::default().write_to(&mut written).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    assert_eq!((written.len(), error.to_string().contains("dataDir")), (expected.len(), true));
}

/// A change of a configuration, and the lines that it makes.
type Written = (fn(&mut ServerConfig), &'static [&'static str]);

const WRITTEN: &[Written] = &[
    (|c| c.tick_time = Some(Duration::from_millis(500)), &["tickTime=500"]),
    (|c| c.init_limit = Some(20), &["initLimit=20"]),
    (|c| c.client_port = Some(2190), &["clientPort=2190"]),
    (|c| c.secure_client_port = Some(2281), &["secureClientPort=2281"]),
    (|c| c.max_client_cnxns = Some(0), &["maxClientCnxns=0"]),
    (
        |c| c.server_cnxn_factory = Some(ServerCnxnFactory::Netty),
        &["serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory"],
    ),
    (|c| c.peer_type = Some(Role::Observer), &["peerType=observer"]),
    (|c| c.force_sync = Some(false), &["forceSync=no"]),
    (|c| c.extended_types_enabled = Some(true), &["extendedTypesEnabled=true"]),
    (
        |c| c.four_letter_words = Some(vec!["srvr".into(), "mntr".into()]),
        &["4lw.commands.whitelist=srvr,mntr"],
    ),
    (
        |c| c.super_digest = Some("super:D/InIHSb7yEEbrWz8b9l71RjZJU=".into()),
        &["DigestAuthenticationProvider.superDigest=super:D/InIHSb7yEEbrWz8b9l71RjZJU="],
    ),
    (
        |c| c.auto_purge_interval_hours = Some(24),
        &["autopurge.snapRetainCount=3", "autopurge.purgeInterval=24"],
    ),
    (|c| c.auto_purge_interval_hours = Some(0), &["autopurge.purgeInterval=0"]),
    (|c| c.tls.key_store = Some("/k.pem".into()), &["ssl.keyStore.location=/k.pem"]),
    (|c| c.admin.enabled = Some(false), &["admin.enableServer=false"]),
    (|c| c.members = vec![Member::new(1, "zk1")], &["server.1=zk1:2888:3888"]),
    (|c| c.members = vec![Member::at(2, "::1", 1, 2)], &["server.2=[::1]:1:2"]),
    (|c| c.members = vec![full_member()], &["server.9=a:1:2|b:3:4:observer;[::]:2181"]),
    (|c| c.other = vec![("x.y".into(), "1 = 2".into())], &["x.y=1 = 2"]),
    // What Java would read as something else.
    (|c| c.other = vec![("a b:c".into(), "\\ü#".into())], &["a\\ b\\:c=\\\\\\u00fc#"]),
    (|c| c.data_log_dir = Some("/a b/ü".into()), &["dataLogDir=/a b/\\u00fc"]),
];

fn full_member() -> Member {
    let at = |host: &str, peer_port, election_port| MemberAddress {
        host: host.to_owned(),
        peer_port,
        election_port,
    };
    Member {
        id: 9,
        addresses: vec![at("a", 1, 2), at("b", 3, 4)],
        role: Some(Role::Observer),
        client: Some(ClientAddress { host: Some("::".to_owned()), port: 2181 }),
    }
}

#[test]
fn each_field_has_its_line_and_is_read_back_from_it() {
    for (change, expected) in WRITTEN {
        assert_eq!(lines(change), *expected);
        let config = with(change);
        let read = ServerConfig::parse(&config.to_zoo_cfg().unwrap()).unwrap();
        assert_eq!(read.with_defaults(), config.with_defaults());
    }
}

/// A change that cannot be written, its key, and what is wrong.
type Refused = (fn(&mut ServerConfig), &'static str, &'static str);

const REFUSED: &[Refused] = &[
    (|c| c.tick_time = Some(Duration::ZERO), "tickTime", "0ns is not between 1 ms"),
    (|c| c.max_session_timeout = Some(Duration::MAX), "maxSessionTimeout", "not in whole"),
    (|c| c.init_limit = Some(u32::MAX), "initLimit", "4294967295 is more than 2147483647"),
    (|c| c.data_dir = Some("".into()), "dataDir", "it is empty"),
    (|c| c.super_digest = Some(" x".into()), "DigestAuthenticationProvider.superDigest", "blank"),
    (|c| c.four_letter_words = Some(vec!["a,b".into()]), "4lw.commands.whitelist", "is no word"),
    (|c| c.members = vec![Member::new(1, "")], "server.1", "\"\" is no host"),
    (|c| c.members = vec![Member::new(1, "a;b")], "server.1", "is no host"),
    (|c| c.members = vec![Member { addresses: vec![], ..full_member() }], "server.9", "no address"),
    (|c| c.members = vec![full_member(), full_member()], "server.9", "two members"),
    (|c| c.other = vec![("tickTime".into(), "1".into())], "tickTime", "a field of its own"),
    (|c| c.other = vec![("server.1".into(), "x".into())], "server.1", "a field of its own"),
    (|c| c.other = vec![("".into(), "x".into())], "", "is no key"),
    (|c| c.other = vec![("a".into(), "x ".into())], "a", "blank"),
    (|c| c.other = vec![("a".into(), "".into()), ("a".into(), "".into())], "a", "twice"),
];

#[test]
fn what_a_server_would_read_otherwise_is_refused() {
    for (change, its_key, its_why) in REFUSED {
        match with(change).to_zoo_cfg() {
            Err(ConfigError::BadField { key, why }) => {
                assert_eq!(&key, its_key);
                assert!(why.contains(its_why), "{key}: {why}");
            }
            other => panic!("{its_key}: {other:?}"),
        }
    }
}

/// A text with one bad line, the line, its key, and what is wrong.
const BAD: &[(&str, usize, &str, &str)] = &[
    ("dataDir=/x\ntickTime=fast\n", 2, "tickTime", "\"fast\" is not a number of milliseconds"),
    ("\n# x\n! y\n  initLimit : -1\n", 4, "initLimit", "not a number from 0 to 2147483647"),
    ("clientPort=70000", 1, "clientPort", "\"70000\" is not a number that fits"),
    ("standaloneEnabled=perhaps", 1, "standaloneEnabled", "neither true nor false"),
    ("forceSync=true", 1, "forceSync", "neither yes nor no"),
    ("peerType=voter", 1, "peerType", "neither participant nor observer"),
    ("server.x=a:1:2", 1, "server.x", "\"x\" is not the number of a member"),
    ("server.1=a:1", 1, "server.1", "is not HOST:PEERPORT:ELECTIONPORT"),
    ("server.1=a:1:2:3", 1, "server.1", "neither participant nor observer"),
    ("server.1=a:1:2:observer:x", 1, "server.1", "is not HOST"),
    ("server.1=a:1:2;b", 1, "server.1", "is not PORT or HOST:PORT"),
    ("server.1=a:1:2:observer|b:1:2:observer", 1, "server.1", "more than one role"),
    ("a=1\nb=\\u12", 2, "\\u", "four digits"),
    ("a=1\\\n  2\nsnapCount=x", 3, "snapCount", "not a number"),
    ("dataDir=", 1, "dataDir", "it is empty"),
];

#[test]
fn a_bad_line_is_said_with_its_number_its_key_and_what_is_wrong() {
    for (text, its_line, its_key, its_why) in BAD {
        match ServerConfig::parse(text) {
            Err(ConfigError::BadLine { file: None, line, key, why }) => {
                assert_eq!((line, key.as_str()), (*its_line, *its_key));
                assert!(why.contains(its_why), "{text}: {why}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn files_are_named_and_the_members_may_be_in_one_of_their_own() {
    let directory = TempDir::new();
    let file = directory.path().join("zoo.cfg");
    let dynamic = directory.path().join("zoo.cfg.dynamic");
    let config = with(|config| {
        config.members = vec![Member::new(1, "a"), full_member()];
        config.dynamic_config_file = Some(dynamic.clone());
    });
    config.write_to(std::fs::File::create(&file).unwrap()).unwrap();
    assert!(!std::fs::read_to_string(&file).unwrap().contains("server."));
    assert!(ServerConfig::read(&file).unwrap_err().to_string().contains("zoo.cfg.dynamic: "));
    std::fs::write(&dynamic, config.members_text().unwrap()).unwrap();
    assert_eq!(ServerConfig::read(&file).unwrap().members, config.members);
    std::fs::write(&dynamic, "server.1=a").unwrap();
    let error = ServerConfig::read(&file).unwrap_err();
    let expected = format!("{}, line 1: server.1: ", dynamic.display());
    assert!(error.to_string().starts_with(&expected), "{error}");
}

#[test]
fn the_last_of_two_lines_holds_and_unknown_keys_are_kept() {
    let text = "a=1\nserver.1=x:1:2\nsnapCount=1\nb: 2\na 3\nsnapCount=2\nserver.1=y:3:4\n";
    let config = ServerConfig::parse(text).unwrap();
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    assert_eq!(config.other, [pair("b", "2"), pair("a", "3")]);
    assert_eq!(config.snap_count, Some(2));
    assert_eq!(config.members, [Member::at(1, "y", 3, 4)]);
}

/// Anything that may stand in a value.
fn text() -> impl Strategy<Value = String> {
    any::<String>().prop_map(|text| text.trim().to_owned())
}

fn path() -> impl Strategy<Value = PathBuf> {
    text().prop_filter("not empty", |text| !text.is_empty()).prop_map(PathBuf::from)
}

fn millis() -> impl Strategy<Value = Duration> {
    (1..=i32::MAX.unsigned_abs()).prop_map(|millis| Duration::from_millis(millis.into()))
}

fn count() -> impl Strategy<Value = u32> {
    0..=i32::MAX.unsigned_abs()
}

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::Participant), Just(Role::Observer)]
}

fn host() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z0-9.-]{1,20}", Just("::1".to_owned()), Just("fe80::1%eth0".to_owned())]
}

prop_compose! {
    fn member()(
        id in any::<u64>(),
        addresses in prop::collection::vec((host(), any::<u16>(), any::<u16>()), 1..3),
        role in prop::option::of(role()),
        client in prop::option::of((prop::option::of(host()), any::<u16>())),
    ) -> Member {
        let address =
            |(host, peer_port, election_port)| MemberAddress { host, peer_port, election_port };
        Member {
            id,
            addresses: addresses.into_iter().map(address).collect(),
            role,
            client: client.map(|(host, port)| ClientAddress { host, port }),
        }
    }
}

fn members() -> impl Strategy<Value = Vec<Member>> {
    prop::collection::btree_map(any::<u64>(), member(), 0..4).prop_map(|members| {
        members.into_iter().map(|(id, member)| Member { id, ..member }).collect()
    })
}

/// Keys that have no field, among them some that look as if.
fn others() -> impl Strategy<Value = Vec<(String, String)>> {
    let key = prop_oneof![text(), Just("server".to_owned()), Just("#x".to_owned())];
    let key = key.prop_filter("a key of its own", |key| {
        let own = keys::Key::named(key).is_some() || key.starts_with("server.");
        !key.is_empty() && !own
    });
    let pairs = prop::collection::hash_map(key, text(), 0..4);
    pairs.prop_map(|pairs| pairs.into_iter().collect())
}

prop_compose! {
    fn config()(
        (tick_time, init_limit, min_session_timeout) in (millis(), count(), millis()),
        data_dir in path(),
        data_log_dir in prop::option::of(path()),
        (client_port, secure_client_port) in (any::<u16>(), prop::option::of(any::<u16>())),
        client_port_address in prop::option::of(text()),
        key_store_password in prop::option::of(text()),
        (force_sync, standalone_enabled) in (any::<bool>(), prop::option::of(any::<bool>())),
        words in prop::option::of(prop::collection::vec("[a-z]{4}|\\*", 1..4)),
        peer_type in prop::option::of(role()),
        members in members(),
        other in others(),
    ) -> ServerConfig {
        ServerConfig {
            tick_time: Some(tick_time),
            init_limit: Some(init_limit),
            sync_limit: Some(init_limit),
            min_session_timeout: Some(min_session_timeout),
            data_dir: Some(data_dir),
            data_log_dir,
            client_port: Some(client_port),
            client_port_address,
            secure_client_port,
            force_sync: Some(force_sync),
            standalone_enabled,
            four_letter_words: words,
            peer_type,
            members,
            tls: TlsConfig { key_store_password, ..TlsConfig::default() },
            other,
            ..ServerConfig::default()
        }
    }
}

proptest! {
    #[test]
    fn whatever_is_written_is_read_back(config in config()) {
        let text = config.to_zoo_cfg().unwrap();
        prop_assert!(text.is_ascii());
        prop_assert_eq!(ServerConfig::parse(&text).unwrap(), config);
    }

    #[test]
    fn no_text_is_more_than_wrong(text in any::<String>()) {
        if let Ok(config) = ServerConfig::parse(&text) {
            let again = ServerConfig { data_dir: Some("/x".into()), ..config };
            // What was read can be written, unless Java's own syntax let in what no key is.
            if let Ok(written) = again.to_zoo_cfg() {
                let read = ServerConfig::parse(&written).unwrap();
                prop_assert_eq!(read.with_defaults(), again.with_defaults());
            }
        }
    }
}
