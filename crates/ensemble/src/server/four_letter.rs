//! Four-letter words: the four bytes sent raw as the head of a connection, answered in text.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::Mode;

/// For connecting, and for each read or write.
const LIMIT: Duration = Duration::from_secs(2);

/// An answer is a few KiB; whatever is behind that is not read.
const MAX_ANSWER: u64 = 64 * 1024;

/// The server's answer to `word`, or why there is none.
pub(crate) fn ask(address: SocketAddr, word: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, LIMIT)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    stream.write_all(word.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(MAX_ANSWER).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// What a server is, as its answer to `srvr` says. (`ruok` only says that it lives.)
pub(crate) fn mode(srvr: &str) -> Mode {
    let mode = srvr.lines().find_map(|line| line.strip_prefix("Mode: "));
    match mode.map(str::trim) {
        Some("standalone") => Mode::Standalone,
        Some("leader") => Mode::Leader,
        Some("follower") => Mode::Follower,
        Some("observer") => Mode::Observer,
        Some("read-only") => Mode::ReadOnly,
        _ => Mode::NotServing,
    }
}

/// The directory in an answer to `conf`; the server appends `/version-2` to what it was given.
pub(crate) fn data_dir(conf: &str) -> Option<&str> {
    let value = conf.lines().find_map(|line| line.strip_prefix("dataDir="))?;
    Some(value.trim_end().trim_end_matches("/version-2"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_serves_once_it_has_a_mode() {
        let srvr = "Zookeeper version: 3.9.5\nZxid: 0x0\nMode: standalone\nNode count: 5\n";
        assert_eq!(mode(srvr), Mode::Standalone);
        assert_eq!(mode("Mode: read-only\r\n"), Mode::ReadOnly);
        let electing = "This ZooKeeper instance is not currently serving requests\n";
        assert_eq!(mode(electing), Mode::NotServing);
        assert_eq!(mode(""), Mode::NotServing);
    }

    #[test]
    fn the_data_directory_is_the_one_that_was_configured() {
        let conf = "clientPort=2181\ndataDir=/x/data/version-2\ndataDirSize=67\n";
        assert_eq!(data_dir(conf), Some("/x/data"));
        assert_eq!(data_dir("clientPort=2181\n"), None);
    }
}
