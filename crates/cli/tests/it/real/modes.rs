//! `create` in its modes.

use super::on_each;

#[test]
fn create_prints_the_path_and_refuses_what_exists() {
    on_each("create", |place| {
        let path = place.at("n");
        assert_eq!(
            place.zk(&["create", &path, "x"]).exits(0).quietly().text(),
            format!("{path}\n")
        );
        let ran = place.zk(&["create", &path, "y"]).exits(4).says("NodeExists").says(&path);
        assert!(ran.says("outcome: nothing changed").stdout.is_empty());
        assert_eq!(place.zk(&["get", &path]).stdout, b"x");
        let document = place.zk(&["create", &place.at("m"), "-o", "json"]).exits(0).json();
        assert_eq!(document["path"], place.at("m"));
    });
}

#[test]
fn missing_parents_are_a_hint_and_then_created() {
    on_each("parents", |place| {
        let path = place.at("a/b/c");
        let ran = place.zk(&["create", &path, "x"]).exits(3).says("NoNode").says(&place.at("a/b"));
        ran.says("--parents").says("outcome: nothing changed");
        let ran = place.zk(&["create", "--parents", &path, "x"]).exits(0).quietly();
        assert_eq!(ran.text(), format!("{path}\n"));
        assert_eq!(place.zk(&["get", &path]).stdout, b"x");
        place.zk(&["create", "--parents", &path, "x"]).exits(4).says("NodeExists");
        place.zk(&["create", "--parents", &place.at("a/b/d")]).exits(0);
    });
}

#[test]
fn a_sequential_gets_the_next_number() {
    on_each("sequential", |place| {
        let prefix = place.at("n-");
        for number in 0..2 {
            let ran = place.zk(&["create", "--sequential", &prefix, "x"]).exits(0);
            assert_eq!(ran.text(), format!("{prefix}{number:010}\n"));
        }
        let ran = place.zk(&["create", "-q", &place.at(""), "-o", "json"]).exits(0);
        assert_eq!(ran.json()["path"], place.at("0000000002"));
    });
}

/// That the server removes it comes with the reaper, every second on the servers of `xtask`; what a
/// watch tells of it is the proof, without a wait of our own.
#[test]
fn a_container_goes_after_its_last_child() {
    on_each("container", |place| {
        if !place.is_from(3, 5, 1) {
            return;
        }
        let path = place.at("c");
        assert_eq!(
            place.zk(&["create", "--container", &path]).exits(0).text(),
            format!("{path}\n")
        );
        place.zk(&["create", &place.at("c/child")]).exits(0);
        goes_by_itself(place, &path, || {
            place.zk(&["rm", &place.at("c/child")]).exits(0);
        });
    });
}

#[test]
fn a_time_to_live_ends() {
    on_each("ttl", |place| {
        if !place.is_from(3, 5, 3) {
            return;
        }
        let path = place.at("t");
        goes_by_itself(place, &path, || {
            place.zk(&["create", "--ttl", "10ms", &path, "x"]).exits(0);
        });
        let ran = place.zk(&["create", "--ttl", "1h", "--sequential", &place.at("s-")]).exits(0);
        assert_eq!(ran.text(), format!("{}0000000001\n", place.at("s-")));
    });
}

/// Whether the server deletes it after `change`, as told by a watch where servers have them.
fn goes_by_itself(place: &super::Place, path: &str, change: impl Fn()) {
    if !place.is_from(3, 6, 0) {
        return change();
    }
    let mut watch = place.start(&["watch", path]);
    watch.message();
    change();
    while watch.line() != format!("NodeDeleted {path}") {}
}
