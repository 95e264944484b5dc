//! `cargo xtask zookeeper [VERSION]` and `cargo xtask zookeeper start [VERSION]`.
//!
//! Standard output is `key=value` lines for scripts; everything else goes to standard error.

use std::io::Write;
use std::thread;

use crate::Outcome;
use crate::process::say;
use crate::zookeeper::{Release, place, start as run_server, wanted};

pub(super) fn run(arguments: &[String]) -> Outcome {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["start"] => start(None),
        ["start", version] => start(Some(version)),
        [] => show(None),
        [version] => show(Some(version)),
        _ => Err(String::from("`zookeeper` takes [VERSION] or start [VERSION]")),
    }
}

fn show(version: Option<&str>) -> Outcome {
    let release = place(wanted(version)?)?;
    print(&lines(&release))
}

fn start(version: Option<&str>) -> Outcome {
    let release = place(wanted(version)?)?;
    let running = run_server(&release)?;
    let log = running.server.log_file();
    let connect = format!("connect={}\nlog={}\n", running.connect, log.display());
    print(&(lines(&release) + &connect))?;
    say("it runs until this command is ended (^C)");
    loop {
        thread::park();
    }
}

fn lines(release: &Release) -> String {
    let Release { version, source, classpath, .. } = release;
    format!("version={version}\nsource={source}\nclasspath={classpath}\n")
}

/// Flushed at once: `start` never returns, and its reader waits for these lines.
fn print(text: &str) -> Outcome {
    let mut stdout = std::io::stdout();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .map_err(|error| format!("standard output: {error}"))
}
