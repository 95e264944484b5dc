//! Every fact of an ensemble, on our model of one. `cargo xtask conformance` asks real ones.

use std::io;
use std::time::Duration;

use zookit_conformance::Outcome;
use zookit_conformance::ensemble::{self, Members, Model, Version, Way};
use zookit_conformance::target::Stream;
use zookit_server::core::Profile;

/// The facts that these members do not know.
fn unknown(members: &mut dyn Members) -> Vec<&'static str> {
    let told = ensemble::run(members, "").unwrap();
    assert!(told.len() > 30, "{} facts", told.len());
    told.into_iter().filter(|told| told.error.is_some()).map(|told| told.name).collect()
}

#[test]
fn the_model_knows_every_fact() {
    for profile in Profile::ALL {
        let told = ensemble::run(&mut Model::new(profile), "").unwrap();
        let failed = told.into_iter().filter_map(|it| Some(format!("{}: {}", it.name, it.error?)));
        assert_eq!(failed.collect::<Vec<_>>(), [""; 0], "{profile}");
    }
}

/// The model, and one thing that is wrong with it.
struct Wrong {
    model: Model,
    version: Version,
    /// Nothing can be held on its way.
    prompt: bool,
    /// Who is to die lives on.
    immortal: bool,
}

impl Wrong {
    fn not_at_all() -> Self {
        let version = Version::new(3, 9, 5);
        Self { model: Model::new(Profile::V3_9_5), version, prompt: false, immortal: false }
    }
}

impl Members for Wrong {
    fn version(&self) -> Version {
        self.version
    }

    fn dial(&mut self, member: usize) -> io::Result<Box<dyn Stream>> {
        self.model.dial(member)
    }

    fn wait(&mut self, time: Duration) {
        self.model.wait(time);
    }

    fn leader(&mut self) -> Outcome<usize> {
        self.model.leader()
    }

    fn hold(&mut self, follower: usize, way: Way) -> Outcome {
        if self.prompt { Ok(()) } else { self.model.hold(follower, way) }
    }

    fn release(&mut self) -> Outcome {
        self.model.release()
    }

    fn kill(&mut self, members: &[usize]) -> Outcome {
        if self.immortal { Ok(()) } else { self.model.kill(members) }
    }

    fn revive(&mut self) -> Outcome {
        self.model.revive()
    }

    fn leave_alone(&mut self, member: usize) -> Outcome {
        self.model.leave_alone(member)
    }
}

#[test]
fn an_ensemble_of_another_version_does_not() {
    let mut old = Wrong { model: Model::new(Profile::V3_8_6), ..Wrong::not_at_all() };
    let events = ["an event comes before what shows it", "one's own event comes before the reply"];
    assert_eq!(unknown(&mut old), events);
}

#[test]
fn members_that_hear_all_at_once_do_not() {
    let mut prompt = Wrong { prompt: true, ..Wrong::not_at_all() };
    let lag = [
        "a member that lags shows the past until a sync",
        "one that lags refuses who has seen more",
        "a sync that waits holds up its own session",
        "credentials overtake what waits",
        "one that lags gives sessions when it is told",
        "a write on its way comes too late",
        "who is asked nothing keeps no session alive",
        "what was on its way to a lost leader is void",
        "what was agreed on outlives its leader",
    ];
    assert_eq!(unknown(&mut prompt), lag);
}

#[test]
fn members_that_never_die_do_not() {
    let mut immortal = Wrong { immortal: true, ..Wrong::not_at_all() };
    let ends = [
        "the next leader counts in an epoch of its own",
        "what was on its way to a lost leader is void",
        "what was agreed on outlives its leader",
        "a member that was away has what it missed",
        "without a quorum nobody serves",
    ];
    assert_eq!(unknown(&mut immortal), ends);
}
