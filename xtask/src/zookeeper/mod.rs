//! Real Apache ZooKeeper servers: [`place`] finds or fetches one, [`Running`] runs it.
//!
//! `version.rs` says which releases there are and which one is meant, `home.rs`, `maven.rs` and
//! `debian.rs` are the three places a server can come from, `java.rs` finds the Java it needs,
//! `configuration.rs` writes its `zoo.cfg`, `server.rs` starts and ends the process,
//! `four_letter.rs` asks it how it is, and `listed.rs` reads and writes `ZOOKIT_REAL_SERVERS`.

mod configuration;
mod debian;
mod four_letter;
mod home;
mod java;
pub(crate) mod listed;
mod maven;
mod server;
mod version;

pub(crate) use configuration::Options;
pub(crate) use server::Running;
pub(crate) use version::{KNOWN, Version, Wanted};

use crate::Outcome;
use crate::process::say;

/// A ZooKeeper that is on this machine, ready to be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placed {
    /// The release, as its jar says.
    pub(crate) version: Version,
    /// Where it came from: `ZOOKEEPER_HOME`, `maven` or `debian`.
    pub(crate) source: &'static str,
    /// The class path for `java -cp`.
    pub(crate) classpath: String,
}

/// Puts `wanted` in place: `ZOOKEEPER_HOME`, else Maven, else Debian's package.
///
/// What was fetched before is found again at once. A source that does not hold the wanted release
/// is passed over; the error names each source and why it did not serve, in one line. But a
/// `ZOOKEEPER_HOME` without any ZooKeeper in it is an error of its own.
pub(crate) fn place(wanted: Wanted) -> Outcome<Placed> {
    java::find()?;
    if let Some(placed) = home::place(wanted)? {
        return Ok(placed);
    }
    let mut refusals = Vec::new();
    for place in [maven::place, debian::place] {
        match place(wanted) {
            Ok(placed) => return Ok(placed),
            Err(why) => {
                // A long answer, such as Maven's, is shown in full, but only its head is kept.
                if why.contains('\n') {
                    say(&why);
                }
                refusals.push(why.lines().next().unwrap_or_default().to_owned());
            }
        }
    }
    Err(format!(
        "{wanted} cannot be put in place ({}); run `apt-get install maven` and see that it reaches \
         its repository, or set {} to an unpacked release",
        refusals.join("; "),
        home::VARIABLE
    ))
}
