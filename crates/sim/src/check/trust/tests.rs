//! Runs made by hand, good ones and bad ones.

use super::super::testing::{Run, session};
use crate::observe::Observation;
use zookit_proto::Request;
use zookit_session::{Loss, Reason, State};

#[test]
fn trust_that_ends_before_the_session_passes() {
    let mut run = Run::connected();
    run.trust(1, Some(3800));
    run.at(1000);
    run.state(1, State::Suspended, Reason::Lost(Loss::Stall));
    run.at(4500);
    run.close(1, &[]);
    run.state(1, State::Expired, Reason::ServerSaidExpired);
    run.trust(0, None);
    run.state(2, State::Closed, Reason::Closed);
    run.passes();
}

#[test]
fn trust_in_a_session_that_ends_is_caught() {
    let mut run = Run::connected();
    run.trust(1, Some(3800));
    run.at(3799);
    run.close(1, &[]);
    run.is_caught("trust", "session 0x1 ended (0x2), and client 1 trusts it until 3.800s");
}

#[test]
fn trust_that_begins_when_the_session_is_over_is_caught() {
    let mut run = Run::connected();
    run.at(3000);
    run.close(1, &[]);
    run.trust(1, Some(3800));
    run.is_caught("trust", "client 1 trusts session 0x1 until 3.800s, which ended at 3.000s");
}

#[test]
fn who_closes_a_session_may_trust_it_till_then() {
    let mut run = Run::connected();
    run.trust(1, Some(3800));
    run.submit(1, Request::CloseSession(()));
    run.close(1, &[]);
    run.answer(1, run.last());
    run.state(1, State::Closed, Reason::Closed);
    run.passes();
}

#[test]
fn a_session_that_a_test_ends_may_be_trusted() {
    let mut run = Run::connected();
    run.trust(1, Some(3800));
    run.see(&Observation::EndAsked { session: session(1) });
    run.close(1, &[]);
    run.trust(0, None);
    run.state(1, State::Closed, Reason::Closed);
    run.passes();
}

#[test]
fn a_session_told_as_expired_and_trusted_is_caught() {
    let mut run = Run::connected();
    run.trust(1, Some(3800));
    run.see(&Observation::EndAsked { session: session(1) });
    run.close(1, &[]);
    run.at(1000);
    run.state(1, State::Suspended, Reason::Lost(Loss::Fin));
    run.state(1, State::Expired, Reason::ServerSaidExpired);
    run.is_caught("trust", "client 1 tells that its session 0x1 has expired, and trusts it until");
}
