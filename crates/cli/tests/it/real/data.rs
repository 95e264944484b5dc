//! `get` and `set`: exact bytes, null and empty, versions, chroots.

use super::on_each;

#[test]
fn bytes_come_back_as_they_went() {
    on_each("bytes", |place| {
        let path = place.at("n");
        let every_byte: Vec<u8> = (0..=255).cycle().take(100_000).collect();
        place.zk_with(&["create", &path, "-"], &every_byte).exits(0);
        assert_eq!(place.zk(&["get", &path]).exits(0).quietly().stdout, every_byte);
        for data in [&b"no line end"[..], b"\n", b"\x1b[31mred", b"\0", "gr\u{fc}n".as_bytes()] {
            place.zk_with(&["set", &path, "-"], data).exits(0).quietly();
            assert_eq!(place.zk(&["get", &path]).exits(0).stdout, data);
        }
    });
}

#[test]
fn json_tells_null_empty_text_and_bytes_apart() {
    on_each("json-data", |place| {
        let path = place.at("n");
        let get = || {
            let document = place.zk(&["get", &path, "-o", "json"]).exits(0).json();
            assert_eq!(document["path"], path);
            (document["data"].clone(), document["encoding"].clone())
        };
        place.zk(&["create", &path]).exits(0);
        assert_eq!(get(), (().into(), ().into()));
        assert_eq!(place.zk(&["get", &path]).exits(0).stdout, b"");
        place.zk(&["set", &path, ""]).exits(0);
        assert_eq!(get(), ("".into(), "utf8".into()));
        place.zk(&["set", &path, "gr\u{fc}n"]).exits(0);
        assert_eq!(get(), ("gr\u{fc}n".into(), "utf8".into()));
        place.zk_with(&["set", &path, "-"], b"\xff\0").exits(0);
        assert_eq!(get(), ("/wA=".into(), "base64".into()));
        place.zk(&["set", &path, "--null"]).exits(0);
        assert_eq!(get(), (().into(), ().into()));
        place.zk_with(&["set", &path, "-"], b"").exits(0);
        assert_eq!(get(), ("".into(), "utf8".into()));
    });
}

#[test]
fn set_takes_a_version_and_refuses_another() {
    on_each("versions", |place| {
        let path = place.at("n");
        place.zk(&["create", &path, "zero"]).exits(0);
        place.zk(&["set", &path, "one", "--version", "0"]).exits(0);
        let ran = place.zk(&["set", &path, "two", "--version", "0"]).exits(5);
        ran.says("BadVersion").says(&path).says("outcome: nothing changed").says("hint: ");
        assert_eq!(place.zk(&["get", &path]).stdout, b"one");
        let document = place.zk(&["set", &path, "two", "-o", "json"]).exits(0).json();
        assert_eq!((&document["path"], &document["stat"]["version"]), (&path.into(), &2.into()));
    });
}

#[test]
fn what_is_not_there_ends_with_3_and_says_where() {
    on_each("no-node", |place| {
        let path = place.at("missing");
        for verb in ["get", "stat", "ls"] {
            let ran = place.zk(&[verb, &path]).exits(3).says("NoNode").says(&path);
            let ran = ran.says(&format!("at: {}, session 0x", place.servers));
            assert!(ran.stdout.is_empty());
        }
        let ran = place.zk(&["set", &path, "x"]).exits(3).says("NoNode");
        ran.says("outcome: nothing changed").says("hint: ");
    });
}

#[test]
fn paths_are_below_the_chroot_and_messages_say_the_full_path() {
    on_each("chroot", |place| {
        place.zk(&["create", &place.at("n"), "x"]).exits(0);
        let chroot = format!("{}{}", place.servers, place.path);
        assert_eq!(place.zk(&["-s", &chroot, "get", "/n"]).exits(0).stdout, b"x");
        assert_eq!(place.zk(&["-s", &chroot, "ls", "/"]).exits(0).text(), "n\n");
        let created = place.zk(&["-s", &chroot, "create", "/m"]).exits(0);
        assert_eq!(created.text(), "/m\n");
        let ran = place.zk(&["-s", &chroot, "get", "/missing"]).exits(3);
        ran.says("cannot get /missing").says(&format!("full path {}", place.at("missing")));
        let missing = format!("{}{}", place.servers, place.at("no-such"));
        place.zk(&["-s", &missing, "create", "/x"]).exits(3).says("does the chroot");
    });
}

#[test]
fn a_request_that_just_does_not_fit_is_refused_with_its_size() {
    on_each("too-large", |place| {
        let path = place.at("n");
        place.zk(&["create", &path]).exits(0);
        // Without its path it would fit.
        let data = vec![b'x'; 0xf_ffff - 8];
        let ran = place.zk_with(&["set", &path, "-"], &data).exits(2);
        ran.says("jute.maxbuffer").says("outcome: nothing changed").says("--jute-maxbuffer");
        let fits = vec![b'x'; 0xf_ffff - 200];
        place.zk_with(&["set", &path, "-"], &fits).exits(0);
        assert_eq!(place.zk(&["get", &path]).exits(0).stdout.len(), fits.len());
    });
}
