//! Runs made by hand, good ones and bad ones.

use zookit_proto::types::CreateMode;
use zookit_proto::{ErrorCode, Zxid};
use zookit_server::core::{Change, Owner};
use zookit_session::{Reason, State};

use super::super::testing::{
    Run, create, created, delete, deleted, path_body, read, session, set, was_set,
};
use crate::observe::End;

#[test]
fn calls_that_are_told_what_became_of_them_pass() {
    let mut run = Run::connected();
    run.submit(1, create("/a-", CreateMode::PersistentSequential));
    let made = run.commit(1, created("/a-0000000003", Owner::Persistent));
    run.answer_with(1, made, path_body("/a-0000000003"));
    run.submit(2, set("/a", "x", 4));
    run.submit(3, set("/a", "x", -1));
    let first = run.commit(1, was_set("/a", "x", 5));
    let second = run.commit(1, was_set("/a", "x", 6));
    run.answer(2, first);
    run.answer(3, second);
    run.submit(4, delete("/gone"));
    let refused = run.commit(1, Change::Error(ErrorCode::NoNode));
    run.refuse(4, ErrorCode::NoNode, refused);
    run.submit(5, delete("/a"));
    run.end(5, End::NotSent);
    run.submit(6, delete("/b"));
    run.commit(1, deleted("/b"));
    run.end(6, End::NoReply);
    run.submit(7, delete("/c"));
    run.end(7, End::NoReply);
    run.passes();
}

#[test]
fn an_answer_without_a_transaction_is_caught() {
    let mut run = Run::connected();
    run.submit(1, delete("/a"));
    run.answer(1, Zxid(7));
    run.is_caught("fate", "call 1 of client 1 (delete of /a) ended with an answer at 0x7");
}

#[test]
fn an_answer_that_was_told_no_zxid_is_missed_at_the_end() {
    let mut run = Run::connected();
    run.submit(1, delete("/a"));
    run.end(1, End::Answered { zxid: None, body: bytes::Bytes::new() });
    run.is_caught("fate", "were answered, and the history has 0 of them");
}

#[test]
fn an_answer_that_is_another_change_is_caught() {
    let mut run = Run::connected();
    run.submit(1, set("/a", "x", -1));
    run.submit(2, set("/b", "x", -1));
    let first = run.commit(1, was_set("/a", "x", 1));
    run.commit(1, was_set("/b", "x", 1));
    run.answer(2, first);
    run.is_caught("fate", "the history has setData of /a to version 1 there");
}

#[test]
fn null_data_where_there_was_empty_data_is_caught() {
    let mut run = Run::connected();
    run.submit(1, set("/a", "", -1));
    run.commit(1, Change::SetData { path: "/a".into(), data: None, version: 1 });
    run.is_caught("fate", "did not ask for it");
}

#[test]
fn an_answer_with_the_path_of_another_znode_is_caught() {
    let mut run = Run::connected();
    run.submit(1, create("/a-", CreateMode::PersistentSequential));
    let made = run.commit(1, created("/a-0000000003", Owner::Persistent));
    run.answer_with(1, made, path_body("/a-0000000004"));
    run.is_caught("fate", "where it tells");
}

#[test]
fn a_write_that_was_done_twice_is_caught() {
    let mut run = Run::connected();
    run.submit(1, delete("/a"));
    let done = run.commit(1, deleted("/a"));
    run.answer(1, done);
    run.commit(1, deleted("/a"));
    run.is_caught("fate", "delete of /a under 0x3");
}

#[test]
fn a_write_without_a_reply_that_was_done_twice_is_caught() {
    let mut run = Run::connected();
    run.submit(1, delete("/a"));
    run.end(1, End::NoReply);
    run.commit(1, deleted("/a"));
    run.commit(1, deleted("/a"));
    run.is_caught("fate", "once more than it was asked for");
}

#[test]
fn a_refused_write_that_was_done_is_caught() {
    let mut run = Run::connected();
    run.submit(1, delete("/a"));
    let done = run.commit(1, deleted("/a"));
    run.refuse(1, ErrorCode::NoNode, done);
    run.is_caught("fate", "but the history has it under 0x2");
}

#[test]
fn a_write_that_was_not_sent_and_is_done_later_is_caught() {
    let mut run = Run::connected();
    run.submit(1, delete("/a"));
    run.end(1, End::NotSent);
    run.commit(1, deleted("/a"));
    run.is_caught("fate", "was told that it had no effect");
}

#[test]
fn of_equal_writes_one_may_be_the_one_that_was_done() {
    let mut run = Run::connected();
    run.submit(1, set("/a", "x", -1));
    run.submit(2, set("/a", "x", 0));
    run.commit(1, was_set("/a", "x", 1));
    run.refuse(2, ErrorCode::BadVersion, Zxid(2));
    run.end(1, End::NoReply);
    run.passes();
}

#[test]
fn a_call_that_ends_twice_is_caught() {
    let mut run = Run::connected();
    run.submit(1, read("/a"));
    run.end(1, End::NotSent);
    run.end(1, End::NoReply);
    run.is_caught("fate", "ended with no reply, but is not under way");
}

#[test]
fn a_write_that_crosses_into_the_next_generation_is_caught() {
    let mut run = Run::connected();
    run.submit(1, delete("/a"));
    run.state(1, State::Suspended, Reason::Lost(zookit_session::Loss::Fin));
    run.close(1, &[]);
    run.state(1, State::Expired, Reason::ServerSaidExpired);
    run.state(2, State::Connecting, Reason::NextGeneration);
    run.begin(2);
    run.state(2, State::Connected, Reason::NewSession);
    run.commit(2, deleted("/a"));
    run.is_caught("fate", "asked for it in generation 1 alone");
}

#[test]
fn a_pinned_write_in_another_session_is_caught() {
    let mut run = Run::connected();
    run.submit_with(1, delete("/a"), None, Some(2));
    run.commit(1, deleted("/a"));
    run.is_caught("fate", "asked for it in generation 2 alone");
}

#[test]
fn a_change_by_a_session_that_is_nobodys_is_caught() {
    let mut run = Run::connected();
    run.begin(9);
    run.commit(9, deleted("/a"));
    run.is_caught("fate", &format!("by session {}, which is no client's", session(9)));
}

/// Each write is looked at once, and none of them again: a million take ten times as long.
#[test]
fn a_long_history_is_checked_in_passing() {
    let mut run = Run::connected();
    for call in 1..=100_000_u64 {
        run.submit(call, set("/a", "x", -1));
        if call % 16 == 0 {
            for call in call - 15..=call {
                let version = i32::try_from(call).unwrap();
                let done = run.commit(1, was_set("/a", "x", version));
                run.answer(call, done);
            }
        }
    }
    run.commit(1, was_set("/a", "x", 0));
    run.is_caught("fate", "did not ask for it");
}
