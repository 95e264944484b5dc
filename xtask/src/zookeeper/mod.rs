//! Real Apache ZooKeeper servers, of the crate zookit-ensemble: [`place`] finds or fetches one in
//! `target/zookeeper`, [`start`] runs it.
//!
//! `listed.rs` reads and writes `ZOOKIT_REAL_SERVERS`.

pub(crate) mod listed;

use std::error::Error;

use zookit_ensemble::blocking::Server;
use zookit_ensemble::{Finder, ServerBuilder};
pub(crate) use zookit_ensemble::{Release, Version, Wanted};

use crate::Outcome;
use crate::process::{say, target_dir};

/// A server that runs; dropping it ends the process and removes its files.
#[derive(Debug)]
pub(crate) struct Running {
    /// `HOST:PORT` for clients.
    pub(crate) connect: String,
    pub(crate) server: Server,
}

/// Reads a command line's `VERSION`.
pub(crate) fn wanted(argument: Option<&str>) -> Outcome<Wanted> {
    Wanted::from_argument(argument).map_err(|error| error.to_string())
}

/// Puts `wanted` in place; the error says what was tried, in one line.
pub(crate) fn place(wanted: Wanted) -> Outcome<Release> {
    // Whoever runs this as root lets it install what is missing.
    let finder = Finder::new().cache(target_dir().join("zookeeper")).may_install(true);
    finder.on_progress(say).find(wanted).map_err(|error| said(&error))
}

/// Starts a standalone server that is made for tests, and waits until it serves.
pub(crate) fn start(release: &Release) -> Outcome<Running> {
    start_as(Server::builder(), release)
}

/// Starts one that is otherwise.
pub(crate) fn start_as(builder: ServerBuilder, release: &Release) -> Outcome<Running> {
    let directories = target_dir().join("zookeeper").join("run");
    let server = builder.release(release).directory_in(directories).start_blocking();
    let server = server.map_err(|error| said(&error))?;
    Ok(Running { connect: server.address().to_string(), server })
}

/// An error with what is behind it.
fn said(error: &dyn Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", said(source)),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_said_with_what_is_behind_it() {
        let wrong = |config: &mut zookit_ensemble::ServerConfig| config.data_dir = Some("".into());
        let release = Release::with_classpath(Version::NEWEST, "none");
        let builder = Server::builder().java(&zookit_ensemble::Java::at("none")).config(wrong);
        let error = start_as(builder, &release).unwrap_err();
        assert_eq!(error, "the server's configuration cannot be written: dataDir: it is empty");
    }
}
