//! Lengths and counts that are not true.

use zookit_proto::Xid;

use crate::client::Ends::{NoReply, Value};
use crate::client::{MAX_RESPONSE, Op};
use crate::harness::{Case, run};
use crate::line::Asked;
use crate::wire::Jute::{Int, Raw, Stat, Text};
use crate::wire::{frame, jute, reply};

const HUGE: i32 = i32::MAX;

/// A reply with this body.
fn with(asked: &Asked, body: &[u8]) -> Vec<u8> {
    reply(asked.xid, 9, 0, body)
}

/// A frame that claims this length, and the xid of a reply.
fn claim(length: i32, xid: Xid) -> Vec<u8> {
    jute(&[Int(length), Int(xid.0)])
}

const FRAMES: &[Case] = &[
    Case::asks(
        "a frame of -1 bytes",
        |line| line.answer_first(|_| jute(&[Int(-1)])),
        Op::Read,
        NoReply("it is no frame"),
    ),
    Case::asks(
        "a frame of the most negative length, to a write",
        |line| line.answer_first(|_| jute(&[Int(i32::MIN)])),
        Op::Write,
        NoReply("may or may not have been applied"),
    ),
    Case::asks(
        "a frame of no bytes",
        |line| line.answer_first(|_| frame(&[])),
        Op::Read,
        NoReply("it is no frame"),
    ),
    Case::asks(
        "a frame too short for a header",
        |line| line.answer_first(|asked| frame(&jute(&[Int(asked.xid.0), Raw(&[0; 11])]))),
        Op::Read,
        NoReply("it is no frame"),
    ),
    Case::asks(
        "a reply that claims two gigabytes",
        |line| line.answer_first(|asked| claim(HUGE, asked.xid)),
        Op::Read,
        NoReply("claims 2147483647 bytes"),
    ),
    Case::asks(
        "a reply that claims two gigabytes, to a write",
        |line| line.answer_first(|asked| claim(HUGE, asked.xid)),
        Op::Write,
        NoReply("claims 2147483647 bytes"),
    ),
    Case::asks(
        "a notification that claims two gigabytes",
        |line| line.answer_first(|_| claim(HUGE, Xid::NOTIFICATION)),
        Op::Read,
        Value,
    ),
    Case::asks(
        "a reply one byte above the cap, with all its bytes",
        |line| line.answer_first(|asked| with(asked, &vec![7; MAX_RESPONSE - 15])),
        Op::Read,
        NoReply("this client takes at most 262144"),
    ),
    Case::asks(
        "a reply as long as the cap",
        |line| {
            line.answer_first(|asked| {
                let data = vec![7; MAX_RESPONSE - 16 - 4 - 68];
                with(asked, &jute(&[Text(&data), Stat]))
            })
        },
        Op::Read,
        Value,
    )
    .stated(MAX_RESPONSE as u64),
];

#[test]
fn no_length_of_a_frame_is_believed() {
    run("lengths::no_length_of_a_frame_is_believed", FRAMES);
}

const RECORDS: &[Case] = &[
    Case::asks(
        "data of two gigabytes",
        |line| line.answer_first(|asked| with(asked, &jute(&[Int(HUGE), Stat]))),
        Op::Read,
        NoReply("2147483647 bytes needed"),
    ),
    Case::asks(
        "data of -2 bytes",
        |line| line.answer_first(|asked| with(asked, &jute(&[Int(-2), Stat]))),
        Op::Read,
        NoReply("length -2 has no meaning"),
    ),
    Case::asks(
        "two billion children",
        |line| line.answer_first(|asked| with(asked, &jute(&[Int(HUGE), Text(b"a"), Stat]))),
        Op::Children,
        NoReply("2147483647 elements"),
    ),
    Case::asks(
        "fewer than no children",
        |line| line.answer_first(|asked| with(asked, &jute(&[Int(-7), Stat]))),
        Op::Children,
        NoReply("length -7 has no meaning"),
    ),
    Case::asks(
        "a child's name of two gigabytes",
        |line| line.answer_first(|asked| with(asked, &jute(&[Int(1), Int(HUGE), Stat]))),
        Op::Children,
        NoReply("2147483647 bytes needed"),
    ),
    Case::asks(
        "as many children as the cap has room for, all without a name",
        |line| {
            line.answer_first(|asked| {
                let count = (MAX_RESPONSE - 16 - 4 - 68) / 4;
                let names = vec![0; 4 * count];
                let count = i32::try_from(count).unwrap();
                with(asked, &jute(&[Int(count), Raw(&names), Stat]))
            })
        },
        Op::Children,
        Value,
    )
    // The reply, what it is decoded into, and the caller's own list: 24 bytes and more for each 4.
    .stated(20 * MAX_RESPONSE as u64),
    Case::asks(
        "an ACL of two billion entries",
        |line| line.answer_first(|asked| with(asked, &jute(&[Int(HUGE), Int(31), Stat]))),
        Op::GetAcl,
        NoReply("2147483647 elements"),
    ),
    Case::asks(
        "an ACL of minus two billion entries",
        |line| line.answer_first(|asked| with(asked, &jute(&[Int(i32::MIN), Stat]))),
        Op::GetAcl,
        NoReply("has no meaning"),
    ),
    Case::asks(
        "a created path of two gigabytes",
        |line| line.answer_first(|asked| with(asked, &jute(&[Int(HUGE), Stat]))),
        Op::Create,
        NoReply("2147483647 bytes needed"),
    ),
    Case::asks(
        "a synced path of two gigabytes",
        |line| line.answer_first(|asked| with(asked, &jute(&[Int(HUGE)]))),
        Op::Sync,
        NoReply("2147483647 bytes needed"),
    ),
    Case::asks(
        "a stat cut off",
        |line| line.answer_first(|asked| with(asked, &[0; 67])),
        Op::Write,
        NoReply("bytes needed"),
    ),
    Case::asks(
        "no stat at all",
        |line| line.answer_first(|asked| with(asked, &[])),
        Op::Exists,
        NoReply("bytes needed"),
    ),
    Case::asks(
        "a multi's error result cut off",
        |line| line.answer_first(|asked| with(asked, &jute(&[Int(-1), Raw(&[0])]))),
        Op::Multi,
        NoReply("bytes needed"),
    ),
];

#[test]
fn no_length_or_count_in_a_reply_is_believed() {
    run("lengths::no_length_or_count_in_a_reply_is_believed", RECORDS);
}
