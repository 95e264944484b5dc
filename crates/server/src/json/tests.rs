//! Trees as texts: what is read, what is refused, and what comes back.

use std::time::Duration;

use zookit_proto::types::{Acl, Perms};
use zookit_proto::{SessionId, Zxid};

use super::*;
use crate::core::{Config, Owner, Server, Time};

/// The document in the docs of this module, but for a digest that is no digest there.
const BY_HAND: &str = r#"{
  "znodes": {
    "/app/config/db": "host=db1",
    "/app/empty": "",
    "/app/null": null,
    "/app/bytes": {"data": "/wA=", "encoding": "base64"},
    "/app/mine": {"data": "x", "acl": ["digest:amy:a:b=:cdrwa", "world:anyone:r"]},
    "/app/jobs": {"container": true},
    "/app/cache": {"data": "x", "ttl": 60000}
  }
}"#;

fn server() -> Server {
    Server::new(Config { origin_ms: 1_700_000_000_000, ..Config::default() }, 1)
}

fn load_into(server: &mut Server, text: &str) -> Result<(), LoadError> {
    load(server, Time::ZERO, parse(text)?)
}

fn loaded(text: &str) -> Server {
    let mut server = server();
    load_into(&mut server, text).unwrap();
    server
}

/// What is said of a document that cannot be, into which nothing of it went.
fn refused(text: &str) -> String {
    let mut server = server();
    let error = load_into(&mut server, text).unwrap_err();
    assert_eq!(dump(&server), dump(&self::server()));
    error.to_string()
}

#[test]
fn a_document_by_hand_is_a_tree() {
    let server = loaded(BY_HAND);
    let tree = server.tree();
    let data = |path| tree.data(path).unwrap();
    assert_eq!(data("/app/config/db").as_deref(), Some(&b"host=db1"[..]));
    assert_eq!(data("/app/empty").as_deref(), Some(&b""[..]));
    assert_eq!((data("/app/null"), data("/app")), (None, None));
    assert_eq!(data("/app/bytes").as_deref(), Some(&b"\xff\0"[..]));
    assert_eq!(tree.owner("/app/jobs"), Some(Owner::Container));
    assert_eq!(tree.owner("/app/cache"), Some(Owner::Ttl { ms: 60_000 }));
    let acl = [Acl::new(Perms::ALL, "digest", "amy:a:b="), Acl::world(Perms::READ)];
    assert_eq!(tree.acl("/app/mine").unwrap().to_vec(), acl);
}

#[test]
fn it_is_as_if_one_transaction_had_created_it_all() {
    let server = loaded(BY_HAND);
    assert_eq!(server.last_zxid(), Zxid(1));
    let stat = server.tree().stat("/app").unwrap();
    assert_eq!((stat.czxid, stat.mzxid, stat.pzxid), (Zxid(1), Zxid(1), Zxid(1)));
    assert_eq!((stat.ctime, stat.version), (1_700_000_000_000, 0));
    // Seven were created and are there: 2 * 7 - 7.
    assert_eq!((stat.num_children, stat.cversion), (7, 7));
    let root = server.tree().stat("/").unwrap();
    assert_eq!((root.num_children, root.cversion, root.pzxid), (2, 0, Zxid(1)));
}

#[test]
fn what_was_dumped_and_loaded_is_dumped_again_letter_for_letter() {
    let text = r#"{
      "zxid": "0x500000007",
      "sessions": {"0x100018f00000000": 30000, "0xff00018f00000001": 4000},
      "znodes": {
        "/a": {"data": "x", "stat": {"czxid": "0x500000001", "mzxid": "0x500000006",
               "pzxid": "0x500000003", "ctime": 5, "mtime": 9, "version": 3, "aversion": -1,
               "childrenCreated": 12}},
        "/a/e": {"ephemeralOwner": "0x100018f00000000", "stat": {"czxid": "0x500000003"}},
        "/a/f": {"ephemeralOwner": "0xff00018f00000001", "data": "/wA=", "encoding": "base64",
                 "acl": ["ip:10.0.0.0/8:cr", "x509:CN=a:b,O=c:a+0x40"],
                 "stat": {"czxid": "0x500000002"}},
        "/\u00e9\"\\": "quotes \" and \n lines"
      }
    }"#;
    let first = loaded(text);
    assert_eq!(first.last_zxid(), Zxid(0x5_0000_0008), "one znode had no stat");
    let sessions: Vec<_> = first.sessions().iter().map(|it| (it.id, it.timeout)).collect();
    assert_eq!(sessions.len(), 2);
    assert!(sessions.contains(&(SessionId(0x0100_018f_0000_0000), Duration::from_secs(30))));
    let stat = first.tree().stat("/a").unwrap();
    assert_eq!((stat.cversion, stat.version, stat.aversion), (22, 3, -1));

    let second = loaded(&dump(&first));
    assert_eq!(dump(&second), dump(&first));
    let stats = |server: &Server| server.tree().znodes().collect::<Vec<_>>();
    assert_eq!(stats(&second), stats(&first));
    assert_eq!(second.last_zxid(), first.last_zxid());
}

#[test]
fn a_new_server_dumps_nothing_but_its_number() {
    let text = dump(&server());
    assert_eq!(text, "{\n  \"zxid\": \"0x0\",\n  \"sessions\": {},\n  \"znodes\": {\n  }\n}\n");
    assert_eq!(dump(&loaded(&text)), text);
}

#[test]
fn what_is_loaded_into_a_tree_changes_what_is_there() {
    let mut server = loaded(r#"{"znodes": {"/a/b": "1"}}"#);
    load_into(&mut server, r#"{"znodes": {"/a/b": "2", "/a/c": "3"}}"#).unwrap();
    let tree = server.tree();
    assert_eq!(tree.data("/a/b").unwrap().as_deref(), Some(&b"2"[..]));
    assert_eq!(tree.stat("/a/b").unwrap().czxid, Zxid(1));
    let stat = tree.stat("/a").unwrap();
    assert_eq!((stat.num_children, stat.cversion, stat.pzxid), (2, 2, Zxid(2)));
    assert_eq!(server.last_zxid(), Zxid(2));
}

#[test]
fn a_child_that_says_it_is_older_than_its_parent_is_loaded_behind_it() {
    let server = loaded(r#"{"znodes": {"/a/b/c": {"stat": {"czxid": "0x1"}}, "/z": null}}"#);
    assert!(server.tree().contains("/a/b/c"));
}

#[test]
fn what_cannot_be_is_refused_as_a_whole_and_says_where() {
    for (text, why) in [
        ("{", "not JSON: EOF while parsing"),
        ("[]", "the document is not an object"),
        (r#"{"znode": {}}"#, "\"znode\" is not known; there are zxid, sessions, znodes"),
        (r#"{"zxid": 5}"#, "zxid is not a string like \"0x1f\": 5"),
        (r#"{"sessions": {"0x1": 0}}"#, "the timeout of session 0x1"),
        (r#"{"znodes": {"/ok": "", "a": null}}"#, "a: "),
        (r#"{"znodes": {"/a/": null}}"#, "/a/: "),
        (r#"{"znodes": {"/a": 5}}"#, "/a: a znode that is neither a string nor null"),
        (r#"{"znodes": {"/a": {"dat": "x"}}}"#, "/a: \"dat\" is not known"),
        (r#"{"znodes": {"/a": {"data": 1}}}"#, "/a: its data is neither"),
        (
            r#"{"znodes": {"/a": {"data": "!", "encoding": "base64"}}}"#,
            "/a: its data is not base64",
        ),
        (r#"{"znodes": {"/a": {"data": "!", "encoding": "hex"}}}"#, "/a: its encoding is neither"),
        (r#"{"znodes": {"/a": {"acl": []}}}"#, "/a: its acl is not a list of at least one"),
        (r#"{"znodes": {"/a": {"acl": ["world:r"]}}}"#, "not of the form scheme:id:perms"),
        (r#"{"znodes": {"/a": {"acl": ["world:anyone:rx"]}}}"#, "\"rx\" in \"world:anyone:rx\""),
        (r#"{"znodes": {"/a": {"ttl": 0}}}"#, "/a: its ttl is not"),
        (r#"{"znodes": {"/a": {"ttl": 5, "container": true}}}"#, "/a: it is two of"),
        (r#"{"znodes": {"/a": {"stat": {"cversion": 1}}}}"#, "/a: its stat has no \"cversion\""),
        (r#"{"znodes": {"/a": {"stat": {"version": 2147483648}}}}"#, "its version has not 32 bits"),
        (r#"{"znodes": {"/a": {"ephemeralOwner": "0x5"}}}"#, "/a: its session 0x5 is not among"),
        (
            r#"{"sessions": {"0x5": 9}, "znodes": {"/a": {"ephemeralOwner": "0x5"}, "/a/b": ""}}"#,
            "/a/b: its parent /a is ephemeral",
        ),
    ] {
        assert!(refused(text).contains(why), "{text}: {}", refused(text));
    }
}
