//! Requests that are nearly none, over which a real server stumbles in a way of its own. All of it
//! as a real 3.8.0, 3.8.6 and 3.9.5 answer.

use zookit_proto::connect::{ConnectResponse, decode_response};
use zookit_proto::types::{EventType, WatcherType};
use zookit_proto::{ErrorCode, OpCode, Xid, Zxid};

use super::talk::{Said, TIMEOUT, Talk, get, new_session, raw_frame};
use crate::core::Profile;

const NULL: [u8; 4] = [0xff; 4];
/// The end of a multi, and of its results.
const END: [u8; 9] = [0xff, 0xff, 0xff, 0xff, 1, 0xff, 0xff, 0xff, 0xff];

/// The header of an operation in a multi.
fn header(opcode: OpCode) -> Vec<u8> {
    [&opcode.number().to_be_bytes()[..], &[0], &NULL].concat()
}

/// Asks, and says how many zxids it took, the code, and what is behind the header.
fn ask(talk: &mut Talk, opcode: OpCode, body: &[u8]) -> (i64, ErrorCode, Vec<u8>) {
    let a = talk.client();
    let before = talk.server.last_zxid();
    talk.send(a, &raw_frame(9, opcode.number(), body));
    let Said::Reply { header, body } = talk.says(a) else { panic!("no reply to {opcode}") };
    assert!(talk.done(a, &get("/", false)).is_ok(), "the connection is kept");
    (talk.server.last_zxid().0 - before.0, header.err, body.to_vec())
}

#[test]
fn a_multi_that_stumbles_over_a_null_acl_before_it_breaks_takes_no_number() {
    let text = b"\0\0\0\x02/a\0\0\0\0";
    let null_acl = [header(OpCode::Create), text.to_vec(), NULL.to_vec(), vec![0; 4]].concat();
    let read = [header(OpCode::GetData), b"\0\0\0\x01/\0".to_vec()].concat();
    let unknown_mode =
        [header(OpCode::Create), text.to_vec(), NULL.to_vec(), vec![0, 0, 0, 77]].concat();
    let broken = [0, 0];
    for (profile, results) in [(Profile::V3_8_6, &END[..]), (Profile::V3_9_5, &[])] {
        let mut talk = Talk::of(profile);
        for (multi, taken) in [
            ([&null_acl[..], &broken].concat(), 0),
            ([&read[..], &null_acl, &broken].concat(), 0),
            ([&unknown_mode[..], &broken].concat(), 1),
            ([&broken[..], &null_acl].concat(), 1),
        ] {
            let behind = if taken == 0 { results } else { &[] };
            let expected = (taken, ErrorCode::MarshallingError, behind.to_vec());
            assert_eq!(ask(&mut talk, OpCode::Multi, &multi), expected, "{profile} {multi:?}");
        }
    }
    // All creates in a multi were creates then, and theirs was not looked at so early.
    let mut talk = Talk::of(Profile::V3_8_0);
    let multi = [&null_acl[..], &broken].concat();
    let expected = (1, ErrorCode::MarshallingError, Vec::new());
    assert_eq!(ask(&mut talk, OpCode::Multi, &multi), expected);
}

#[test]
fn a_count_below_null_is_none_at_all() {
    for profile in Profile::ALL {
        let mut talk = Talk::of(profile);
        let below = (-7_i32).to_be_bytes();
        let create = [&b"\0\0\0\x02/a\0\0\0\0"[..], &below, &[0; 4]].concat();
        let expected = (1, ErrorCode::InvalidAcl, Vec::new());
        assert_eq!(ask(&mut talk, OpCode::Create, &create), expected, "{profile}");
        let watches = [&[0; 8][..], &below, &below, &below].concat();
        let expected = (0, ErrorCode::Ok, Vec::new());
        assert_eq!(ask(&mut talk, OpCode::SetWatches, &watches), expected, "{profile}");
        // The length of a text is no count.
        for body in [[&below[..], &[0]].concat(), [&below[..], b"/a", &[0; 8]].concat()] {
            let expected = (0, ErrorCode::MarshallingError, Vec::new());
            assert_eq!(ask(&mut talk, OpCode::GetData, &body), expected, "{profile}");
        }
        let watches = [&[0; 8][..], &[0, 0, 0, 1], &below, &[0; 8]].concat();
        let expected = (0, ErrorCode::MarshallingError, Vec::new());
        assert_eq!(ask(&mut talk, OpCode::SetWatches, &watches), expected, "{profile}");
    }
}

#[test]
fn a_client_that_asks_for_its_session_again_is_greeted_again() {
    for profile in Profile::ALL {
        let mut talk = Talk::of(profile);
        let a = talk.dial();
        let first = talk.connect(a, &new_session());
        let before = talk.server.last_zxid();
        talk.send(a, &raw_frame(9, OpCode::CreateSession.number(), &[0, 0, 0, 100]));
        let again: ConnectResponse = decode_response(talk.frame(a).unwrap()).unwrap();
        assert_eq!(again, first, "with the timeout of the handshake");
        assert_eq!(talk.server.last_zxid(), Zxid(before.0 + 1));
        talk.send(a, &raw_frame(9, OpCode::CreateSession.number(), &[0, 0]));
        let answer = talk.answers(a, Xid(9), OpCode::CreateSession);
        assert_eq!(answer, (Zxid(before.0 + 2), Err(ErrorCode::MarshallingError)));
        assert!(talk.done(a, &get("/", false)).is_ok());
    }
}

#[test]
fn a_session_asked_for_again_has_its_new_timeout_until_it_is_heard_of() {
    let again = |talk: &mut Talk, timeout_ms: i32| {
        let a = talk.client();
        let body = timeout_ms.to_be_bytes();
        talk.send(a, &raw_frame(9, OpCode::CreateSession.number(), &body));
        assert!(talk.frame(a).is_some());
        a
    };
    for timeout_ms in [1_000, -5] {
        let mut talk = Talk::new();
        let a = again(&mut talk, timeout_ms);
        talk.wait(TIMEOUT / 2);
        talk.closes(a);
    }
    let mut talk = Talk::new();
    let (a, b) = (again(&mut talk, 60_000), again(&mut talk, 60_000));
    assert!(talk.done(b, &get("/", false)).is_ok());
    talk.wait(TIMEOUT * 2);
    assert!(talk.is_open(a));
    talk.closes(b);
}

#[test]
fn before_3_9_a_watch_on_a_path_without_a_slash_could_not_be_asked_for() {
    for (profile, code) in [
        (Profile::V3_8_0, ErrorCode::MarshallingError),
        (Profile::V3_8_6, ErrorCode::MarshallingError),
        (Profile::V3_9_5, ErrorCode::NoWatcher),
    ] {
        let mut talk = Talk::of(profile);
        let any = WatcherType::Any.number().to_be_bytes();
        for (path, code) in
            [("foo", code), ("foo/bar", ErrorCode::NoWatcher), ("", ErrorCode::NoWatcher)]
        {
            let length = i32::try_from(path.len()).unwrap().to_be_bytes();
            let body = [&length[..], path.as_bytes(), &any].concat();
            let answer = ask(&mut talk, OpCode::CheckWatches, &body);
            assert_eq!(answer, (0, code, Vec::new()), "{profile} {path:?}");
            let answer = ask(&mut talk, OpCode::RemoveWatches, &body);
            assert_eq!(answer, (0, ErrorCode::NoWatcher, Vec::new()), "{profile} {path:?}");
        }
        // With a recursive watch of anyone there are parents to look at.
        let recursive = b"\0\0\0\x02/r\0\0\0\x01";
        assert_eq!(ask(&mut talk, OpCode::AddWatch, recursive).1, ErrorCode::Ok);
        let body = [&b"\0\0\0\x07foo/bar"[..], &any].concat();
        assert_eq!(ask(&mut talk, OpCode::CheckWatches, &body).1, code, "{profile}");
        assert_eq!(
            ask(&mut talk, OpCode::AddWatch, &[&body[..11], &[0; 4]].concat()).1,
            ErrorCode::Ok
        );
        let found = if profile == Profile::V3_9_5 { ErrorCode::NoWatcher } else { ErrorCode::Ok };
        assert_eq!(ask(&mut talk, OpCode::CheckWatches, &body).1, found, "of another {profile}");
    }
}

#[test]
fn a_null_path_may_be_watched() {
    let ok = vec![0; 4];
    for profile in Profile::ALL {
        let mut talk = Talk::of(profile);
        let persistent = [NULL, [0; 4]].concat();
        let answer = ask(&mut talk, OpCode::AddWatch, &persistent);
        assert_eq!(answer, (0, ErrorCode::Ok, ok.clone()), "{profile}");
        let recursive = [NULL, [0, 0, 0, 1]].concat();
        let expected = match profile {
            Profile::V3_9_5 => (0, ErrorCode::Ok, ok.clone()),
            _ => (0, ErrorCode::MarshallingError, Vec::new()),
        };
        assert_eq!(ask(&mut talk, OpCode::AddWatch, &recursive), expected, "{profile}");
    }
}

#[test]
fn a_lone_check_of_a_null_path_found_no_path_in_3_8_0() {
    let mut talk = Talk::of(Profile::V3_8_0);
    let answer = ask(&mut talk, OpCode::Check, &[NULL, NULL].concat());
    assert_eq!(answer, (1, ErrorCode::BadArguments, Vec::new()));
}

/// A vector of paths.
fn list(paths: &[&[u8]]) -> Vec<u8> {
    let path = |path: &&[u8]| match *path {
        b"" => NULL.to_vec(),
        path => [&i32::try_from(path.len()).unwrap().to_be_bytes(), path].concat(),
    };
    let count = i32::try_from(paths.len()).unwrap().to_be_bytes();
    [count.to_vec(), paths.iter().flat_map(path).collect()].concat()
}

#[test]
fn watches_before_a_null_are_set_again() {
    let (none, null) = (list(&[]), NULL.to_vec());
    let since = i64::MAX.to_be_bytes().to_vec();
    for profile in Profile::ALL {
        for (opcode, lists, ok, heard) in [
            (101, vec![none.clone(), list(&[b"/1", b"", b"/2"]), none.clone()], false, "1"),
            (101, vec![null.clone(), list(&[b"/1"]), none.clone()], false, ""),
            (101, vec![none.clone(), list(&[b"/1"]), list(&[b""])], false, "1"),
            (101, vec![none.clone(), list(&[b"/1", b"/2"]), null.clone()], false, "12"),
            (
                105,
                vec![none.clone(), list(&[b"/1"]), none.clone(), list(&[b"", b"/2"]), none.clone()],
                true,
                "12",
            ),
            (
                105,
                vec![none.clone(), list(&[b"/1"]), none.clone(), none.clone(), list(&[b"", b"/2"])],
                true,
                "12",
            ),
            (
                105,
                vec![none.clone(), none.clone(), none.clone(), null.clone(), list(&[b"/2"])],
                false,
                "",
            ),
            (
                105,
                vec![none.clone(), none.clone(), none.clone(), list(&[b"/2"]), null.clone()],
                false,
                "2",
            ),
        ] {
            let mut talk = Talk::of(profile);
            let (a, b) = (talk.client(), talk.client());
            let body = [since.clone(), lists.concat()].concat();
            talk.send(a, &raw_frame(9, opcode, &body));
            let Said::Reply { header, .. } = talk.says(a) else { panic!("{lists:?}") };
            let code = if ok { ErrorCode::Ok } else { ErrorCode::MarshallingError };
            assert_eq!(header.err, code, "{profile} {opcode} {lists:?}");
            for path in ["/1", "/2"] {
                talk.create(b, path);
                if heard.contains(&path[1..]) {
                    talk.tells(a, EventType::NodeCreated, path);
                }
            }
            talk.says_nothing(a);
        }
    }
}

#[test]
fn a_multi_read_answers_what_is_before_a_null_path() {
    let read = |path: &[u8]| [header(OpCode::GetChildren), path.to_vec(), vec![0]].concat();
    let (root, null) = (read(b"\0\0\0\x01/"), read(&NULL));
    let delete = [header(OpCode::Delete), NULL.to_vec(), NULL.to_vec()].concat();
    let child = b"\0\0\0\x01\0\0\0\x09zookeeper";
    let result = [&8_i32.to_be_bytes()[..], &[0; 5], child].concat();
    for profile in Profile::ALL {
        let mut talk = Talk::of(profile);
        for (ops, results) in [
            ([&root[..], &null, &END].concat(), [&result[..], &END].concat()),
            ([&null[..], &root, &END].concat(), END.to_vec()),
            ([&delete[..], &END].concat(), END.to_vec()),
            ([&null[..], &delete, &END].concat(), Vec::new()),
        ] {
            let expected = (0, ErrorCode::MarshallingError, results);
            assert_eq!(ask(&mut talk, OpCode::MultiRead, &ops), expected, "{profile} {ops:?}");
        }
    }
}
