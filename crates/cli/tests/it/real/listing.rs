//! `ls` in its forms.

use super::on_each;

#[test]
fn ls_lists_children_sorted_one_a_line() {
    on_each("ls", |place| {
        assert_eq!(place.zk(&["ls", &place.path]).exits(0).quietly().text(), "");
        for name in ["b", "a", "c d", "\u{202e}x"] {
            place.zk(&["create", &place.at(name)]).exits(0);
        }
        assert_eq!(place.zk(&["ls", &place.path]).exits(0).text(), "a\nb\nc d\n\\u{202e}x\n");
        let document = place.zk(&["ls", &place.path, "-o", "json"]).exits(0).json();
        let names: Vec<_> = document["children"].as_array().unwrap().iter().collect();
        assert_eq!(names.len(), 4);
        assert_eq!((&names[0]["name"], &names[3]["name"]), (&"a".into(), &"\u{202e}x".into()));
        assert!(names[0].get("stat").is_none());
        assert_eq!(document["stat"]["numChildren"], 4);
    });
}

#[test]
fn ls_long_tells_of_each_child() {
    on_each("ls-long", |place| {
        place.zk(&["create", &place.at("n"), "12345"]).exits(0);
        place.zk(&["set", &place.at("n"), "1234"]).exits(0);
        place.zk(&["create", &place.at("n/child")]).exits(0);
        let mut ephemeral = place.start(&["create", "--ephemeral", &place.at("e")]);
        ephemeral.line();
        let ran = place.zk(&["ls", "--long", &place.path]).exits(0).quietly();
        let lines: Vec<Vec<&str>> =
            ran.text().lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines.len(), 2, "{ran:#?}");
        assert_eq!((lines[0][0], lines[0][5]), ("e", "e"));
        assert_eq!(lines[1][..4], ["-", "1", "4", "1"]);
        assert_eq!(lines[1][5], "n");
        let document = place.zk(&["ls", "-l", &place.path, "-o", "json"]).exits(0).json();
        assert_eq!(document["children"][1]["stat"]["dataLength"], 4);
        ephemeral.end_input();
        assert_eq!(ephemeral.end().0, Some(0));
    });
}

#[test]
fn ls_recursive_lists_all_below_in_order() {
    on_each("ls-recursive", |place| {
        for leaf in ["b", "a/y", "a/x/deep", "c"] {
            place.zk(&["create", "--parents", &place.at(leaf)]).exits(0);
        }
        let expected: Vec<String> =
            ["a", "a/x", "a/x/deep", "a/y", "b", "c"].iter().map(|name| place.at(name)).collect();
        let ran = place.zk(&["ls", "--recursive", &place.path]).exits(0).quietly();
        assert_eq!(ran.text().lines().collect::<Vec<_>>(), expected);
        let lines = place.zk(&["ls", "-r", &place.path, "-o", "json"]).exits(0).json_lines();
        let paths: Vec<_> = lines.iter().map(|line| line["path"].as_str().unwrap()).collect();
        assert_eq!(paths, expected);
        assert_eq!(lines[0]["stat"]["numChildren"], 2);
        let ran = place.zk(&["ls", "-rl", &place.path]).exits(0);
        assert!(ran.text().lines().zip(&expected).all(|(line, path)| line.ends_with(path)));
    });
}

/// More siblings than are asked for at once.
#[test]
fn ls_recursive_keeps_its_order_in_a_broad_tree() {
    on_each("ls-broad", |place| {
        // One connection a znode: a hundred and a few are enough to pass the window.
        let mut expected = Vec::new();
        for number in 0..130 {
            let ran = place.zk(&["create", "-q", &place.at("n-")]).exits(0);
            let path = ran.text().trim_end().to_owned();
            expected.push(path.clone());
            if number % 40 == 0 {
                let child = format!("{path}/child");
                place.zk(&["create", &child]).exits(0);
                expected.push(child);
            }
        }
        let ran = place.zk(&["ls", "-r", &place.path]).exits(0);
        assert_eq!(ran.text().lines().collect::<Vec<_>>(), expected);
        let ran = place.zk(&["ls", "-l", &place.path]).exits(0);
        assert_eq!(ran.text().lines().count(), 130);
    });
}
