//! Runs made by hand, good ones and bad ones.

use zookit_proto::ops::multi::MultiRequest;
use zookit_proto::types::EventType;
use zookit_proto::{ErrorCode, Request, Zxid};
use zookit_server::core::Change;

use super::super::testing::{Run, delete, deleted, read, set, was_set};
use crate::observe::End;

#[test]
fn effects_in_the_order_of_submission_pass() {
    let mut run = Run::connected();
    run.submit(1, delete("/a"));
    run.submit(2, delete("/b"));
    run.submit(3, delete("/c"));
    let first = run.commit(1, deleted("/a"));
    run.commit(1, deleted("/b"));
    run.answer(1, first);
    run.end(2, End::NoReply);
    run.end(3, End::NoReply);
    run.submit(4, delete("/d"));
    let last = run.commit(1, deleted("/d"));
    run.answer(4, last);
    run.passes();
}

#[test]
fn effects_out_of_order_are_caught_though_nobody_was_answered() {
    let mut run = Run::connected();
    run.submit(1, delete("/a"));
    run.submit(2, delete("/b"));
    run.commit(1, deleted("/b"));
    run.commit(1, deleted("/a"));
    run.is_caught(
        "order",
        "submitted its 1. call before its 2., and they took effect at 0x3 and 0x2",
    );
}

/// A fence that was lost with its connection is taken by a leader though its session has moved on.
#[test]
fn a_lost_multi_of_nothing_may_come_late() {
    let mut run = Run::connected();
    run.submit(1, Request::Multi(MultiRequest::default()));
    run.end(1, End::NoReply);
    run.submit(2, delete("/b"));
    let at = run.commit(1, deleted("/b"));
    run.commit(1, Change::Multi(Vec::new()));
    run.answer(2, at);
    run.passes();
}

/// One that was answered has its place as everything else.
#[test]
fn an_answered_multi_of_nothing_out_of_order_is_caught() {
    let mut run = Run::connected();
    run.submit(1, Request::Multi(MultiRequest::default()));
    run.submit(2, delete("/b"));
    run.commit(1, deleted("/b"));
    let fence = run.commit(1, Change::Multi(Vec::new()));
    run.answer(1, fence);
    run.is_caught("order", "submitted its 1. call before its 2.");
}

#[test]
fn equal_writes_out_of_order_are_caught_by_what_they_were_told() {
    let mut run = Run::connected();
    run.submit(1, set("/a", "x", -1));
    run.submit(2, set("/a", "x", -1));
    let first = run.commit(1, was_set("/a", "x", 1));
    let second = run.commit(1, was_set("/a", "x", 2));
    run.answer(2, first);
    run.answer(1, second);
    run.is_caught(
        "order",
        "submitted its 1. call before its 2., and they took effect at 0x3 and 0x2",
    );
}

#[test]
fn a_hole_behind_a_lost_write_is_caught() {
    let mut run = Run::connected();
    run.submit(1, delete("/a"));
    run.submit(2, delete("/b"));
    run.end(1, End::NoReply);
    let done = run.commit(1, deleted("/b"));
    run.answer(2, done);
    run.is_caught("order", "call 1 of client 1 got no reply and had no effect");
}

#[test]
fn a_refusal_may_have_been_that_of_the_lost_write() {
    let mut run = Run::connected();
    run.submit(1, delete("/a"));
    run.submit(2, delete("/b"));
    run.commit(1, Change::Error(ErrorCode::NoNode));
    run.end(1, End::NoReply);
    let done = run.commit(1, deleted("/b"));
    run.answer(2, done);
    run.passes();
}

#[test]
fn a_zxid_that_goes_back_is_caught() {
    let mut run = Run::connected();
    run.submit(1, delete("/a"));
    let done = run.commit(1, deleted("/a"));
    run.answer(1, done);
    run.submit(2, read("/b"));
    run.answer(2, Zxid(1));
    run.is_caught("order", "was told of 0x1 by call 2, when it had been told of 0x2");
}

#[test]
fn an_event_from_before_what_was_told_is_caught() {
    let mut run = Run::connected();
    run.watch(1, 1, zookit_session::WatchKind::Data, "/a");
    run.submit(2, delete("/b"));
    let done = run.commit(1, deleted("/b"));
    run.answer(2, done);
    run.event(1, EventType::NodeDataChanged, "/a", Some(Zxid(1)));
    run.is_caught("order", "of /a at 0x1, when it had been told of 0x2");
}
