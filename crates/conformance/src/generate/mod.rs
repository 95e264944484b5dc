//! Random scripts: the same seed gives the same script.
//!
//! A model guesses what there is, so that most requests have something to meet: it knows nothing
//! of ACLs and need not be right. What a script is mostly about is its flavour.

mod access;
mod model;
mod operations;
mod paths;
mod sessions;
mod several;
mod weights;

use fastrand::Rng;
use zookit_proto::Request;

use crate::script::{Ask, SLOTS, Step};
use model::Model;
pub use operations::UNKNOWN;
use weights::{Flavour, Kind};

/// What can be asked of the servers that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// A check outside a multi that may hold: servers before 3.8.5 and 3.9.3 never answer it.
    pub lone_check: bool,
    /// deleteContainer, which is not for clients.
    pub delete_container: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { lone_check: true, delete_container: true }
    }
}

/// In one script of so many a session expires.
const EXPIRIES: usize = 50;

/// The script of a seed.
#[must_use]
pub fn script(seed: u64, options: Options) -> Vec<Step> {
    // Neighbouring seeds are no neighbours.
    let mut rng = Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let flavour = Flavour::ALL[rng.usize(..Flavour::ALL.len())];
    let mut generator = Generator { rng, flavour, options, model: Model::default() };
    generator.script()
}

struct Generator {
    rng: Rng,
    flavour: Flavour,
    options: Options,
    model: Model,
}

impl Generator {
    fn script(&mut self) -> Vec<Step> {
        let mut steps: Vec<Step> = (0..SLOTS).map(|slot| self.open(slot)).collect();
        steps.extend(self.furniture());
        let count = self.rng.usize(25..70);
        // To wait for the end of a session takes a real server a second.
        let expiry = self.rng.usize(..EXPIRIES * count);
        for at in 0..count {
            if at == expiry {
                steps.extend(self.expiry());
            }
            steps.push(self.step());
        }
        steps
    }

    /// Something to begin with.
    fn furniture(&mut self) -> Vec<Step> {
        let mut steps = Vec::new();
        for path in ["/a", "/b", "/a/x", "/a/y", "/a/x/p"] {
            if self.rng.u8(..4) > 0 {
                let request = self.plain_create(path);
                steps.push(self.ask(0, vec![request]));
            }
        }
        if self.flavour == Flavour::Access {
            steps.extend(self.forbidden());
        }
        if self.flavour == Flavour::Quota {
            for request in self.quota("/a") {
                steps.push(self.ask(0, vec![request]));
            }
        }
        steps
    }

    fn step(&mut self) -> Step {
        let slot = self.rng.usize(..SLOTS);
        if !self.model.connected[slot] {
            return self.reconnect(slot);
        }
        let kind = weights::pick(self.flavour, &mut self.rng);
        match kind {
            Kind::Drop => self.drop_connection(slot),
            Kind::Handshake => self.odd_handshake(slot),
            Kind::Burst => {
                let count = self.rng.usize(2..6);
                let mut requests = Vec::new();
                while requests.len() < count {
                    let kind = weights::pick(self.flavour, &mut self.rng);
                    if kind.fits_into_a_burst() {
                        requests.extend(self.request(kind, slot));
                    }
                    // Behind one over which it stumbles a real server may take what it would have
                    // done for done: its prepare step forgets that when it is applied.
                    if kind == Kind::Multi {
                        break;
                    }
                }
                self.ask(slot, requests)
            }
            Kind::Broken => self.broken(slot),
            kind => match self.request(kind, slot) {
                Some(request) => self.ask(slot, vec![request]),
                None => self.drop_connection(slot),
            },
        }
    }

    fn ask(&mut self, slot: usize, requests: Vec<Request>) -> Step {
        for request in &requests {
            self.model.note(slot, request);
        }
        Step::Ask { slot, asks: requests.iter().map(Ask::of).collect() }
    }

    /// One of these.
    fn one_of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.rng.usize(..choices.len())].clone()
    }

    /// So often in a hundred.
    fn percent(&mut self, percent: u8) -> bool {
        self.rng.u8(..100) < percent
    }
}

#[cfg(test)]
mod tests {
    use super::operations::NO_VERSION;
    use super::*;
    use std::collections::BTreeSet;
    use zookit_proto::OpCode;

    #[test]
    fn a_seed_gives_one_script() {
        let made = |seed| script(seed, Options::default());
        assert_eq!(made(7), made(7));
        assert_ne!(made(7), made(8));
    }

    #[test]
    fn every_operation_of_a_client_is_asked_for() {
        let mut asked = BTreeSet::new();
        for seed in 0..300 {
            for step in script(seed, Options::default()) {
                if let Step::Ask { asks, .. } = step {
                    asked.extend(asks.iter().map(|ask| ask.opcode.number()));
                }
            }
        }
        // A client's createSession is answered by what is no reply, and an error is no operation.
        let never = [OpCode::CreateSession.number(), OpCode::Error.number()];
        let all = OpCode::ALL.iter().map(|opcode| opcode.number());
        let missing: Vec<i32> =
            all.filter(|number| !asked.contains(number) && !never.contains(number)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn a_lone_check_holds_only_where_it_is_answered() {
        let options = Options { lone_check: false, ..Options::default() };
        for seed in 0..300 {
            for step in script(seed, options) {
                if let Step::Ask { asks, .. } = step {
                    for ask in asks.iter().filter(|ask| ask.opcode == OpCode::Check) {
                        let Some(Request::Check(check)) = ask.request() else { continue };
                        assert_eq!(check.version, NO_VERSION, "seed {seed}");
                    }
                }
            }
        }
    }
}
