//! Ten thousand clients that mean no good, and one that does and is served.
//!
//! The server is in this process, the crowd in another: each has a descriptor for every connection.
//! They take turns by lines on the crowd's standard input and output, so nothing here sleeps: a
//! client that sends a byte a second is one that sends a byte whenever it is told to.
//!
//! ```text
//! main ── sh, which lifts the limit of descriptors ── serve ── crowd, one for each kind
//! ```
#![cfg_attr(
    unix,
    expect(clippy::disallowed_methods, reason = "this is around the server, and measures it")
)]

#[cfg(unix)]
mod crowd;
#[cfg(unix)]
mod good;
#[cfg(unix)]
mod serve;

/// What the clients of a crowd do.
#[cfg(unix)]
const KINDS: [&str; 3] = ["nothing", "bytes", "lengths"];

#[cfg(unix)]
fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["serve"] => KINDS.iter().for_each(|kind| serve::serve(kind)),
        ["crowd", kind, address, count] => {
            crowd::crowd(kind, address.parse().unwrap(), count.parse().unwrap());
        }
        // Whatever cargo says to a test: there is only this one.
        _ => {
            let me = std::env::current_exe().unwrap();
            let lifted = "ulimit -n \"$(ulimit -Hn)\"; exec \"$0\" serve";
            let ended = std::process::Command::new("sh").args(["-c", lifted]).arg(me).status();
            assert!(ended.unwrap().success());
        }
    }
}

/// It is about descriptors, and how to have many of them differs.
#[cfg(not(unix))]
fn main() {}
