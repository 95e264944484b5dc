//! Runs made by hand, good ones and bad ones.

use super::super::testing::{Run, read};
use crate::observe::Observation;
use zookit_session::{Loss, Reason, State};

#[test]
fn a_call_that_never_ends_is_caught() {
    let mut run = Run::connected();
    run.submit(4, read("/a"));
    run.is_caught("liveness", "call 4 of client 1 (getData of /a) has not ended");
}

#[test]
fn a_client_that_stays_away_is_caught() {
    let mut run = Run::connected();
    run.state(1, State::Suspended, Reason::Lost(Loss::Fin));
    run.is_caught("liveness", "client 1 is still Suspended");
}

#[test]
fn a_client_that_never_tells_anything_is_caught() {
    let mut run = Run::new();
    run.submit(4, read("/a"));
    run.end(4, crate::observe::End::NotSent);
    run.is_caught("liveness", "client 1 is still Connecting");
}

#[test]
fn it_is_caught_when_the_bound_has_passed_and_not_before() {
    for (at, caught) in [(119_000, false), (121_000, true)] {
        let mut run = Run::connected();
        run.submit(4, read("/a"));
        run.see(&Observation::Calm);
        run.at(at);
        run.submit(5, read("/b"));
        run.end(4, crate::observe::End::NotSent);
        run.end(5, crate::observe::End::NotSent);
        if caught {
            run.is_caught("liveness", "call 4 of client 1");
        } else {
            run.passes();
        }
    }
}
