//! `rm`, and what it leaves alone.

use super::on_each;

#[test]
fn rm_deletes_one_and_says_why_not() {
    on_each("rm", |place| {
        let path = place.at("n");
        place.zk(&["create", "--parents", &place.at("n/child")]).exits(0);
        let ran = place.zk(&["rm", &path]).exits(4).says("NotEmpty").says(&path);
        ran.says("--recursive").says("outcome: nothing changed");
        place.zk(&["rm", &place.at("n/child")]).exits(0).quietly();
        place.zk(&["rm", &path, "--version", "7"]).exits(5).says("BadVersion");
        let document = place.zk(&["rm", &path, "--version", "0", "-o", "json"]).exits(0).json();
        assert_eq!((&document["path"], &document["deleted"]), (&path.clone().into(), &1.into()));
        place.zk(&["rm", &path]).exits(3).says("NoNode");
        place.zk(&["rm", "--recursive", &path]).exits(3).says("NoNode");
    });
}

#[test]
fn rm_recursive_deletes_everything_below_and_counts_it() {
    on_each("rm-recursive", |place| {
        for leaf in ["t/a/b/c", "t/a/d", "t/e"] {
            place.zk(&["create", "--parents", &place.at(leaf)]).exits(0);
        }
        place.zk(&["create", &place.at("untouched")]).exits(0);
        let ran = place.zk(&["rm", "--recursive", &place.at("t"), "-o", "json"]).exits(0);
        assert_eq!(ran.quietly().json()["deleted"], 6);
        assert_eq!(place.zk(&["ls", &place.path]).text(), "untouched\n");
        place.zk(&["create", "--parents", &place.at("t/a")]).exits(0);
        let ran = place.zk(&["delete", "-r", &place.at("t")]).exits(0).quietly();
        assert!(ran.stdout.is_empty());
        assert_eq!(place.zk(&["ls", &place.path]).text(), "untouched\n");
    });
}

#[test]
fn zookeepers_own_znodes_stay() {
    on_each("protected", |place| {
        place.zk(&["rm", "--recursive", "/zookeeper"]).exits(2);
        place.zk(&["rm", "--recursive", "/zookeeper/quota"]).exits(2);
        place.zk(&["exists", "/zookeeper/quota"]).exits(0);
    });
}
