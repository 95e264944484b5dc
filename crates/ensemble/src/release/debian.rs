//! A ZooKeeper from Debian's package `libzookeeper-java` (3.8.0 in Debian 12).
//!
//! Its jar's manifest names the other jars of `/usr/share/java`, except the binding for the log.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::run::{on_path, output};
use super::{Finder, Release, Source, Version, Wanted};

const JARS: &str = "/usr/share/java";
const PACKAGE: &str = "libzookeeper-java";
const LIMIT: Duration = Duration::from_secs(600);

/// For a question to apt-get.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);

/// Takes the installed package; as root, installs it first if it may.
pub(super) fn find(wanted: Wanted, finder: &Finder) -> Result<Release, String> {
    let jars = Path::new(JARS);
    if installed(jars).is_none() {
        if on_path("apt-get").is_none() {
            return Err(String::from("no apt-get"));
        }
        let candidate = candidate()?;
        if !wanted.is_met_by(candidate) {
            return Err(format!("{PACKAGE} is {candidate}"));
        }
        if !finder.may_install || !rustix::process::geteuid().is_root() {
            return Err(format!("Debian: run as root `apt-get install {PACKAGE}`"));
        }
        install(finder)?;
    }
    let Some(version) = installed(jars) else {
        return Err(format!("{PACKAGE} left no zookeeper-VERSION.jar in {JARS}"));
    };
    if !wanted.is_met_by(version) {
        return Err(format!("{PACKAGE} is {version}"));
    }
    let entries = ["zookeeper.jar", "zookeeper-jute.jar", "slf4j-log4j12.jar", "log4j-1.2.jar"];
    let entries: Vec<String> = entries.iter().map(|jar| format!("{JARS}/{jar}")).collect();
    Ok(Release { version, source: Source::Debian, classpath: entries.join(":") })
}

fn installed(jars: &Path) -> Option<Version> {
    let entries = std::fs::read_dir(jars).ok()?;
    let names: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    names.iter().find_map(|path| Version::of_jar(path.file_name()?.to_str()?))
}

/// The release that `apt-get install` would bring.
fn candidate() -> Result<Version, String> {
    let mut ask = Command::new("apt-cache");
    let policy = output(ask.args(["policy", PACKAGE]).env("LC_ALL", "C"), ANSWER_LIMIT)?;
    candidate_in(&policy).ok_or_else(|| format!("apt-get knows no {PACKAGE}"))
}

fn candidate_in(policy: &str) -> Option<Version> {
    let version = policy.lines().find_map(|line| line.trim().strip_prefix("Candidate: "))?;
    version.split(['-', '+']).next()?.parse().ok()
}

fn install(finder: &Finder) -> Result<(), String> {
    finder.tell(&format!("installing Debian's {PACKAGE}"));
    let mut apt = Command::new("apt-get");
    apt.args(["install", "-y", "--no-install-recommends", PACKAGE]);
    apt.env("DEBIAN_FRONTEND", "noninteractive");
    output(&mut apt, LIMIT).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_candidate_is_the_release_without_debians_revision() {
        let policy = "libzookeeper-java:\n  Installed: (none)\n  Candidate: 3.8.0-11+deb12u2\n";
        assert_eq!(candidate_in(policy).unwrap().to_string(), "3.8.0");
        assert_eq!(candidate_in("x:\n  Installed: (none)\n  Candidate: (none)\n"), None);
        assert_eq!(candidate_in(""), None);
    }
}
