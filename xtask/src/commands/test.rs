//! `cargo xtask test [--all-versions] [-- ARGUMENTS]`: every test, with all the set-up.
//!
//! It starts one real server per version and tells the tests of them in `ZOOKIT_REAL_SERVERS`
//! (its form is in `zookeeper/listed.rs`), and in `ZOOKIT_REAL_CLASSPATHS` where it took them from,
//! for tests that start some of their own. A version that cannot be put in place is skipped in one
//! line that says why, or, if `ZOOKIT_REQUIRE_REAL` names it, fails the command.

use zookit_ensemble::release::CLASSPATHS_VARIABLE;

use super::{callgrind, fuzzing};
use crate::Outcome;
use crate::process::{cargo, run as run_program, say};
use crate::steps::table;
use crate::zookeeper::listed::{self, Listed};
use crate::zookeeper::{Release, Running, Version, Wanted, place, start};

pub(super) fn run(arguments: &[String]) -> Outcome {
    let (own, cargos) = match arguments.iter().position(|argument| argument == "--") {
        Some(at) => (&arguments[..at], &arguments[at + 1..]),
        None => (arguments, &arguments[arguments.len()..]),
    };
    if let Some(other) = own.iter().find(|argument| *argument != "--all-versions") {
        return Err(format!("`test` does not know {other:?}"));
    }
    let versions = if own.is_empty() { Versions::Newest } else { Versions::All };
    test(versions, cargos).map(|_| ())
}

/// Which versions get a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Versions {
    /// The newest at hand.
    Newest,
    /// Each of [`Version::KNOWN`].
    All,
}

/// What became of one version.
pub(super) struct Ran {
    version: String,
    result: String,
}

/// The closing table of the versions: which ran, which were skipped, and why.
pub(super) fn versions_table(rows: &[Ran]) -> String {
    let mut cells = vec![[String::from("ZooKeeper"), String::from("result")]];
    cells.extend(rows.iter().map(|row| [row.version.clone(), row.result.clone()]));
    table(&cells)
}

/// Runs the tests; `arguments` go to `cargo test --workspace`.
pub(super) fn test(versions: Versions, arguments: &[String]) -> Outcome<Vec<Ran>> {
    let mut servers = Servers::default();
    let required = listed::required()?;
    servers.take_listed()?;
    for wanted in wanted(versions, &required) {
        servers.add(wanted, &required)?;
    }
    let value = listed::format(&servers.listed);
    // For the examples of their pages; their tests have them anyway.
    let features = "zookit/ensemble,zookit/discovery";
    let mut tests = cargo(&["test", "--workspace", "--features", features]);
    tests.args(arguments).env(listed::SERVERS, &value);
    tests.env(CLASSPATHS_VARIABLE, Release::list(&servers.placed));
    run_program(&mut tests)?;
    if fuzzing::present() {
        // Each target replays its corpus and then runs for a second; see `ci` for more.
        let mut tests = cargo(&["test", "--manifest-path", fuzzing::MANIFEST]);
        run_program(tests.env(listed::SERVERS, &value))?;
    }
    // It pins its threads and reads `/proc`. Without the other clients, which take long to build.
    if cfg!(target_os = "linux") {
        let bench = ["--manifest-path", callgrind::MANIFEST, "--no-default-features", "--lib"];
        run_program(cargo(&["test"]).args(bench))?;
    }
    Ok(servers.ran)
}

/// The servers of one run of the tests.
#[derive(Default)]
struct Servers {
    listed: Vec<Listed>,
    ran: Vec<Ran>,
    /// Where those come from that we started.
    placed: Vec<Release>,
    /// Ours, which end with this value.
    started: Vec<Running>,
}

impl Servers {
    /// Servers that the caller runs already are used as they are.
    fn take_listed(&mut self) -> Outcome {
        self.listed = listed::from_environment()?;
        for server in &self.listed {
            let result = format!("ran on {}, listed in {}", server.connect, listed::SERVERS);
            self.ran.push(Ran { version: server.version.to_string(), result });
        }
        Ok(())
    }

    fn add(&mut self, wanted: Wanted, required: &[Version]) -> Outcome {
        let served = |server: &Listed| wanted.is_met_by(server.version);
        if self.listed.iter().any(served) {
            return Ok(());
        }
        let placed = match place(wanted) {
            Ok(placed) => placed,
            Err(why) => return self.skip(wanted, &why, required),
        };
        if self.listed.iter().any(|server| server.version == placed.version) {
            return Ok(());
        }
        // In place but not starting is no reason to skip: something is wrong.
        let running = start(&placed)?;
        say(&format!("ZooKeeper {} runs on {}", placed.version, running.connect));
        let result = format!("ran, from {}", placed.source);
        self.ran.push(Ran { version: placed.version.to_string(), result });
        self.listed.push(Listed { version: placed.version, connect: running.connect.clone() });
        self.placed.push(placed);
        self.started.push(running);
        Ok(())
    }

    fn skip(&mut self, wanted: Wanted, why: &str, required: &[Version]) -> Outcome {
        if required.iter().any(|version| wanted == Wanted::Exactly(*version)) {
            return Err(format!("{} requires what cannot be had: {why}", listed::REQUIRED));
        }
        say(&format!("skipped: tests on a real server: {why}"));
        let version = match wanted {
            Wanted::Newest => String::from("newest"),
            Wanted::Exactly(version) => version.to_string(),
        };
        self.ran.push(Ran { version, result: format!("skipped: {why}") });
        Ok(())
    }
}

/// The required versions are run whatever else is; then the newest, or all that are known.
fn wanted(versions: Versions, required: &[Version]) -> Vec<Wanted> {
    let mut wanted: Vec<Wanted> =
        required.iter().map(|version| Wanted::Exactly(*version)).collect();
    match versions {
        Versions::Newest => wanted.push(Wanted::Newest),
        Versions::All => {
            let known = Version::KNOWN.iter().rev();
            wanted.extend(known.map(|known| Wanted::Exactly(*known)));
        }
    }
    wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        text.parse().unwrap()
    }

    #[test]
    fn a_skip_is_noted_unless_the_version_is_required() {
        let mut servers = Servers::default();
        let wanted = Wanted::Exactly(version("3.8.0"));
        servers.skip(wanted, "no Maven", &[version("3.9.5")]).unwrap();
        assert_eq!(
            versions_table(&servers.ran).lines().last(),
            Some("3.8.0      skipped: no Maven")
        );
        let error = servers.skip(wanted, "no Maven", &[version("3.8.0")]).unwrap_err();
        assert_eq!(error, "ZOOKIT_REQUIRE_REAL requires what cannot be had: no Maven");
    }

    #[test]
    fn a_listed_server_is_used_and_none_started_for_its_version() {
        let mut servers = Servers::default();
        let connect = String::from("127.0.0.1:1");
        servers.listed.push(Listed { version: version("3.8.6"), connect });
        servers.add(Wanted::Newest, &[]).unwrap();
        servers.add(Wanted::Exactly(version("3.8.6")), &[]).unwrap();
        assert!(servers.started.is_empty());
        assert_eq!(servers.listed.len(), 1);
    }

    #[test]
    fn required_versions_come_first() {
        let required = [version("3.8.0")];
        let newest = wanted(Versions::Newest, &required);
        assert_eq!(newest, [Wanted::Exactly(version("3.8.0")), Wanted::Newest]);
        assert_eq!(wanted(Versions::All, &required).len(), 1 + Version::KNOWN.len());
    }
}
