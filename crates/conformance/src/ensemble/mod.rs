//! Facts of an ensemble: what clients see of its being several, at members that lag, are cut off and
//! elect. Each is shown on our model of an ensemble and on a real one.
//!
//! * [`Members`]: an ensemble, and what its network does.
//! * [`Model`]: ours, in virtual time. A real one is in the tests.
//! * `facts.rs`: the facts.

mod facts;
mod guest;
mod model;

use std::io;
use std::time::Duration;

pub use self::model::Model;
use crate::Outcome;
use crate::target::Stream;

/// An ensemble of three, all of whose members serve at first.
pub trait Members {
    /// A new connection to a member.
    ///
    /// # Errors
    /// It cannot be reached.
    fn dial(&mut self, member: usize) -> io::Result<Box<dyn Stream>>;

    /// Lets time pass.
    fn wait(&mut self, time: Duration);

    /// Which member leads.
    ///
    /// # Errors
    /// There is none.
    fn leader(&mut self) -> Outcome<usize>;

    /// What one member says to another does not arrive until [`release`](Self::release), and for so
    /// short a time that neither of them gives up.
    fn hold(&mut self, from: usize, to: usize);

    /// What was held arrives, and nothing is held any more.
    fn release(&mut self);

    /// Nothing passes between a member and all others, and everybody has found out: another one
    /// leads, if there can be one.
    ///
    /// # Errors
    /// They do not find out.
    fn cut_off(&mut self, member: usize) -> Outcome;

    /// The member is back: if there can be a leader there is one, and the member serves.
    ///
    /// # Errors
    /// It does not come back.
    fn join(&mut self, member: usize) -> Outcome;
}

/// A fact.
#[derive(Clone, Copy)]
pub struct Fact {
    /// What is so.
    pub name: &'static str,
    /// Whether members that are cut off are to serve those who only read.
    pub read_only: bool,
    /// An error if it is not so.
    pub run: fn(&mut dyn Members) -> Outcome,
}

/// All of them.
#[must_use]
pub const fn facts() -> &'static [Fact] {
    facts::FACTS
}

/// Shows the facts on an ensemble that is set up in this way, each on its own paths. Returns their
/// names with what went wrong, if anything did.
#[must_use]
pub fn run(members: &mut dyn Members, read_only: bool) -> Vec<(&'static str, Option<String>)> {
    let wanted = facts().iter().filter(|fact| fact.read_only == read_only);
    wanted
        .map(|fact| (fact.name, (fact.run)(members).err().map(|error| error.to_string())))
        .collect()
}
