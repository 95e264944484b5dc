//! `stat` and `exists`, and who may ask.

use super::on_each;
use crate::zk::finish;

#[test]
fn stat_shows_every_field_in_both_forms() {
    on_each("stat", |place| {
        let path = place.at("n");
        place.zk(&["create", &path, "12345"]).exits(0);
        place.zk(&["create", &place.at("n/child")]).exits(0);
        let ran = place.zk(&["stat", &path]).exits(0).quietly();
        let fields: Vec<&str> =
            ran.text().lines().filter_map(|line| line.split_whitespace().next()).collect();
        assert_eq!(fields.len(), 11);
        let document = place.zk(&["stat", &path, "-o", "json"]).exits(0).quietly().json();
        let stat = document["stat"].as_object().unwrap();
        assert_eq!(stat.len(), 11);
        assert!(fields.iter().all(|field| stat.contains_key(*field)), "{fields:?} {stat:?}");
        assert_eq!((&stat["dataLength"], &stat["numChildren"]), (&5.into(), &1.into()));
        assert_eq!((&stat["version"], &stat["ephemeralOwner"]), (&0.into(), &"0x0".into()));
        assert!(stat["czxid"].as_str().unwrap().starts_with("0x"));
        assert!(stat["mtime"].as_i64().unwrap() > 1_500_000_000_000);
    });
}

#[test]
fn exists_answers_with_its_exit_code_too() {
    on_each("exists", |place| {
        let missing = place.at("missing");
        assert_eq!(place.zk(&["exists", &place.path]).exits(0).quietly().text(), "true\n");
        assert_eq!(place.zk(&["exists", &missing]).exits(1).quietly().text(), "false\n");
        let yes = place.zk(&["exists", &place.path, "-o", "json"]).exits(0).json();
        assert_eq!((&yes["exists"], &yes["stat"]["version"]), (&true.into(), &0.into()));
        let no = place.zk(&["exists", &missing, "-o", "json"]).exits(1).json();
        assert_eq!(no["exists"], false);
        assert!(no["stat"].is_null());
        assert_eq!(no["path"], missing);
    });
}

/// The znode of the configuration is one that everybody may read and only the super user change.
#[test]
fn what_the_acl_forbids_ends_with_6_and_credentials_open_it() {
    on_each("auth", |place| {
        if !place.is_from(3, 5, 0) {
            return;
        }
        let path = format!("/zookeeper/config{}", place.path);
        let ran = place.zk(&["create", &path]).exits(6).says("NoAuth").says(&path);
        ran.says("ZK_AUTH").says("outcome: nothing changed");
        let mut create = place.command(&["create", &path]);
        finish(create.env("ZK_AUTH", "digest:super:test"), b"").exits(0).quietly();
        let file = std::env::temp_dir().join(format!("zk-cli-super-{}", std::process::id()));
        std::fs::write(&file, "# the tests' super user\ndigest:super:test\n").unwrap();
        let from_file = place.zk(&["--auth-file", file.to_str().unwrap(), "rm", &path]);
        std::fs::remove_file(&file).unwrap();
        let from_file = from_file.exits(0);
        if cfg!(unix) {
            // Written as files are by default, so others may read it, and that is worth a word.
            from_file.says("chmod 600");
        }
    });
}

#[test]
fn a_scheme_that_the_server_does_not_know_ends_with_6() {
    on_each("scheme", |place| {
        let mut get = place.command(&["get", &place.path]);
        let ran = finish(get.env("ZK_AUTH", "nosuch:secret"), b"").exits(6);
        assert!(ran.says("nosuch").stderr.find("secret").is_none());
    });
}
