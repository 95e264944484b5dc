//! A ZooKeeper from Maven Central, or whichever mirror the user's Maven is set up for.
//!
//! The published pom marks what only the server needs as *provided*, so a plain dependency on
//! `org.apache.zookeeper:zookeeper` ends with `NoClassDefFoundError`. They are named here; their
//! versions come from ZooKeeper's own parent pom, as the release was built with.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::run::{on_path, output};
use super::{Finder, Release, Source, Version, Wanted};

/// Written last, so that an interrupted download is not taken for a whole one.
const STAMP: &str = "complete";

/// A first download takes seconds to a few minutes; a Maven that cannot reach anything is ended.
const LIMIT: Duration = Duration::from_secs(600);

/// Finds the release fetched before, or fetches it.
pub(super) fn find(wanted: Wanted, finder: &Finder) -> Result<Release, String> {
    let version = wanted.or_newest();
    let all = finder.cache_directory()?;
    let here = all.join(version.to_string());
    if !here.join(STAMP).is_file() {
        if on_path("mvn").is_none() {
            return Err(String::from("mvn is not on PATH"));
        }
        finder.tell(&format!("fetching ZooKeeper {version} through Maven"));
        fetch(version, &all, &here)?;
    }
    let classpath = format!("{}/*", here.join("lib").display());
    Ok(Release { version, source: Source::Maven, classpath })
}

/// Fetches into a directory of our own and renames it, so that two fetches at once do not mix.
fn fetch(version: Version, all: &Path, here: &Path) -> Result<(), String> {
    let partial: PathBuf = all.join(format!("{version}.partial-{}", std::process::id()));
    let result = fetch_into(version, &partial).and_then(|()| {
        if here.exists() && !here.join(STAMP).is_file() {
            fs::remove_dir_all(here).map_err(|error| format!("{}: {error}", here.display()))?;
        }
        match fs::rename(&partial, here) {
            // Another fetch may have been first: then its result is as good.
            Err(_) if here.join(STAMP).is_file() => Ok(()),
            renamed => renamed.map_err(|error| format!("{}: {error}", here.display())),
        }
    });
    let _ = fs::remove_dir_all(&partial);
    result
}

fn fetch_into(version: Version, directory: &Path) -> Result<(), String> {
    let write = |name: &str, text: &str| {
        fs::create_dir_all(directory)
            .and_then(|()| fs::write(directory.join(name), text))
            .map_err(|error| format!("{}: {error}", directory.join(name).display()))
    };
    write("pom.xml", &pom(version))?;
    let mut maven = Command::new("mvn");
    maven.current_dir(directory).args(["-q", "-B", "dependency:copy-dependencies"]);
    maven.args(["-DoutputDirectory=lib", "-DincludeScope=runtime"]);
    output(&mut maven, LIMIT)
        .map_err(|error| format!("Maven could not fetch {version}\n{error}"))?;
    if !directory.join(format!("lib/zookeeper-{version}.jar")).is_file() {
        return Err(format!("mvn succeeded, but lib/zookeeper-{version}.jar is not there"));
    }
    write(STAMP, &format!("{version}\n"))
}

/// What only the server needs, as `group:artifact`.
fn provided(version: Version) -> Vec<&'static str> {
    let mut artifacts = Vec::new();
    // 3.4 was published with everything as ordinary dependencies, and without a parent pom.
    if version.minor >= 5 {
        artifacts.push("commons-cli:commons-cli");
        // For the AdminServer.
        artifacts.push("org.eclipse.jetty:jetty-server");
        artifacts.push("org.eclipse.jetty:jetty-servlet");
        artifacts.push("com.fasterxml.jackson.core:jackson-databind");
        artifacts.extend(log_binding(version));
    }
    if version.minor >= 6 {
        artifacts.push("io.dropwizard.metrics:metrics-core");
        artifacts.push("org.xerial.snappy:snappy-java");
    }
    artifacts
}

/// What the server logs through; without a binding slf4j drops the log.
fn log_binding(version: Version) -> &'static [&'static str] {
    match (version.minor, version.patch) {
        // The maintained fork of log4j 1 came in with 3.5.10, 3.6.4 and 3.7.1.
        (5, 0..=9) | (6, 0..=3) | (7, 0) => &["org.slf4j:slf4j-log4j12", "log4j:log4j"],
        (5..=7, _) => &["org.slf4j:slf4j-reload4j", "ch.qos.reload4j:reload4j"],
        _ => &["ch.qos.logback:logback-classic"],
    }
}

fn pom(version: Version) -> String {
    let mut dependencies = format!(
        "    <dependency><groupId>org.apache.zookeeper</groupId>\
         <artifactId>zookeeper</artifactId><version>{version}</version></dependency>\n"
    );
    for coordinates in provided(version) {
        let (group, artifact) = coordinates.split_once(':').unwrap_or((coordinates, coordinates));
        dependencies.push_str(&format!(
            "    <dependency><groupId>{group}</groupId>\
             <artifactId>{artifact}</artifactId></dependency>\n"
        ));
    }
    let mut management = String::new();
    if version.minor >= 5 {
        management = format!(
            "  <dependencyManagement><dependencies>\n    \
             <dependency><groupId>org.apache.zookeeper</groupId><artifactId>parent</artifactId>\
             <version>{version}</version><type>pom</type><scope>import</scope></dependency>\n  \
             </dependencies></dependencyManagement>\n"
        );
    }
    format!(
        "<project xmlns=\"http://maven.apache.org/POM/4.0.0\">\n  \
         <modelVersion>4.0.0</modelVersion>\n  \
         <groupId>zookit</groupId>\n  <artifactId>real-zookeeper</artifactId>\n  \
         <version>{version}</version>\n  <packaging>pom</packaging>\n\
         {management}  <dependencies>\n{dependencies}  </dependencies>\n</project>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pom_names_what_the_published_one_leaves_out() {
        let pom = pom("3.9.5".parse().unwrap());
        for artifact in ["metrics-core", "snappy-java", "commons-cli", "jetty-server", "parent"] {
            assert!(pom.contains(&format!("<artifactId>{artifact}</artifactId>")), "{artifact}");
        }
        assert_eq!(pom.matches("<dependency>").count(), pom.matches("</dependency>").count());
    }

    #[test]
    fn release_3_4_has_no_parent_to_import() {
        let pom = pom("3.4.14".parse().unwrap());
        assert!(!pom.contains("dependencyManagement"));
        assert_eq!(pom.matches("<dependency>").count(), 1);
    }
}
