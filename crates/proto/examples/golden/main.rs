//! Drives a real server through every operation of the protocol and prints what was said, in the
//! form of [`zookit_proto::recording`]: `golden HOST:PORT >FILE.frames`.
//!
//! The server must be new and standalone, with `extendedTypesEnabled=true` and the four-letter word
//! `srvr`, which every server answers. An answer that is not the expected one ends it.

#![expect(clippy::disallowed_methods, reason = "the crate does no I/O; this program does")]

mod connection;
mod scenes;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;

use zookit_proto::four_letter::FourLetterWord;
use zookit_proto::ops::delete_container::PathForm;

use connection::Outcome;

/// The server's version, as its `srvr` has it: `3.9.5`.
fn version_of(server: &str) -> Outcome<String> {
    let mut stream = TcpStream::connect(server)?;
    stream.write_all(&FourLetterWord::Srvr.bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let version = answer
        .split_once("version: ")
        .and_then(|(_, rest)| rest.split(['-', ',']).next())
        .ok_or_else(|| format!("no version in {answer:?}"))?;
    Ok(version.to_owned())
}

/// How a server of this version reads the path of deleteContainer.
fn path_form(version: &str) -> PathForm {
    let mut numbers = version.split('.').map(|number| number.parse().unwrap_or(0));
    let release = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if release >= (3, 9) { PathForm::Prefixed } else { PathForm::Bare }
}

fn record(server: &str) -> Outcome {
    let version = version_of(server)?;
    println!("# Apache ZooKeeper {version}, standalone. Recorded by `cargo xtask golden`.");
    println!("# Passwords of sessions are zeros.");
    for (title, scene) in scenes::SCENES {
        println!("\n# {title}");
        scene(server).map_err(|error| format!("{title}: {error}"))?;
    }
    println!("\n# containers and times to live");
    scenes::containers(server, path_form(&version))
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [server] = &arguments[..] else {
        eprintln!("usage: golden HOST:PORT");
        return ExitCode::from(2);
    };
    match record(server) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("golden: {error}");
            ExitCode::FAILURE
        }
    }
}
