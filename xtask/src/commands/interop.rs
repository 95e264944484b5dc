//! `cargo xtask interop [VERSION]`: the recipes beside kazoo's and Curator's, on a real server.
//!
//! kazoo comes from PyPI into a virtual environment, Curator through Maven, both below
//! `target/interop`, once. The tests are `crates/recipes/tests/interop`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::Outcome;
use crate::process::{cargo, on_path, run as run_program, run_quietly, say, target_dir};
use crate::zookeeper::{place, start, wanted};

const KAZOO: &str = "2.11.0";
const CURATOR: &str = "5.9.0";
const SLF4J: &str = "1.7.36";

/// A first download takes seconds to a few minutes.
const LIMIT: Duration = Duration::from_secs(600);

pub(super) fn run(arguments: &[String]) -> Outcome {
    let version = match arguments {
        [] => None,
        [version] => Some(version.as_str()),
        _ => return Err("at most one VERSION".to_owned()),
    };
    let (python, classpath) = (kazoo()?, curator()?);
    let release = place(wanted(version)?)?;
    let server = start(&release)?;
    say(&format!("beside kazoo {KAZOO} and Curator {CURATOR}, on ZooKeeper {}", release.version));
    let mut tests = cargo(&["test", "--package", "zookit-recipes", "--features", "discovery"]);
    tests
        .args(["--test", "interop"])
        .env("ZOOKIT_KAZOO_PYTHON", python)
        .env("ZOOKIT_CURATOR_CLASSPATH", classpath)
        .env("ZOOKIT_INTEROP_SERVER", &server.connect);
    run_program(&mut tests)
}

/// A Python that has kazoo.
fn kazoo() -> Outcome<PathBuf> {
    let here = target_dir().join("interop").join(format!("kazoo-{KAZOO}"));
    let (python, stamp) = (here.join("bin/python"), here.join("complete"));
    if stamp.is_file() {
        return Ok(python);
    }
    if !on_path("python3") {
        return Err("python3 is not on PATH; kazoo needs it".to_owned());
    }
    say(&format!("fetching kazoo {KAZOO} from PyPI"));
    run_quietly(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&here), LIMIT)?;
    let kazoo = format!("kazoo=={KAZOO}");
    run_quietly(Command::new(&python).args(["-m", "pip", "install", "-q", &kazoo]), LIMIT)?;
    write(&stamp, KAZOO)?;
    Ok(python)
}

/// What Curator needs, as a classpath.
fn curator() -> Outcome<String> {
    let here = target_dir().join("interop").join(format!("curator-{CURATOR}"));
    let stamp = here.join("complete");
    if !stamp.is_file() {
        if !on_path("mvn") || !on_path("javac") {
            return Err("Curator needs mvn and a JDK (javac) on PATH".to_owned());
        }
        say(&format!("fetching Curator {CURATOR} through Maven"));
        fs::create_dir_all(&here).map_err(|error| format!("{}: {error}", here.display()))?;
        write(&here.join("pom.xml"), &pom())?;
        let mut maven = Command::new("mvn");
        maven.current_dir(&here).args(["-q", "-B", "dependency:copy-dependencies"]);
        run_quietly(maven.args(["-DoutputDirectory=lib", "-DincludeScope=runtime"]), LIMIT)?;
        write(&stamp, CURATOR)?;
    }
    Ok(format!("{}/*", here.join("lib").display()))
}

fn pom() -> String {
    let dependency = |group: &str, artifact: &str, version: &str| {
        format!(
            "    <dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId>\
             <version>{version}</version></dependency>\n"
        )
    };
    let dependencies = [
        dependency("org.apache.curator", "curator-recipes", CURATOR),
        dependency("org.apache.curator", "curator-x-discovery", CURATOR),
        // What it logs through: nothing.
        dependency("org.slf4j", "slf4j-nop", SLF4J),
    ]
    .concat();
    format!(
        "<project xmlns=\"http://maven.apache.org/POM/4.0.0\">\n  \
         <modelVersion>4.0.0</modelVersion>\n  \
         <groupId>zookit</groupId>\n  <artifactId>curator-beside</artifactId>\n  \
         <version>{CURATOR}</version>\n  <packaging>pom</packaging>\n  \
         <dependencies>\n{dependencies}  </dependencies>\n</project>\n"
    )
}

fn write(path: &Path, text: &str) -> Outcome {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
