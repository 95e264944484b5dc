//! Runs made by hand, good ones and bad ones.

use super::super::testing::{Run, create, created, deleted, session};
use zookit_proto::Request;
use zookit_proto::ops::multi::MultiRequest;
use zookit_proto::types::CreateMode;
use zookit_server::core::{Change, Owner};
use zookit_session::{Loss, Reason, State};

use crate::observe::End;

const LOST: Reason = Reason::Lost(Loss::Fin);

/// Client 1 in generation 1, with an ephemeral znode.
fn with_ephemeral() -> Run {
    let mut run = Run::connected();
    run.submit(1, create("/e", CreateMode::Ephemeral));
    let made = run.commit(1, created("/e", Owner::Session(session(1))));
    run.answer(1, made);
    run
}

#[test]
fn a_session_that_expires_and_is_followed_by_another_passes() {
    let mut run = with_ephemeral();
    run.state(1, State::Suspended, LOST);
    run.at(5000);
    run.close(1, &["/e"]);
    run.state(1, State::Expired, Reason::ServerSaidExpired);
    run.state(2, State::Connecting, Reason::NextGeneration);
    run.begin(2);
    run.state(2, State::Connected, Reason::NewSession);
    run.passes();
}

#[test]
fn a_state_that_cannot_follow_is_caught() {
    let mut run = Run::connected();
    run.state(1, State::Expired, Reason::PresumedExpired);
    run.is_caught("sessions", "client 1 becomes Expired: it was Connected");
}

#[test]
fn a_state_after_the_end_is_caught() {
    let mut run = Run::connected();
    run.state(1, State::Closed, Reason::Closed);
    run.state(1, State::Suspended, LOST);
    run.is_caught("sessions", "it was Closed");
}

#[test]
fn a_close_that_did_not_take_place_is_caught() {
    let mut run = Run::connected();
    run.submit(1, create("/e", CreateMode::Ephemeral));
    let made = run.commit(1, created("/e", Owner::Session(session(1))));
    run.answer(1, made);
    run.submit(2, Request::CloseSession(()));
    run.answer(2, made);
    run.is_caught("sessions", "is closed, and it lives");
}

#[test]
fn an_expiry_reported_twice_is_caught() {
    let mut run = Run::connected();
    run.state(1, State::Suspended, LOST);
    run.state(1, State::Expired, Reason::PresumedExpired);
    run.state(1, State::Expired, Reason::PresumedExpired);
    run.is_caught("sessions", "it was Expired");
}

#[test]
fn an_expiry_that_begins_no_generation_is_caught() {
    let mut run = Run::connected();
    run.state(1, State::Suspended, LOST);
    run.state(1, State::Expired, Reason::PresumedExpired);
    run.state(1, State::Connecting, Reason::NextGeneration);
    run.is_caught("sessions", "the one at hand is 2");
}

#[test]
fn an_expiry_that_is_never_reported_is_caught() {
    for (at, caught) in [(9000, false), (9500, true)] {
        let mut run = Run::connected();
        run.state(1, State::Suspended, LOST);
        run.at(at);
        run.begin(7);
        if caught {
            run.is_caught("sessions", "had not reported that its session 0x1 is gone");
        } else {
            run.state(1, State::Connected, Reason::Resumed);
            run.passes();
        }
    }
}

#[test]
fn a_client_that_stays_in_a_session_that_ended_is_caught() {
    for (at, caught) in [(8000, false), (8001, true)] {
        let mut run = Run::connected();
        run.close(1, &[]);
        run.at(at);
        if caught {
            run.is_caught("sessions", "is Connected in session 0x1, which ended at 0.000s (0x2)");
        } else {
            run.passes();
        }
    }
}

#[test]
fn an_expiry_that_is_not_true_is_caught() {
    let mut run = Run::connected();
    run.state(1, State::Suspended, LOST);
    run.state(1, State::Expired, Reason::ServerSaidExpired);
    run.is_caught("sessions", "was told that its session 0x1 is gone, and it lives");
}

#[test]
fn two_generations_that_live_at_once_are_caught() {
    let mut run = Run::connected();
    run.state(1, State::Suspended, LOST);
    run.state(1, State::Expired, Reason::PresumedExpired);
    run.state(2, State::Connecting, Reason::NextGeneration);
    run.begin(2);
    run.state(2, State::Connected, Reason::NewSession);
    run.is_caught("sessions", "while its session 0x1 of generation 1 lives");
}

#[test]
fn an_ephemeral_that_outlives_its_session_is_caught() {
    let mut run = with_ephemeral();
    run.close(1, &[]);
    run.is_caught("sessions", "session 0x1 ends (0x3) and leaves /e behind");
}

#[test]
fn an_ephemeral_that_goes_before_its_session_is_caught() {
    let mut run = with_ephemeral();
    run.commit(0, deleted("/e"));
    run.is_caught("sessions", "nobody deleted the ephemeral /e (0x3), and its session 0x1 lives");
}

#[test]
fn a_session_that_takes_anothers_znode_with_it_is_caught() {
    let mut run = with_ephemeral();
    run.begin(7);
    run.close(7, &["/e"]);
    run.is_caught("sessions", "takes /e with it, which is not its");
}

#[test]
fn a_change_after_the_end_of_its_session_is_caught() {
    let mut run = Run::connected();
    run.submit(1, create("/a", CreateMode::Ephemeral));
    run.close(1, &[]);
    run.commit(1, created("/a", Owner::Session(session(1))));
    run.is_caught("sessions", "session 0x1 changes something (0x3), and it ended at 0.000s (0x2)");
}

#[test]
fn a_multi_of_nothing_after_the_end_of_its_session_passes() {
    let mut run = Run::connected();
    run.submit(1, Request::Multi(MultiRequest::default()));
    run.close(1, &[]);
    run.commit(1, Change::Multi(Vec::new()));
    run.end(1, End::NoReply);
    run.passes();
}

#[test]
fn an_ephemeral_of_somebody_else_is_caught() {
    let mut run = Run::connected();
    run.submit(1, create("/a", CreateMode::Ephemeral));
    run.begin(7);
    run.commit(1, created("/a", Owner::Session(session(7))));
    run.is_caught("sessions", "ephemeral /a (0x3) was made by session 0x1 for 0x7");
}
