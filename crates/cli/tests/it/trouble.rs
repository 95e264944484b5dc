//! What happens rarely, brought about by a server that is not one: see `fake.rs`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::fake::{STAT, Then, buffer, op, start};
use crate::running::Running;
use crate::zk::{command, run};

/// A server that grants every session and does this to every request.
fn always(then: impl Fn(i32) -> Then + Send + Clone + 'static) -> String {
    start(|_| true, move |_, op| then(op))
}

#[test]
fn a_write_that_is_lost_has_an_unknown_outcome() {
    let lost = always(|_| Then::Close);
    for verb in [&["set", "/a", "x"][..], &["create", "/a"], &["rm", "/a"]] {
        let ran = run(&[&["-s", &lost], verb].concat()).exits(7);
        let ran = ran.says("outcome: unknown").says("/a").says(&format!("at: {lost}"));
        assert!(ran.stdout.is_empty());
    }
}

#[test]
fn a_write_that_is_not_answered_in_time_has_an_unknown_outcome() {
    let silent = always(|_| Then::Silence);
    let ran = run(&["-s", &silent, "--timeout", "300ms", "set", "/a", "x"]).exits(7);
    ran.says("outcome: unknown").says("no reply");
}

#[test]
fn a_read_that_is_lost_again_and_again_is_given_up_and_claims_no_outcome() {
    let lost = always(|_| Then::Close);
    let ran = run(&["-s", &lost, "get", "/a"]).exits(7).says("error: cannot get /a");
    assert!(!ran.stderr.contains("outcome"), "{ran:#?}");
}

#[test]
fn codes_that_real_servers_send_rarely_have_their_exit_codes() {
    for (code, name, exit) in [
        (-119, "NotReadOnly", 10),
        (-125, "QuotaExceeded", 10),
        (-127, "ThrottledOp", 10),
        (-118, "SessionMoved", 8),
        (-4711, "-4711", 10),
    ] {
        let server = always(move |_| Then::Reply(code, Vec::new()));
        let ran = run(&["-s", &server, "set", "/a", "x"]).exits(exit).says(name);
        ran.says("outcome: nothing changed");
    }
}

#[test]
fn a_reply_that_cannot_be_read_is_no_reply() {
    let server = always(|_| Then::Reply(0, vec![1, 2, 3]));
    run(&["-s", &server, "get", "/a"]).exits(7).says("error: cannot get /a");
    let ran = run(&["-s", &server, "set", "/a", "x"]).exits(7);
    ran.says("outcome: unknown");
}

#[test]
fn names_that_are_traps_for_a_terminal_are_shown_and_not_obeyed() {
    let trap = "\u{1b}]0;owned\u{7}\nfake\u{202e}";
    let children = [&1_i32.to_be_bytes()[..], &buffer(trap.as_bytes()), &STAT].concat();
    let server = always(move |op| {
        assert_eq!(op, op::GET_CHILDREN2);
        Then::Reply(0, children.clone())
    });
    let ran = run(&["-s", &server, "ls", "/a"]).exits(0);
    assert_eq!(ran.text(), "\\u{1b}]0;owned\\u{7}\\nfake\\u{202e}\n");
    let document = run(&["-s", &server, "ls", "/a", "-o", "json"]).exits(0).json();
    assert_eq!(document["children"][0]["name"], trap);
}

/// The first listing has a child; the second, of that child, is not allowed.
#[test]
fn a_listing_with_parts_that_may_not_be_listed_ends_with_9() {
    for (arguments, line) in [
        (&["ls", "-r", "/a"][..], "/a/b"),
        (&["ls", "-rl", "/a"], "/a/b"),
        (&["ls", "-r", "/a", "-o", "json"], r#"{"path":"/a/b","stat":null}"#),
    ] {
        let children = [&1_i32.to_be_bytes()[..], &buffer(b"b"), &STAT].concat();
        let asked = Arc::new(AtomicU32::new(0));
        let server = always(move |_| match asked.fetch_add(1, Ordering::Relaxed) {
            0 => Then::Reply(0, children.clone()),
            _ => Then::Reply(-102, Vec::new()),
        });
        let ran = run(&[&["-s", &server], arguments].concat()).exits(9);
        let ran = ran.says("cannot list /a/b").says("NoAuth").says("not whole: 1 of");
        assert!(ran.text().ends_with(&format!("{line}\n")), "{ran:#?}");
    }
}

/// Four children with names so long that three of them fill a batch: it is deleted, the next is not.
#[test]
fn a_deletion_that_fails_halfway_ends_with_9_and_says_how_far_it_came() {
    let names: Vec<u8> = (0..4).flat_map(|n| buffer(format!("{n:050000}").as_bytes())).collect();
    let children = [&4_i32.to_be_bytes()[..], &names, &STAT].concat();
    let none = [&0_i32.to_be_bytes()[..], &STAT].concat();
    let end = [&(-1_i32).to_be_bytes()[..], &[1], &(-1_i32).to_be_bytes()].concat();
    let done = [&2_i32.to_be_bytes()[..], &[0], &0_i32.to_be_bytes()].concat().repeat(3);
    let code = (-102_i32).to_be_bytes();
    let not_allowed = [&(-1_i32).to_be_bytes()[..], &[0], &code, &code].concat();
    for (second, message, outcome) in [
        (Then::Reply(0, [&not_allowed[..], &end].concat()), "NoAuth", "3 znodes were deleted"),
        (Then::Close, "closed the connection", "3 znodes were deleted, and more may have been"),
    ] {
        let (listed, deleted) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let (children, none, first) = (children.clone(), none.clone(), [&done[..], &end].concat());
        let second = Arc::new(second);
        let server = always(move |op| match op {
            op::GET_CHILDREN2 if listed.fetch_add(1, Ordering::Relaxed) == 0 => {
                Then::Reply(0, children.clone())
            }
            op::GET_CHILDREN2 => Then::Reply(0, none.clone()),
            op::MULTI if deleted.fetch_add(1, Ordering::Relaxed) == 0 => {
                Then::Reply(0, first.clone())
            }
            op::MULTI => second.as_ref().clone(),
            other => panic!("not expected: {other}"),
        });
        let ran = run(&["-s", &server, "rm", "-r", "/a"]).exits(9);
        ran.says(message).says(&format!("outcome: {outcome}"));
    }
}

#[test]
fn a_deletion_that_fails_at_once_ends_with_its_own_code() {
    let children = [&1_i32.to_be_bytes()[..], &buffer(b"b"), &STAT].concat();
    let asked = Arc::new(AtomicU32::new(0));
    let server = always(move |_| match asked.fetch_add(1, Ordering::Relaxed) {
        0 => Then::Reply(0, children.clone()),
        _ => Then::Reply(-102, Vec::new()),
    });
    let ran = run(&["-s", &server, "rm", "-r", "/a"]).exits(6).says("NoAuth");
    ran.says("outcome: nothing changed");
}

/// The first connection ends behind the create; the second learns that the session is gone.
#[test]
fn an_ephemeral_whose_session_expires_is_reported_gone() {
    let server = start(
        |number| number == 0,
        |_, op| {
            assert_eq!(op, op::CREATE2);
            Then::ReplyAndClose([&buffer(b"/e")[..], &STAT].concat())
        },
    );
    let mut held = Running::start(&mut command(&["-s", &server, "create", "--ephemeral", "/e"]));
    assert_eq!(held.line(), "/e");
    let (code, said) = held.end();
    assert_eq!(code, Some(8), "{said:?}");
    assert!(said.iter().any(|line| line.starts_with("error: /e is gone")), "{said:?}");
}

/// The connection ends behind the watch; the next one takes the session up again.
#[test]
fn a_watch_tells_that_it_was_away() {
    for (format, line) in [
        ("text", "Gap /w".to_owned()),
        ("json", r#"{"after":"0x7","event":"Gap","path":"/w","until":"0x7"}"#.to_owned()),
    ] {
        let server = start(
            |_| true,
            |_, op| match op {
                op::ADD_WATCH => Then::ReplyAndClose(Vec::new()),
                op::SET_WATCHES2 => Then::Reply(0, Vec::new()),
                other => panic!("not expected: {other}"),
            },
        );
        let arguments = ["-s", &server, "-o", format, "watch", "/w"];
        let mut watch = Running::start(&mut command(&arguments));
        assert_eq!(watch.message(), "watching /w");
        assert_eq!(watch.line(), line);
    }
}

/// As above, but the next server does not take the watch.
#[test]
fn a_watch_that_cannot_be_set_again_ends() {
    let server = start(
        |_| true,
        |_, op| match op {
            op::ADD_WATCH => Then::ReplyAndClose(Vec::new()),
            op::SET_WATCHES2 => Then::Reply(-6, Vec::new()),
            other => panic!("not expected: {other}"),
        },
    );
    let mut watch = Running::start(&mut command(&["-s", &server, "watch", "/w"]));
    assert_eq!(watch.message(), "watching /w");
    assert_eq!(watch.line(), "Ended /w");
    let (code, said) = watch.end();
    assert_eq!(code, Some(10), "{said:?}");
    assert!(said.iter().any(|line| line.contains("the watch of /w has ended")), "{said:?}");
}
